// The cursor into the first field of the form that this is in, with what is there selected. A phone
// shows its telephone keys: digits, and the * of what is none.
export default function ({ data, parentElement }) {
  const form = (parentElement.getRootNode().host ?? parentElement).closest("[data-testid=stForm]");
  const observer = new MutationObserver(look);
  function look() {
    const field = form.querySelector("input");
    if (field?.value !== data.text) return; // Streamlit is yet to fetch the field, or to fill it
    observer.disconnect();
    field.inputMode = "tel";
    field.focus();
    field.select();
  }
  observer.observe(form, { childList: true, subtree: true, attributeFilter: ["value"] });
  look();
  return () => observer.disconnect();
}
