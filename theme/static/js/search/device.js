// What this device remembers: the latest queries, and whether the facets stand open. It is never sent anywhere. A reader may
// deny storage, or it may be full; then nothing is remembered, which needs no message: no answer depends on it.

const KEPT = 10;
const RECENT = "tongbao.recent";
const NARROW = "tongbao.narrow";

function recall(key, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function keep(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Denied or full, see above.
  }
}

/** The latest queries, the last one first. */
export function recentQueries() {
  const kept = recall(RECENT, []);
  return Array.isArray(kept) ? kept.filter((query) => typeof query === "string").slice(0, KEPT) : [];
}

export const remember = (query) => keep(RECENT, [query, ...recentQueries().filter((each) => each !== query)].slice(0, KEPT));
export const forget = () => keep(RECENT, []);
export const wasOpen = () => recall(NARROW, false) === true;
export const rememberOpen = (open) => keep(NARROW, open);
