// Asks the search client, as the page asks it: {module, base, jobs: [{request, before}], limit, prove, whole} on stdin.
// For each job, a line of JSON on stdout: the answer of a fresh index and what it fetched, what an index fetched that had
// answered the requests `before`; and where the total is a lower bound and at most `prove` texts are undecided, the proven
// total and what a fresh index fetched for it. Then a line for each with the first `whole` hits, of one index for all that
// may read about `prove` texts more.
import { text } from "node:stream/consumers";

const { module, base, jobs, limit, prove, whole } = JSON.parse(await text(process.stdin));
const { openIndex } = await import(module);
const counted = async () => (await fetch(base + "count")).json();
const say = (value) => process.stdout.write(JSON.stringify(value) + "\n");
// Bytes of a text, with room for its lists, and what an answer may fetch with effort 1 (engine.js).
const TEXT = 4e3;
const FILLS = 68e3;
// Facets are counted when they are opened.
const first = { limit, facets: false };
const rows = ({ hits }) => hits.map(({ id, score }) => [id, score]);

for (const { request, before } of jobs) {
  await counted();
  const clock = performance.now();
  const answer = await openIndex(base).search(request, first);
  const ms = performance.now() - clock;
  const cold = await counted();

  const index = openIndex(base);
  for (const other of before) await index.search(other, first);
  await counted();
  await index.search(request, first);
  const warm = await counted();

  let proven = null;
  if (!answer.exact && answer.atMost - answer.total <= prove) {
    const { total, exact } = await openIndex(base).search(request, { ...first, effort: Infinity });
    proven = { total, exact, sent: await counted() };
  }
  const { total, atMost, exact } = answer;
  say({ total, atMost, exact, hits: rows(answer), ms, cold, warm, proven });
}
const index = openIndex(base);
for (const { request } of jobs) say(rows(await index.search(request, { ...first, limit: whole, effort: (prove * TEXT) / FILLS })));
