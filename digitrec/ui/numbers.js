// The numbers of a reading as a table, each a button that shows its digits.
export default function ({ data, parentElement, setTriggerValue }) {
  const list = parentElement.querySelector(".list");
  const body = parentElement.querySelector("tbody");
  const head = data.head.map((name) => {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = name;
    return cell;
  });
  parentElement.querySelector("thead tr").replaceChildren(...head);
  const buttons = () => [...body.querySelectorAll("button")];
  const focused = buttons().indexOf(parentElement.activeElement);
  const rows = data.rows.map((row, index) => {
    const made = document.createElement("tr");
    made.className = row.tone;
    made.classList.toggle("chosen", index === data.chosen);
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = row.number;
    button.setAttribute("aria-pressed", String(index === data.chosen));
    made.insertCell().append(button);
    made.insertCell().textContent = row.sure;
    made.insertCell().textContent = row.note;
    made.onclick = () => setTriggerValue("picked", index);
    return made;
  });
  body.replaceChildren(...rows);
  list.classList.toggle("plain", data.rows.every((row) => !row.note));
  buttons()[focused]?.focus({ preventScroll: true });
  const chosen = rows[data.chosen];
  if (!chosen) return;
  const top = chosen.offsetTop - list.querySelector("thead").offsetHeight;
  if (top < list.scrollTop) list.scrollTop = top;
  const bottom = chosen.offsetTop + chosen.offsetHeight;
  if (bottom > list.scrollTop + list.clientHeight) list.scrollTop = bottom - list.clientHeight;
}
