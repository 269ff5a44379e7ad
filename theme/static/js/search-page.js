// The search page: its state is the address, its answers come from the search module, its words from the page.

import { openIndex } from "./search/index.js";

const PAGE = 10;
const FACETS = 12;
const TYPING = 200; // ms without a key before suggestions are looked up
const PLACES = 4; // of a hit
const FIELDS = ["q", "region", "from", "to", "sort"];
const DAY = /^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$/;

const $ = (id) => document.getElementById(id);
const form = $("search");
const status = $("status");
const language = document.documentElement.lang.toLowerCase();
const index = openIndex(new URL("../../", import.meta.url).href);
const siteTitle = document.title;
const words = Object.fromEntries(
  Array.from($("words").content.querySelectorAll("[data-word]"), (item) => [item.dataset.word, item.textContent]),
);

/** The words of the page with {n} filled in. */
const say = (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);

/** The state in the address: {q, regions, from, to, sort, received}. */
function stateOf(address) {
  const has = new URLSearchParams(address.search);
  const one = (name) => (has.get(name) ?? "").trim();
  return { q: one("q"), regions: has.getAll("region").filter(Boolean), from: one("from"), to: one("to"), sort: one("sort"), received: one("received") };
}

/** The address of a state, relative to this page. */
function addressOf({ q, regions, from, to, sort, received }) {
  const pairs = [["q", q], ...regions.map((code) => ["region", code]), ["from", from], ["to", to], ["sort", sort], ["received", received]];
  return "?" + new URLSearchParams(pairs.filter(([, value]) => value)).toString();
}

const isEmpty = (state) => !state.q && !state.regions.length && !state.from && !state.to;
const filtered = (state) => state.regions.length > 0 || state.from || state.to || state.received;

function faultOf({ from, to }) {
  const dates = [from, to].filter(Boolean);
  const common = Math.min(from.length, to.length);
  return dates.some((date) => !DAY.test(date)) || from.slice(0, common) > to.slice(0, common);
}

/** An element with attributes and children; strings become text. */
function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

const runNode = ({ text, mark, repaired }) =>
  mark ? element("mark", { class: repaired ? "repaired" : null, title: repaired ? words.repaired : null }, text) : text;

/** The address of a hit, with its first match for the browser to scroll to. */
function hitAddress({ url, snippet }) {
  const match = snippet.find((run) => run.mark);
  return match ? `${url}#:~:text=${encodeURIComponent(match.text).replaceAll("-", "%2D")}` : url;
}

function hitNode(hit) {
  const date = hit.date ? element("time", {}, hit.date) : element("span", { class: "open" }, words.undated);
  const names = hit.places.slice(0, PLACES).map(({ name }) => element("span", {}, name));
  return element(
    "li",
    { "data-id": hit.id },
    element("a", { class: "title", href: hitAddress(hit) }, element("bdi", {}, ...hit.titleRuns.map(runNode))),
    element("p", { class: "snippet" }, element("bdi", {}, ...hit.snippet.map(runNode))),
    element("p", { class: "meta" }, date, ...names),
  );
}

function facetNode(title, items) {
  const list = items.map(({ label, count, state, chosen }) =>
    element(
      "li",
      {},
      element("a", { href: addressOf(state), "aria-current": chosen ? "true" : null, "data-state": "" }, label),
      element("span", { class: "count" }, String(count)),
    ),
  );
  return element("section", {}, element("h2", {}, title), element("ul", {}, ...list));
}

function showFacets(facets, state) {
  const first = facets.regions.find(({ code }) => code === state.regions[0]);
  if (first) offerRegion(first.code, first.name);
  const regions = facets.regions.slice(0, FACETS).map(({ code, name, count }) => ({
    label: name, count, chosen: state.regions.includes(code), state: { ...state, regions: [code] },
  }));
  const years = facets.years.slice(0, FACETS).map(({ year, count }) => ({
    label: `${year}年`, count, chosen: state.from === year && state.to === year, state: { ...state, from: year, to: year },
  }));
  const parts = [];
  if (filtered(state)) {
    const open = { ...state, regions: [], from: "", to: "", received: "" };
    parts.push(element("p", {}, element("a", { href: addressOf(open), "data-state": "" }, words.clear)));
  }
  if (regions.length) parts.push(facetNode(words.facet_regions, regions));
  if (years.length > 1 || state.from) parts.push(facetNode(words.facet_years, years));
  $("facets").replaceChildren(...parts);
  $("facets").hidden = parts.length === 0;
}

/** Say something in the status line; `total` and `phase` are for programs. */
function report(text, phase, total = "") {
  status.textContent = text;
  status.dataset.total = total;
  status.dataset.state = phase;
}

function fail(text) {
  $("failure").querySelector("span").textContent = text;
  $("failure").hidden = false;
  report("", "error");
}

/** The choice of a region that is not among the topmost ones, once it is wanted; its name is known with the answer. */
function offerRegion(code, name = code) {
  const known = [...form.elements.region.options].find(({ value }) => value === code);
  if (!known) form.elements.region.append(element("option", { value: code, "data-added": "" }, name));
  else if ("added" in known.dataset) known.textContent = name;
}

function fillForm(state) {
  if (state.regions.length) offerRegion(state.regions[0]);
  for (const name of FIELDS) form.elements[name].value = name === "region" ? (state.regions[0] ?? "") : state[name];
  form.elements.received.checked = state.received !== "";
  for (const link of document.querySelectorAll(".scripts a")) link.search = location.search;
  document.title = state.q ? `${state.q} · ${siteTitle}` : siteTitle;
}

let turn = 0;
/** Search for the state of the address and show the answer, unless a later turn has begun by then. */
async function show() {
  const mine = ++turn;
  const state = stateOf(location);
  fillForm(state);
  $("failure").hidden = true;
  $("more").hidden = true;
  if (isEmpty(state) || faultOf(state)) {
    $("results").replaceChildren();
    $("facets").hidden = true;
    if (isEmpty(state)) report(words.ready, "idle");
    else report(words.bad_date, "error");
    return;
  }
  report(words.loading, "busy");
  await extend(state, mine, 0);
}

async function extend(state, mine, offset) {
  try {
    const request = { ...state, sort: state.sort || "relevance", from: state.from || undefined, to: state.to || undefined, received: state.received !== "" };
    const answer = await index.search(request, { limit: PAGE, offset, lang: language });
    if (mine === turn) showAnswer(answer, state, mine, offset);
  } catch (error) {
    if (mine === turn) failWith(error, state, mine, offset);
  }
}

function showAnswer(answer, state, mine, offset) {
  const nodes = answer.hits.map((hit) => hitNode(hit));
  if (offset) $("results").append(...nodes);
  else $("results").replaceChildren(...nodes);
  if (offset) nodes[0]?.querySelector("a").focus();
  else if (answer.facets) showFacets(answer.facets, state);
  else $("facets").hidden = true;
  const left = answer.total - offset - nodes.length;
  $("more").textContent = say("more", { n: Math.min(left, PAGE) });
  $("more").hidden = left <= 0;
  $("more").onclick = () => extend(state, mine, offset + nodes.length);
  const key = answer.total === 0 && answer.exact ? "nothing" : answer.exact ? "found" : "found_about";
  report(say(key, { n: answer.total }), "done", String(answer.total));
}

/** Say what failed, and show what could be searched without it. */
function failWith(error, state, mine, offset) {
  const { answer, without, lost } = error.partial ?? {};
  const parts = [say("error", { e: error.message })];
  if (answer && !offset) {
    showAnswer(answer, state, mine, 0);
    $("more").hidden = true;
    if (without.length) parts.push(say("partial_terms", { terms: without.join(" ") }));
    if (lost) parts.push(say("partial_hits", { n: lost }));
  }
  fail(parts.join(" "));
}

/** Go to a state: a step in the history, unless it is where we are. */
function go(address) {
  const target = new URL(address, location.href);
  if (target.search !== location.search) history.pushState(null, "", target);
  show();
}

function stateOfForm() {
  const value = (name) => form.elements[name].value.trim();
  const chosen = stateOf(location).regions;
  const region = value("region");
  // The select shows one region; further ones in the address stay until it is changed.
  const regions = region && region === chosen[0] ? chosen : region ? [region] : [];
  return { q: value("q"), regions, from: value("from"), to: value("to"), sort: value("sort"), received: form.elements.received.checked ? "1" : "" };
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  go(addressOf(stateOfForm()));
});
for (const name of ["region", "from", "to", "sort", "received"]) {
  form.elements[name].addEventListener("change", () => form.reportValidity() && go(addressOf(stateOfForm())));
}
form.elements.q.addEventListener("keydown", (event) => {
  // Enter that ends a composition chooses characters; 229 is what Safari sends for it.
  if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) event.preventDefault();
});
let pause;
/** Offer regions and titles that begin with what is typed. They are an aid: where they fail, nothing is said. */
async function suggest() {
  const typed = form.elements.q.value;
  const { regions, titles } = await index.suggest(typed, { lang: language }).catch(() => ({ regions: [], titles: [] }));
  if (typed !== form.elements.q.value) return;
  const values = [...regions.map(({ name }) => name), ...titles.map(({ title }) => title)];
  $("suggestions").replaceChildren(...[...new Set(values)].map((value) => element("option", { value })));
}
form.elements.q.addEventListener("input", (event) => {
  clearTimeout(pause);
  if (!event.isComposing) pause = setTimeout(suggest, TYPING);
});
$("facets").addEventListener("click", (event) => {
  const link = event.target.closest("a[data-state]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go(link.href);
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  form.elements.q.focus();
});
$("retry").addEventListener("click", show);
addEventListener("popstate", show);
show();
