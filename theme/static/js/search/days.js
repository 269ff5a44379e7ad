// Days, counted from 0001-01-01 as 1, and the years of publications.

import { SearchError } from "./errors.js";
import { range } from "./sets.js";

const UNIX_EPOCH = 719163; // 1970-01-01

/** The ISO form of a day. */
export const iso = (day) => new Date((day - UNIX_EPOCH) * 864e5).toISOString().slice(0, 10);

/** A year, month or day (yyyy, yyyy-mm, yyyy-mm-dd) as its first and last day. */
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

const year = (day) => Number(iso(day).slice(0, 4));

/** The years of which a publication may be some day, as four digits. */
export function years([first, last]) {
  const out = [];
  if (first) for (let each = year(first); each <= year(last); each++) out.push(String(each).padStart(4, "0"));
  return out;
}

/** The documents with some day of their publication between two days. */
export function within({ firsts, lasts, place }, first, last) {
  const inside = Array.from(firsts, (day, n) => day <= last && lasts[n] >= first);
  return among(place, (at) => inside[at - 1]);
}

/** The documents whose publication's place passes a test. */
const among = (place, passes) => range(0, place.length).filter((doc) => place[doc] && passes(place[doc]));

/** All documents. */
export const everything = ({ place }) => among(place, () => true);

/** A function that puts documents in the order of their publication, those without one at the end; ties go by number. */
export function rankOf({ firsts, place }, newest) {
  const dateless = firsts[0] === 0 ? 1 : 0; // how many places before those with a date
  const key = (at) => (at <= dateless ? place.length + 1 : newest ? -at : at);
  return (doc) => key(place[doc]) * place.length + doc;
}
