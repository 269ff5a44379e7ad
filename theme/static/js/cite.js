// Citations: the day of access and the page's address, which only the browser knows, and the buttons to copy and to save.

import { again, word } from "./english.js";

const box = document.getElementById("cite");
const today = new Date();
const two = (number) => String(number).padStart(2, "0");
const parts = {
  Y: String(today.getFullYear()).padStart(4, "0"),
  M: two(today.getMonth() + 1),
  D: two(today.getDate()),
  m: String(today.getMonth() + 1),
  d: String(today.getDate()),
};
const TYPES = { bibtex: ["bib", "application/x-bibtex"], ris: ["ris", "application/x-research-info-systems"], "csl-json": ["json", "application/vnd.citationstyles.csl+json"] };

function button(key, words, action) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = words;
  made.dataset.t = key;
  made.addEventListener("click", () => action(made));
  return made;
}

async function copy(text, made) {
  try {
    await navigator.clipboard.writeText(text);
    made.textContent = word("cite.copied", box.dataset.copied);
  } catch {
    made.remove(); // The browser does not allow it; the text can be selected.
  }
}

function save(text, format) {
  const [ending, type] = TYPES[format];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = `${location.pathname.split("/").at(-2)}.${ending}`;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Write into the slots of all citations; of the page's own view one cites the paragraph that is open, if any is. */
function fill() {
  const [paragraph = ""] = location.hash.match(/^#p\d+$/) ?? [];
  for (const slot of box.querySelectorAll("[data-fill]")) {
    const { part } = slot.closest(".entry").dataset;
    const values = { ...parts, P: paragraph, U: location.origin + location.pathname + (part ? `#${part}` : paragraph) };
    slot.textContent = slot.dataset.fill.replace(/\$([YMDmdUP])/g, (_, name) => values[name]);
  }
}

fill();
addEventListener("hashchange", fill);
for (const entry of box.querySelectorAll(".entry")) {
  const { format } = entry.dataset;
  const bar = document.createElement("p");
  bar.className = "bar";
  // RIS ends its lines with CR LF, which a page does not keep; of the last line it keeps no end.
  const lines = () => (format ? `${entry.textContent}\n` : entry.textContent);
  const text = () => (format === "ris" ? lines().replace(/\r?\n/g, "\r\n") : lines());
  bar.append(button("cite.to_clipboard", box.dataset.copy, (made) => copy(text(), made)));
  if (format) bar.append(button("cite.save", box.dataset.save, () => save(text(), format)));
  entry.after(bar);
}
again();
