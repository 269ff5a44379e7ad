// Fetch, check and decode the exported files. docs/search-format.md describes every byte.

const MAGIC = "TBS1";
const FORMAT = 2;
const SINGLES = 240;
const ESCAPE = 255;
const IDF_TABLE = 64;
const AT_ONCE = 8; // requests
const COMMON = [[0x3000, 0x303f], [0x4e00, 0x9fff], [0xff00, 0xffef]]; // of fold0.bin, beside ASCII
const UNIX_EPOCH = 719163; // 1970-01-01, counted from 0001-01-01 as 1

/** A file of the index could not be had: `file` is its address, `reason` one of missing, unreachable, damaged, unsupported. */
export class SearchError extends Error {
  constructor(reason, file, message) {
    super(message);
    this.name = "SearchError";
    this.reason = reason;
    this.file = file;
  }
}

const CRC = new Uint32Array(256).map((_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** A cursor over bytes. */
export class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
    this.bit = 0;
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

  string() {
    const size = this.uvarint();
    return new TextDecoder().decode(this.bytes.subarray(this.at, (this.at += size)));
  }

  float() {
    const value = new DataView(this.bytes.buffer, this.bytes.byteOffset).getFloat64(this.at, true);
    this.at += 8;
    return value;
  }

  list(read, size = this.uvarint()) {
    return Array.from({ length: size }, () => read());
  }

  /** `size` characters as code points. */
  characters(alphabet, size) {
    return this.list(() => {
      const byte = this.bytes[this.at++];
      if (byte < SINGLES) return alphabet[byte];
      if (byte === ESCAPE) return this.uvarint();
      return alphabet[SINGLES + (byte - SINGLES) * 256 + this.bytes[this.at++]];
    }, size);
  }

  bits(count) {
    let value = 0;
    for (let n = 0; n < count; n++) {
      value = value * 2 + ((this.bytes[this.at] >> (7 - this.bit)) & 1);
      if (++this.bit === 8) {
        this.bit = 0;
        this.at++;
      }
    }
    return value;
  }

  /**
   * `size` postings with numbers below `below`: {docs, tfs}. `parent` is the list whose places are these numbers and whose
   * frequencies limit those here; `ones`: all frequencies are 1.
   */
  postings(below, size, parent = null, ones = false) {
    let k = 0;
    while (size * 2 ** (k + 1) * 100 <= below * 69) k++;
    const docs = new Uint32Array(size);
    const tfs = new Uint32Array(size).fill(1);
    let at = -1;
    for (let n = 0; n < size; n++) {
      at++;
      if (size < below) {
        while (this.bits(1)) at += 2 ** k;
        at += this.bits(k);
      }
      docs[n] = parent ? parent.docs[at] : at;
      if (ones || parent?.tfs[at] === 1) continue;
      let zeros = 0;
      while (!this.bits(1)) zeros++;
      tfs[n] = 2 ** zeros + this.bits(zeros);
    }
    if (this.bit) this.bits(8 - this.bit);
    return { docs, tfs };
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

/** {title, text} of every gram of a shard: each {size, idf, docs, tfs}, or {size, idf, apart} for a list in a file of its own. */
function shard(bytes, { alphabet, documents, idf: table }) {
  const reader = new Reader(bytes);
  const list = (size, parent, alone) => {
    const idf = size < IDF_TABLE ? table[size] : reader.float();
    const apart = alone && size >= IDF_TABLE ? reader.uvarint() : 0;
    if (apart) return { size, idf, apart: apart - 1 };
    return { size, idf, ...reader.postings(parent?.size ?? documents, size, parent) };
  };
  const entry = (above, alone) => {
    const head = reader.uvarint();
    const text = head > 1 ? list(head >> 1, above?.text, alone) : null;
    const title = head & 1 ? list(reader.uvarint(), above?.title, alone) : null;
    return { title, text };
  };
  const grams = new Map();
  for (const length of [1, 2, 3]) {
    reader.list(() => {
      const gram = String.fromCodePoint(...reader.characters(alphabet, length));
      const below = length === 2 ? reader.uvarint() : 0;
      const own = entry(null, below === 0);
      grams.set(gram, own);
      reader.list(() => grams.set(gram + String.fromCodePoint(...reader.characters(alphabet, 1)), entry(own, false)), below);
    });
  }
  return grams;
}

function difference(reader) {
  if (reader.bytes[reader.at++] === 1) return { alone: reader.string() };
  const own = new Map(reader.list(() => [reader.uvarint(), reader.uvarint()]));
  let at = 0;
  const places = reader.list(() => [(at += reader.uvarint()), reader.uvarint()]);
  return { own, places };
}

/** A text (code points) from its difference to `base` and the table of expected characters. */
export function variant(base, { alone, own, places }, expected) {
  if (alone !== undefined) return Array.from(alone, (char) => char.codePointAt(0));
  const out = base.map((code) => own.get(code) ?? expected.get(code) ?? code);
  for (const [at, code] of places) out[at] = code;
  return out;
}

/** A folded text and the differences of its two scripts. */
const variantsOf = (reader, { alphabet }) => ({
  folded: reader.characters(alphabet, reader.uvarint()),
  hans: difference(reader),
  hant: difference(reader),
});

/** {character: {regions, titles}} of a shard of suggestions. */
function suggestionShard(bytes, manifest) {
  const reader = new Reader(bytes);
  const region = () => ({ count: reader.uvarint(), ...reader.region() });
  const title = () => ({ id: reader.string(), title: variantsOf(reader, manifest) });
  return new Map(reader.list(() => [reader.string(), { regions: reader.list(region), titles: reader.list(title) }]));
}

function documentFile(bytes, manifest) {
  const reader = new Reader(bytes);
  const document = {
    id: reader.string(),
    days: reader.days(),
    places: reader.list(() => reader.region()),
    script: reader.string(),
    kind: reader.string(),
    length: reader.uvarint(),
    title: variantsOf(reader, manifest),
    text: variantsOf(reader, manifest),
  };
  document.regions = document.places.map(({ code }) => code);
  let at = 0;
  document.repairs = reader.list(() => [(at += reader.uvarint()), (at += reader.uvarint())]);
  document.repaired = document.repairs.length > 0;
  return document;
}

/** {regions: those in the columns, of: a function from a document's number to what is known of it}. */
function columns(bytes, manifest) {
  const reader = new Reader(bytes);
  const all = (read) => reader.list(read, manifest.documents);
  const number = () => reader.uvarint();
  const runs = number();
  let day = 0;
  const firsts = reader.list(() => (day += number()), runs);
  const spans = reader.list(number, runs);
  const days = firsts.flatMap((first, run) => Array(number()).fill([first, first + spans[run]]));
  const regions = reader.list(() => reader.region());
  const rowOf = new Map(regions.map(({ code }, row) => [code, row]));
  const places = all(number).map((head) => {
    const codes = new Set();
    for (let at of reader.list(number, head >> 1)) {
      for (; at !== undefined && !codes.has(regions[at].code); at = head & 1 ? undefined : rowOf.get(regions[at].parent)) {
        codes.add(regions[at].code);
      }
    }
    return [...codes];
  });
  const [scripts, script] = [reader.list(() => reader.string()), all(number)];
  const [kinds, kind] = [reader.list(() => reader.string()), all(number)];
  let length = 0;
  const lengths = reader.list(() => (length += number()));
  const size = all(number);
  const repaired = bytes.subarray(reader.at);
  const of = (n) => ({
    days: days[n] ?? [0, 0],
    repaired: ((repaired[n >> 3] >> (7 - (n & 7))) & 1) > 0,
    regions: places[n],
    script: scripts[script[n]],
    kind: kinds[kind[n]],
    length: lengths[size[n]],
  });
  return { regions, of };
}

/** {code: {region, above, below}}: each region of a shard with its documents, and so those above and below it. */
function placeShard(bytes, { documents }) {
  const reader = new Reader(bytes);
  const row = () => {
    const region = reader.region();
    const size = reader.uvarint();
    return { ...region, docs: new Set(reader.postings(documents, size, null, true).docs) };
  };
  const entries = reader.list(() => ({ region: row(), above: reader.list(row), below: reader.list(row) }));
  return new Map(entries.map((entry) => [entry.region.code, entry]));
}

/** Rows {code, name, hant (where unusual), parent (a code or null), count}. */
function regionRows(bytes) {
  const { codes, names, hant, parents, counts } = json(bytes);
  const above = (parent) => (typeof parent === "string" ? parent : (codes[parent] ?? null));
  return codes.map((code, row) => ({ code, name: names[row], hant: hant[row], parent: above(parents[row]), count: counts[row] }));
}

function foldTable(bytes) {
  const reader = new Reader(bytes);
  const size = reader.uvarint();
  const [gaps, highs, sizes] = [0, 1, 2].map(() => reader.list(() => reader.uvarint(), size));
  const table = new Map();
  let source = 0;
  gaps.forEach((gap, run) => {
    source += gap;
    const zigzag = highs[run] * 256 + bytes[reader.at + run];
    const shift = zigzag % 2 ? -(zigzag + 1) / 2 : zigzag / 2;
    for (let n = sizes[run]; n > 0; n--, source++) table.set(source, source + shift);
  });
  return table;
}

const json = (bytes) => JSON.parse(new TextDecoder().decode(bytes));
const codesOf = (string) => Array.from(string, (char) => char.codePointAt(0));

/** Pairs of characters, written as two strings, as a map of code points. */
function mapping([from, to]) {
  const targets = codesOf(to);
  return new Map(codesOf(from).map((code, n) => [code, targets[n]]));
}

function fnv(string) {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(string)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** The files of one index, each fetched once. After a failure the next request asks the server afresh. */
export class Files {
  #base;
  #manifest = null;
  #cache = new Map();
  #failed = new Set();
  #busy = 0;
  #queue = [];

  /** `base` is the address of the `search/` folder. */
  constructor(base) {
    this.#base = base;
  }

  manifest() {
    this.#manifest ??= this.#fetch("manifest.bin", "M", 0, null).then(
      ({ corpus, payload }) => {
        const manifest = json(payload);
        if (manifest.format !== FORMAT) {
          const file = this.#base + "manifest.bin";
          throw new SearchError("unsupported", file, `${file}: this page reads format ${FORMAT}, not ${manifest.format}; reload it`);
        }
        let code = 0;
        const alphabet = manifest.characters.map((gap) => (code += gap));
        const pairs = Array.from(manifest.heavy);
        const heavy = new Set(pairs.flatMap((char, n) => (n % 2 ? [] : [char + pairs[n + 1]])));
        return { ...manifest, corpus, alphabet, heavy, hans: mapping(manifest.hans), folded: new Set(alphabet) };
      },
    );
    this.#manifest.catch(() => (this.#manifest = null));
    return this.#manifest;
  }

  /** {title, text} lists of a gram; null where no bulletin has it. */
  async gram(gram) {
    const manifest = await this.manifest();
    const pair = Array.from(gram).slice(0, 2).join("");
    const number = fnv(manifest.heavy.has(pair) ? gram : pair) % manifest.shards;
    const entry = (await this.#get(`t/${number.toString(16)}.bin`, "T", number, shard)).get(gram);
    if (!entry) return { title: null, text: null };
    const [title, text] = await Promise.all([this.#whole(entry.title), this.#whole(entry.text)]);
    return { title, text };
  }

  async #whole(list) {
    if (list?.apart === undefined) return list;
    const read = (bytes, manifest) => new Reader(bytes).postings(manifest.documents, list.size);
    const name = `l/${list.apart.toString(16)}.bin`;
    return { size: list.size, idf: list.idf, ...(await this.#get(name, "L", list.apart, read)) };
  }

  document(number) {
    return this.#get(`d/${number.toString(16)}.bin`, "D", number, documentFile);
  }

  columns() {
    return this.#get("columns.bin", "C", 0, columns);
  }

  /** {region, above, below} of a code, each row {code, name, hant, parent, docs}; undefined where no bulletin has it. */
  async place(code) {
    const number = fnv(code) % (await this.manifest()).places;
    return (await this.#get(`r/${number.toString(16)}.bin`, "P", number, placeShard)).get(code);
  }

  /** {regions, titles} that begin with a folded character; undefined where none do. */
  async suggestions(char) {
    const number = fnv(char) % (await this.manifest()).suggestions;
    return (await this.#get(`s/${number.toString(16)}.bin`, "S", number, suggestionShard)).get(char);
  }

  /** Rows {code, name, hant?, parent, count} of all regions, by code. */
  regions() {
    return this.#get("regions.bin", "R", 0, regionRows);
  }

  /** {character: folded character} for those of `codes` that the manifest does not know as folded, and others. */
  async foldTable(codes) {
    const { folded } = await this.manifest();
    const unknown = codes.filter((code) => code > 127 && !folded.has(code));
    const parts = [...new Set(unknown.map((code) => (COMMON.some(([from, to]) => code >= from && code <= to) ? 0 : 1)))];
    const tables = await Promise.all(parts.map((n) => this.#get(`fold${n}.bin`, "F", n, foldTable)));
    return new Map(tables.flatMap((table) => [...table]));
  }

  /** {Simplified: the Traditional character that usually stands for it}. */
  hantTable() {
    return this.#get("hant.bin", "H", 0, (bytes) => mapping(json(bytes)));
  }

  #get(name, kind, number, read) {
    let file = this.#cache.get(name);
    if (!file) {
      file = this.manifest().then(async (manifest) => {
        const { payload } = await this.#fetch(`${manifest.folder}/${name}`, kind, number, manifest.corpus);
        return read(payload, manifest);
      });
      this.#cache.set(name, file);
      file.catch(() => {
        // The site may have been published anew: read the manifest again too.
        this.#cache.clear();
        this.#manifest = null;
      });
    }
    return file;
  }

  async #fetch(name, kind, number, corpus) {
    const file = this.#base + name;
    if (this.#busy >= AT_ONCE) await new Promise((go) => this.#queue.push(go));
    else this.#busy++;
    const mode = this.#failed.has(name) ? "reload" : kind === "M" ? "no-cache" : "default";
    try {
      const response = await fetch(file, { cache: mode }).catch((error) => {
        throw new SearchError("unreachable", file, `${file}: no answer (${error.message}); check the connection, then retry`);
      });
      if (!response.ok) {
        throw new SearchError("missing", file, `${file}: the server answers ${response.status}; retry, or reload the page`);
      }
      const found = await unframe(response, kind, number, corpus);
      this.#failed.delete(name);
      if (found) return found;
      throw new SearchError("damaged", file, `${file}: it is cut, changed or another file; retry, or reload the page`);
    } catch (error) {
      this.#failed.add(name);
      throw error;
    } finally {
      if (this.#queue.length) this.#queue.shift()();
      else this.#busy--;
    }
  }
}

/** {corpus, payload} of a framed file, or null where it is not the whole and right one. */
async function unframe(response, kind, number, corpus) {
  try {
    const bytes = new Uint8Array(await response.arrayBuffer());
    const view = new DataView(bytes.buffer);
    const text = (from, to) => String.fromCharCode(...bytes.subarray(from, to));
    if (bytes.length < 21 || text(0, 4) !== MAGIC || view.getUint32(4, true) !== crc32(bytes.subarray(8))) return null;
    const found = text(13, 21);
    if (text(8, 9) !== kind || view.getUint32(9, true) !== number || (corpus !== null && found !== corpus)) return null;
    return { corpus: found, payload: await inflate(bytes.subarray(21)) };
  } catch {
    return null; // a body that breaks off, or DEFLATE that does not end
  }
}

/** The ISO day of a day counted from 0001-01-01 as 1. */
export const iso = (day) => new Date((day - UNIX_EPOCH) * 864e5).toISOString().slice(0, 10);

/** A year, month or day (yyyy, yyyy-mm, yyyy-mm-dd) as its first and last day, counted from 0001-01-01 as 1. */
export function span(text) {
  const match = /^([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?$/.exec(text);
  const [year, month, day] = match ? match.slice(1).map((part) => (part ? Number(part) : 0)) : [0, 0, 0];
  const at = (y, m, d) => new Date(0).setUTCFullYear(y, m - 1, d) / 864e5 + UNIX_EPOCH;
  const first = at(year, month || 1, day || 1);
  const last = day ? first : month ? at(year, month + 1, 0) : at(year, 12, 31);
  if (!year || !iso(first).startsWith(text)) {
    throw new SearchError("request", null, `${text} is no date; write yyyy, yyyy-mm or yyyy-mm-dd`);
  }
  return [first, last];
}

/** The shortest ISO form of two days: a day, a month, a year, or `first/last`. */
export function dateLabel([first, last]) {
  if (!first) return null;
  const day = iso(first);
  if (first === last) return day;
  for (const part of [day.slice(0, 7), day.slice(0, 4)]) {
    const [from, to] = span(part);
    if (from === first && to === last) return part;
  }
  return `${day}/${iso(last)}`;
}
