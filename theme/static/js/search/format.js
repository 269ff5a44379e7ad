// Decode the payloads of the exported files. docs/search-format.md describes every byte.

import { complement, minus, NONE, range } from "./sets.js";
import { points, toString } from "./text.js";

const FORMAT = 6;
const SINGLES = 240;
const ESCAPE = 255;
const CHOICES = 16; // below it are variants
const LONG = 64; // from this document frequency on, a list may stand apart
const SURE = 25; // bits that a look ahead gives at least
const COMMON = [[0x3000, 0x303f], [0x4e00, 0x9fff], [0xff00, 0xffef]]; // of fold0.bin, beside ASCII

/** A cursor over bytes. */
class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  uvarint() {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.bytes[this.at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  }

  take(size) {
    return this.bytes.subarray(this.at, (this.at += size));
  }

  string() {
    return new TextDecoder().decode(this.take(this.uvarint()));
  }

  list(read, size = this.uvarint()) {
    return Array.from({ length: size }, () => read());
  }

  /** `size` integers. */
  column(size) {
    const out = new Uint32Array(size);
    for (let n = 0; n < size; n++) out[n] = this.uvarint();
    return out;
  }

  /** `size` ascending integers, each written as its difference from the one before. */
  ascending(size = this.uvarint()) {
    const out = this.column(size);
    for (let n = 1; n < size; n++) out[n] += out[n - 1];
    return out;
  }

  /** `size` characters as code points; `symbols` are lists of code points. */
  characters(symbols, size) {
    const out = new Uint32Array(size);
    for (let n = 0; n < size; ) {
      const byte = this.bytes[this.at++];
      if (byte === ESCAPE) out[n++] = this.uvarint();
      else for (const code of symbols[byte < SINGLES ? byte : SINGLES + (byte - SINGLES) * 256 + this.bytes[this.at++]]) out[n++] = code;
    }
    return out;
  }

  /** What `read` makes of the bits that follow; they fill up whole bytes. */
  bits(read) {
    const bits = new Bits(this.bytes, this.at * 8);
    const value = read(bits);
    this.at = (bits.at + 7) >> 3;
    return value;
  }

  numbers(size, limit) {
    return this.bits((bits) => bits.numbers(size, limit));
  }

  /** {size, docs, exponents} of `size` documents. */
  postings(size, limit) {
    return this.bits((bits) => {
      const docs = bits.numbers(size, limit);
      const exponents = new Uint8Array(size);
      for (const place of bits.numbers(bits.gamma() - 1, size)) exponents[place] = 1 + bits.ones();
      return { size, docs, exponents };
    });
  }

  /** First and last day, counted from 0001-01-01 as 1; or [0, 0]. */
  days() {
    const first = this.uvarint();
    return [first, first + this.uvarint()];
  }

  /** A region: {code, name, hant (where unusual), parent (a code or null)}. */
  region() {
    const [code, name, hant, parent] = this.list(() => this.string(), 4);
    return { code, name, hant, parent: parent || null };
  }
}

/** A cursor over bits, the highest of a byte first. */
class Bits {
  constructor(bytes, at) {
    this.bytes = bytes;
    this.at = at;
  }

  /** The bits from here on as 32, of which the first 25 are real. */
  ahead() {
    const { bytes, at } = this;
    const n = at >> 3;
    return ((bytes[n] << 24) | (bytes[n + 1] << 16) | (bytes[n + 2] << 8) | bytes[n + 3]) << (at & 7);
  }

  /** The `size` bits that follow, at most 25, as a number. */
  number(size) {
    if (!size) return 0;
    const value = this.ahead() >>> (32 - size);
    this.at += size;
    return value;
  }

  /** How many ones stand before a zero. */
  ones() {
    for (let before = 0; ; before += SURE) {
      const run = Math.clz32(~this.ahead());
      this.at += Math.min(run + 1, SURE);
      if (run < SURE) return before + run;
    }
  }

  /** An integer as an Elias gamma code. */
  gamma() {
    const zeros = Math.clz32(this.ahead());
    this.at += zeros;
    return this.number(zeros + 1);
  }

  /** `size` ascending integers below `limit`: these, or the others if they are fewer, as Rice codes of their gaps. */
  numbers(size, limit) {
    if (size * 2 > limit) return complement(this.numbers(limit - size, limit), limit);
    const out = new Uint32Array(size);
    let k = 0;
    while (size && size * 2 ** (k + 1) * 10 <= limit * 9) k++;
    for (let n = 0, next = 0; n < size; n++) {
      out[n] = next + (this.ones() << k) + this.number(k);
      next = out[n] + 1;
    }
    return out;
  }
}

/** An integer from its zigzag form. */
const signed = (value) => (value % 2 ? -(value + 1) / 2 : value / 2);

const json = (bytes) => JSON.parse(new TextDecoder().decode(bytes));

/** Pairs of characters, written as two strings, as a map of code points. */
function mapping([from, to]) {
  const targets = points(to);
  return new Map(points(from).map((code, n) => [code, targets[n]]));
}

/** Characters and words by their places: so many of either in one byte, those of two bytes after them. */
function placed(characters, words, [chars, some]) {
  const symbols = [...characters.slice(0, chars), ...words.slice(0, some)];
  symbols.length = SINGLES;
  return symbols.concat(characters.slice(chars), words.slice(some));
}

/**
 * The manifest's values, and `alphabet` (its characters), `symbols` (these and its words, by place),
 * `folded` (its characters as a set), `hans` and `idf` as maps; of another format only {format}.
 */
export function manifestFile(bytes) {
  const reader = new Reader(bytes);
  const head = JSON.parse(reader.string());
  const { format } = head;
  if (format !== FORMAT) return { format };
  let code = 0;
  const alphabet = reader.list(() => (code += signed(reader.uvarint())));
  const characters = alphabet.map((one) => [one]);
  const spelt = placed(characters, [], head.first);
  const words = Array.from(reader.take(reader.uvarint())).map((size) => reader.characters(spelt, size));
  const symbols = placed(characters, words, head.first);
  return { ...head, alphabet, symbols, folded: new Set(alphabet), hans: mapping(head.hans), idf: new Map(head.idf) };
}

/**
 * {title, text, more} of every gram of a shard. The lists are {size, docs, exponents}, {size, apart: its name} where in a
 * file of their own, or null; `more` are the continuations or {apart: {name, parts}}.
 */
export function shardFile(bytes, { symbols, limit }) {
  const reader = new Reader(bytes);
  const list = (size, name) => (size >= LONG && reader.uvarint() ? { size, apart: `l/${name}.bin` } : reader.postings(size, limit));
  const more = (name) => {
    const head = reader.uvarint();
    if (head > 1) return { apart: { name, parts: head - 1 } };
    return head ? continuations(reader, symbols) : { title: new Map(), text: new Map() };
  };
  const grams = new Map();
  for (const length of [1, 2]) {
    reader.list(() => {
      const codes = reader.characters(symbols, length);
      const name = codes.join("-");
      const head = reader.uvarint();
      const text = head > 1 ? list(head >> 1, `text-${name}`) : null;
      const title = head & 1 ? list(reader.uvarint(), `title-${name}`) : null;
      grams.set(toString(codes), { title, text, more: length === 2 ? more(name) : null });
    });
  }
  return grams;
}

export const listFile = (size) => (bytes, { limit }) => new Reader(bytes).postings(size, limit);

/** {title, text} of a bigram: {character that goes on: in which documents, for `following`}. */
function continuations(reader, symbols) {
  const item = () => {
    const [code] = reader.characters(symbols, 1);
    const size = reader.uvarint();
    return [code, { size, bytes: size ? reader.take(reader.uvarint()) : NONE }];
  };
  const [text, title] = [new Map(reader.list(item)), new Map(reader.list(item))];
  return { title, text };
}

export const continuationsFile = (bytes, { symbols }) => continuations(new Reader(bytes), symbols);

/** Those of `both`, the documents that hold both bigrams of a trigram, that hold the trigram. */
export function following(both, { size, bytes }) {
  return new Reader(bytes).numbers(size || both.length, both.length).map((place) => both[place]);
}

/** The lengths of the texts of `size` numbers. */
export const lengthsFile = (size) => (bytes) => {
  const reader = new Reader(bytes);
  const values = reader.list(() => reader.uvarint());
  const lengths = new Uint32Array(size).fill(values.pop());
  let left = range(0, size); // the documents that have none of the lengths so far
  for (const value of values) {
    const places = reader.numbers(reader.uvarint(), left.length);
    for (const place of places) lengths[left[place]] = value;
    const all = left;
    left = minus(range(0, all.length), places).map((place) => all[place]);
  }
  return lengths;
};

/** A difference: {alone} or {own: {character: choice}, places: [place, choice]}. */
function difference(reader, symbols) {
  if (reader.bytes[reader.at++] === 1) return { alone: points(reader.string()) };
  const own = new Map(reader.list(() => [reader.characters(symbols, 1)[0], reader.uvarint()]));
  let at = 0;
  const places = reader.list(() => [(at += reader.uvarint()), reader.uvarint()]);
  return { own, places };
}

/** A text (code points) from its difference to `base`, the table of expected characters and {character: its variants}. */
export function variant(base, { alone, own, places }, expected, variants = new Map()) {
  if (alone) return alone;
  const chosen = (code, choice) => (choice >= CHOICES ? choice - CHOICES : choice ? variants.get(code)[choice - 1] : code);
  const table = new Map(Array.from(own, ([code, choice]) => [code, chosen(code, choice)]));
  const out = base.map((code) => table.get(code) ?? expected.get(code) ?? code);
  for (const [at, choice] of places) out[at] = chosen(base[at], choice);
  return out;
}

/** A folded text and the differences of its two scripts. */
const variantsOf = (reader, { symbols }) => ({
  folded: reader.characters(symbols, reader.uvarint()),
  hans: difference(reader, symbols),
  hant: difference(reader, symbols),
});

/** The regions of a document, as those of `Reader.region`. */
function placesOf(reader, { symbols }) {
  const places = reader.list(() => {
    const code = reader.string();
    const head = reader.uvarint();
    const name = toString(reader.characters(symbols, head >> 2));
    const hant = head & 1 ? reader.string() : "";
    return { code, name, hant, parent: head & 2 ? undefined : reader.string() || null };
  });
  // A parent that is not written is the next one; there is none after the last.
  places.forEach((place, n) => {
    if (place.parent === undefined) place.parent = places[n + 1]?.code ?? null;
  });
  return places;
}

export function documentFile(bytes, manifest) {
  const reader = new Reader(bytes);
  const document = {
    id: reader.string(),
    days: reader.days(),
    places: placesOf(reader, manifest),
    script: manifest.scripts[reader.uvarint()],
    kind: manifest.kinds[reader.uvarint()],
    length: reader.uvarint(),
    title: variantsOf(reader, manifest),
    text: variantsOf(reader, manifest),
  };
  let at = 0;
  document.repairs = reader.list(() => [(at += reader.uvarint()), (at += reader.uvarint())]);
  return document;
}

/** {key: {member, children}} of a shard of sets; each member {code (the key), name, hant, parent, docs}. */
export function setFile(bytes, { limit }) {
  const reader = new Reader(bytes);
  const member = () => ({ ...reader.region(), docs: reader.numbers(reader.uvarint(), limit) });
  return new Map(
    reader.list(() => {
      const own = member();
      return [own.code, { member: own, children: reader.list(member) }];
    }),
  );
}

/** The different publications, or none (day 0), by date: first days, last days; and of every number the `place` of its own,
 * counted from 1, or 0 where no document has the number. */
export function daysFile(bytes, { limit }) {
  const reader = new Reader(bytes);
  const size = reader.uvarint();
  const firsts = reader.ascending(size);
  const lasts = reader.column(size).map((more, n) => firsts[n] + more);
  const [low, middle, high] = [reader.take(limit), reader.take(limit), reader.take(limit)];
  return { firsts, lasts, place: Uint32Array.from(low, (byte, n) => byte | (middle[n] << 8) | (high[n] << 16)) };
}

/**
 * What facets count of every document: `regions` and for each the `above` (row or -1); `starts`, where in `rows` the
 * regions of each document begin; `alone`, whether these come without their ancestors; `scripts` and `kinds`, places in the
 * manifest's lists.
 */
export function facetsFile(bytes, { limit }) {
  const reader = new Reader(bytes);
  const regions = reader.list(() => reader.region());
  const rowOf = new Map(regions.map(({ code }, row) => [code, row]));
  const heads = reader.column(limit);
  const starts = new Uint32Array(limit + 1);
  for (let n = 0; n < limit; n++) starts[n + 1] = starts[n] + (heads[n] >> 1);
  return {
    regions,
    above: regions.map(({ parent }) => rowOf.get(parent) ?? -1),
    alone: heads.map((head) => head & 1),
    starts,
    rows: reader.column(starts[limit]),
    scripts: reader.column(limit),
    kinds: reader.column(limit),
  };
}

/** {character: {regions, titles}} of a shard of suggestions. */
export function suggestionsFile(bytes, manifest) {
  const reader = new Reader(bytes);
  const region = () => ({ count: reader.uvarint(), ...reader.region() });
  const title = () => ({ id: reader.string(), title: variantsOf(reader, manifest) });
  return new Map(reader.list(() => [reader.string(), { regions: reader.list(region), titles: reader.list(title) }]));
}

/** Rows {code, name, hant (where unusual), parent (a code or null), count}. */
export function regionsFile(bytes) {
  const { codes, names, hant, parents, counts } = json(bytes);
  const above = (parent) => (typeof parent === "string" ? parent : (codes[parent] ?? null));
  return codes.map((code, row) => ({ code, name: names[row], hant: hant[row], parent: above(parents[row]), count: counts[row] }));
}

/** `of`: {character of the manifest: those that fold to it}; `folds`: these the other way; `hant`: the usual Traditional ones. */
export function variantsFile(bytes, { alphabet }) {
  const reader = new Reader(bytes);
  const heads = reader.column(alphabet.length);
  const high = bytes.subarray(reader.at, (reader.at + bytes.length) / 2);
  const low = bytes.subarray(reader.at + high.length);
  const [of, folds, hant] = [new Map(), new Map(), new Map()];
  let at = 0;
  alphabet.forEach((folded, n) => {
    const own = Array.from({ length: heads[n] >> 1 }, () => high[at] * 256 + low[at++]);
    of.set(folded, own);
    for (const code of own) folds.set(code, folded);
    if (heads[n] & 1) hant.set(folded, own[0]);
  });
  return { of, folds, hant };
}

/** {character: folded character} of one part. */
export function foldFile(bytes) {
  const reader = new Reader(bytes);
  const size = reader.uvarint();
  const [gaps, highs, sizes] = [reader.column(size), reader.column(size), reader.column(size)];
  const table = new Map();
  let source = 0;
  gaps.forEach((gap, run) => {
    source += gap;
    const shift = signed(highs[run] * 256 + bytes[reader.at + run]);
    for (let n = sizes[run]; n > 0; n--, source++) table.set(source, source + shift);
  });
  return table;
}

/** Which file has a character's folding. */
export const foldPart = (code) => (COMMON.some(([from, to]) => code >= from && code <= to) ? 0 : 1);
