// The search itself: candidates from the posting lists, proof from the texts, Whoosh's scores to the last bit.
// Imported by index.js, or run by it as a worker.

import { dateLabel, Files, iso, SearchError, span, variant } from "./format.js";
import { cover, indexOf, parse, points, runs, toString } from "./text.js";

const FIELDS = ["title", "text"];
const SORTS = ["relevance", "newest", "oldest"];
// Texts fetched beyond a page to prove its total; what is left unproven after that makes it "at least".
const PROOF = 20;

export class Engine {
  #root;
  #files;

  /** `root` is the address of the site, ending in a slash. */
  constructor(root) {
    this.#root = root;
    this.#files = new Files(root + "search/");
  }

  async search(request = {}, options = {}) {
    const { q = "", regions = [], scripts = [], kinds = [], from, to, sort = "relevance" } = request;
    const { limit = 10, offset = 0, lang = "zh-hans", proof = PROOF } = options;
    if (!SORTS.includes(sort)) throw new SearchError("request", null, `${sort} is no order; write ${SORTS.join(", ")}`);
    const filter = { regions, scripts, kinds, first: from ? span(from)[0] : null, last: to ? span(to)[1] : null };
    const manifest = await this.#files.manifest();
    const query = await this.parse(q);
    const terms = await Promise.all(query.include.map((term) => this.#term(term)));
    const excluded = await Promise.all(query.exclude.map((term) => this.#term(term)));

    let candidates = candidatesOf(terms, excluded, manifest.documents);
    const facts = await this.#facts(candidates, limit);
    candidates = candidates.filter((doc) => passes(facts(doc), filter));
    const order = orderOf(sort);
    const ranked = candidates.map((doc) => {
      const { length, days } = facts(doc);
      const proven = terms.every((term) => term.exact) && !excluded.some((term) => has(term, doc));
      return { doc, days, proven, score: scoreOf(doc, length, terms, manifest) };
    });
    ranked.sort(order);

    const settle = async (hit) => (hit.proven ? hit : this.#verify(hit, facts(hit.doc).length, terms, excluded, manifest));
    const settled = await settlePage(ranked, order, offset + limit, settle);
    let rest = ranked.splice(0);
    const open = rest.filter((hit) => !hit.proven);
    const exact = open.length <= proof;
    if (exact) {
      const checked = new Map((await Promise.all(open.map(settle))).filter(Boolean).map((hit) => [hit.doc, hit]));
      rest = rest.filter((hit) => hit.proven || checked.has(hit.doc));
    }
    const found = settled.length + rest.length;
    const page = settled.slice(offset, offset + limit);
    const [hits, facets] = await Promise.all([
      Promise.all(page.map((hit) => this.#hit(hit, query.include, lang, manifest))),
      this.#facets([...settled, ...rest].map((hit) => facts(hit.doc)), exact, lang),
    ]);
    return { total: exact ? found : found - open.length, atMost: found, exact, hits, facets };
  }

  /** How a query is read: {include, exclude}, its folded terms. */
  async parse(q) {
    return parse(await this.#fold(q));
  }

  /** Every region of the archive: {code, name, parent, count}. */
  async regions({ lang = "zh-hans" } = {}) {
    const traditional = lang === "zh-hant";
    const [rows, table] = await Promise.all([this.#files.regions(), traditional ? this.#files.hantTable() : new Map()]);
    const inScript = ({ name, hant }) => (traditional ? hant ?? toString(points(name).map((c) => table.get(c) ?? c)) : name);
    return rows.map((row) => ({ code: row.code, name: inScript(row), parent: row.parent, count: row.count }));
  }

  async #fold(q) {
    const codes = points(q);
    // The manifest's characters are folded, and folding is idempotent: most queries need no table.
    const table = await this.#files.foldTable(codes);
    return toString(codes.map((code) => (code >= 65 && code <= 90 ? code + 32 : (table.get(code) ?? code))));
  }

  /** A term with, for each field, {document: its grams' frequencies} of the documents that hold all of its grams. */
  async #term(term) {
    const grams = cover(term);
    const lists = await Promise.all(grams.map((gram) => this.#files.gram(gram)));
    const fields = FIELDS.map((name) => {
      const own = lists.map((list) => list[name]);
      const complete = own.every(Boolean);
      return { name, idfs: complete ? own.map((list) => list.idf) : [], docs: complete ? intersect(own) : new Map() };
    });
    return { codes: points(term), exact: grams.length === 1, fields };
  }

  /** What is known of documents: from their own files while they are few, else from the columns of all. */
  async #facts(candidates, few) {
    if (candidates.length > few) return this.#files.columns();
    const documents = await Promise.all(candidates.map((doc) => this.#files.document(doc)));
    const facts = new Map(candidates.map((doc, n) => [doc, documents[n]]));
    return (doc) => facts.get(doc);
  }

  /** The hit with its true score, or null where the text does not hold what its grams promise. */
  async #verify(hit, length, terms, excluded, manifest) {
    const document = await this.#files.document(hit.doc);
    const holds = (term, name) => indexOf(document[name].folded, term.codes) >= 0;
    if (excluded.some((term) => FIELDS.some((name) => holds(term, name)))) return null;
    if (!terms.every((term) => FIELDS.some((name) => holds(term, name)))) return null;
    return { ...hit, score: scoreOf(hit.doc, length, terms, manifest, holds) };
  }

  async #hit({ doc, score }, include, lang, manifest) {
    const [document, table] = await Promise.all([
      this.#files.document(doc),
      lang === "zh-hant" ? this.#files.hantTable() : new Map(),
    ]);
    const terms = include.map(points);
    const inScript = ({ folded, hans, hant }) => {
      const simplified = variant(folded, hans, manifest.hans);
      return lang === "zh-hant" ? variant(simplified, hant, table) : simplified;
    };
    const title = inScript(document.title);
    const aligned = title.length === document.title.folded.length;
    return {
      id: document.id,
      score,
      url: new URL(`${lang}/bulletin/${encodeURIComponent(document.id)}/`, this.#root).href,
      title: toString(title),
      titleRuns: runs(title, aligned ? document.title.folded : [], terms, [], true),
      date: dateLabel(document.days),
      regions: document.regions,
      snippet: runs(inScript(document.text), document.text.folded, terms, document.repairs),
    };
  }

  async #facets(facts, exact, lang) {
    const [regions, years, kinds, scripts] = [new Map(), new Map(), new Map(), new Map()];
    const add = (counts, value) => counts.set(value, (counts.get(value) ?? 0) + 1);
    for (const { regions: codes, days, kind, script } of facts) {
      for (const code of codes) add(regions, code);
      add(kinds, kind || null);
      add(scripts, script);
      if (days[0]) {
        for (let year = Number(iso(days[0]).slice(0, 4)); year <= Number(iso(days[1]).slice(0, 4)); year++) {
          add(years, String(year).padStart(4, "0"));
        }
      }
    }
    const names = new Map(facts.length ? (await this.regions({ lang })).map((region) => [region.code, region]) : []);
    const sorted = (counts) =>
      [...counts].sort(([a, n], [b, m]) => m - n || ((a ?? "") < (b ?? "") ? -1 : 1));
    return {
      exact,
      regions: sorted(regions).map(([code, count]) => ({ code, name: names.get(code).name, parent: names.get(code).parent, count })),
      years: sorted(years).map(([year, count]) => ({ year, count })),
      kinds: sorted(kinds).map(([kind, count]) => ({ kind, count })),
      scripts: sorted(scripts).map(([script, count]) => ({ script, count })),
    };
  }
}

/** {document: [frequency in each list]} of the documents that all lists hold, from the shortest list on. */
function intersect(lists) {
  const shortest = lists.reduce((a, b) => (b.size < a.size ? b : a));
  const out = new Map(Array.from(shortest.docs, (doc) => [doc, new Array(lists.length)]));
  lists.forEach(({ docs, tfs }, place) => {
    for (let n = 0; n < docs.length; n++) {
      const row = out.get(docs[n]);
      if (row) row[place] = tfs[n];
    }
  });
  for (const [doc, row] of out) if (row.includes(undefined)) out.delete(doc);
  return out;
}

const has = (term, doc) => term.fields.some((field) => field.docs.has(doc));

function candidatesOf(terms, excluded, documents) {
  const [first, ...others] = terms;
  const all = first
    ? new Set(first.fields.flatMap((field) => [...field.docs.keys()]))
    : Array.from({ length: documents }, (_, doc) => doc);
  const gone = excluded.filter((term) => term.exact);
  return [...all].filter((doc) => others.every((term) => has(term, doc)) && !gone.some((term) => has(term, doc)));
}

function passes({ regions, script, kind, days: [from, to] }, { regions: wanted, scripts, kinds, first, last }) {
  if (wanted.length && !wanted.some((code) => regions.includes(code))) return false;
  if ((scripts.length && !scripts.includes(script)) || (kinds.length && !kinds.includes(kind))) return false;
  if (first === null && last === null) return true;
  return from > 0 && (last === null || from <= last) && (first === null || to >= first);
}

/**
 * Whoosh's BM25F, summed as plugins/tongbao/search/query.py sums it: the order of the additions decides the last bit.
 * Without `holds` it is the score that the document has if each term stands wherever its grams do, never less than the true one.
 */
function scoreOf(doc, length, terms, { k1, fields }, holds = () => true) {
  let total = 0;
  for (const term of terms) {
    let sum = 0;
    for (const { name, idfs, docs } of term.fields) {
      const tfs = docs.get(doc);
      if (!tfs || !holds(term, name)) continue;
      const { b, average } = fields[name];
      const norm = k1 * (1 - b + (b * (b ? length : 0)) / average);
      let part = 0;
      tfs.forEach((tf, n) => (part += idfs[n] * ((tf * (k1 + 1)) / (tf + norm))));
      sum += part;
    }
    total += sum;
  }
  return total;
}

/** Compare hits; documents are numbered in date order, those without a date last. */
function orderOf(sort) {
  if (sort === "relevance") return (a, b) => b.score - a.score || a.doc - b.doc;
  if (sort === "oldest") return (a, b) => a.doc - b.doc;
  return (a, b) => b.days[0] - a.days[0] || b.days[1] - a.days[1] || a.doc - b.doc;
}

/** Take hits from the head of `ranked` and settle them until the first `wanted` can't change any more; returns them in order. */
async function settlePage(ranked, order, wanted, settle) {
  const settled = [];
  for (;;) {
    const final = ranked.length ? settled.filter((hit) => order(hit, ranked[0]) < 0).length : wanted;
    if (final >= wanted) return settled;
    const batch = await Promise.all(ranked.splice(0, wanted - final).map(settle));
    settled.push(...batch.filter(Boolean));
    settled.sort(order);
  }
}

if (typeof WorkerGlobalScope !== "undefined" && self instanceof WorkerGlobalScope) {
  let engine;
  self.onmessage = async ({ data: { id, method, args } }) => {
    try {
      if (method === "open") engine = new Engine(...args);
      self.postMessage({ id, value: method === "open" ? null : await engine[method](...args) });
    } catch (error) {
      const { name, reason = "fault", file = null, message } = error;
      self.postMessage({ id, error: { name, reason, file, message } });
    }
  };
}
