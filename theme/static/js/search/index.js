// The search module: openIndex(baseUrl). The work is done in a worker where there is one, else in this thread.

import { SearchError } from "./errors.js";

export { SearchError };

/**
 * Open the index of a site. `baseUrl` is the address of the site's root, or of its `search/` folder (recognised by its name).
 * Nothing is fetched before the first question.
 *
 * `await index.search({q, regions, scripts, kinds, from, to, sort, received}, {limit, offset, lang, effort, facets})` resolves
 * to `{total, atMost, exact, hits: [{id, score, url, title, titleRuns, date, regions, places, snippet}], chosen, facets}`;
 * `await index.regions({lang})` to `[{code, name, parent, count}]`, `await index.suggest(beginning, {lang, limit})` to
 * `{regions: [{code, name, count}], titles: [{title, url}]}`, `await index.parse(q)` to `{include, exclude}`. All reject with a
 * SearchError, which says in `reason` and `file` what failed, carries in `partial` what could be answered, and asks again by
 * `retry()`.
 */
export function openIndex(baseUrl) {
  const root = siteRoot(baseUrl);
  let backend = null;
  const ask = async (method, args) => {
    try {
      backend ??= openBackend(root).catch((error) => {
        backend = null;
        throw error;
      });
      return await (await backend)(method, args);
    } catch (error) {
      error.retry = () => ask(method, args);
      throw error;
    }
  };
  return {
    search: (request = {}, options = {}) => ask("search", [request, options]),
    regions: (options = {}) => ask("regions", [options]),
    suggest: (q, options = {}) => ask("suggest", [q, options]),
    parse: (q) => ask("parse", [q]),
  };
}

function siteRoot(baseUrl) {
  const url = new URL(baseUrl, globalThis.document?.baseURI);
  url.search = url.hash = "";
  const path = url.pathname.replace(/[^/]*$/, (name) => (/\.[^.]+$/.test(name) || !name ? "" : `${name}/`));
  url.pathname = path.replace(/\/search\/$/, "/");
  return url.href;
}

async function openBackend(root) {
  try {
    return await openWorker(root);
  } catch {
    const { Engine } = await import("./engine.js").catch((error) => {
      const file = new URL("./engine.js", import.meta.url).href;
      throw new SearchError("unreachable", file, `${file}: it can't be loaded (${error.message}); retry, or reload the page`);
    });
    const engine = new Engine(root);
    return (method, args) => engine[method](...args);
  }
}

/** Rejects where module workers are not to be had. */
async function openWorker(root) {
  const worker = new Worker(new URL("./engine.js", import.meta.url), { type: "module" });
  const waiting = new Map();
  let last = 0;
  worker.onmessage = ({ data: { id, value, error } }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error) reject(Object.assign(new SearchError(error.reason, error.file, error.message), { name: error.name, partial: error.partial }));
    else resolve(value);
  };
  const call = (method, args) =>
    new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject });
      worker.postMessage({ id: last, method, args });
    });
  await new Promise((resolve, reject) => {
    worker.onerror = reject;
    call("open", [root]).then(resolve, reject);
  });
  worker.onerror = null;
  return call;
}
