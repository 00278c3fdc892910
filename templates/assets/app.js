// The app on a phone: says its version, opens scanned codes, keeps the list of requests fresh, turns notifications on.
const VERSION = "1";
for (const field of document.querySelectorAll("input[name=version]")) field.value = VERSION;

const worker = navigator.serviceWorker?.register(`/app/sw.js?language=${document.documentElement.lang}`, { scope: "/app" });
worker?.catch(() => {});

// The code of a scanned address stands behind its #, which no server sees.
const opens = () => {
  const form = document.getElementById("open");
  const code = decodeURIComponent(location.hash.slice(1));
  if (!form || !/^[0-9A-Za-z-]{12,14}$/.test(code)) return;
  history.replaceState(null, "", "/app");
  form.elements.code.value = code;
  form.submit();
};
opens();
addEventListener("hashchange", opens);

const home = document.getElementById("app");
if (home?.dataset.waiting !== undefined) {
  const look = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch("/app/waiting", { headers: { Accept: "application/json" } });
      const { waiting } = await answer.json();
      if (waiting.join(" ") !== home.dataset.waiting && !document.activeElement?.matches("input")) location.replace("/app");
    } catch {
      // No network: looked at again.
    }
  };
  setInterval(look, 3000);
  document.addEventListener("visibilitychange", look);
  navigator.serviceWorker?.addEventListener("message", look);
}

const notify = document.getElementById("notify");
if (notify) {
  const failed = document.getElementById("notify-failed");
  const octets = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const subscribe = async () => {
    await worker;
    const { pushManager } = await navigator.serviceWorker.ready;
    const options = { userVisibleOnly: true, applicationServerKey: octets(notify.dataset.key) };
    const subscription = (await pushManager.getSubscription()) ?? (await pushManager.subscribe(options));
    const { endpoint, keys } = subscription.toJSON();
    const said = JSON.stringify({ endpoint, p256dh: keys.p256dh, auth: keys.auth });
    const body = new URLSearchParams({ version: VERSION, csrf: notify.dataset.csrf, subscription: said });
    const answer = await fetch("/app/subscription", { method: "POST", body });
    if (!answer.ok) throw new Error("not kept");
    document.getElementById("notify-on").hidden = false;
    document.getElementById("notify-off").hidden = true;
  };
  document.getElementById("notify-do").addEventListener("click", async () => {
    failed.hidden = true;
    try {
      if ((await Notification.requestPermission()) !== "granted") throw new Error("not allowed");
      await subscribe();
    } catch {
      failed.hidden = false;
    }
  });
  // What the push service changed, or we dropped, is told again.
  if (!notify.dataset.on && globalThis.Notification?.permission === "granted") subscribe().catch(() => {});
}
