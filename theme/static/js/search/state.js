// What is searched for, as it stands in the address: {q, regions, kinds, scripts, from, to, sort, received}.

const LISTS = [["region", "regions"], ["kind", "kinds"], ["script", "scripts"]];
const SINGLE = ["q", "from", "to", "sort", "received"];
const DAY = /^(?!0000)\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$/;
const NO_KIND = "none";
const SORTS = ["newest", "oldest"]; // beside relevance

/** The state of nothing: the filters that are off. */
export const OPEN = { regions: [], kinds: [], scripts: [], from: "", to: "", received: "" };

export function stateOf(address) {
  const has = new URLSearchParams(address.search);
  const state = Object.fromEntries([
    ...SINGLE.map((name) => [name, (has.get(name) ?? "").trim()]),
    ...LISTS.map(([name, list]) => [list, [...new Set(has.getAll(name).filter(Boolean))]]),
  ]);
  return { ...state, sort: SORTS.includes(state.sort) ? state.sort : "" };
}

/** The address of a state, relative to this page. */
export function addressOf(state) {
  const pairs = [["q", state.q], ...LISTS.flatMap(([name, list]) => state[list].map((value) => [name, value]))];
  for (const name of SINGLE.slice(1)) pairs.push([name, state[name]]);
  return "?" + new URLSearchParams(pairs.filter(([, value]) => value));
}

/** The request of the search module for a state. */
export function requestOf({ sort, from, to, received, kinds, ...rest }) {
  const named = kinds.map((kind) => (kind === NO_KIND ? "" : kind));
  return { ...rest, kinds: named, sort: sort || "relevance", from: from || undefined, to: to || undefined, received: received !== "" };
}

const some = ({ regions, kinds, scripts, from, to }) => regions.length + kinds.length + scripts.length > 0 || from || to;
export const isEmpty = (state) => !state.q && !some(state);
export const isFiltered = (state) => some(state) || state.received;

/** Whether a year, month or day is one; the calendar is that of 400 years later, for Date takes years below 100 for others. */
function isDay(date) {
  const [year, month = 1, day = 1] = date.split("-").map(Number);
  return DAY.test(date) && new Date(Date.UTC(year + 400, month - 1, day)).getUTCDate() === day;
}

export function isFaulty({ from, to }) {
  const common = Math.min(from.length, to.length);
  return [from, to].some((date) => date && !isDay(date)) || from.slice(0, common) > to.slice(0, common);
}

/** A list with a value that it lacked, or without one that it had. */
export const toggled = (list, value) => (list.includes(value) ? list.filter((each) => each !== value) : [...list, value]);
