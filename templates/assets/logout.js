// Takes the person on to the next service, if it can be reached: one that cannot would leave them on a
// page of their browser. Without script the person presses the button, and goes back if need be.
const go = document.getElementById("go");
const site = new URL(go.action || go.href).origin;
fetch(site, { mode: "no-cors", credentials: "omit", cache: "no-store", signal: AbortSignal.timeout(5000) })
  .then(() => (go.href ? location.assign(go.href) : go.submit()))
  .catch(() => {
    document.getElementById("closed").hidden = false;
  });
