// Stands beside the drawing canvas and does what it cannot do itself: tells Python how wide the
// page is, hides the canvas's own hover toolbar (the page has Undo and Clear of its own), keeps
// the drawing in this tab's session storage so that a reload does not lose it, and says when a
// canvas is new, for then it holds what it was first given and not what was drawn since.
const KEPT = "digitrec.drawing";
const STYLE = ".dc-toolbar{display:none!important}.dc-canvas{outline:none!important}";
let label = ""; // of the canvas, for who cannot see it
const cleanups = new WeakMap();

// A browser may refuse to keep anything, or so much: then only a reload loses the drawing.
function keep(strokes) {
  try {
    sessionStorage.removeItem(KEPT); // the one before is not to come back in its place
    sessionStorage.setItem(KEPT, JSON.stringify(strokes));
  } catch {}
}

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
  } catch {
    return [];
  }
}

// The canvas loads at its own pace, into a shadow root of its own.
function whenMounted(stage, act, tries = 200) {
  const hosts = [...stage.querySelectorAll("[data-testid=stBidiComponentIsolated]")];
  const root = hosts.map((host) => host.shadowRoot).find((root) => root?.querySelector(".dc-root"));
  if (root) act(root);
  else if (tries > 0) setTimeout(() => whenMounted(stage, act, tries - 1), 50);
}

function watch(root, onNew) {
  const style = document.createElement("style");
  style.textContent = STYLE;
  root.append(style);
  let known = null;
  const look = () => {
    const canvas = root.querySelector(".upper-canvas");
    if (!canvas || canvas === known) return;
    known = canvas;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", label);
    onNew();
  };
  const observer = new MutationObserver(look);
  observer.observe(root, { childList: true, subtree: true });
  look();
  return observer;
}

export default function ({ data, parentElement, setStateValue }) {
  const stage = document.querySelector(".st-key-draw");
  if (!stage) return;
  if (data.strokes !== null) keep(data.strokes);
  label = data.label;
  whenMounted(stage, (root) => {
    root.querySelector(".upper-canvas")?.setAttribute("aria-label", label);
  });
  if (cleanups.has(parentElement)) return cleanups.get(parentElement);

  let mounts = null;
  whenMounted(stage, (root) => {
    mounts = watch(root, () => {
      const at = performance.timeOrigin + performance.now();
      setStateValue("mounted", { at, kept: kept() });
    });
  });
  let width = 0;
  const sizes = new ResizeObserver(([entry]) => {
    const now = Math.floor(entry.contentRect.width);
    if (now > 0 && now !== width) setStateValue("width", (width = now)); // 0: on its way out
  });
  sizes.observe(stage.parentElement); // as wide, and there when the canvas is hidden
  const cleanup = () => {
    sizes.disconnect();
    mounts?.disconnect();
    cleanups.delete(parentElement);
  };
  cleanups.set(parentElement, cleanup);
  return cleanup;
}
