// Around Right and Wrong: what is told is heard, Escape closes the form, and the keyboard's place
// passes from a button that goes to the one that comes.
const PATIENCE = 10000; // ms, for the button or the canvas that comes
let last; // the turn that was seen last

// The tools of the canvas for boxes are out of sight, where the keyboard must not go.
const bare = new WeakSet(); // the canvases without them

function hideTools(part, until) {
  const hosts = part.querySelectorAll(".st-key-boxes [data-testid=stBidiComponentIsolated]");
  const roots = [...hosts].map((host) => host.shadowRoot);
  const root = roots.find((one) => one?.querySelector(".dc-root") && !bare.has(one));
  if (root) {
    bare.add(root);
    const style = document.createElement("style");
    style.textContent = ".dc-toolbar{display:none!important}";
    root.append(style);
  } else if (performance.now() < until) requestAnimationFrame(() => hideTools(part, until));
}

export default function ({ data, parentElement }) {
  const host = parentElement.getRootNode().host ?? parentElement;
  const told = host.closest(".st-key-told");
  if (!told) return; // it is on its way out
  const part = host.closest(".st-key-correct");
  told.setAttribute("role", "status");
  part.onkeydown = (event) => {
    if (event.key !== "Escape" || !event.target.closest("[data-testid=stForm]")) return;
    const wrong = part.querySelector(".st-key-wrong button");
    wrong.focus();
    wrong.click();
  };
  const until = performance.now() + PATIENCE;
  if (data.button === "boxes-not") hideTools(part, until);
  const before = last ?? data.turn;
  last = data.turn;
  if (before === data.turn) return;
  let over = false; // as soon as a key or the pointer goes on from here
  for (const kind of ["keydown", "pointerdown"]) {
    addEventListener(kind, () => (over = true), { once: true, capture: true });
  }
  // By the frame, and on after it is there: Streamlit may hide the button that goes long after, or
  // keep it in sight for as long as it has the place, and put the one that has come in anew.
  function look() {
    if (over || last !== data.turn || performance.now() > until) return;
    const buttons = [...part.querySelectorAll(`.st-key-${data.button} button`)];
    const next = buttons.find((button) => button.checkVisibility());
    const at = document.activeElement;
    if (at === document.body || (part.contains(at) && at !== next)) next?.focus();
    requestAnimationFrame(look);
  }
  look();
}
