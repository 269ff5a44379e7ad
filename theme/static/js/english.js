// The site's own words in English, or back in the page's language: each element that shows some has their key in `data-t`,
// a date its EDTF in `data-day`; in the lists of repairs, where the same words stand hundreds of times, they are their own
// key. Links to what has an English page lead there. The texts of bulletins stay what they are.
// The table is asked for when somebody wants it.

const page = document.documentElement.lang;
const site = new URL("../../", import.meta.url).href;
// What the elements showed before: {element: [nodes in it, its aria-label, its language, its link]}.
const before = new Map();
// What is the site's in a list of repairs; of what may be a bulletin's own words nothing.
const LISTED = ".apparatus :is(dt, dd:not([lang]), summary, small, .open, .rule, li > a ~ a)";
let table;
let english = false;

/** The parts of a label, its {names} filled in by what stands in their place now: elements, or else numbers. */
function filled(words, values) {
  const [first, ...rest] = words.split(/\{\w+\}/);
  return [first, ...rest.flatMap((part, at) => [values[at] ?? "", part])];
}

const numbers = (text) => text.match(/\d[\d.,]*/g) ?? [];

/** A day, month or year, or an interval of them, in words; undefined of other EDTF. */
function dated(edtf) {
  if (!/^[\d-]+(\/[\d-]+)?$/.test(edtf)) return undefined;
  const words = edtf.split("/").map((end) => {
    const form = { year: "numeric", month: "long", day: "numeric" };
    const known = Object.fromEntries(Object.entries(form).slice(0, end.split("-").length));
    return new Date(end).toLocaleDateString("en-GB", { ...known, timeZone: "UTC" });
  });
  return words.join(" – ");
}

/** Where a link of the site leads in English: bulletins have no page of their own there, their labels are asked for. */
function led(link) {
  const [, way] = link.href.startsWith(site) ? link.href.slice(site.length).match(/^(?:zh-han[st]\/)?([^?]*)/) : [];
  if (way === undefined || /^(data|received|compare)\/|\.(xml|json)$/.test(way)) return link.href;
  if (!way.startsWith("bulletin/")) return `${site}en/${way}`;
  const url = new URL(link.href);
  url.searchParams.set("labels", "en");
  return url.href;
}

const said = (nodes) => nodes.map((node) => node.data).join("");

function sayOf(element) {
  const { t, day } = element.dataset;
  if (!before.has(element)) before.set(element, [[...element.childNodes], element.ariaLabel, element.lang, element.getAttribute("href")]);
  const [nodes, label, lang, href] = before.get(element);
  if (href && !href.startsWith("#")) {
    element.setAttribute("href", href);
    if (english) element.href = led(element);
  }
  const words = t ? table[t] : day ? dated(day) : element.matches(LISTED) && table[`=${said(nodes).replace(/\d[\d.,]*/g, "#")}`];
  if (!words) return;
  if (!english) {
    if (label !== null) element.ariaLabel = label;
    else element.replaceChildren(...nodes);
    if (lang) element.lang = lang;
    else element.removeAttribute("lang");
    return;
  }
  const inside = nodes.filter((node) => node instanceof Element);
  for (const each of inside) if (!each.dataset.t) each.lang ||= page;
  if (label !== null) element.ariaLabel = filled(words, numbers(label)).join("");
  else element.replaceChildren(...filled(words, inside.length ? inside : numbers(said(nodes))));
  element.lang = "en";
}

/** A label in the language that is spoken, and that language; `here` is the label in the page's. */
export const word = (key, here) => (english ? table[key] : here);
export const tongue = () => (english ? "en" : page);

/** Say in English what has come to the page since, if English is spoken. */
export function again() {
  if (english) document.querySelectorAll(`[data-t], [data-day], a[href], ${LISTED}`).forEach(sayOf);
}

/** Show labels in English, or again as they were. */
export async function say(wanted) {
  table ??= await (await fetch(new URL("../labels/en.json", import.meta.url))).json();
  english = wanted;
  if (english) again();
  else [...before.keys()].forEach(sayOf);
}
