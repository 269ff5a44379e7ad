// Fetch and check the exported files: an edition of the archive, each file of it once.

import { SearchError } from "./errors.js";
import {
  continuationsFile,
  daysFile,
  documentFile,
  facetsFile,
  foldFile,
  foldPart,
  lengthsFile,
  listFile,
  manifestFile,
  regionsFile,
  setFile,
  shardFile,
  suggestionsFile,
  variantsFile,
} from "./format.js";

const MAGIC = "TBS6";
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

/** Whether the browser has what the files are packed with (since 2022 and 2023). */
function inflates() {
  try {
    return Boolean(new DecompressionStream("deflate-raw"));
  } catch {
    return false;
  }
}

async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** {payload, size in bytes} of the framed file of a name, or null where it is not the whole and right one. */
async function unframe(response, name) {
  try {
    const bytes = new Uint8Array(await response.arrayBuffer());
    const packed = bytes.subarray(HEAD);
    if (new DataView(bytes.buffer).getUint32(0, true) !== crc32(new TextEncoder().encode(MAGIC + name), packed)) return null;
    return { payload: await inflate(packed), size: bytes.length };
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
    if (!inflates()) throw new SearchError("old", file, `${file}: this browser can't inflate it; use a newer one`);
    const { payload, size } = await this.fetch("manifest.bin");
    const manifest = manifestFile(payload);
    if (!manifest.folder) {
      throw new SearchError("unsupported", file, `${file}: this page can't read format ${manifest.format}; reload it`);
    }
    const cache = this.#latest?.manifest.folder === manifest.folder ? this.#latest.cache : new Map();
    this.#latest = new Edition(this, manifest, cache, size);
    return this.#latest;
  }

  /** {payload, size in bytes} of a file, which stands in a `folder` that ends in a slash. */
  async fetch(name, folder = "") {
    const file = this.#base + folder + name;
    if (this.#busy >= AT_ONCE) await new Promise((go) => this.#queue.push(go));
    else this.#busy++;
    const mode = this.#failed.has(file) ? "reload" : folder ? "default" : "no-cache";
    try {
      const response = await fetch(file, { cache: mode }).catch((error) => {
        throw new SearchError("unreachable", file, `${file}: no answer (${error.message}); check the connection, then retry`);
      });
      if (!response.ok) {
        throw new SearchError("missing", file, `${file}: the server answers ${response.status}; retry, or reload the page`);
      }
      const content = await unframe(response, name);
      this.#failed.delete(file);
      if (content) return content;
      throw new SearchError("damaged", file, `${file}: it is cut, changed or another file; retry, or reload the page`);
    } catch (error) {
      this.#failed.add(file);
      throw error;
    } finally {
      if (this.#queue.length) this.#queue.shift()();
      else this.#busy--;
    }
  }
}

/** One export of the archive; `spent` are the bytes of those of its files that were asked for here, fetched or not. */
class Edition {
  #files;
  #size;
  #used = new Set();

  /** `size` is that of the manifest. */
  constructor(files, manifest, cache, size) {
    this.#files = files;
    this.#size = this.spent = size;
    this.manifest = manifest;
    this.cache = cache;
  }

  /** The same export, of which nothing has been asked for yet. */
  unspent() {
    return new Edition(this.#files, this.manifest, this.cache, this.#size);
  }

  /** {title, text, more} of a gram: its lists, null where it occurs in none, and its continuations, or {apart}. */
  async gram(gram) {
    const entry = (await this.#shard("t", gram, this.manifest.shards, shardFile)).get(gram);
    if (!entry) return { title: null, text: null, more: null };
    const [title, text] = await Promise.all([this.#whole(entry.title), this.#whole(entry.text)]);
    return { ...entry, title, text };
  }

  #whole(list) {
    return list?.apart ? this.#get(list.apart, listFile(list.size)) : list;
  }

  /** {title, text}: of the continuations of a bigram that stand apart those among which is that by a character. */
  continuations({ name, parts }, code) {
    return this.#get(`x/${name}-${code % parts}.bin`, continuationsFile);
  }

  document(number) {
    return this.#numbered("d", number, documentFile);
  }

  /** The lengths of the texts of documents. */
  async lengths(docs) {
    const { block, limit } = this.manifest;
    const blocks = [...new Set(docs.map((doc) => Math.floor(doc / block)))];
    const read = (n) => this.#numbered("n", n, lengthsFile(Math.min(block, limit - n * block)));
    const lengths = new Map(await Promise.all(blocks.map(async (n) => [n, await read(n)])));
    return docs.map((doc) => lengths.get(Math.floor(doc / block))[doc % block]);
  }

  /** {member, children} of a region, kind or script; undefined where no bulletin has it. */
  async set(key) {
    return (await this.#shard("r", key, this.manifest.places, setFile)).get(key);
  }

  days() {
    return this.#get("days.bin", daysFile);
  }

  facets() {
    return this.#get("facets.bin", facetsFile);
  }

  /** {regions, titles} that begin with a folded character; undefined where none do. */
  async suggestions(char) {
    return (await this.#shard("s", char, this.manifest.suggestions, suggestionsFile)).get(char);
  }

  /** Rows {code, name, hant?, parent, count} of all regions, by code. */
  regions() {
    return this.#get("regions.bin", regionsFile);
  }

  /** {folds, hant}: characters that fold to those of the manifest, and the usual Traditional ones of these. */
  variants() {
    return this.#get("variants.bin", variantsFile);
  }

  /** A function that folds those of `codes` that are not folded yet; most queries need no file for it. */
  async folding(codes) {
    const unknown = codes.filter((code) => code > 127 && !this.manifest.folded.has(code));
    const tables = unknown.length ? [(await this.variants()).folds] : [];
    const parts = new Set(unknown.filter((code) => !tables[0].has(code)).map(foldPart));
    tables.push(...(await Promise.all([...parts].map((n) => this.#get(`fold${n}.bin`, foldFile)))));
    return (code) => (code >= 65 && code <= 90 ? code + 32 : (tables.find((table) => table.has(code))?.get(code) ?? code));
  }

  /** The shard of a folder in which a key stands. */
  #shard(folder, key, count, decode) {
    return this.#numbered(folder, fnv(key) % count, decode);
  }

  #numbered(folder, number, decode) {
    return this.#get(`${folder}/${number.toString(16)}.bin`, decode);
  }

  async #get(name, decode) {
    const { value, size } = await (this.cache.get(name) ?? this.#fetch(name, decode));
    if (!this.#used.has(name)) {
      this.#used.add(name);
      this.spent += size;
    }
    return value;
  }

  #fetch(name, decode) {
    const file = this.#files
      .fetch(name, `${this.manifest.folder}/`)
      .then(({ payload, size }) => ({ value: decode(payload, this.manifest), size }));
    this.cache.set(name, file);
    file.catch(() => {
      this.cache.delete(name);
      this.#files.renew();
    });
    return file;
  }
}
