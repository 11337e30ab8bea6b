/**
 * The service worker: lets the page itself start with no network.
 *
 * Owns: one cache per build of the shell, and one that keeps the last `/config.json` seen.
 * Does not own: anything under `/v1/`. Those bytes are the replica's; `headwater` verifies them and
 * keeps them in IndexedDB, and a second copy here would be a second truth.
 *
 * A build is precached whole and served whole (cache first), so a page never mixes the files of two
 * builds. A newer build waits until the page asks for it with the message "take-over".
 */
export {};

declare const self: ServiceWorkerGlobalScope;
/** Absolute paths of the built shell, put in by the build. */
declare const __SHELL_FILES__: readonly string[];
/** A hash over the contents of those files, put in by the build. */
declare const __SHELL_VERSION__: string;

const SHELL_PREFIX = "headwater-shell-";
const SHELL_CACHE = SHELL_PREFIX + __SHELL_VERSION__;
const SETTINGS_CACHE = "headwater-settings";
const SETTINGS_PATH = "/config.json";
/** A server that accepts and then says nothing must not hold up an offline start. */
const SETTINGS_PATIENCE_MS = 2_000;

// The document is kept under "/", because many servers redirect "/index.html" there, and a browser
// refuses a redirected answer to a navigation.
const shell: ReadonlySet<string> = new Set(__SHELL_FILES__.map((path) => (path === "/index.html" ? "/" : path)));

self.addEventListener("install", (event) => {
  event.waitUntil(Promise.all([precacheShell(), refreshSettings().catch(() => undefined)]));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOlderShells().then(() => self.clients.claim()));
});

self.addEventListener("message", (event) => {
  if (event.data === "take-over") event.waitUntil(self.skipWaiting());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin || url.pathname.startsWith("/v1/")) return;
  const path = url.pathname === "/index.html" ? "/" : url.pathname;
  if (path === SETTINGS_PATH) event.respondWith(settings());
  else if (shell.has(path)) event.respondWith(fromShell(path, request));
});

async function precacheShell(): Promise<void> {
  const cache = await caches.open(SHELL_CACHE);
  // "reload" goes past the HTTP cache, which may still hold the previous build.
  await cache.addAll([...shell].map((path) => new Request(path, { cache: "reload" })));
}

async function dropOlderShells(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(
    names.filter((name) => name.startsWith(SHELL_PREFIX) && name !== SHELL_CACHE).map((name) => caches.delete(name)),
  );
}

async function fromShell(path: string, request: Request): Promise<Response> {
  const cache = await caches.open(SHELL_CACHE);
  return (await cache.match(path)) ?? fetch(request);
}

async function settings(): Promise<Response> {
  try {
    return await refreshSettings();
  } catch {
    const cache = await caches.open(SETTINGS_CACHE);
    return (await cache.match(SETTINGS_PATH)) ?? Response.error();
  }
}

async function refreshSettings(): Promise<Response> {
  const answer = await fetch(SETTINGS_PATH, { cache: "no-store", signal: AbortSignal.timeout(SETTINGS_PATIENCE_MS) });
  if (!answer.ok) throw new Error(`${SETTINGS_PATH} answered ${answer.status}`);
  const cache = await caches.open(SETTINGS_CACHE);
  await cache.put(SETTINGS_PATH, answer.clone());
  return answer;
}
