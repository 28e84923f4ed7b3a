// The cursor into the first field of the form that this is in, with what is there selected.
const ROOM = "7rem"; // below the form, so that it is still in sight when something is told in it

export default function ({ data, parentElement }) {
  const form = (parentElement.getRootNode().host ?? parentElement).closest("[data-testid=stForm]");
  const observer = new MutationObserver(look);
  function look() {
    const field = form.querySelector("input");
    if (field?.value !== data.text) return; // Streamlit is yet to fetch the field, or to fill it
    observer.disconnect();
    field.inputMode = data.keys;
    field.focus();
    field.select();
    form.style.scrollMarginBottom = ROOM;
    form.scrollIntoView({ block: "nearest" });
  }
  observer.observe(form, { childList: true, subtree: true, attributeFilter: ["value"] });
  look();
  return () => observer.disconnect();
}
