// The site's own words in English, or back in the page's language: each element that shows some has their key in `data-t`.
// The texts of bulletins stay what they are. The table is asked for when somebody wants it.

const page = document.documentElement.lang;
// What the elements showed before: {element: [nodes in it, its aria-label, its language]}.
const before = new Map();
let table;

/** The parts of a label, its {names} filled in by what stands in their place now: elements, or else numbers. */
function filled(words, values) {
  const [first, ...rest] = words.split(/\{\w+\}/);
  return [first, ...rest.flatMap((part, at) => [values[at] ?? "", part])];
}

const numbers = (text) => text.match(/\d[\d.,]*/g) ?? [];

/** Show labels in English, or again as they were. */
export async function say(english) {
  table ??= await (await fetch(new URL("../labels/en.json", import.meta.url))).json();
  for (const element of document.querySelectorAll("[data-t]")) {
    const words = table[element.dataset.t];
    if (!words) continue;
    if (!before.has(element)) before.set(element, [[...element.childNodes], element.ariaLabel, element.lang]);
    const [nodes, label, lang] = before.get(element);
    if (label !== null) {
      element.ariaLabel = english ? filled(words, numbers(label)).join("") : label;
    } else if (english) {
      const values = nodes.filter((node) => node instanceof Element);
      for (const value of values) value.lang ||= page;
      element.replaceChildren(...filled(words, values.length ? values : numbers(element.textContent)));
      element.lang = "en";
    } else {
      element.replaceChildren(...nodes);
      if (lang) element.lang = lang;
      else element.removeAttribute("lang");
    }
  }
}
