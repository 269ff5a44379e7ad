// Queries and texts as arrays of code points: syntax, substrings, snippets. The same as plugins/tongbao/search/{syntax,snippet}.py.

const SPACE = "\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const TERM = new RegExp(`(-?)(?:"([^"]*)(?:"|$)|([^${SPACE}]+))`, "gu");
const BLANK = new RegExp(`^[${SPACE}]*$`, "u");
const WIDTH = 96;
const BEFORE = 18;
const MOST = 1000; // places weighed

export const points = (string) => Array.from(string, (char) => char.codePointAt(0));

export function toString(codes) {
  let out = "";
  for (let at = 0; at < codes.length; at += 4096) out += String.fromCodePoint(...codes.slice(at, at + 4096));
  return out;
}

/** A folded query -> {include, exclude}: its terms in order, each once. */
export function parse(folded) {
  const include = new Set();
  const exclude = new Set();
  for (const [, minus, quoted, bare] of folded.matchAll(TERM)) {
    if (bare === "-" && !minus) continue;
    const term = quoted || bare || "";
    if (!BLANK.test(term)) (minus ? exclude : include).add(term);
  }
  return { include: [...include], exclude: [...exclude] };
}

/** Where `term` (code points) stands in `text` (code points) from `from` on, or -1. */
export function indexOf(text, term, from = 0) {
  const last = text.length - term.length;
  for (let at = from; at <= last; at++) {
    let same = 0;
    while (same < term.length && text[at + same] === term[same]) same++;
    if (same === term.length) return at;
  }
  return -1;
}

function matches(folded, terms) {
  const found = [];
  terms.forEach((term, number) => {
    for (let at = indexOf(folded, term); at >= 0; at = indexOf(folded, term, at + 1)) {
      found.push([at, at + term.length, number]);
    }
  });
  return found.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
}

/** The stretch with most different terms in it, then most matches, then the first. */
function window(length, found) {
  let most = [0, 0];
  let start = 0;
  found.slice(0, MOST).forEach(([at], index) => {
    const inside = found.slice(index, index + WIDTH).filter((match) => match[1] <= at - BEFORE + WIDTH);
    const terms = new Set(inside.map((match) => match[2])).size;
    if (terms > most[0] || (terms === most[0] && inside.length > most[1])) {
      most = [terms, inside.length];
      start = Math.max(0, at - BEFORE);
    }
  });
  return [start, Math.min(length, start + WIDTH)];
}

/**
 * Cut `text` into runs {text, mark, repaired?} around the matches of `terms` in `folded` (all code points, one length).
 * White space becomes blanks; `whole` keeps all of the text.
 */
export function runs(text, folded, terms, repairs, whole = false) {
  const found = matches(folded, terms);
  const [start, end] = whole ? [0, text.length] : window(text.length, found);
  const flags = new Uint8Array(end - start);
  const set = (bit) => ([from, to]) => {
    for (let at = Math.max(from, start); at < Math.min(to, end); at++) flags[at - start] |= bit;
  };
  found.forEach(set(1));
  repairs.forEach(set(2));
  const out = [];
  for (let at = start; at < end; ) {
    const flag = flags[at - start];
    let to = at;
    while (to < end && flags[to - start] === flag) to++;
    const run = { text: toString(text.slice(at, to)).replace(/[\t-\r]/g, " "), mark: (flag & 1) > 0 };
    out.push(flag & 2 ? { ...run, repaired: true } : run);
    at = to;
  }
  return out;
}
