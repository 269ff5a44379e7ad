// Where text of a bulletin is selected, a button beside it copies it with its source: whose it is and of which day, which
// view, how many repairs the words have and the whole text has, how many marks of punctuation are restored in the words,
// the build, and the address of the paragraph.

import { tongue, word } from "./english.js";

const model = document.getElementById("quote-bar").content;
const button = model.querySelector("button").cloneNode(true);
const words = button.textContent;
const main = document.querySelector("article");
button.hidden = true;
main.append(button);

/** What the button says, in the language that is spoken. */
function show(key, here) {
  button.textContent = word(key, here);
  button.lang = tongue();
}

/** The selected range, if it begins in a view of the text. */
function chosen() {
  const selection = getSelection();
  if (selection.isCollapsed || !selection.rangeCount) return null;
  const range = selection.getRangeAt(0);
  const node = range.startContainer;
  const start = node instanceof Element ? node : node.parentElement;
  const view = start?.closest(".body");
  return view ? { text: selection.toString().trim(), range, view, block: start.closest("[id^=p]") } : null;
}

/** How many repairs have their sign in a range. */
function repairs(range, view) {
  const signs = [...view.querySelectorAll('[href^="#r"]:is(.sign, .gone)')];
  return new Set(signs.filter((sign) => range.intersectsNode(sign)).map((sign) => sign.hash)).size;
}

/** How many marks of punctuation in a range are shown restored. */
function restored(range, view) {
  const shown = [...view.querySelectorAll(".restored > span")].filter((mark) => mark.checkVisibility());
  return shown.filter((mark) => range.intersectsNode(mark)).length;
}

const told = (selector) => main.querySelector(selector)?.textContent.trim() ?? "";

/** The words of a selection with the line that tells where they stand. */
function quotation({ text, range, view, block }) {
  const values = {
    issuer: told(".row.issuer dd bdi"),
    title: document.title.split(" · ")[0],
    date: told(".head time"),
    view: document.querySelector(".views [aria-current]").textContent,
    n: repairs(range, view),
    m: button.dataset.repairs,
    marks: restored(range, view) || "",
    build: button.dataset.build,
    url: new URL(`#${(block ?? view).id}`, location.href.split("?")[0]),
  };
  const line = word("bulletin.quote_line", button.dataset.line);
  const known = line.split("|").filter((part) => values[part.match(/\{(\w+)\}/)?.[1]] !== "");
  return `${text}\n${known.join("").replace(/\{(\w+)\}/g, (_, name) => values[name])}`;
}

/** Show the button below the end of the selection, or hide it. */
export function offer() {
  const found = chosen();
  button.hidden = !found?.text || !navigator.clipboard;
  if (button.hidden) return;
  show("bulletin.quote", words);
  const at = found.range.getBoundingClientRect();
  button.style.left = `${Math.min(at.left + scrollX, scrollX + innerWidth - button.offsetWidth - 16)}px`;
  button.style.top = `${at.bottom + scrollY + 6}px`;
}

// The selection must still be there when the button is pressed.
button.addEventListener("pointerdown", (event) => event.preventDefault());
button.addEventListener("click", async () => {
  const found = chosen();
  if (!found) return;
  await navigator.clipboard.writeText(quotation(found));
  show("bulletin.quote_done", button.dataset.done);
});
