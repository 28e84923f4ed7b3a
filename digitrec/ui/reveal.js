// Once, brings the part of the page that this is in into sight, and keeps it there while what is in
// it arrives, until the person does something. Where it is a text to be read from its start, the
// keyboard's place is there, too.
const PATIENCE = 3000; // ms
const ACTS = ["pointerdown", "wheel", "touchmove", "keydown"];
const shown = new WeakMap(); // what was brought into sight last, by each of these

export default function ({ data, parentElement }) {
  const host = parentElement.getRootNode().host ?? parentElement;
  if (shown.get(host) === data.what) return;
  shown.set(host, data.what);
  if (!data.what) return;
  const part = host.closest(`.st-key-${data.part}`);
  const heading = data.block === "start" && part.querySelector("h3");
  if (heading) {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
  const observer = new ResizeObserver(() => part.scrollIntoView({ block: data.block }));
  observer.observe(part);
  const stop = () => {
    observer.disconnect();
    for (const act of ACTS) window.removeEventListener(act, stop, true);
  };
  for (const act of ACTS) window.addEventListener(act, stop, true);
  setTimeout(stop, PATIENCE);
}
