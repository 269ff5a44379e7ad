// Where text of a bulletin is selected, a button beside it copies it with its source: which view, how many repairs the
// words have and the whole text has, and the address of the paragraph.

const model = document.getElementById("quote-bar").content;
const button = model.querySelector("button").cloneNode(true);
const words = button.textContent;
const main = document.querySelector("article");
button.hidden = true;
main.append(button);

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

/** The words of a selection with the line that tells where they stand. */
function quotation({ text, range, view, block }) {
  const address = new URL(`#${(block ?? view).id}`, location.href.split("?")[0]);
  const values = {
    title: document.title.split(" · ")[0],
    view: document.querySelector(".views [aria-current]").textContent,
    n: repairs(range, view),
    m: button.dataset.repairs,
    url: address,
  };
  return `${text}\n${button.dataset.line.replace(/\{(\w+)\}/g, (_, name) => values[name])}`;
}

/** Show the button below the end of the selection, or hide it. */
export function offer() {
  const found = chosen();
  button.hidden = !found?.text || !navigator.clipboard;
  if (button.hidden) return;
  button.textContent = words;
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
  button.textContent = button.dataset.done;
});
