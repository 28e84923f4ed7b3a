// Around Right and Wrong: what is told is heard, Escape closes the form, and the keyboard's place
// passes from a button that goes to the one that comes.
const turns = new WeakMap(); // the last one, of each such part of the page

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
  const observer = new MutationObserver(look);
  function look() {
    const button = part.querySelector(`.st-key-${data.button} button`);
    if (!button || part.contains(document.activeElement)) return; // on what is yet to go
    observer.disconnect();
    if (document.activeElement === document.body) button.focus();
  }
  observer.observe(part, { childList: true, subtree: true });
  look();
  return () => observer.disconnect();
}
