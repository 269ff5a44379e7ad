// The page's elements and words.

export const $ = (id) => document.getElementById(id);

export const words = Object.fromEntries(
  Array.from($("words").content.querySelectorAll("[data-word]"), (item) => [item.dataset.word, item.textContent]),
);

/** The words of the page with {n} and the like filled in. */
export const say = (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);

/** The language of the bulletins' words in a page of other words; in a page of their own they need none. */
export const tongue = document.documentElement.lang.startsWith("zh") ? null : "zh-Hans";

/** The address of a bulletin; from an English page one goes on in English. */
export const labelled = (url) => (tongue ? `${url}?labels=en` : url);

/** An element with attributes and children; strings become text. */
export function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** Put other children into a place; the focus stays on the link that leads to the same, else goes to the first one. */
export function refill(place, children) {
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  place.replaceChildren(...children);
  if (focused === undefined) return;
  const links = [...place.querySelectorAll("[data-key]")];
  (links.find((link) => link.dataset.key === focused) ?? links[0] ?? $("q")).focus();
}

/** Whether a key belongs to an input method: 229 is what Safari sends for the Enter that ends a composition. */
export const isComposed = (event) => event.isComposing || event.keyCode === 229;
