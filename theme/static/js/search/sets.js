// Sets of document numbers, as ascending typed arrays.

export const NONE = new Uint32Array(0);

/** The first place from `from` on whose number is at least `value`. Steps double, so short and long ways are short. */
export function seek(set, value, from = 0) {
  let low = from;
  let high = from;
  for (let step = 1; high < set.length && set[high] < value; step *= 2) {
    low = high + 1;
    high += step;
  }
  high = Math.min(high, set.length);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (set[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

export const has = (set, value) => set[seek(set, value)] === value;

export function intersect(a, b) {
  if (a.length > b.length) return intersect(b, a);
  const out = new Uint32Array(a.length);
  let size = 0;
  for (let n = 0, at = 0; n < a.length && at < b.length; n++) {
    at = seek(b, a[n], at);
    if (b[at] === a[n]) out[size++] = a[n];
  }
  return out.subarray(0, size);
}

/** What all of some sets have, from the smallest on. */
export const intersection = (sets) => [...sets].sort((a, b) => a.length - b.length).reduce(intersect);

export function minus(a, b) {
  if (!b.length) return a;
  const out = new Uint32Array(a.length);
  let size = 0;
  for (let n = 0, at = 0; n < a.length; n++) {
    at = seek(b, a[n], at);
    if (b[at] !== a[n]) out[size++] = a[n];
  }
  return out.subarray(0, size);
}

export function unite(a, b) {
  if (!a.length || !b.length) return a.length ? a : b;
  const out = new Uint32Array(a.length + b.length);
  let size = 0;
  for (let n = 0, m = 0; n < a.length || m < b.length; ) {
    const value = m === b.length || a[n] <= b[m] ? a[n] : b[m];
    if (a[n] === value) n++;
    if (b[m] === value) m++;
    out[size++] = value;
  }
  return out.subarray(0, size);
}

export const union = (sets) => sets.reduce(unite, NONE);

/** All numbers from `from` up to `to`. */
export function range(from, to) {
  const out = new Uint32Array(to - from);
  for (let n = 0; n < out.length; n++) out[n] = from + n;
  return out;
}

/** The numbers below `limit` that are not in a set. */
export function complement(set, limit) {
  const out = new Uint32Array(limit - set.length);
  for (let value = 0, n = 0; value < limit; value++) {
    if (set[n] === value) n++;
    else out[value - n] = value;
  }
  return out;
}

/** The places 0 to `count` - 1, those first that come `before` others, as they are asked for: a page needs few of many. */
export function* inOrder(count, before) {
  const heap = range(0, count);
  const sift = (at, size) => {
    for (;;) {
      let first = at;
      for (let below = 2 * at + 1; below < 2 * at + 3 && below < size; below++) {
        if (before(heap[below], heap[first])) first = below;
      }
      if (first === at) return;
      const moved = heap[at];
      heap[at] = heap[first];
      heap[first] = moved;
      at = first;
    }
  };
  for (let at = (count >> 1) - 1; at >= 0; at--) sift(at, count);
  for (let size = count; size > 0; size--) {
    yield heap[0];
    heap[0] = heap[size - 1];
    sift(0, size - 1);
  }
}
