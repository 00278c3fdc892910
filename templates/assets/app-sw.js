// Shows notifications, and a page of its own where there is no network. `shell` and `offline` are written before this.
addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(shell.name).then((cache) => cache.addAll([offline, ...shell.files])).then(() => skipWaiting()),
  );
});

addEventListener("activate", (event) => {
  const old = async () => {
    for (const name of await caches.keys()) if (name !== shell.name) await caches.delete(name);
    await clients.claim();
  };
  event.waitUntil(old());
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname } = new URL(request.url);
  if (request.mode === "navigate") {
    if (request.method === "GET" && pathname === "/app") event.respondWith(fetch(request).catch(() => caches.match(offline)));
  } else if (shell.files.includes(pathname)) {
    event.respondWith(caches.match(pathname).then((kept) => kept ?? fetch(request)));
  }
});

addEventListener("push", (event) => {
  let said = {};
  try {
    said = event.data?.json() ?? {};
  } catch {
    // What cannot be read is shown as a request without words.
  }
  const shown = registration.showNotification(said.title ?? "ponte", {
    body: said.body ?? "",
    tag: said.tag ?? "request",
    lang: said.lang,
    icon: shell.icon,
    requireInteraction: true,
  });
  const told = clients.matchAll({ type: "window" }).then((all) => all.forEach((one) => one.postMessage("look")));
  event.waitUntil(Promise.all([shown, told]));
});

addEventListener("notificationclick", (event) => {
  event.notification.close();
  const show = async () => {
    const open = await clients.matchAll({ type: "window" });
    const ours = open.find((one) => new URL(one.url).pathname === "/app");
    return ours ? ours.focus() : clients.openWindow("/app");
  };
  event.waitUntil(show());
});
