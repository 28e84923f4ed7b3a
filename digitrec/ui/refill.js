// What a page sends in the moment in which it is left (its canvas has found its width) arrives
// after the next page is drawn, and Streamlit, told of another page, empties the one on show. So
// when the app is idle and shows nothing, it is asked to draw the page again.
const PATIENCE = 300; // milliseconds: between two runs it may be idle for a moment

export default function ({ setTriggerValue }) {
  const app = document.querySelector(".stApp");
  const isBlank = () =>
    app.dataset.testScriptState === "notRunning" &&
    !document.querySelector(".stMain")?.innerText.trim();
  let timer = 0;
  const look = () => {
    clearTimeout(timer);
    if (isBlank()) timer = setTimeout(() => isBlank() && setTriggerValue("blank", true), PATIENCE);
  };
  const observer = new MutationObserver(look);
  observer.observe(app, { attributeFilter: ["data-test-script-state"] });
  look();
  return () => {
    observer.disconnect();
    clearTimeout(timer);
  };
}
