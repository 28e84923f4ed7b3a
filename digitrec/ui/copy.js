// navigator.clipboard exists only on https and localhost; elsewhere the old command still works.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    field.style.position = "fixed";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button");
  const status = parentElement.querySelector("span");
  const rest = () => {
    button.textContent = "Copy number";
    status.textContent = "";
  };
  rest();
  button.onclick = async () => {
    const done = await copy(data.text);
    button.textContent = done ? "Copied" : "Not copied";
    status.textContent = done ? "" : "The browser does not allow it: select the number instead.";
    button.focus();
    setTimeout(rest, done ? 1600 : 5000);
  };
}
