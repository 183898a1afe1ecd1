/* The service worker: the shell and its assets without a network, and the outbox sent when there is
   one again though the page is closed. Of anybody's data it keeps nothing. */
const CACHE = `${BASE}-${VERSION}`;
const SHELL = "/grid";

async function keepShell() {
  const cache = await caches.open(CACHE);
  await cache.addAll(NEEDED);
  const answer = await fetch(SHELL, { credentials: "same-origin", cache: "no-store" });
  // Whoever is not signed in is led elsewhere, and that is not the shell.
  if (!answer.ok || answer.redirected) throw new Error("no shell");
  await cache.put(SHELL, answer);
}

async function cleared() {
  for (const name of await caches.keys()) if (name.startsWith(BASE) && name !== CACHE) await caches.delete(name);
  await self.clients.claim();
}

async function kept(request, key, options) {
  const cache = await caches.open(CACHE);
  return (await cache.match(key, options)) ?? fetch(request);
}

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(keepShell());
});
self.addEventListener("activate", (event) => event.waitUntil(cleared()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname, search } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate" && pathname === SHELL) event.respondWith(kept(request, SHELL));
  else if (NEEDED.includes(pathname + search)) event.respondWith(kept(request, pathname + search));
});
self.addEventListener("sync", (event) => {
  event.waitUntil(sendAll({ waits: true }).then((left) => { if (left) throw new Error("later"); }));
});
