// Shared by the components that draw pixels: colours of the theme, and ramps between them.
const COLOURS = {
  paper: "--st-secondary-background-color",
  accent: "--st-primary-color",
  ink: "--st-text-color",
  warm: "--st-orange-color",
};

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function colours(host) {
  const probe = element("i");
  host.append(probe);
  const found = {};
  for (const [name, variable] of Object.entries(COLOURS)) {
    probe.style.color = `var(${variable})`;
    found[name] = getComputedStyle(probe).color.match(/[0-9.]+/g).slice(0, 3).map(Number);
  }
  probe.remove();
  return found;
}

const mix = (one, other, share) => one.map((from, i) => from + (other[i] - from) * share);

// 256 colours along these stops.
function ramp(...stops) {
  return Array.from({ length: 256 }, (_, value) => {
    const place = (value / 255) * (stops.length - 1);
    const from = Math.min(Math.floor(place), stops.length - 2);
    return mix(stops[from], stops[from + 1], place - from);
  });
}

function pixels(width, height, colourAt) {
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    const [red, green, blue] = colourAt(i);
    image.data.set([red, green, blue, 255], 4 * i);
  }
  return image;
}

// A theme is only a change of variables, which no event tells of; that of a transition does.
function onTheme(host, act) {
  const witness = element("i", { className: "witness" });
  host.append(witness);
  witness.addEventListener("transitionend", act);
}
