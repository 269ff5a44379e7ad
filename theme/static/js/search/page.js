// The search page: its state is the address, its answers come from the search module, its words from the page.

import { combobox } from "./combobox.js";
import { forget, recentQueries, remember, rememberOpen, wasOpen } from "./device.js";
import { $, element, isComposed, labelled, say, tongue, words } from "./dom.js";
import { openIndex } from "./index.js";
import { addressOf, isEmpty, isFaulty, requestOf, stateOf } from "./state.js";
import { hitNode, regions, showChosen, showFacets, withRegion } from "./view.js";

const PAGE = 10;
const STRIDE = 4; // times the effort, where a page was not filled and the reader goes on
const SOON = 300; // ms before the page says that it searches: most answers are there by then

const form = $("search");
const box = $("q");
const results = $("results");
const more = $("more");
const prove = $("prove");
const narrow = $("narrow");
const line = $("status");
const fields = form.elements;
const lang = document.documentElement.lang === "zh-Hant" ? "zh-hant" : "zh-hans"; // of the bulletins
const index = openIndex(new URL("../../../", import.meta.url).href);
const siteTitle = document.title;

for (const { value, text } of fields.region.options) if (value) regions.set(value, { name: text.trim() });

/** Say something in the status line; `total` and `phase` are for programs. */
function report(text, phase, total = "") {
  line.dataset.total = total;
  line.dataset.state = phase;
  if (line.textContent !== text) line.textContent = text;
}

let turn = 0;
let going = null; // the job "more" or "proof" while it lasts
let place; // the part of the address that is shown
let soon;
let narrowed = false; // whether the facets are those of the state that is shown
let effort; // of answers; Infinity once a total is to be proven

/**
 * Search for a state and show the answer, unless a later turn has begun by then. A job is "all" there is to show, "more"
 * hits, the "proof" of the total, or the "facets" alone.
 */
async function search(state, job, shown) {
  const mine = ++turn;
  const facets = narrow.open && job !== "more";
  const told = [line.textContent, "done", line.dataset.total];
  if (job === "proof") effort = Infinity;
  const options = { lang, facets, effort, limit: job === "more" ? PAGE : Math.max(PAGE, shown), offset: job === "more" ? shown : 0 };
  $("failure").hidden = true;
  clearTimeout(soon);
  results.setAttribute("aria-busy", "true");
  if (job === "all" || job === "proof") {
    report(line.textContent, "busy");
    soon = setTimeout(() => report(words[job === "proof" ? "proving" : "loading"], "busy"), SOON);
  }
  if (job !== "more") narrowed = facets;
  try {
    const answer = await index.search(requestOf(state), options);
    if (mine === turn) showAnswer(answer, state, job, shown);
  } catch (error) {
    if (mine === turn) failWith(error, state, job, shown, told);
  }
  if (mine !== turn) return;
  clearTimeout(soon);
  results.removeAttribute("aria-busy");
}

function showAnswer(answer, state, job, shown) {
  clearTimeout(soon);
  const { hits, exact, total, atMost, facets } = answer;
  const all = job === "more" ? shown + hits.length : hits.length;
  if (job !== "facets") {
    const nodes = hits.map(hitNode);
    const left = atMost - all;
    more.hidden = left <= 0;
    more.textContent = exact ? say("more", { n: Math.min(left, PAGE) }) : words.more_about;
    more.onclick = () => alone(() => goOn(state, all, hits.length < (job === "more" ? PAGE : Math.max(PAGE, shown))));
    if (job === "all") results.replaceChildren(...nodes);
    if (job === "proof") results.append(...nodes.slice(shown));
    if (job === "more") {
      results.append(...nodes);
      if (nodes.length) nodes[0].querySelector("a").focus();
      else if (more.hidden) focusLine();
    }
    if (job !== "all") history.replaceState({ ...history.state, shown: all, effort }, "");
    if (job === "proof") {
      prove.setAttribute("aria-disabled", "true"); // It stays where it is: the focus is on it.
      prove.textContent = words.proved;
    } else {
      prove.hidden = exact;
    }
    prove.onclick = () => exact || alone(() => search(state, "proof", all));
  }
  if (job !== "more" && narrow.open) showFacets(state, facets);
  if (job === "facets") return;
  if (job === "all") {
    if (state.q) remember(state.q);
    if (history.state?.at) document.querySelector(`[data-id="${CSS.escape(history.state.at)}"] a`)?.focus();
  }
  const found = exact ? (total ? "found" : "nothing") : total || all ? "found_about" : "found_none_yet";
  report(say(found, { n: total, m: atMost }), "done", String(total));
  nameChosen(state, answer);
}

/** Do a job, unless another one lasts. */
function alone(job) {
  going ??= job().finally(() => (going = null));
}

/** Show the hits that come after `shown`; where too few texts were read for them, with more effort. */
async function goOn(state, shown, isShort) {
  if (isShort) effort *= STRIDE;
  const mine = turn + 1; // that of the search that follows
  await search(state, "more", shown);
  if (mine !== turn || isShort || more.hidden || results.children.length > shown || !$("failure").hidden) return;
  effort *= STRIDE;
  await search(state, "more", shown);
}

function focusLine() {
  line.tabIndex = -1;
  line.focus();
}

/** Say what failed, and show what could be searched without it, or leave what was `told`. */
function failWith(error, state, job, shown, told) {
  const { answer, without, lost } = error.partial ?? {};
  const fault = error.file && words[error.reason] ? error.reason : "fault";
  const parts = [say("error", { e: say(fault, { e: error.message, file: decodeURI(error.file ?? "") }) })];
  if (answer && job === "all") {
    showAnswer(answer, state, job, shown);
    more.hidden = prove.hidden = true;
    if (without.length) parts.push(say("partial_terms", { terms: without.join(" ") }));
    if (lost) parts.push(say("partial_hits", { n: lost }));
  } else {
    if (job === "all") results.replaceChildren();
    if (job === "all" || job === "facets") showFacets(state);
  }
  if (job !== "more") narrowed = false;
  $("failure").querySelector("span").textContent = parts.join(" ");
  $("failure").hidden = false;
  $("retry").onclick = () => {
    focusLine(); // The button goes; the next stop is where the answer will be told.
    search(state, job, shown);
  };
  if (job === "all") report("", "error");
  else report(...told);
}

let tree;
/** Every region of the archive, once it is wanted. It names things and no more: where it fails, codes stand for names. */
async function learnRegions() {
  tree ??= index.regions({ lang }).catch(() => (tree = null));
  for (const { code, name, parent } of (await tree) ?? []) regions.set(code, { name, parent });
}

/** Show the names of chosen regions that the page did not know; of those that the archive does not have, the codes. */
function nameChosen(state, { chosen }) {
  const unknown = chosen.filter(({ code }) => !regions.has(code));
  for (const { code, name, parent } of unknown) regions.set(code, { name, parent });
  if (unknown.length) showChosen(state);
}

function fillForm(state) {
  for (const name of ["q", "from", "to", "sort"]) fields[name].value = state[name];
  fields.received.checked = state.received !== "";
  if (document.activeElement !== fields.region) fields.region.value = "";
  for (const link of document.querySelectorAll(".scripts a")) link.search = location.search;
  document.title = state.q ? `${state.q} · ${siteTitle}` : siteTitle;
  showChosen(state);
}

/** Show what the address asks for. */
function show() {
  place = location.search;
  const state = stateOf(location);
  fillForm(state);
  for (const id of ["failure", "more", "prove", "link"]) $(id).hidden = true;
  prove.removeAttribute("aria-disabled");
  prove.textContent = words.prove;
  $("copied").textContent = "";
  effort = history.state?.effort ?? 1;
  const empty = isEmpty(state);
  const idle = empty || isFaulty(state);
  $("copy").hidden = idle;
  if (!idle) return search(state, "all", history.state?.shown ?? PAGE);
  turn++;
  clearTimeout(soon);
  narrowed = true;
  results.removeAttribute("aria-busy");
  results.replaceChildren();
  showFacets(state);
  report(empty ? words.ready : words.bad_date, empty ? "idle" : "error");
}

/** Go to a state: a step in the history, unless it is where we are; then it is shown from its beginning. */
function go(address, step = "pushState") {
  const target = new URL(address, location.href);
  history[target.search === location.search ? "replaceState" : step](null, "", target);
  show();
}

/** The state of the address with what the form says. */
function stateOfForm() {
  const value = (name) => fields[name].value.trim();
  return { ...stateOf(location), q: value("q"), from: value("from"), to: value("to"), sort: value("sort"), received: fields.received.checked ? "1" : "" };
}

async function addRegion(state, code, step) {
  if (state.regions.length) await learnRegions(); // to know what lies in what
  go(addressOf({ ...state, regions: withRegion(state.regions, code) }), step);
}

// --- the form

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (matchMedia("(pointer: coarse)").matches) box.blur(); // The keyboard of a phone covers the results.
  go(addressOf(stateOfForm()));
});
for (const name of ["from", "to", "sort", "received"]) {
  fields[name].addEventListener("change", () => form.reportValidity() && go(addressOf(stateOfForm())));
}
let picked = ""; // in the list of regions since it has the focus: arrow keys go through all of them
fields.region.addEventListener("change", () => {
  const state = stateOfForm();
  const { value } = fields.region;
  const step = picked ? "replaceState" : "pushState";
  state.regions = state.regions.filter((code) => code !== picked);
  picked = value;
  if (value) addRegion(state, value, step);
  else go(addressOf(state), step);
});
fields.region.addEventListener("blur", () => (fields.region.value = picked = ""));

/** Latest queries while nothing is typed; then regions that begin with the last word, titles that begin with all of it. */
async function offer(typed) {
  if (!typed.trim()) {
    const recent = recentQueries().map((q) => ({ parts: [q], q }));
    return recent.length ? [...recent, { parts: [element("small", {}, words.forget)], forget }] : [];
  }
  const word = typed.trimStart().match(/\S*\s*$/)[0];
  // An aid: where it fails, nothing is said.
  const found = await index.suggest(word, { lang }).catch(() => ({ regions: [], titles: [] }));
  const titles = word === typed.trimStart() ? found.titles : [];
  const tagged = (text, tag) => [element("span", { lang: tongue }, text), " ", element("small", {}, tag)];
  return [
    ...found.regions.map(({ code, name, count }) => ({ parts: tagged(name, say("as_region", { n: count })), code, name })),
    ...titles.map(({ title, url }) => ({ parts: tagged(title, words.as_title), url })),
  ];
}

function take({ q, code, name, url, forget }) {
  if (forget) return forget();
  if (url) return location.assign(labelled(url));
  if (!code) return go(addressOf({ ...stateOfForm(), q }));
  if (!regions.has(code)) regions.set(code, { name });
  return addRegion({ ...stateOfForm(), q: box.value.replace(/\S*\s*$/, "").trim() }, code); // in place of the last word
}

combobox(box, $("suggestions"), offer, take);

// --- keys and links

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || isComposed(event) || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const { key, target } = event;
  const way = { ArrowDown: 1, ArrowUp: -1 }[key];
  const stops = [box, ...results.querySelectorAll("a.title"), ...(more.hidden ? [] : [more])];
  const next = way && stops.includes(target) && stops[stops.indexOf(target) + way];
  if (!next) return;
  event.preventDefault();
  next.focus();
});
results.addEventListener("click", ({ target }) => {
  const at = target.closest("a") && target.closest("li").dataset.id;
  if (at) history.replaceState({ ...history.state, at }, ""); // where the reader comes back to
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-key]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go(link.href);
});
$("copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(location.href);
    $("copied").textContent = words.copied;
  } catch {
    // Denied, or no clipboard without https: here it is to be copied by hand.
    $("copied").textContent = words.copy_by_hand;
    $("link").value = location.href;
    $("link").hidden = false;
    $("link").select();
  }
});
narrow.addEventListener("toggle", async () => {
  rememberOpen(narrow.open);
  await going; // or its hits would come too late to be shown
  if (!narrow.open || narrowed) return;
  const state = stateOf(location);
  if (!$("failure").hidden) return showFacets(state);
  $("facets").textContent = words.loading;
  if (line.dataset.state === "done") search(state, "facets", PAGE);
  else if (line.dataset.state === "busy") show();
  else showFacets(state);
});
addEventListener("popstate", () => location.search === place || show()); // not for a fragment
narrow.open = wasOpen();
show();
