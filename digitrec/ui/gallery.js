// A page of crops to choose from: click or Space to choose, Shift for a stretch. Python is told of
// the chosen ids; another page of crops begins with none chosen.
const states = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  const names = JSON.stringify(data.tiles.map((tile) => [tile.id, tile.caption, tile.title]));
  const state = states.get(parentElement) ?? { names: null, chosen: new Set(), last: null };
  states.set(parentElement, state);
  state.send = () => setStateValue("chosen", [...state.chosen]);
  if (state.names === names) return;
  const forget = state.names !== null && state.chosen.size > 0;
  Object.assign(state, { names, chosen: new Set(), last: null });

  const grid = parentElement.querySelector(".grid");
  const buttons = data.tiles.map((tile) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = tile.wrong ? "wrong" : "";
    button.setAttribute("aria-label", tile.title);
    button.title = tile.title;
    const image = new Image();
    image.src = tile.image;
    image.alt = "";
    const caption = document.createElement("span");
    caption.textContent = tile.caption;
    button.append(image, caption);
    return button;
  });
  const show = () =>
    buttons.forEach((button, k) => {
      button.setAttribute("aria-pressed", state.chosen.has(data.tiles[k].id));
    });
  buttons.forEach((button, k) => {
    button.onclick = (event) => {
      const add = !state.chosen.has(data.tiles[k].id);
      const from = event.shiftKey && state.last !== null ? state.last : k;
      for (let i = Math.min(from, k); i <= Math.max(from, k); i++) {
        if (add) state.chosen.add(data.tiles[i].id);
        else state.chosen.delete(data.tiles[i].id);
      }
      state.last = k;
      show();
      state.send();
    };
  });
  grid.replaceChildren(...buttons);
  show();
  const all = parentElement.querySelector(".all");
  all.textContent = data.all;
  all.onclick = () => {
    const every = state.chosen.size === data.tiles.length;
    state.chosen = new Set(every ? [] : data.tiles.map((tile) => tile.id));
    show();
    state.send();
  };
  if (forget) state.send();
}
