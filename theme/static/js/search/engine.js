// The search itself: candidates from the posting lists, proof from the texts, Whoosh's scores to the last bit.
// Imported by index.js, or run by it as a worker.

import { dateLabel, everything, rankOf, span, within } from "./days.js";
import { SearchError } from "./errors.js";
import { ofColumns, ofDocuments, sorted } from "./facets.js";
import { Files } from "./files.js";
import { variant } from "./format.js";
import { has, inOrder, intersect, intersection, minus, NONE, union } from "./sets.js";
import { chief, decide, doubtful, FIELDS, gramsOf, scoresOf, unscored } from "./terms.js";
import { indexOf, parse, points, runs, toString } from "./text.js";

const SORTS = ["relevance", "newest", "oldest"];
// Bytes of files up to which an answer reads on to fill its page, and to prove its total; what is left open after that
// makes it "at least". With page, style and scripts this aims at 100 and 60 kB. What an answer must have does not count:
// chief lists, lengths, as many texts as a page has hits, facets.
const FILLS = 68e3;
const PROVES = 36e3;
// Lists fetched beyond those of the chief grams to decide candidates.
const MOST_LISTS = 6;

export class Engine {
  #root;
  #files;

  /** `root` is the address of the site, ending in a slash. */
  constructor(root) {
    this.#root = root;
    this.#files = new Files(root + "search/");
  }

  /**
   * Answer a request. Where a file fails, the error carries in `partial` what could be answered without it, if anything:
   * {answer, without: the terms left out, lost: hits whose texts could not be read}.
   */
  async search(request = {}, options = {}) {
    try {
      return await this.#answer(request, options);
    } catch (error) {
      if (!error.file) throw error;
      const lost = { terms: new Set(), hits: 0, more: 0 };
      const answer = await this.#answer(request, options, lost).catch(() => null);
      if (answer && !lost.terms.size && !lost.hits && !lost.more) return answer; // the file could be read the second time
      if (answer) error.partial = { answer: inexact(answer), without: [...lost.terms], lost: lost.hits };
      throw error;
    }
  }

  /** With `lost`, terms, hits and what more can't be read are left out and noted there. */
  async #answer(request, options, lost = null) {
    const { sort = "relevance", regions = [] } = request;
    const { limit = 10, offset = 0, lang = "zh-hans", effort = 1, facets = true } = options;
    if (!SORTS.includes(sort)) throw new SearchError("request", null, `${sort} is no order; write ${SORTS.join(", ")}`);
    const days = daysOf(request);
    const edition = (await this.#files.edition()).unspent();
    const { manifest } = edition;
    const before = offset * manifest.text; // of the pages before, which are settled anew
    const texts = (bytes) => Math.floor((bytes * effort + before - edition.spent) / manifest.text);
    const query = await queryOf(edition, request, days, lost);
    const { include, terms, excluded, repaired } = query;
    if (lost?.terms.size && !terms.length) return null;
    await refine(edition, query, limit, lost);

    const ranks = sort === "relevance" && terms.length > 0;
    const published = ranks ? null : await attempt(edition.days(), lost, noteMore);
    const rank = published ? rankOf(published, sort !== "oldest") : (doc) => doc;
    const { docs, lengths } = await measured(edition, candidatesOf(query), limit, ranks, lost);
    const scores = ranks ? scoresOf(docs, lengths, terms, manifest) : new Float64Array(docs.length);
    const open = intersect(docs, union([repaired, ...[...terms, ...excluded].map(doubtful)]));
    const unsettled = ranks ? union([open, ...terms.map(unscored)]) : open;

    const read = new Map(); // {document: whether it matches}
    const settle = async (hit) => {
      if (!has(unsettled, hit.doc)) return hit;
      const score = await attempt(this.#verified(edition, hit.doc, query), lost, noteHit);
      read.set(hit.doc, score !== null);
      return score === null ? null : { ...hit, score: ranks ? score : 0 };
    };
    const order = (a, b) => b.score - a.score || rank(a.doc) - rank(b.doc);
    const settled = await settlePage(hitsIn(docs, scores, rank), order, offset + limit, settle, () => texts(FILLS));
    const page = settled.slice(offset, offset + limit);
    const hits = await this.#hits(edition, page, include, terms, lang, lost);
    const rest = Array.from(open).filter((doc) => !read.has(doc));
    const exact = rest.length <= Math.max(0, texts(PROVES));
    if (exact) await Promise.all(rest.map((doc) => settle({ doc })));
    const found = minus(docs, Uint32Array.from(read.keys()).filter((doc) => !read.get(doc)).sort());
    const atMost = found.length + (lost?.hits ?? 0);
    const counts = facets ? await attempt(facetsOf(edition, found, regions, lost ? 0 : limit, lang), lost, noteMore) : null;
    const chosen = regions.length ? await attempt(chosenOf(edition, regions, lang), lost, noteMore) : [];
    const total = exact ? found.length : found.length - rest.length;
    return { total, atMost, exact, hits, chosen: chosen ?? [], facets: counts && { exact, ...counts } };
  }

  /** How a query is read: {include, exclude}, its folded terms. */
  async parse(q) {
    return parse(await fold(await this.#files.edition(), q));
  }

  /** Every region of the archive: {code, name, parent, count}. */
  async regions({ lang = "zh-hans" } = {}) {
    const edition = await this.#files.edition();
    const [rows, name] = await Promise.all([edition.regions(), namer(edition, lang)]);
    return rows.map((row) => ({ code: row.code, name: name(row), parent: row.parent, count: row.count }));
  }

  /** What may be meant by the beginning `q`: {regions: [{code, name, count}], titles: [{title, url}]}. */
  async suggest(q, { lang = "zh-hans", limit = 6 } = {}) {
    const edition = await this.#files.edition();
    const typed = (await fold(edition, q)).trim();
    const found = typed ? await edition.suggestions(Array.from(typed)[0]) : null;
    if (!found) return { regions: [], titles: [] };
    const [inScript, name] = await Promise.all([scriptOf(edition, lang), namer(edition, lang)]);
    const names = await Promise.all(found.regions.map((region) => fold(edition, region.name)));
    const regions = found.regions.filter((_, n) => names[n].startsWith(typed)).sort((a, b) => b.count - a.count);
    const titles = found.titles.filter(({ title }) => toString(title.folded).startsWith(typed));
    return {
      regions: regions.slice(0, limit).map((region) => ({ code: region.code, name: name(region), count: region.count })),
      titles: titles.slice(0, limit).map(({ id, title }) => ({ title: toString(inScript(title)), url: this.#address(id, lang) })),
    };
  }

  /** The true score of a document, or null where its text does not hold what its grams promise. */
  async #verified(edition, doc, { terms, excluded, received, manifest }) {
    const document = await edition.document(doc);
    const stands = ({ codes }) => FIELDS.some((name) => indexOf(document[name].folded, codes) >= 0);
    if (excluded.some(stands) || !terms.every(stands)) return null;
    if (received && !terms.every(({ codes }) => asReceived(document, codes))) return null;
    return trueScore(doc, document, terms, manifest);
  }

  async #hits(edition, page, include, terms, lang, lost) {
    const hits = page.map(({ doc }) => attempt(this.#hit(edition, doc, include, terms, lang), lost, noteHit));
    return (await Promise.all(hits)).filter(Boolean);
  }

  async #hit(edition, doc, include, terms, lang) {
    const [document, inScript, name] = await Promise.all([edition.document(doc), scriptOf(edition, lang), namer(edition, lang)]);
    const words = include.map(points);
    const title = inScript(document.title);
    const aligned = title.length === document.title.folded.length;
    return {
      id: document.id,
      score: trueScore(doc, document, terms, edition.manifest),
      url: this.#address(document.id, lang),
      title: toString(title),
      titleRuns: runs(title, aligned ? document.title.folded : [], words, [], true),
      date: dateLabel(document.days),
      regions: document.places.map(({ code }) => code),
      places: narrowest(document.places).map((place) => ({ code: place.code, name: name(place) })),
      snippet: runs(inScript(document.text), document.text.folded, words, document.repairs),
    };
  }

  #address(id, lang) {
    return new URL(`${lang}/bulletin/${encodeURIComponent(id)}/`, this.#root).href;
  }
}

// --- failure ---

/** What a promise gives; with `lost`, null and a note there if it fails. */
const attempt = (promise, lost, note) =>
  lost
    ? promise.catch(() => {
        note(lost);
        return null;
      })
    : promise;

const inexact = ({ facets, ...answer }) => ({ ...answer, exact: false, facets: facets && { ...facets, exact: false } });

const noteHit = (lost) => lost.hits++;
const noteMore = (lost) => lost.more++;

// --- the request ---

async function fold(edition, q) {
  const codes = points(q);
  return toString(codes.map(await edition.folding(codes)));
}

/** The days from which and to which publications are asked for, or null. */
function daysOf({ from, to }) {
  return from || to ? [from ? span(from)[0] : 1, to ? span(to)[1] : Infinity] : null;
}

/** What is asked for: the words to include, terms, filters, and the documents whose texts say what of it was received. */
async function queryOf(edition, request, days, lost) {
  const { q = "", received = false } = request;
  const { include, exclude } = parse(await fold(edition, q));
  const [terms, excluded, filters, repaired] = await Promise.all([
    termsOf(edition, include, lost),
    termsOf(edition, exclude, lost),
    filtersOf(edition, request, days, include),
    received && include.length ? setOf(edition, ["repaired"]) : NONE,
  ]);
  return { include, terms, excluded, filters, repaired, received, manifest: edition.manifest };
}

/** {docs, lengths}: a few are read, for they are shown; of more, the lengths are fetched where they are to be ranked. */
async function measured(edition, docs, limit, ranks, lost) {
  if (docs.length > limit) return { docs, lengths: ranks ? await edition.lengths(docs) : [] };
  const few = await Promise.all(Array.from(docs, (doc) => attempt(edition.document(doc), lost, noteHit)));
  return { docs: docs.filter((_, n) => few[n]), lengths: few.filter(Boolean).map(({ length }) => length) };
}

async function termsOf(edition, terms, lost) {
  const found = terms.map(async (term) => {
    const codes = points(term);
    const grams = gramsOf(codes);
    const entries = Array(grams.length).fill(undefined);
    await Promise.all(chief(grams.length).map(async (at) => (entries[at] = await edition.gram(grams[at]))));
    return { grams, ...decide(codes, entries, edition.manifest.rare) };
  });
  const read = await Promise.all(found.map((term, n) => attempt(term, lost, () => lost.terms.add(terms[n]))));
  return read.filter(Boolean);
}

/** The sets to whose intersection a request confines its hits; all documents where nothing else does. */
async function filtersOf(edition, { regions = [], scripts = [], kinds = [] }, days, include) {
  const keys = [scripts.map((script) => `script:${script}`), kinds.map((kind) => `kind:${kind ?? ""}`)];
  const sets = keys.filter((own) => own.length).map((own) => setOf(edition, own));
  if (regions.length) sets.push(Promise.all(regions.map((code) => regionOf(edition, code))).then(unionOf));
  if (days) sets.push(edition.days().then((found) => within(found, ...days)));
  if (!sets.length && !include.length) sets.push(edition.days().then(everything));
  return Promise.all(sets);
}

/** The documents that stand under any of some keys. */
async function setOf(edition, keys) {
  return unionOf(await Promise.all(keys.map((key) => edition.set(key))));
}

const unionOf = (entries) => union(entries.map((entry) => entry?.member.docs ?? NONE));

/** The entry of a region; keys that are no region's have no name. */
async function regionOf(edition, code) {
  const entry = await edition.set(code);
  return entry?.member.name ? entry : undefined;
}

/** {code, name, parent} of those of the chosen regions that the archive has. */
async function chosenOf(edition, codes, lang) {
  const [found, name] = await Promise.all([Promise.all(codes.map((code) => regionOf(edition, code))), namer(edition, lang)]);
  return found.filter(Boolean).map(({ member }) => ({ code: member.code, name: name(member), parent: member.parent }));
}

// --- candidates ---

/** The documents that may match. */
function candidatesOf({ terms, excluded, filters }) {
  const docs = intersection([...terms.map(({ may }) => may), ...filters]);
  return excluded.map(({ must }) => must).reduce(minus, docs);
}

/**
 * Decide candidates from more lists, where these are cheaper than the texts beyond a page, and as long as there is room for
 * both: first from the lists of the pairs that are not chief, then from continuations that stand apart.
 */
async function refine(edition, query, limit, lost) {
  const { rare, text } = edition.manifest;
  const steps = [
    [({ entries }) => [...entries.keys()].filter((at) => !entries[at]), ({ grams }, at) => edition.gram(grams[at])],
    [({ apart }) => apart, async ({ codes, entries }, at) => ({ ...entries[at], more: await edition.continuations(entries[at].more.apart, codes[at + 2]) })],
  ];
  const all = [...query.terms, ...query.excluded];
  const size = edition.spent / Math.max(1, all.flatMap(({ entries }) => entries.filter(Boolean)).length); // of a list, about
  let left = MOST_LISTS;
  for (const [missing, fetched] of steps) {
    for (const term of all) {
      const room = Math.floor((FILLS - edition.spent - limit * text) / size);
      const places = missing(term).slice(0, Math.max(0, Math.min(left, room)));
      if (!places.length) continue;
      const open = intersect(candidatesOf(query), doubtful(term));
      if (open.length <= limit + places.length) continue;
      left -= places.length;
      const more = await attempt(Promise.all(places.map((at) => fetched(term, at))), lost, noteMore);
      if (!more) continue;
      places.forEach((at, n) => (term.entries[at] = more[n]));
      Object.assign(term, decide(term.codes, term.entries, rare));
    }
  }
}

/** Hits from the best on. */
function* hitsIn(docs, scores, rank) {
  const before = (a, b) => scores[a] > scores[b] || (scores[a] === scores[b] && rank(docs[a]) < rank(docs[b]));
  for (const n of inOrder(docs.length, before)) yield { doc: docs[n], score: scores[n] };
}

/**
 * Take hits from the head of `ranked` and settle them until the first `wanted` can't change any more, or, where so many were
 * taken, until there are no `more` to be taken; returns those that can't change, in order.
 */
async function settlePage(ranked, order, wanted, settle, more) {
  const settled = [];
  let next = ranked.next();
  for (let taken = 0; ; ) {
    const { done, value: head } = next;
    const final = done ? settled : settled.filter((hit) => order(hit, head) < 0);
    const size = Math.min(wanted - final.length, Math.max(wanted - taken, more()));
    if (done || !(size > 0)) return final.slice(0, wanted);
    const batch = [];
    for (; batch.length < size && !next.done; next = ranked.next()) batch.push(settle(next.value));
    taken += batch.length;
    settled.push(...(await Promise.all(batch)).filter(Boolean));
    settled.sort(order);
  }
}

// --- documents ---

/** A document's score by what its title and its text hold. */
function trueScore(doc, document, terms, manifest) {
  const holds = ({ codes }, name) => indexOf(document[name].folded, codes) >= 0;
  return scoresOf(Uint32Array.of(doc), [document.length], terms, manifest, holds)[0];
}

/** Whether a term stands in the text outside all repairs, or not in the text at all. */
function asReceived({ text: { folded }, repairs }, codes) {
  let at = indexOf(folded, codes);
  if (at < 0) return true;
  for (; at >= 0; at = indexOf(folded, codes, at + 1)) {
    if (repairs.every(([from, to]) => at + codes.length <= from || to <= at)) return true;
  }
  return false;
}

/** The regions that hold no other one of `places`. */
function narrowest(places) {
  const above = new Set(places.map(({ parent }) => parent));
  return places.filter(({ code }) => !above.has(code));
}

/** A function that gives a text {folded, hans, hant} in the script of a page. */
async function scriptOf(edition, lang) {
  const simplified = ({ folded, hans }) => variant(folded, hans, edition.manifest.hans);
  if (lang !== "zh-hant") return simplified;
  const { hant, of } = await edition.variants();
  return (text) => variant(simplified(text), text.hant, hant, of);
}

/** A function that gives the name of a region in the script of a page. */
async function namer(edition, lang) {
  if (lang !== "zh-hant") return ({ name }) => name;
  const table = (await edition.variants()).hant;
  return ({ name, hant }) => hant || toString(points(name).map((code) => table.get(code) ?? code));
}

// --- facets ---

/** Facets of the documents in `found`: from their own files if they are `few`, else from what is known of all. */
async function facetsOf(edition, found, chosen, few, lang) {
  const name = await namer(edition, found.length ? lang : "");
  const [regions, counts] = await (found.length <= few ? countDocuments(edition, found) : countColumns(edition, found, chosen));
  const rows = new Map(regions.map((region) => [region.code, region]));
  return {
    regions: sorted(counts.regions).map(([code, count]) => ({ code, name: name(rows.get(code)), parent: rows.get(code).parent, count })),
    years: sorted(counts.years).map(([year, count]) => ({ year, count })),
    kinds: sorted(counts.kinds).map(([kind, count]) => ({ kind, count })),
    scripts: sorted(counts.scripts).map(([script, count]) => ({ script, count })),
  };
}

async function countDocuments(edition, found) {
  const documents = await Promise.all(Array.from(found, (doc) => edition.document(doc)));
  return [documents.flatMap(({ places }) => places), ofDocuments(documents)];
}

async function countColumns(edition, found, chosen) {
  const [columns, days] = await Promise.all([edition.facets(), edition.days()]);
  const members = await membersOf(edition, chosen, new Set(columns.regions.map(({ code }) => code)));
  return [[...columns.regions, ...members], ofColumns(found, columns, days, members, edition.manifest)];
}

/** The chosen regions, those above and those just below them, as far as they are not known from the columns. */
async function membersOf(edition, chosen, known) {
  const members = new Map();
  const seen = new Set();
  for (const code of chosen) {
    for (const child of (await regionOf(edition, code))?.children ?? []) members.set(child.code, child);
    for (let up = code; up && !known.has(up) && !seen.has(up); ) {
      seen.add(up);
      const own = (await regionOf(edition, up))?.member;
      if (own) members.set(up, own);
      up = own?.parent;
    }
  }
  return [...members.values()].filter((member) => !known.has(member.code));
}

if (typeof WorkerGlobalScope !== "undefined" && self instanceof WorkerGlobalScope) {
  let engine;
  self.onmessage = async ({ data: { id, method, args } }) => {
    try {
      if (method === "open") engine = new Engine(...args);
      self.postMessage({ id, value: method === "open" ? null : await engine[method](...args) });
    } catch (error) {
      const { name, reason = "fault", file = null, message, partial } = error;
      self.postMessage({ id, error: { name, reason, file, message, partial } });
    }
  };
}
