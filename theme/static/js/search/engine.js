// The search itself: candidates from the posting lists, proof from the texts, Whoosh's scores to the last bit.
// Imported by index.js, or run by it as a worker.

import { dateLabel, Files, iso, SearchError, span, variant } from "./format.js";
import { cover, indexOf, parse, points, runs, toString } from "./text.js";

const FIELDS = ["title", "text"];
const SORTS = ["relevance", "newest", "oldest"];
// Texts fetched beyond a page to prove its total; what is left unproven after that makes it "at least".
const PROOF = 5;
// A posting list costs about as much as this many texts; for more lists than MOST_LISTS nobody should wait.
const LIST = 2;
const MOST_LISTS = 3;

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
      const lost = { terms: new Set(), hits: 0 };
      const answer = await this.#answer(request, options, lost).catch(() => null);
      if (answer && !lost.terms.size && !lost.hits) return answer; // the file could be read the second time
      if (answer) error.partial = { answer: { ...answer, exact: false }, without: [...lost.terms], lost: lost.hits };
      throw error;
    }
  }

  /** With `lost`, terms and hits that can't be read are left out and noted there. */
  async #answer(request, options, lost = null) {
    const { q = "", regions = [], scripts = [], kinds = [], from, to, sort = "relevance", received = false } = request;
    const { limit = 10, offset = 0, lang = "zh-hans", proof = PROOF, facets: counted = true } = options;
    if (!SORTS.includes(sort)) throw new SearchError("request", null, `${sort} is no order; write ${SORTS.join(", ")}`);
    const [manifest, chosen] = await Promise.all([this.#files.manifest(), this.#places(regions)]);
    const within = regions.length ? new Set(chosen.flatMap(({ region }) => [...region.docs])) : null;
    const filter = { scripts, kinds, first: from ? span(from)[0] : null, last: to ? span(to)[1] : null };
    const query = await this.parse(q);
    const [terms, excluded] = await Promise.all([query.include, query.exclude].map((own) => this.#terms(own, lost)));
    if (lost?.terms.size && !terms.length) return null;

    const all = terms.length
      ? new Set(terms[0].fields.flatMap(({ docs }) => [...docs.keys()]))
      : Array(manifest.documents).keys();
    let candidates = candidatesOf(terms, excluded, [...all]).filter((doc) => within === null || within.has(doc));
    const { facts, known } = await this.#facts(candidates, lost ? 0 : limit, chosen);
    candidates = candidates.filter((doc) => passes(facts(doc), filter));
    const order = orderOf(sort);
    candidates = await this.#refine(candidates, terms, excluded, limit);
    const ranked = candidates.map((doc) => {
      const { length, days, repaired } = facts(doc);
      return { doc, days, proven: isProven(doc, terms, excluded) && !(received && repaired && terms.length), score: scoreOf(doc, length, terms, manifest) };
    });
    ranked.sort(order);

    const settle = async (hit) => {
      if (hit.proven) return hit;
      return readable(this.#verify(hit, facts(hit.doc).length, terms, excluded, manifest, received), lost);
    };
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
      this.#hits(page, query.include, lang, manifest, lost),
      counted ? this.#facets([...settled, ...rest].map((hit) => facts(hit.doc)), known, exact, lang) : null,
    ]);
    return { total: exact ? found : found - open.length, atMost: found, exact, hits, facets };
  }

  /** How a query is read: {include, exclude}, its folded terms. */
  async parse(q) {
    return parse(await this.#fold(q));
  }

  /** Every region of the archive: {code, name, parent, count}. */
  async regions({ lang = "zh-hans" } = {}) {
    const [rows, name] = await Promise.all([this.#files.regions(), this.#namer(lang)]);
    return rows.map((row) => ({ code: row.code, name: name(row), parent: row.parent, count: row.count }));
  }

  /** A function that gives the name of a region in the script of the page. */
  async #namer(lang) {
    if (lang !== "zh-hant") return ({ name }) => name;
    const table = await this.#files.hantTable();
    return ({ name, hant }) => hant || toString(points(name).map((code) => table.get(code) ?? code));
  }

  async #fold(q) {
    const codes = points(q);
    // The manifest's characters are folded, and folding is idempotent: most queries need no table.
    const table = await this.#files.foldTable(codes);
    return toString(codes.map((code) => (code >= 65 && code <= 90 ? code + 32 : (table.get(code) ?? code))));
  }

  async #terms(terms, lost) {
    const found = terms.map((term) =>
      this.#term(term).catch((error) => {
        if (!lost) throw error;
        lost.terms.add(term);
        return null;
      }),
    );
    return (await Promise.all(found)).filter(Boolean);
  }

  /** A term with, for each field, {document: its grams' frequencies} of the documents that hold all of its grams. */
  async #term(term) {
    const grams = cover(term);
    const lists = await Promise.all(grams.map((gram) => this.#files.gram(gram)));
    const fields = FIELDS.map((name) => {
      const own = lists.map((list) => list[name]);
      const complete = own.every(Boolean);
      const docs = complete ? intersect(own) : new Map();
      // `sure`: the documents of which it is known that the term stands there, not only its grams.
      return { name, idfs: complete ? own.map((list) => list.idf) : [], docs, sure: grams.length === 1 ? docs : new Set() };
    });
    return { codes: points(term), fields };
  }

  /**
   * Decide candidates from more posting lists, while these are cheaper than the texts: first those of the grams that the
   * covers left out, which rule out; then those of the pairs in which neighbouring grams overlap, which prove.
   */
  async #refine(candidates, terms, excluded, limit) {
    for (const pairs of [false, true]) {
      for (const term of [...terms, ...excluded]) {
        const { codes, fields } = term;
        const triples = codes.slice(2).map((_, at) => toString(codes.slice(at, at + 3)));
        const more = pairs ? codes.slice(2, -1).map((code, at) => toString([codes[at + 1], code])) : triples;
        const open = candidates.filter((doc) => fields.some(({ docs, sure }) => docs.has(doc) && !sure.has(doc)));
        const cost = pairs ? more.length : more.length - Math.ceil(codes.length / 3);
        if (codes.length < 4 || cost > MOST_LISTS || open.length <= limit + LIST * cost) continue;
        const [wholes, overlaps] = await Promise.all([this.#frequencies(triples), this.#frequencies(pairs ? more : [])]);
        for (const { name, docs, sure } of fields) decide(docs, sure, wholes[name], overlaps[name]);
        candidates = candidatesOf(terms, excluded, candidates);
      }
    }
    return candidates;
  }

  /** For each field, a list for each gram: {document: frequency}. */
  async #frequencies(grams) {
    const lists = await Promise.all(grams.map((gram) => this.#files.gram(gram)));
    const counts = (list) => new Map(list ? Array.from(list.docs, (doc, n) => [doc, list.tfs[n]]) : []);
    return Object.fromEntries(FIELDS.map((name) => [name, lists.map((list) => counts(list[name]))]));
  }

  /** The entries of those of `codes` that bulletins have. */
  async #places(codes) {
    return (await Promise.all(codes.map((code) => this.#files.place(code)))).filter(Boolean);
  }

  /**
   * What is known of documents, and the regions that count as facets: from the documents' own files while they are few,
   * else from the columns of all and the files of the chosen regions.
   */
  async #facts(candidates, few, chosen) {
    if (candidates.length > few) {
      const { regions, of } = await this.#files.columns();
      const own = chosen.flatMap(({ region, above, below }) => [region, ...above, ...below]);
      const added = [...new Map(own.map((region) => [region.code, region])).values()];
      const facts = (doc) => {
        const row = of(doc);
        return { ...row, regions: [...new Set([...row.regions, ...added.filter(({ docs }) => docs.has(doc)).map(({ code }) => code)])] };
      };
      return { facts: added.length ? facts : of, known: [...regions, ...added] };
    }
    const documents = await Promise.all(candidates.map((doc) => this.#files.document(doc)));
    const facts = new Map(candidates.map((doc, n) => [doc, documents[n]]));
    return { facts: (doc) => facts.get(doc), known: documents.flatMap(({ places }) => places) };
  }

  /** The hit with its true score, or null where the text does not hold what its grams promise. */
  async #verify(hit, length, terms, excluded, manifest, received) {
    const document = await this.#files.document(hit.doc);
    const holds = (term, name) => indexOf(document[name].folded, term.codes) >= 0;
    if (excluded.some((term) => FIELDS.some((name) => holds(term, name)))) return null;
    if (!terms.every((term) => FIELDS.some((name) => holds(term, name)))) return null;
    if (received && !terms.every((term) => asReceived(document, term.codes))) return null;
    return { ...hit, score: scoreOf(hit.doc, length, terms, manifest, holds) };
  }

  async #hits(page, include, lang, manifest, lost) {
    const hits = page.map((hit) => readable(this.#hit(hit, include, lang, manifest), lost));
    return (await Promise.all(hits)).filter(Boolean);
  }

  async #hit({ doc, score }, include, lang, manifest) {
    const [document, table, name] = await Promise.all([
      this.#files.document(doc),
      lang === "zh-hant" ? this.#files.hantTable() : new Map(),
      this.#namer(lang),
    ]);
    const terms = include.map(points);
    const inScript = scriptOf(lang, manifest, table);
    const title = inScript(document.title);
    const aligned = title.length === document.title.folded.length;
    return {
      id: document.id,
      score,
      url: this.#address(document.id, lang),
      title: toString(title),
      titleRuns: runs(title, aligned ? document.title.folded : [], terms, [], true),
      date: dateLabel(document.days),
      regions: document.regions,
      places: narrowest(document.places).map((place) => ({ code: place.code, name: name(place) })),
      snippet: runs(inScript(document.text), document.text.folded, terms, document.repairs),
    };
  }

  #address(id, lang) {
    return new URL(`${lang}/bulletin/${encodeURIComponent(id)}/`, this.#root).href;
  }

  /** What may be meant by the beginning `q`: {regions: [{code, name, count}], titles: [{title, url}]}. */
  async suggest(q, { lang = "zh-hans", limit = 6 } = {}) {
    const typed = (await this.#fold(q)).trim();
    const found = typed ? await this.#files.suggestions(Array.from(typed)[0]) : null;
    if (!found) return { regions: [], titles: [] };
    const [manifest, table, name] = await Promise.all([
      this.#files.manifest(),
      lang === "zh-hant" ? this.#files.hantTable() : new Map(),
      this.#namer(lang),
    ]);
    const inScript = scriptOf(lang, manifest, table);
    const regions = found.regions.filter((region) => region.name.startsWith(typed)).sort((a, b) => b.count - a.count);
    const titles = found.titles.filter(({ title }) => toString(title.folded).startsWith(typed));
    return {
      regions: regions.slice(0, limit).map((region) => ({ code: region.code, name: name(region), count: region.count })),
      titles: titles.slice(0, limit).map(({ id, title }) => ({ title: toString(inScript(title)), url: this.#address(id, lang) })),
    };
  }

  async #facets(facts, known, exact, lang) {
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
    const [rows, name] = [new Map(known.map((region) => [region.code, region])), await this.#namer(facts.length ? lang : "")];
    const sorted = (counts) =>
      [...counts].sort(([a, n], [b, m]) => m - n || ((a ?? "") < (b ?? "") ? -1 : 1));
    return {
      exact,
      regions: sorted(regions).map(([code, count]) => {
        const row = rows.get(code);
        return { code, name: name(row), parent: row.parent, count };
      }),
      years: sorted(years).map(([year, count]) => ({ year, count })),
      kinds: sorted(kinds).map(([kind, count]) => ({ kind, count })),
      scripts: sorted(scripts).map(([script, count]) => ({ script, count })),
    };
  }
}

/** What a hit turns out to be; with `lost`, null and a note there if its text can't be read. */
function readable(hit, lost) {
  if (!lost) return hit;
  return hit.catch(() => {
    lost.hits++;
    return null;
  });
}

/** A function that gives a text {folded, hans, hant} in the script of a page. */
function scriptOf(lang, manifest, table) {
  return ({ folded, hans, hant }) => {
    const simplified = variant(folded, hans, manifest.hans);
    return lang === "zh-hant" ? variant(simplified, hant, table) : simplified;
  };
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

const has = (term, doc) => term.fields.some(({ docs }) => docs.has(doc));

const stands = (term, doc) => term.fields.some(({ docs, sure }) => docs.has(doc) && sure.has(doc));

/** Those of `documents` that may match. */
function candidatesOf(terms, excluded, documents) {
  return documents.filter((doc) => terms.every((term) => has(term, doc)) && !excluded.some((term) => stands(term, doc)));
}

/** Whether a candidate is known to match, and with which score. */
function isProven(doc, terms, excluded) {
  const decided = (term) => term.fields.every(({ docs, sure }) => !docs.has(doc) || sure.has(doc));
  return terms.every(decided) && !excluded.some((term) => has(term, doc));
}

/**
 * Drop from `docs` the documents that lack one of a term's triples; with the pairs in which the triples overlap, add to
 * `sure` those that must hold the term. Of the places of a pair, so many follow from the left and so many go on to the right;
 * if these are more than the pair has places, some do both.
 */
function decide(docs, sure, triples, pairs) {
  for (const doc of [...docs.keys()]) {
    const counts = triples.map((list) => list.get(doc) ?? 0);
    if (counts.includes(0)) docs.delete(doc);
    else if (pairs.length) {
      const least = counts.reduce((sum, count, at) => (sum > 0 ? sum + count - pairs[at - 1].get(doc) : 0));
      if (least > 0) sure.add(doc);
    }
  }
}

function passes({ script, kind, days: [from, to] }, { scripts, kinds, first, last }) {
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
      const { name, reason = "fault", file = null, message, partial } = error;
      self.postMessage({ id, error: { name, reason, file, message, partial } });
    }
  };
}
