// Pictures of a few pixels, in the theme's colours. Each: ink 0 to 255, and a tint from -127 (warm)
// to 127 (accent) over it. Those that may be chosen are buttons.
function paint(root, figures) {
  const theme = colours(root);
  const inks = ramp(theme.paper, theme.ink);
  for (const { canvas, width, height, ink, tint, faint } of figures) {
    const colourAt = (i) => {
      const base = inks[faint ? Math.round(ink[i] * faint) : ink[i]];
      return tint?.[i] ? mix(base, tint[i] > 0 ? theme.accent : theme.warm, Math.abs(tint[i]) / 127) : base;
    };
    canvas.width = width;
    canvas.height = height;
    canvas.getContext("2d").putImageData(pixels(width, height, colourAt), 0, 0);
  }
}

const shown = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".pixels");
  const is = JSON.stringify(data);
  const before = shown.get(root);
  if (before?.is === is) { // made anew, a button would lose the focus, or the tap that is on it
    before.choose = setTriggerValue;
    return;
  }
  const now = { is, choose: setTriggerValue };
  root.style.setProperty("--side", data.side);
  root.className = `pixels ${data.layout}`;
  now.figures = data.pictures.map((picture, index) => {
    const canvas = element("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", picture.alt);
    const caption = element("figcaption", {});
    if (picture.title) caption.append(element("b", { textContent: picture.title }));
    if (picture.words) caption.append(element("span", { textContent: picture.words }));
    const parts = picture.title || picture.words ? [canvas, caption] : [canvas];
    const figure = element(data.choose ? "button" : "figure", { className: picture.tone ?? "" });
    if (data.choose) {
      figure.type = "button";
      figure.onclick = () => now.choose("chosen", index);
    }
    figure.append(...parts);
    const tint = picture.tint ? new Int8Array(bytes(picture.tint).buffer) : null;
    return { ...picture, figure, canvas, tint, ink: bytes(picture.ink) };
  });
  root.replaceChildren(...now.figures.map(({ figure }) => figure));
  onTheme(root, () => paint(root, shown.get(root).figures));
  shown.set(root, now);
  paint(root, now.figures);
}
