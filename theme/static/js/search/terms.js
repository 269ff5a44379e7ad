// What posting lists say of a term: which bulletins may hold it, which surely do, and what these score.

import { following } from "./format.js";
import { intersect, intersection, minus, NONE, seek, union } from "./sets.js";
import { toString } from "./text.js";

export const FIELDS = ["title", "text"];
const CHIEF = 4; // as in plugins/tongbao/search/grams.py

/** The grams of a term: all its pairs, one after the other; or its only character. */
export const gramsOf = (codes) =>
  codes.length < 2 ? [toString(codes)] : codes.slice(1).map((code, at) => toString([codes[at], code]));

/**
 * The chief of so many grams of a term, whose scores are its score: the fewest that cover it, side by side and the last one;
 * of these at most four, at even steps.
 */
export function chief(size) {
  const cover = [...Array(size).keys()].filter((at) => at % 2 === 0 || at === size - 1);
  if (cover.length <= CHIEF) return cover;
  return Array.from({ length: CHIEF }, (_, n) => cover[Math.floor((2 * n * (cover.length - 1) + CHIEF - 1) / (2 * CHIEF - 2))]);
}

/**
 * A term from the entries of its grams, `undefined` where not read yet. In each field `docs` may hold the term, `sure` do,
 * and `lists` are those of its chief grams; over both fields these are `may` and `must`. `apart` are the grams whose
 * continuations would say more.
 */
export function decide(codes, entries, rare) {
  const fields = FIELDS.map((name) => decideField(name, codes, entries, rare));
  return {
    codes,
    entries,
    fields,
    may: union(fields.map(({ docs }) => docs)),
    must: union(fields.map(({ sure }) => sure)),
    apart: [...new Set(fields.flatMap(({ apart }) => apart))],
  };
}

function decideField(name, codes, entries, rare) {
  const lists = entries.map((entry) => entry && entry[name]);
  if (lists.includes(null)) return { name, lists: [], docs: NONE, sure: NONE, apart: [] };
  let docs = intersection(lists.filter(Boolean).map((list) => list.docs));
  let whole = !lists.includes(undefined);
  const apart = [];
  for (let at = 0; at + 1 < lists.length && docs.length; at++) {
    if (!lists[at] || !lists[at + 1]) continue;
    const { more } = entries[at];
    const both = intersect(lists[at].docs, lists[at + 1].docs);
    if (both.length > rare && more.apart === undefined) {
      const said = more[name].get(codes[at + 2]);
      docs = said ? intersect(docs, following(both, said)) : NONE;
    } else {
      whole = false; // nothing is said of so few documents, or elsewhere
      if (both.length > rare) apart.push(at);
    }
  }
  const sure = whole ? once(docs, lists.slice(1, -1)) : NONE;
  return { name, lists: chief(lists.length).map((at) => lists[at]), docs, sure, apart: docs.length ? apart : [] };
}

/** Those of `docs` that hold each inner pair of a term in one place: there the triples that hold it join. */
function once(docs, lists) {
  if (!lists.length) return docs;
  const at = lists.map(() => 0);
  return docs.filter((doc) =>
    lists.every((list, n) => list.exponents[(at[n] = seek(list.docs, doc, at[n]))] === 0),
  );
}

/** Those of which it is not known whether they hold the term. */
export const doubtful = ({ may, must }) => minus(may, must);

/** Those whose score for the term is not known. */
export const unscored = ({ fields }) => union(fields.map(({ docs, sure }) => minus(docs, sure)));

/** Whoosh's inverse document frequency, rounded. */
function idf(frequency, manifest) {
  return manifest.idf.get(frequency) ?? Math.floor((Math.log(manifest.documents / (frequency + 1)) + 1) * 1024 + 0.5) / 1024;
}

/**
 * Whoosh's BM25F of `docs`, whose texts have these lengths, summed as plugins/tongbao/search/query.py sums it: the order
 * of the additions decides the last bit. A term counts in the fields of which it `holds`; where it may stand, if that is not
 * known, so scores are never less than the true ones.
 */
export function scoresOf(docs, lengths, terms, manifest, holds = () => true) {
  const total = new Float64Array(docs.length);
  for (const term of terms) {
    const sum = new Float64Array(docs.length);
    for (const field of term.fields) if (holds(term, field.name)) addField(sum, docs, lengths, field, manifest);
    for (let n = 0; n < total.length; n++) total[n] += sum[n];
  }
  return total;
}

function addField(sum, docs, lengths, { name, lists, docs: own }, manifest) {
  const { k1 } = manifest;
  const { b, average } = manifest.fields[name];
  const idfs = lists.map(({ size }) => idf(size, manifest));
  const at = lists.map(() => 0);
  for (let n = 0, place = 0; n < docs.length; n++) {
    const doc = docs[n];
    place = seek(own, doc, place);
    if (own[place] !== doc) continue;
    const norm = k1 * (1 - b + (b * lengths[n]) / average);
    let part = 0;
    for (let gram = 0; gram < lists.length; gram++) {
      const list = lists[gram];
      at[gram] = seek(list.docs, doc, at[gram]);
      const frequency = 1 << list.exponents[at[gram]];
      part += idfs[gram] * ((frequency * (k1 + 1)) / (frequency + norm));
    }
    sum[n] += part;
  }
}
