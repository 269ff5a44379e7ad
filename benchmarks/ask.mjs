// Asks every request of a fresh index, then of one that has answered three others: {module, base, requests} on stdin.
import { text } from "node:stream/consumers";

const { module, base, requests } = JSON.parse(await text(process.stdin));
const { openIndex } = await import(module);
const counted = async () => (await fetch(base + "count")).json();
const out = [];
for (const request of requests) {
  await counted();
  const clock = performance.now();
  const value = await openIndex(base).search(request);
  out.push({ value, ms: performance.now() - clock, cold: await counted() });
}
for (const [n, answer] of out.entries()) {
  const index = openIndex(base);
  for (let before = 1; before < 4; before++) await index.search(requests.at((n + before * 7) % requests.length));
  await counted();
  await index.search(requests[n]);
  answer.warm = await counted();
}
process.stdout.write(JSON.stringify(out));
