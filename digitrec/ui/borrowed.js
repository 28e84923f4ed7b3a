// Streamlit's own words in another language: whole texts, and the names of what has none.
const NAMES = ["aria-label", "aria-roledescription", "alt"];
const said = new WeakMap(); // of a text or an attribute: Streamlit's words, and ours for them
let known = ""; // the words of the language that is spoken
let texts = [];
let names = [];
let observer = null;

// "Remove {name}" fits "Remove 7.png", and its words in another language have a {name}, too.
function phrase([theirs, ours]) {
  const literal = theirs.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
  return [new RegExp(`^${literal.replace(/\{(\w+)\}/g, "(?<$1>.+)")}$`), ours];
}

function inOurs(theirs, phrases) {
  for (const [pattern, ours] of phrases) {
    const found = pattern.exec(theirs);
    if (found) return ours.replace(/\{(\w+)\}/g, (_, name) => found.groups[name]);
  }
  return theirs;
}

function put(node, phrases) {
  const now = node.nodeValue;
  const before = said.get(node);
  const theirs = before?.ours === now ? before.theirs : now;
  const ours = inOurs(theirs, phrases);
  said.set(node, { theirs, ours });
  if (ours !== now) node.nodeValue = ours;
}

function look(node) {
  if (node.nodeType === Node.TEXT_NODE) return put(node, texts);
  if (node.nodeType !== Node.ELEMENT_NODE) return;
  for (const name of NAMES) if (node.hasAttribute(name)) put(node.getAttributeNode(name), names);
  node.childNodes.forEach(look);
}

export default function ({ data }) {
  const words = JSON.stringify(data);
  if (words === known) return;
  known = words;
  [texts, names] = [data.texts, data.names].map((all) => Object.entries(all).map(phrase));
  look(document.body);
  if (observer || !(texts.length || names.length)) return;
  observer = new MutationObserver((changes) => {
    for (const { type, target, attributeName, addedNodes } of changes) {
      if (type === "childList") addedNodes.forEach(look);
      else if (type === "characterData") put(target, texts);
      else if (target.hasAttribute(attributeName)) put(target.getAttributeNode(attributeName), names);
    }
  });
  observer.observe(document.body, {
    attributeFilter: NAMES,
    characterData: true,
    childList: true,
    subtree: true,
  });
}
