// What a search can fail with.

/** A file of the index could not be had: `file` is its address, `reason` one of missing, unreachable, damaged, unsupported, old. */
export class SearchError extends Error {
  constructor(reason, file, message) {
    super(message);
    this.name = "SearchError";
    this.reason = reason;
    this.file = file;
  }

  /** By name: page, worker and engine may each have loaded a copy of this class. */
  static [Symbol.hasInstance](value) {
    return value?.name === "SearchError";
  }
}
