// The network, layer by layer. The page is built once for a network and repainted for each digit,
// so that what was chosen stays chosen while somebody draws.
const ROWS_AT_FIRST = 3;
const GAP = 4; // CSS pixels between maps
const built = new WeakMap();

class Flow {
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.pinned = { layer: 0, map: 0 };
    this.opened = new Set();
    this.input = this.picture(data.words.input, data.words.pixels);
    this.detail = this.picture("", "");
    this.said = element("p", { className: "said" });
    const close = element("div", { className: "close" }, this.input.figure, this.detail.figure);
    this.layers = data.layers.map((layer, index) => this.layer(layer, index));
    this.head = element("span", {});
    this.evidence = element("ol", { className: "evidence" });
    const rows = element("div", { className: "rows" }, ...this.layers.map((one) => one.section));
    rows.append(
      element(
        "section",
        { className: "layer last" },
        element(
          "header",
          {},
          element("h4", { textContent: data.words.evidence }),
          this.head,
        ),
        this.evidence,
      ),
    );
    root.replaceChildren(element("aside", {}, close, this.said), rows);
    onTheme(root, () => this.paint());
    // Of a page that is left it tells, too; there, no colours are to be had.
    this.sizes = new ResizeObserver(() => root.isConnected && this.paint());
    this.sizes.observe(rows);
    this.rest();
  }

  picture(words, alt) {
    const canvas = element("canvas", { width: 28, height: 28 });
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", alt);
    const mark = element("i", { className: "mark", hidden: true });
    const caption = element("figcaption", { textContent: words });
    const frame = element("div", { className: "frame" }, canvas, mark);
    return { canvas, mark, caption, frame, figure: element("figure", {}, frame, caption) };
  }

  layer(layer, index) {
    const canvas = element("canvas", { tabIndex: 0, role: "slider", ariaValueMin: 1 });
    const ring = element("i", { className: "ring", hidden: true });
    const cell = element("i", { className: "mark", hidden: true });
    const stage = element("div", { className: "maps" }, canvas, ring, cell);
    const more = element("button", { type: "button", className: "more", hidden: true });
    const heading = element(
      "header",
      {},
      element("h4", { textContent: layer.title }),
      element("span", { textContent: layer.words }),
    );
    const section = element("section", { className: "layer" }, heading, stage, more);
    canvas.addEventListener("pointermove", (event) => this.hover(index, event));
    canvas.addEventListener("pointerleave", (event) => {
      if (event.pointerType !== "touch") this.rest(); // a finger that lifts is still pointing
    });
    canvas.addEventListener("click", (event) => {
      const place = this.place(index, event);
      if (!place) return;
      this.pin(index, place.map);
      this.point(index, place.map, place.row, place.column);
    });
    canvas.addEventListener("keydown", (event) => this.key(index, event));
    more.addEventListener("click", () => {
      if (!this.opened.delete(index)) this.opened.add(index);
      this.paint();
    });
    return { canvas, ring, cell, more, section };
  }

  // A sentence with its {placeholders} filled in.
  words(name, values) {
    return this.data.words[name].replace(/{(\w+)}/g, (_, key) => values[key]);
  }

  named(index, number) {
    const { title, shape } = this.data.layers[index];
    const [rows, , count] = shape;
    return this.words(rows > 1 ? "map" : "unit", { layer: title, number, count });
  }

  show(data) {
    this.data = data;
    this.paint();
  }

  // How a layer lies on the page: maps a row, and CSS pixels a cell.
  grid(index) {
    const [rows, columns, maps] = this.data.layers[index].shape;
    const cell = rows > 20 ? 2 : rows === 1 ? 12 : Math.max(2, Math.round(40 / rows));
    const width = columns * cell + (rows > 1 ? GAP : 2);
    const height = rows * cell + (rows > 1 ? GAP : 2);
    const room = this.layers[index].section.clientWidth;
    const across = Math.max(1, Math.min(maps, Math.floor((room + GAP) / width)));
    const all = Math.ceil(maps / across);
    const down = rows === 1 || this.opened.has(index) ? all : Math.min(all, ROWS_AT_FIRST);
    return { rows, columns, maps, cell, width, height, across, down, all };
  }

  paint() {
    const theme = colours(this.root);
    this.inkRamp = ramp(theme.paper, theme.ink);
    this.mapRamp = ramp(theme.paper, theme.accent, theme.ink);
    this.votes = [ramp(theme.paper, theme.warm), ramp(theme.paper, theme.accent)];
    const ink = bytes(this.data.input);
    this.input.canvas
      .getContext("2d")
      .putImageData(pixels(28, 28, (i) => this.inkRamp[ink[i]]), 0, 0);
    this.values = this.data.layers.map((layer) => bytes(layer.values));
    this.data.layers.forEach((_, index) => this.paintLayer(index));
    this.paintEvidence();
    this.paintDetail();
  }

  paintLayer(index, votes = null) {
    const { canvas, more } = this.layers[index];
    const { rows, columns, maps, cell, width, height, across, down, all } = this.grid(index);
    const shown = Math.min(maps, across * down);
    const values = this.values[index];
    const side = rows * columns;
    const sheet = new OffscreenCanvas(columns * shown, rows);
    const colourAt = (i) => {
      const map = Math.floor((i % sheet.width) / columns);
      const at = Math.floor(i / sheet.width) * columns + (i % columns);
      if (votes) return this.votes[votes[map] > 0 ? 1 : 0][Math.abs(votes[map])];
      return this.mapRamp[values[at * maps + map]];
    };
    sheet.getContext("2d").putImageData(pixels(sheet.width, rows, colourAt), 0, 0);
    const scale = window.devicePixelRatio;
    canvas.style.width = `${across * width}px`;
    canvas.style.height = `${down * height}px`;
    canvas.width = Math.round(across * width * scale);
    canvas.height = Math.round(down * height * scale);
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.scale(scale, scale);
    for (let map = 0; map < shown; map++) {
      const left = (map % across) * width;
      const top = Math.floor(map / across) * height;
      const to = [left, top, columns * cell, rows * cell];
      context.drawImage(sheet, map * columns, 0, columns, rows, ...to);
    }
    const layer = this.data.layers[index].title;
    canvas.setAttribute("aria-label", this.words(side > 1 ? "maps" : "units", { layer, count: maps }));
    more.hidden = rows === 1 || all <= ROWS_AT_FIRST;
    more.textContent = this.words(this.opened.has(index) ? "fewer" : "all", { count: maps });
    this.ring(index);
  }

  paintEvidence() {
    const most = Math.max(...this.data.classes.map((one) => Math.abs(one.logit)), 1e-6);
    const rows = this.data.classes.map(({ name, logit, added, p, share }, digit) => {
      const bar = element("i", { className: logit < 0 ? "against" : "for" });
      bar.style.width = `${(50 * Math.abs(logit)) / most}%`;
      const row = element(
        "li",
        { tabIndex: 0, className: p ? "best" : "" },
        element("b", { textContent: name }),
        element("div", { className: "scale" }, bar),
        element("span", { textContent: added }),
        element("span", { textContent: share }),
      );
      for (const name of ["pointerenter", "focus"]) {
        row.addEventListener(name, () => this.speak(digit));
      }
      for (const name of ["pointerleave", "blur"]) row.addEventListener(name, () => this.rest());
      return row;
    });
    this.head.textContent = this.data.head;
    this.evidence.replaceChildren(...rows);
  }

  // Which units of the last layer before the answer speak for a digit, and which against it.
  speak(digit) {
    if (!this.data.votes) return;
    const units = this.data.layers.at(-1).shape.at(-1);
    const votes = new Int8Array(bytes(this.data.votes).buffer);
    const own = Array.from(votes.subarray(digit * units, (digit + 1) * units), (v) => 2 * v);
    this.paintLayer(this.layers.length - 1, own);
    this.speaking = true;
    const name = this.data.classes[digit].name;
    this.said.textContent = this.words("speaking", { name });
  }

  paintDetail() {
    const { layer, map } = this.pinned;
    const [rows, columns, maps] = this.data.layers[layer].shape;
    const { canvas, caption } = this.detail;
    canvas.width = columns;
    canvas.height = rows;
    const values = this.values[layer];
    canvas
      .getContext("2d")
      .putImageData(pixels(columns, rows, (i) => this.mapRamp[values[i * maps + map]]), 0, 0);
    caption.textContent = this.named(layer, map + 1);
    canvas.setAttribute("aria-label", caption.textContent);
    const { frame } = this.detail;
    frame.onpointermove = (event) => {
      const box = frame.getBoundingClientRect();
      const at = (share, cells) => Math.min(cells - 1, Math.max(0, Math.floor(share * cells)));
      const row = at((event.clientY - box.top) / box.height, rows);
      this.point(layer, map, row, at((event.clientX - box.left) / box.width, columns));
    };
    frame.onpointerleave = () => this.rest();
  }

  place(index, event) {
    const { columns, rows, maps, cell, width, height, across, down } = this.grid(index);
    const box = this.layers[index].canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const map = Math.floor(y / height) * across + Math.floor(x / width);
    const column = Math.floor((x % width) / cell);
    const row = Math.floor((y % height) / cell);
    const inside = x >= 0 && y >= 0 && x < across * width && y < down * height;
    return inside && map < maps && column < columns && row < rows ? { map, row, column } : null;
  }

  hover(index, event) {
    const place = this.place(index, event);
    if (place) this.point(index, place.map, place.row, place.column);
    else this.rest();
  }

  // Show a cell, and what of the input it sees.
  point(index, map, row, column) {
    this.rest();
    const layer = this.data.layers[index];
    const { cell, width, height, across, down } = this.grid(index);
    const { cell: mark } = this.layers[index];
    if (map < across * down) {
      mark.hidden = false;
      mark.style.left = `${(map % across) * width + column * cell}px`;
      mark.style.top = `${Math.floor(map / across) * height + row * cell}px`;
      mark.style.width = mark.style.height = `${cell}px`;
    }
    const span = ([size, stride, start], k) => {
      const first = start + k * stride;
      return [Math.max(0, first), Math.min(28, first + size)];
    };
    const [top, bottom] = span(layer.rows, row);
    const [left, right] = span(layer.columns, column);
    this.frame(this.input.mark, left, top, right - left, bottom - top, 28, 28);
    if (index === this.pinned.layer && map === this.pinned.map) {
      this.frame(this.detail.mark, column, row, 1, 1, layer.shape[1], layer.shape[0]);
    }
    const strength = this.values[index][(row * layer.shape[1] + column) * layer.shape[2] + map];
    this.said.textContent = this.words("sees", {
      width: right - left,
      height: bottom - top,
      share: `${Math.round((100 * strength) / 255)}\u202f%`,
    });
  }

  frame(mark, x, y, width, height, across, down) {
    mark.hidden = false;
    mark.style.left = `${(100 * x) / across}%`;
    mark.style.top = `${(100 * y) / down}%`;
    mark.style.width = `${(100 * width) / across}%`;
    mark.style.height = `${(100 * height) / down}%`;
  }

  rest() {
    for (const { cell } of this.layers) cell.hidden = true;
    this.input.mark.hidden = this.detail.mark.hidden = true;
    if (this.speaking) this.paintLayer(this.layers.length - 1);
    this.speaking = false;
    this.said.textContent = this.data.words.rest;
  }

  pin(layer, map) {
    this.pinned = { layer, map };
    this.layers.forEach((_, index) => this.ring(index));
    this.paintDetail();
  }

  ring(index) {
    const { ring } = this.layers[index];
    const { cell, rows, columns, maps, width, height, across, down } = this.grid(index);
    const { layer, map } = this.pinned;
    const number = layer === index ? map + 1 : 1;
    Object.assign(this.layers[index].canvas, {
      ariaValueNow: number,
      ariaValueMax: maps,
      ariaValueText: this.named(index, number),
    });
    ring.hidden = layer !== index || map >= across * down;
    ring.style.left = `${(map % across) * width}px`;
    ring.style.top = `${Math.floor(map / across) * height}px`;
    ring.style.width = `${columns * cell}px`;
    ring.style.height = `${rows * cell}px`;
  }

  key(index, event) {
    const { across, maps } = this.grid(index);
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    const from = this.pinned.layer === index ? this.pinned.map + step : 0;
    this.pin(index, Math.min(maps - 1, Math.max(0, from)));
  }
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".flow");
  const network = JSON.stringify([data.words, data.layers.map(({ title, shape }) => [title, shape])]);
  const known = built.get(parentElement);
  if (known?.network === network) known.flow.show(data);
  else {
    known?.flow.sizes.disconnect();
    built.set(parentElement, { network, flow: new Flow(root, data) });
  }
}
