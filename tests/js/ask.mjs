// Asks search indexes and prints the answers: {module, jobs: [{base, calls: [[method, ...arguments]], retry}]} on stdin,
// for each job a list of {value} or {error, and with retry: value or second error} on stdout.
import { text } from "node:stream/consumers";

const { module, jobs } = JSON.parse(await text(process.stdin));
const { openIndex } = await import(module);
const shown = ({ name, reason, file, message }) => ({ name, reason, file, message });

async function answer(index, [method, ...args], retry) {
  try {
    return { value: await index[method](...args) };
  } catch (error) {
    const again = retry ? await error.retry().then((value) => ({ value }), (e) => ({ second: shown(e) })) : {};
    return { error: shown(error), partial: error.partial ?? null, ...again };
  }
}

const out = [];
for (const { base, calls, retry } of jobs) {
  const index = openIndex(base);
  const answers = [];
  for (const call of calls) answers.push(await answer(index, call, retry));
  out.push(answers);
}
process.stdout.write(JSON.stringify(out));
