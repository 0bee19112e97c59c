/**
 * Keeps the files of the page and its network on this device, so that the page opens at once, and without a connection.
 * All files are of one version. When the server has another one, the browser fetches this script again, which then loads
 * all files; the next page that is opened has the new version. What waits to be sent is in IndexedDB and not touched.
 * An open page that sees that the server has another network asks the server for it, with `?now`.
 */

/** Changes with the files. The sender fills in both. */
const VERSION = "";
/** The integrity of each file, by its address relative to this script. @type {Record<string, string>} */
const FILES = {};

/** The `ServiceWorkerGlobalScope`, whose type TypeScript doesn't have together with those of pages. @type {any} */
const worker = self;
const BASE = worker.registration.scope;
const PREFIX = `digitpad ${BASE} `; // other pages of this host have caches of their own
const CACHE = PREFIX + VERSION;

worker.addEventListener("install", (/** @type {any} */ event) => event.waitUntil(load()));
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(replaceOlder()));
worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { method, url } = event.request;
  const address = url.replace(/[?#].*/, "");
  const known = address.startsWith(BASE) && Object.hasOwn(FILES, address.slice(BASE.length));
  if (method === "GET" && known && !url.endsWith("?now")) event.respondWith(fromCache(address, event.request));
});

/** Fetch all files; if one is missing or of another version, nothing is replaced. */
async function load() {
  const cache = await caches.open(CACHE);
  try {
    await Promise.all(
      Object.entries(FILES).map(async ([address, integrity]) => {
        const url = new URL(address, BASE);
        const response = await fetch(url, { cache: "no-cache", integrity });
        if (!response.ok) throw new Error(`${url} could not be loaded (${response.status}).`);
        await cache.put(url, response);
      }),
    );
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
  await worker.skipWaiting();
}

async function replaceOlder() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== CACHE).map((name) => caches.delete(name)));
  await worker.clients.claim();
}

/** @param {string} address @param {Request} request */
async function fromCache(address, request) {
  return (await caches.match(address, { cacheName: CACHE, ignoreVary: true })) ?? fetch(request);
}
