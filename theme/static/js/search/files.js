// Fetch and check the exported files: an edition of the archive, each file of it once.

import { SearchError } from "./errors.js";
import * as format from "./format.js";

const MAGIC = "TBS3";
const HEAD = 4;
const AT_ONCE = 8; // requests

const CRC = new Uint32Array(256).map((_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

function crc32(...parts) {
  let crc = 0xffffffff;
  for (const bytes of parts) for (const byte of bytes) crc = CRC[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** What a file's CRC takes as its name: magic, kind, number, corpus. */
function nameOf(kind, number, corpus) {
  const codes = Array.from(MAGIC + kind, (char) => char.charCodeAt(0));
  return [...codes, number, number >> 8, number >> 16, number >> 24, ...corpus].map((code) => code & 255);
}

/** Inflate what was deflated with `dictionary` in the window: put there as a stored block, which comes out first. */
async function inflate(bytes, dictionary) {
  const size = dictionary.length;
  const stored = Uint8Array.of(0, size, size >> 8, ~size, ~size >> 8);
  const stream = new Blob([stored, dictionary, bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer()).subarray(size);
}

/** The payload of a framed file, or null where it is not the whole and right one. */
async function unframe(response, name, dictionary) {
  try {
    const bytes = new Uint8Array(await response.arrayBuffer());
    const packed = bytes.subarray(HEAD);
    if (new DataView(bytes.buffer).getUint32(0, true) !== crc32(name, packed)) return null;
    return await inflate(packed, dictionary);
  } catch {
    return null; // a body that breaks off
  }
}

function fnv(string) {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(string)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** The files of a site. After a failure the next edition asks the server afresh. */
export class Files {
  #base;
  #latest = null;
  #edition = null;
  #failed = new Set();
  #busy = 0;
  #queue = [];

  /** `base` is the address of the `search/` folder. */
  constructor(base) {
    this.#base = base;
  }

  /** The edition that stands there now. Answers keep to one: the numbers of another may mean other documents. */
  edition() {
    this.#edition ??= this.#open().catch((error) => {
      this.renew();
      throw error;
    });
    return this.#edition;
  }

  /** Read the manifest again for the next question: the site may have been published anew. */
  renew() {
    this.#edition = null;
  }

  async #open() {
    const file = this.#base + "manifest.bin";
    const manifest = format.manifestFile(await this.fetch("manifest.bin", "M", 0));
    if (!manifest.folder) {
      throw new SearchError("unsupported", file, `${file}: this page can't read format ${manifest.format}; reload it`);
    }
    const cache = this.#latest?.manifest.folder === manifest.folder ? this.#latest.cache : new Map();
    this.#latest = new Edition(this, manifest, cache);
    return this.#latest;
  }

  /** The payload of a file of some kind and number in a corpus; `dictionary` is what it was packed with. */
  async fetch(name, kind, number, corpus = new Uint8Array(8), dictionary = new Uint8Array()) {
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
      const payload = await unframe(response, nameOf(kind, number, corpus), dictionary);
      this.#failed.delete(name);
      if (payload) return payload;
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

/** One export of the archive. */
class Edition {
  #files;

  constructor(files, manifest, cache) {
    this.#files = files;
    this.manifest = manifest;
    this.cache = cache;
  }

  /** {title, text, more} of a gram: its lists, null where it occurs in none, and its continuations, or {apart}. */
  async gram(gram) {
    const entry = (await this.#shard("t", "T", gram, this.manifest.shards, format.shardFile)).get(gram);
    if (!entry) return { title: null, text: null, more: null };
    const [title, text] = await Promise.all([this.#whole(entry.title), this.#whole(entry.text)]);
    return { ...entry, title, text };
  }

  #whole(list) {
    return list?.apart === undefined ? list : this.#numbered("l", "L", list.apart, format.listFile(list.size));
  }

  /** {title, text}: the continuations of a bigram that stand apart. */
  continuations(number) {
    return this.#numbered("x", "X", number, format.continuationsFile);
  }

  document(number) {
    return this.#numbered("d", "D", number, format.documentFile);
  }

  /** The lengths of the texts of documents. */
  async lengths(docs) {
    const { block, documents } = this.manifest;
    const blocks = [...new Set(docs.map((doc) => Math.floor(doc / block)))];
    const read = (n) => this.#numbered("n", "N", n, format.lengthsFile(Math.min(block, documents - n * block)));
    const lengths = new Map(await Promise.all(blocks.map(async (n) => [n, await read(n)])));
    return docs.map((doc) => lengths.get(Math.floor(doc / block))[doc % block]);
  }

  /** {member, children} of a region, kind or script; undefined where no bulletin has it. */
  async set(key) {
    return (await this.#shard("r", "P", key, this.manifest.places, format.setFile)).get(key);
  }

  days() {
    return this.#get("days.bin", "Y", 0, format.daysFile);
  }

  facets() {
    return this.#get("facets.bin", "C", 0, format.facetsFile);
  }

  /** {regions, titles} that begin with a folded character; undefined where none do. */
  async suggestions(char) {
    return (await this.#shard("s", "S", char, this.manifest.suggestions, format.suggestionsFile)).get(char);
  }

  /** Rows {code, name, hant?, parent, count} of all regions, by code. */
  regions() {
    return this.#get("regions.bin", "R", 0, format.regionsFile);
  }

  /** {folds, hant}: characters that fold to those of the manifest, and the usual Traditional ones of these. */
  variants() {
    return this.#get("variants.bin", "V", 0, format.variantsFile);
  }

  /** A function that folds those of `codes` that are not folded yet; most queries need no file for it. */
  async folding(codes) {
    const unknown = codes.filter((code) => code > 127 && !this.manifest.folded.has(code));
    const tables = unknown.length ? [(await this.variants()).folds] : [];
    const parts = new Set(unknown.filter((code) => !tables[0].has(code)).map(format.foldPart));
    tables.push(...(await Promise.all([...parts].map((n) => this.#get(`fold${n}.bin`, "F", n, format.foldFile)))));
    return (code) => (code >= 65 && code <= 90 ? code + 32 : (tables.find((table) => table.has(code))?.get(code) ?? code));
  }

  /** The shard of a folder in which a key stands. */
  #shard(folder, kind, key, count, decode) {
    return this.#numbered(folder, kind, fnv(key) % count, decode);
  }

  #numbered(folder, kind, number, decode) {
    return this.#get(`${folder}/${number.toString(16)}.bin`, kind, number, decode);
  }

  #get(name, kind, number, decode) {
    const { folder, corpus, phrases } = this.manifest;
    let file = this.cache.get(name);
    if (!file) {
      const dictionary = kind === "D" ? phrases : undefined;
      file = this.#files.fetch(`${folder}/${name}`, kind, number, corpus, dictionary).then((payload) => decode(payload, this.manifest));
      this.cache.set(name, file);
      file.catch(() => {
        this.cache.delete(name);
        this.#files.renew();
      });
    }
    return file;
  }
}
