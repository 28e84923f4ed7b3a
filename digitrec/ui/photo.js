// The picture with a button over every number; while it is cropped, a frame to fit instead.
const LEAST = 0.03; // of a side: a smaller frame was a slip of the finger
const REACH = 24; // CSS pixels around a side in which a finger takes it
const CURSORS = {
  "0,0": "move", "-1,0": "ew-resize", "1,0": "ew-resize", "0,-1": "ns-resize", "0,1": "ns-resize",
  "-1,-1": "nwse-resize", "1,1": "nwse-resize", "-1,1": "nesw-resize", "1,-1": "nesw-resize",
};
const STEP = 0.02; // by which an arrow key moves the frame
const START = [0.1, 0.1, 0.8, 0.8]; // x, y, width, height, as shares of the picture

const observers = new WeakMap(); // of the size of a picture, for its labels

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

const covers = (one, other) =>
  one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;

const rectangle = (left, top, width, height) => ({ left, top, right: left + width, bottom: top + height });

// Where the label of a number may stand.
function places(made) {
  const box = made.getBoundingClientRect();
  const { width, height } = made.firstChild.getBoundingClientRect();
  const middle = (box.top + box.bottom - height) / 2;
  return {
    above: rectangle(box.left, box.top - height, width, height),
    right: rectangle(box.right, middle, width, height),
    left: rectangle(box.left - width, middle, width, height),
  };
}

// A label stands where it covers no handwriting, all on one side if they can; where there is no such
// place it shows when its number is pointed at.
function label(picture, numbers, shapes) {
  const edge = picture.getBoundingClientRect();
  const written = [...numbers, ...shapes].map((one) => one.getBoundingClientRect());
  const all = numbers.map(places);
  const labels = [];
  const free = (place) =>
    edge.left <= place.left && place.right <= edge.right && !written.some((one) => covers(one, place));
  const side = ["above", "right", "left"].find((one) => all.every((place) => free(place[one])));
  numbers.forEach((made, index) => {
    const apart = (one) => free(all[index][one]) && !labels.some((other) => covers(other, all[index][one]));
    const found = side ?? ["right", "above", "left"].find(apart);
    made.dataset.label = found ?? "none";
    if (found) labels.push(all[index][found]);
  });
}

function tint(layer, url, alt) {
  if (!url) return layer.replaceChildren();
  if (layer.firstChild?.src === url) return;
  const image = new Image();
  image.alt = alt;
  image.src = url;
  layer.replaceChildren(image);
}

// Which end of a span a pointer takes: -1 its begin, 1 its end, 0 neither; null beside it.
function end(at, from, length, reach) {
  const inner = Math.min(reach, length / 3); // the middle of a small frame moves it, too
  if (at < from - reach || at > from + length + reach) return null;
  if (at < from + inner) return -1;
  return at > from + length - inner ? 1 : 0;
}

// The span once a pointer has taken an end of it so far.
function stretched(from, length, taken, by) {
  if (!taken) return [from, length];
  const still = taken < 0 ? from + length : from;
  const moved = between(0, (taken < 0 ? from : from + length) + by, 1);
  return [Math.min(still, moved), Math.abs(still - moved)];
}

// A pointer moves the frame, pulls at its sides and corners, or draws another from beside it; arrow
// keys do the same.
function crop(picture, frame, done) {
  let part = START;
  let drag = null;
  const show = (next) => place(frame, (part = next));
  const sides = (one) => [[one[0], one[2]], [one[1], one[3]]];
  const at = (event) => {
    const box = picture.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  const ends = (event) => {
    const reach = [REACH / picture.clientWidth, REACH / picture.clientHeight];
    return sides(part).map(([from, length], k) => end(at(event)[k], from, length, reach[k]));
  };
  show(START);
  picture.onpointerdown = (event) => {
    event.preventDefault();
    frame.focus({ preventScroll: true });
    picture.setPointerCapture(event.pointerId);
    const start = at(event);
    drag = { start, before: part, from: sides(part), taken: ends(event) };
    if (!drag.taken.includes(null)) return;
    drag.from = start.map((one) => [between(0, one, 1), 0]);
    drag.taken = [1, 1];
  };
  const follow = (event) => {
    const by = at(event).map((one, k) => one - drag.start[k]);
    const moves = drag.taken.every((one) => one === 0);
    const moved = drag.from.map(([from, length], k) =>
      moves
        ? [between(0, from + by[k], 1 - length), length]
        : stretched(from, length, drag.taken[k], by[k]),
    );
    show([0, 1].flatMap((k) => moved.map((one) => one[k])));
  };
  picture.onpointermove = (event) => {
    if (drag) follow(event);
    else picture.style.cursor = CURSORS[ends(event)] ?? "";
  };
  picture.onpointerup = picture.onpointercancel = (event) => {
    if (!drag) return;
    if (event.type === "pointerup") follow(event); // its last move may have been left out
    if (part[2] < LEAST || part[3] < LEAST) show(drag.before);
    drag = null;
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
  return () => part;
}

function rest(picture, frame) {
  picture.onpointerdown = picture.onpointermove = picture.onpointerup = null;
  picture.onpointercancel = frame.onkeydown = null;
  picture.style.cursor = "";
}

export default function ({ data, parentElement, setTriggerValue }) {
  const find = (selector) => parentElement.querySelector(selector);
  const [picture, photo, ink] = [".picture", ".photo", ".ink"].map(find);
  const [boxes, veil, frame] = [".boxes", ".veil", ".frame"].map(find);
  const [bar, hint, keys] = [".bar", ".hint", ".keys"].map(find);
  const [apply, cancel] = [".apply", ".cancel"].map(find);
  picture.style.setProperty("--ratio", data.width / data.height);
  picture.style.setProperty("--natural", `${data.width}px`);
  if (photo.getAttribute("src") !== data.url) photo.src = data.url;
  photo.alt = data.alt;
  tint(ink, data.ink, data.words.ink);
  frame.setAttribute("aria-label", data.words.frame);
  hint.textContent = data.words.hint;
  keys.textContent = data.words.keys;
  apply.textContent = data.words.apply;
  cancel.textContent = data.words.cancel;

  const focused = [...boxes.children].indexOf(parentElement.activeElement);
  const buttons = data.numbers.map((number, index) => button(number, index, data.chosen));
  buttons.forEach((made, index) => (made.onclick = () => setTriggerValue("picked", index)));
  const shapes = data.refused.map((box) => outline(box, "refused"));
  const digits = data.digits.map(({ box, tone }) => outline(box, `digit ${tone}`));
  boxes.replaceChildren(...buttons, ...digits, ...shapes);
  boxes.classList.toggle("many", buttons.length > 20);
  observers.get(picture)?.disconnect();
  const sizes = new ResizeObserver(() => label(picture, buttons, shapes));
  sizes.observe(picture); // tells at once, too
  observers.set(picture, sizes);
  boxes.children[focused]?.focus({ preventScroll: true });

  const began = data.cropping && veil.hidden;
  picture.classList.toggle("cropping", data.cropping);
  boxes.hidden = data.cropping;
  veil.hidden = bar.hidden = !data.cropping;
  if (began) {
    const done = (part) => setTriggerValue("cropped", { part });
    const fitted = crop(picture, frame, done);
    apply.onclick = () => done(fitted());
    cancel.onclick = () => done(null);
    frame.focus({ preventScroll: true });
  }
  if (!data.cropping) rest(picture, frame);
}
