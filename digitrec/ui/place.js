// Around Right and Wrong: what is told is heard, Escape closes the form, and the keyboard's place
// passes from a button that goes to the one that comes.
const turns = new WeakMap(); // the last one, of each such part of the page
const PATIENCE = 5000; // ms, for the button that comes

export default function ({ data, parentElement }) {
  const host = parentElement.getRootNode().host ?? parentElement;
  const part = host.closest(".st-key-correct");
  host.closest(".st-key-told").setAttribute("role", "status");
  part.onkeydown = (event) => {
    if (event.key !== "Escape" || !event.target.closest("[data-testid=stForm]")) return;
    const wrong = part.querySelector(".st-key-wrong button");
    wrong.focus();
    wrong.click();
  };
  const before = turns.get(part) ?? data.turn;
  turns.set(part, data.turn);
  if (before === data.turn) return;
  const until = performance.now() + PATIENCE;
  // By the frame: a button that is only hidden loses its place after the page has changed.
  function look() {
    const button = part.querySelector(`.st-key-${data.button} button`);
    const at = document.activeElement;
    if (at === document.body && button) return button.focus();
    const elsewhere = at !== document.body && !part.contains(at);
    if (at === button || elsewhere || turns.get(part) !== data.turn) return;
    if (performance.now() < until) requestAnimationFrame(look);
  }
  look();
}
