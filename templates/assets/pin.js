// The key of a phone without an authenticator: made here, kept in this browser, never readable; it signs what the form says.
// It is a module's worth of names in a block, since other scripts of a page have theirs.
{
  const letters = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const curve = { name: "ECDSA", namedCurve: "P-256" };

  const opened = new Promise((resolve, reject) => {
    const asked = indexedDB.open("ponte", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("keys", { keyPath: "id" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  // Whoever needs it hears of it.
  opened.catch(() => {});

  /** Runs `act` on the keys; what it asked for, once that is done. */
  const keys = async (mode, act) => {
    const transaction = (await opened).transaction("keys", mode);
    const asked = act(transaction.objectStore("keys"));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
  };

  /** Makes a key, and keeps it under its name: the digest of its public half. */
  const make = async () => {
    const { privateKey, publicKey } = await crypto.subtle.generateKey(curve, false, ["sign"]);
    const point = await crypto.subtle.exportKey("raw", publicKey);
    const id = letters(await crypto.subtle.digest("SHA-256", point));
    await keys("readwrite", (all) => all.put({ id, key: privateKey, made: Date.now() }));
    navigator.storage?.persist?.().catch(() => {});
    return { id, key: privateKey, point: letters(point) };
  };

  const sign = async (key, said) => {
    const octets = new TextEncoder().encode(JSON.stringify(said));
    return letters(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, octets));
  };

  const form = document.getElementById("pin-form");
  const failed = document.getElementById("failed");

  const fill = async () => {
    const said = JSON.parse(form.dataset.signs);
    const { key, answer, number } = form.elements;
    if (form.dataset.new !== undefined) {
      const made = await make();
      key.value = made.point;
      answer.value = await sign(made.key, [...said, made.id]);
      return;
    }
    const kept = await keys("readonly", (all) => all.get(form.dataset.key));
    if (!kept) throw new Error("no key");
    const last = said[1] === "approve" ? [number?.value.trim() ?? ""] : [];
    answer.value = await sign(kept.key, [...said, ...last]);
  };

  if (form && globalThis.crypto?.subtle && globalThis.indexedDB) {
    document.getElementById("unable").hidden = true;
    form.hidden = false;
    let going = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      // A second press would sign again what counts once.
      if (going) return;
      going = true;
      failed.hidden = true;
      try {
        await fill();
        form.submit();
      } catch {
        going = false;
        failed.hidden = false;
        failed.focus();
      }
    });
    addEventListener("pageshow", (event) => {
      if (event.persisted) going = false;
    });
  }

  // Keys that came to nothing go, once the phone is linked by another; one that is being made is left alone.
  const own = document.getElementById("app")?.dataset.key;
  if (own) {
    const old = (one) => one.id !== own && Date.now() - one.made > 600_000;
    keys("readonly", (all) => all.getAll())
      .then((all) => all.filter(old).forEach((one) => keys("readwrite", (kept) => kept.delete(one.id))))
      .catch(() => {});
  }
}
