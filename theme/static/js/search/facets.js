// Count what hits have in common: regions, years, kinds, scripts.

import { years } from "./days.js";
import { intersect } from "./sets.js";

const add = (counts, value, number = 1) => counts.set(value, (counts.get(value) ?? 0) + number);

const none = () => ({ regions: new Map(), years: new Map(), kinds: new Map(), scripts: new Map() });

/** {regions: {code: count}, years, kinds, scripts} of documents. */
export function ofDocuments(documents) {
  const counts = none();
  for (const { places, days, kind, script } of documents) {
    for (const { code } of places) add(counts.regions, code);
    for (const year of years(days)) add(counts.years, year);
    add(counts.kinds, kind || null);
    add(counts.scripts, script);
  }
  return counts;
}

/** The same of the documents in `found`, from what is known of all; `members` are regions that are not in the columns. */
export function ofColumns(found, columns, days, members, manifest) {
  const counts = none();
  const rows = regionRows(found, columns);
  columns.regions.forEach(({ code }, row) => rows[row] && counts.regions.set(code, rows[row]));
  for (const { code, docs } of members) {
    const { length } = intersect(found, docs);
    if (length) counts.regions.set(code, length);
  }
  const dated = new Uint32Array(days.firsts.length);
  for (const doc of found) dated[days.place[doc] - 1]++;
  dated.forEach((size, n) => {
    for (const year of size ? years([days.firsts[n], days.lasts[n]]) : []) add(counts.years, year, size);
  });
  for (const name of ["kinds", "scripts"]) {
    const own = new Uint32Array(manifest[name].length);
    for (const doc of found) own[columns[name][doc]]++;
    manifest[name].forEach((value, row) => own[row] && counts[name].set(value || null, own[row]));
  }
  return counts;
}

/** How many of `found` have the region of each row. */
function regionRows(found, { regions, above, alone, starts, rows }) {
  const counts = new Uint32Array(regions.length);
  const last = new Int32Array(regions.length).fill(-1); // the document that was counted last
  for (const doc of found) {
    for (let at = starts[doc]; at < starts[doc + 1]; at++) {
      for (let row = rows[at]; row >= 0 && last[row] !== doc; row = alone[doc] ? -1 : above[row]) {
        last[row] = doc;
        counts[row]++;
      }
    }
  }
  return counts;
}

/** [value, count] by count, then by value. */
export const sorted = (counts) => [...counts].sort(([a, n], [b, m]) => m - n || ((a ?? "") < (b ?? "") ? -1 : 1));
