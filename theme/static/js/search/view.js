// What is shown of an answer: hits, facets, and the filters that are on.

import { $, element, labelled, refill, say, tongue, words } from "./dom.js";
import { addressOf, isFiltered, OPEN, toggled } from "./state.js";

const FACETS = 12;
const PLACES = 4; // of a hit

/** Regions by code: {name, parent}; the names that the page has, and what answers have told. */
export const regions = new Map();

const runNode = ({ text, mark, repaired }) => (mark ? element("mark", { class: repaired ? "repaired" : null }, text) : text);

/** The address of a hit, with its first match for the browser to scroll to. */
function hitAddress({ url, snippet }) {
  const rest = snippet.slice(snippet.findIndex((run) => run.mark));
  const end = rest.findIndex((run) => !run.mark);
  const match = (end < 0 ? rest : rest.slice(0, end)).map((run) => run.text).join("");
  const named = match && rest[0].mark ? `#:~:text=${encodeURIComponent(match).replaceAll("-", "%2D")}` : "";
  return labelled(url) + named;
}

export function hitNode(hit) {
  const date = hit.date ? element("time", {}, hit.date) : element("span", { class: "open" }, words.undated);
  const names = hit.places.slice(0, PLACES).map(({ name }) => element("span", { lang: tongue }, name));
  const repaired = hit.snippet.some((run) => run.mark && run.repaired);
  return element(
    "li",
    { "data-id": hit.id },
    element("a", { class: "title", lang: tongue, href: hitAddress(hit) }, element("bdi", {}, ...hit.titleRuns.map(runNode))),
    element("p", { class: "snippet", lang: tongue }, element("bdi", {}, ...hit.snippet.map(runNode))),
    element("p", { class: "meta" }, date, ...names, ...(repaired ? [element("span", { class: "badge" }, words.repaired)] : [])),
  );
}

/** Whether one region lies in another, as far as their lines are known. */
function isWithin(code, other) {
  for (let at = code; at; at = regions.get(at)?.parent) if (at === other) return true;
  return false;
}

/** Chosen regions with one more; it takes the place of those that it lies in and of those that lie in it. */
export const withRegion = (chosen, code) => [...chosen.filter((each) => !isWithin(each, code) && !isWithin(code, each)), code];

export const nameOf = (code) => regions.get(code)?.name ?? code;
const nameOfKind = (kind) => words[`kind:${kind}`] ?? kind;
const nameOfScript = (script) => words[`script:${script}`] ?? script;

/** A name within words that are heard and not seen: each in its own language, which no `aria-label` could tell. */
function named(sentence, name, lang) {
  const [before, after] = sentence.split("{name}");
  const heard = (text) => (text ? [element("span", { class: "unseen" }, text)] : []);
  return [...heard(before), element("span", { lang }, name), ...heard(after)];
}

/** The filters that are on, each a link that takes it off. */
export function showChosen(state) {
  const chip = (list, nameOf, lang = null) => (value) =>
    element(
      "li",
      {},
      element(
        "a",
        { href: addressOf({ ...state, [list]: toggled(state[list], value) }), "data-key": list + value },
        ...named(words.remove, nameOf(value), lang),
      ),
    );
  const chips = [
    ...state.regions.map(chip("regions", nameOf, tongue)),
    ...state.kinds.map(chip("kinds", nameOfKind)),
    ...state.scripts.map(chip("scripts", nameOfScript)),
  ];
  if (isFiltered(state)) chips.push(element("li", {}, element("a", { href: addressOf({ ...state, ...OPEN }), class: "all", "data-key": "all" }, words.clear_all)));
  refill($("chosen"), chips);
}

function facetNode(title, exact, items, lang = null) {
  const list = items.map(({ key, name, count, chosen, state }) => {
    const label = count === undefined ? "{name}" : words[exact ? "facet" : "facet_about"].replace("{n}", count);
    const link = element("a", { href: addressOf(state), "aria-current": chosen ? "true" : null, "data-key": key }, ...named(label, name, lang));
    const number = element("span", { class: "count", "aria-hidden": "true" }, count === undefined ? "" : (exact ? "" : "≤") + count);
    return element("li", {}, link, number);
  });
  return list.length ? [element("section", {}, element("h2", {}, title), element("ul", {}, ...list))] : [];
}

/** The facets of an answer; without one, the filters that are known without. */
export function showFacets(state, facets) {
  for (const { code, name, parent } of facets?.regions ?? []) regions.set(code, { name, parent });
  const many = (list, key, found, values, name) =>
    values
      .map((value) => ({
        key: list + value,
        name: name(value),
        count: found?.find((row) => (row[key] ?? "none") === value)?.count,
        chosen: state[list].includes(value),
        state: { ...state, [list]: toggled(state[list], value) },
      }))
      // What no hit has would leave none, unless others of its sort are chosen: then it adds its own, and how many is not known.
      .filter(({ count, chosen }) => !found || count || chosen || state[list].length)
      .map((item) => (item.chosen || !state[list].length ? item : { ...item, count: undefined }));
  const codes = [...new Set([...state.regions, ...(facets?.regions ?? []).map(({ code }) => code)])].slice(0, Math.max(FACETS, state.regions.length));
  const places = many("regions", "code", facets?.regions, codes, nameOf).map((item, n) => {
    if (item.chosen) return item;
    const chosen = withRegion(state.regions, codes[n]);
    // In the place of those that it lies in it leaves what it has of the hits.
    const isInside = state.regions.every((each) => isWithin(codes[n], each));
    const count = isInside ? facets?.regions.find(({ code }) => code === codes[n])?.count : undefined;
    return { ...item, count, state: { ...state, regions: chosen } };
  });
  const years = (facets?.years ?? []).slice(0, FACETS).map(({ year, count }) => {
    const chosen = state.from === year && state.to === year;
    const { from, to } = state;
    const whole = (!from || from === year || from.slice(0, 4) < year) && (!to || to === year || year < to.slice(0, 4));
    return { key: year, name: say("year", { year }), count: whole ? count : undefined, chosen, state: { ...state, from: chosen ? "" : year, to: chosen ? "" : year } };
  });
  const known = (kind) => Object.keys(words).filter((key) => key.startsWith(kind)).map((key) => key.slice(kind.length));
  const exact = facets?.exact;
  refill($("facets"), [
    ...facetNode(words.facet_regions, exact, places, tongue),
    ...facetNode(words.facet_years, exact, years.length > 1 || state.from ? years : []),
    ...facetNode(words.facet_kinds, exact, many("kinds", "kind", facets?.kinds, known("kind:"), nameOfKind)),
    ...facetNode(words.facet_scripts, exact, many("scripts", "script", facets?.scripts, known("script:"), nameOfScript)),
  ]);
}
