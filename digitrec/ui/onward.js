// The keyboard's place, where what had it is gone: what stands there next has it, as soon as the
// page is drawn.
const CONTROLS = "a[href], button, summary, input, textarea, [tabindex='0']";
let last = null; // what had it on the page, and where that stood in each part around it
let observer = null;

const usable = (one) => one.checkVisibility() && !one.disabled;
const reached = (one) => usable(one) && one.tabIndex >= 0;

function remember(event) {
  if (last && event.target.closest("[role=dialog]")) last.waits = true; // until that is closed
  const page = event.target.closest(".st-key-page");
  if (!page) return;
  const path = event.composedPath(); // from within a component on
  const trail = path.slice(1, path.indexOf(page) + 1).map((part, index) => ({
    part,
    key: /st-key-\S+/.exec(part.className)?.[0],
    place: [...part.children].indexOf(path[index]),
  }));
  last = { target: path[0], trail, page: location.pathname };
}

function next({ trail, page }) {
  if (page !== location.pathname) {
    const heading = document.querySelector(".st-key-page h2");
    if (heading) heading.tabIndex = -1;
    return heading;
  }
  for (const { part, key, place } of trail) {
    const now = part.isConnected ? part : key && document.querySelector(`.${key}`);
    const controls = [...(now?.querySelectorAll(CONTROLS) ?? [])].filter(reached);
    const from = [...(now?.children ?? [])].slice(place);
    const after = controls.find((one) => from.some((child) => child.contains(one)));
    if (controls.length) return after ?? controls.at(-1);
  }
  return null;
}

function look() {
  if (!last || document.activeElement !== document.body) return;
  if (document.querySelector("[role=dialog]")) return;
  if (usable(last.target)) {
    if (last.waits) last.target.focus();
  } else if (last.target.isConnected && last.target.closest("[data-testid=stDownloadButton]")) {
    last.waits = true; // it is disabled for as long as its file is made
  } else if (document.querySelector(".stApp").dataset.testScriptState === "notRunning") {
    next(last)?.focus();
  }
}

export default function () {
  if (observer) return;
  addEventListener("keydown", remember, true);
  addEventListener("pointerdown", () => (last = null), true);
  addEventListener("focusin", (event) => last && remember(event));
  addEventListener("focusout", look);
  observer = new MutationObserver(look);
  observer.observe(document.body, {
    attributeFilter: ["disabled", "data-test-script-state"],
    childList: true,
    subtree: true,
  });
}
