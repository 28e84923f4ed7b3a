// The picture with a button over every number; while it is cropped, a frame to draw instead.
const LEAST = 0.02; // of a side: a smaller frame was a slip of the finger
const STEP = 0.02; // by which an arrow key moves the frame
const START = [0.1, 0.1, 0.8, 0.8]; // x, y, width, height, as shares of the picture

const percent = (share) => `${100 * share}%`;
const between = (low, value, high) => Math.min(Math.max(value, low), high);

function place(element, [x, y, w, h]) {
  Object.assign(element.style, {
    left: percent(x), top: percent(y), width: percent(w), height: percent(h),
  });
  return element;
}

function button(number, index, chosen) {
  const made = place(document.createElement("button"), number.box);
  made.type = "button";
  made.className = `number ${number.tone}`;
  made.setAttribute("aria-label", number.said);
  made.setAttribute("aria-pressed", String(index === chosen));
  const label = made.appendChild(document.createElement("b"));
  label.textContent = number.text;
  return made;
}

function outline(box, kind) {
  const made = place(document.createElement("i"), box);
  made.className = kind;
  return made;
}

function tint(layer, url, alt) {
  if (!url) return layer.replaceChildren();
  if (layer.firstChild?.src === url) return;
  const image = new Image();
  image.alt = alt;
  image.src = url;
  layer.replaceChildren(image);
}

// Drag a frame, or move the one that is there with the arrow keys; Enter takes it.
function crop(picture, frame, done) {
  let part = START;
  let from = null;
  const show = (next) => place(frame, (part = next));
  const at = (event) => {
    const box = picture.getBoundingClientRect();
    const x = between(0, (event.clientX - box.left) / box.width, 1);
    const y = between(0, (event.clientY - box.top) / box.height, 1);
    return [x, y];
  };
  const drawn = (event) => {
    const [x, y] = at(event);
    return [Math.min(x, from[0]), Math.min(y, from[1]), Math.abs(x - from[0]), Math.abs(y - from[1])];
  };
  show(START);
  picture.onpointerdown = (event) => {
    event.preventDefault();
    from = at(event);
    picture.setPointerCapture(event.pointerId);
  };
  picture.onpointermove = (event) => from && show(drawn(event));
  picture.onpointercancel = () => (from = null);
  picture.onpointerup = (event) => {
    if (!from) return;
    const found = drawn(event);
    from = null;
    if (found[2] < LEAST || found[3] < LEAST) show(START);
    else done(found);
  };
  frame.onkeydown = (event) => {
    if (event.key === "Enter") done(part);
    if (event.key === "Escape") done(null);
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const way = ways[event.key];
    if (!way) return;
    event.preventDefault();
    const [x, y, w, h] = part;
    const [dx, dy] = way.map((one) => STEP * one);
    if (event.shiftKey) show([x, y, between(0.1, w + dx, 1 - x), between(0.1, h + dy, 1 - y)]);
    else show([between(0, x + dx, 1 - w), between(0, y + dy, 1 - h), w, h]);
  };
}

function rest(picture, frame) {
  picture.onpointerdown = picture.onpointermove = picture.onpointerup = null;
  picture.onpointercancel = frame.onkeydown = null;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const find = (selector) => parentElement.querySelector(selector);
  const [picture, photo, ink] = [".picture", ".photo", ".ink"].map(find);
  const [boxes, veil, frame] = [".boxes", ".veil", ".frame"].map(find);
  picture.style.setProperty("--ratio", data.width / data.height);
  picture.style.setProperty("--natural", `${data.width}px`);
  if (photo.getAttribute("src") !== data.url) photo.src = data.url;
  photo.alt = data.alt;
  tint(ink, data.ink, data.words.ink);
  frame.setAttribute("aria-label", data.words.frame);

  const focused = [...boxes.children].indexOf(parentElement.activeElement);
  const buttons = data.numbers.map((number, index) => button(number, index, data.chosen));
  buttons.forEach((made, index) => (made.onclick = () => setTriggerValue("picked", index)));
  const shapes = data.refused.map((box) => outline(box, "refused"));
  const digits = data.digits.map(({ box, tone }) => outline(box, `digit ${tone}`));
  boxes.replaceChildren(...buttons, ...digits, ...shapes);
  boxes.classList.toggle("many", buttons.length > 20);
  boxes.children[focused]?.focus({ preventScroll: true });

  const began = data.cropping && veil.hidden;
  picture.classList.toggle("cropping", data.cropping);
  boxes.hidden = data.cropping;
  veil.hidden = !data.cropping;
  if (began) {
    crop(picture, frame, (part) => setTriggerValue("cropped", { part }));
    frame.focus({ preventScroll: true });
  }
  if (!data.cropping) rest(picture, frame);
}
