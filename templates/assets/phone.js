// Looks whether the person has answered on their phone; then goes on, or shows what became of it.
const form = document.getElementById("confirmed");
const PAUSE = 2000;
// A tab that is left open does not ask for ever, however often the page is loaded anew: the button works still.
const PATIENCE = 15 * 60 * 1000;
const began = form ? since(`waiting ${form.dataset.status}`) : 0;
let timer;
let asking = false;

/** When this tab first asked what is called `name`. */
function since(name) {
  try {
    const kept = Number(sessionStorage.getItem(name)) || Date.now();
    sessionStorage.setItem(name, kept);
    return kept;
  } catch {
    // A browser that keeps nothing.
    return Date.now();
  }
}

const look = async () => {
  clearTimeout(timer);
  if (asking) return;
  asking = true;
  try {
    const answer = await fetch(form.dataset.status, { headers: { Accept: "application/json" } });
    const { stage } = await answer.json();
    if (stage === "answered") return form.submit();
    if (stage !== form.dataset.stage) return location.replace(form.dataset.again);
  } catch {
    // No network, or a page in the place of the answer: asked again, or the button.
  } finally {
    asking = false;
  }
  if (Date.now() - began < PATIENCE) timer = setTimeout(look, PAUSE);
};

if (form) {
  timer = setTimeout(look, PAUSE);
  document.addEventListener("visibilitychange", () => document.hidden || look());
  addEventListener("pageshow", (event) => event.persisted && look());
}
