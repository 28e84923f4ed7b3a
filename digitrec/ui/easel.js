// Stands beside the drawing canvas and does three things it cannot do itself: tells Python how
// wide the page is, hides the canvas's own hover toolbar (the page has Undo and Clear of its own),
// and keeps the drawing in this tab's session storage so that a reload does not lose it.
const KEPT = "digitrec.drawing";
const observers = new WeakMap();

function hideToolbar(stage, tries = 100) {
  for (const host of stage.querySelectorAll("[data-testid=stBidiComponentIsolated]")) {
    const root = host.shadowRoot;
    if (!root?.querySelector(".dc-toolbar")) continue;
    if (!root.querySelector("style[data-easel]")) {
      const style = document.createElement("style");
      style.dataset.easel = "";
      style.textContent = ".dc-toolbar{display:none!important}.dc-canvas{outline:none!important}";
      root.append(style);
    }
    const canvas = root.querySelector(".upper-canvas");
    canvas?.setAttribute("role", "img");
    canvas?.setAttribute("aria-label", "Drawing area: write a number with the mouse, a pen or a finger");
    return;
  }
  if (tries > 0) setTimeout(() => hideToolbar(stage, tries - 1), 50); // it loads at its own pace
}

export default function ({ data, parentElement, setStateValue }) {
  const stage = document.querySelector(".st-key-draw");
  if (!stage) return;
  hideToolbar(stage);

  if (data.objects !== null) sessionStorage.setItem(KEPT, JSON.stringify(data.objects));
  if (observers.has(parentElement)) return;

  if (data.objects === null) {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
    if (kept.length) setStateValue("kept", kept);
  }
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
