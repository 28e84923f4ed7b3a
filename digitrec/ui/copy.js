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
    button.textContent = data.words.copy;
    status.textContent = "";
  };
  rest();
  button.onclick = async () => {
    const done = await copy(data.text);
    button.textContent = done ? data.words.done : data.words.failed;
    status.textContent = done ? "" : data.words.why;
    button.focus();
    setTimeout(rest, done ? 1600 : 5000);
  };
}
