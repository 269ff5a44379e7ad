// Asks search indexes and prints the answers: {module, together, jobs: [{base, calls: [[method, ...arguments]], retry}]} on
// stdin, with "Infinity" for the number; for each job a list of {value} or {error, and with retry: value or second error} on
// stdout. `together`: all calls of a job are under way at once.
import { text } from "node:stream/consumers";

const { module, jobs, together } = JSON.parse(await text(process.stdin), (_, value) => (value === "Infinity" ? Infinity : value));
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
  for (const call of calls) {
    const given = answer(index, call, retry);
    answers.push(together ? given : await given);
  }
  out.push(await Promise.all(answers));
}
process.stdout.write(JSON.stringify(out));
