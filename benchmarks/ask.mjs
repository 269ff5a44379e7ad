// Asks the search client, as the page asks it: {module, base, jobs: [{request, before}], limit, prove, whole} on stdin.
// For each job, a line of JSON on stdout: the answer of a fresh index and what it fetched, what an index fetched that had
// answered the requests `before`; and where the total is a lower bound and at most `prove` texts are undecided, the proven
// total and what a fresh index fetched for it. Then a line for each with the first `whole` hits, of one index for all, with
// `prove` times the effort.
import { text } from "node:stream/consumers";

const { module, base, jobs, limit, prove, whole } = JSON.parse(await text(process.stdin));
const { openIndex } = await import(module);
const counted = async () => (await fetch(base + "count")).json();
const say = (value) => process.stdout.write(JSON.stringify(value) + "\n");
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
for (const { request } of jobs) say(rows(await index.search(request, { ...first, limit: whole, effort: prove })));
