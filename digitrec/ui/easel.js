// Stands beside the drawing canvas and does three things it cannot do itself: tells Python how
// wide the page is, hides the canvas's own hover toolbar (the page has Undo and Clear of its own),
// and keeps the drawing in this tab's session storage so that a reload does not lose it.
const KEPT = "digitrec.drawing";
const STYLE = ".dc-toolbar{display:none!important}.dc-canvas{outline:none!important}";
const LABEL = "Drawing area: write a number with the mouse, a pen or a finger";
const observers = new WeakMap();

// The canvas loads at its own pace, and in a shadow root of its own.
function whenMounted(stage, act, tries = 200) {
  const roots = [...stage.querySelectorAll("[data-testid=stBidiComponentIsolated]")];
  const root = roots.map((host) => host.shadowRoot).find((root) => root?.querySelector(".dc-root"));
  if (root) act(root);
  else if (tries > 0) setTimeout(() => whenMounted(stage, act, tries - 1), 50);
}

function dress(root) {
  const style = document.createElement("style");
  style.textContent = STYLE;
  root.append(style);
  const canvas = root.querySelector(".upper-canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", LABEL);
}

export default function ({ data, parentElement, setStateValue }) {
  const stage = document.querySelector(".st-key-draw");
  if (!stage) return;
  if (data.objects !== null) sessionStorage.setItem(KEPT, JSON.stringify(data.objects));
  if (observers.has(parentElement)) return;

  const kept = data.objects === null ? JSON.parse(sessionStorage.getItem(KEPT) ?? "[]") : [];
  whenMounted(stage, (root) => {
    dress(root);
    // Only now: a canvas that starts with a drawing does not send it to be read.
    if (kept.length) setStateValue("kept", kept);
  });
  let width = 0;
  const observer = new ResizeObserver(([entry]) => {
    const now = Math.floor(entry.contentRect.width);
    if (now > 0 && now !== width) setStateValue("width", (width = now)); // 0: hidden
  });
  observer.observe(stage);
  observers.set(parentElement, observer);
  return () => {
    observer.disconnect();
    observers.delete(parentElement);
  };
}
