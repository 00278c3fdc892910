// Hears whether the person has answered on their phone; then goes on, or shows what became of it.
const form = document.getElementById("confirmed");
// Whoever hears nothing by itself looks; whoever does looks too, since a connection may be dead and not say so.
const PAUSE = 2000;
const PAUSE_WHILE_TOLD = 20_000;
// A tab that is left open does not ask for ever, however often the page is loaded anew: the button works still.
const PATIENCE = 15 * 60 * 1000;
const began = form ? since(`waiting ${form.dataset.status}`) : 0;
let timer;
let asking = false;
let events;
let going = false;

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

const go = (stage) => {
  // Twice is not better than once: a form that is sent again takes the place of the one whose answer is on its way.
  if (stage === form.dataset.stage || going) return;
  going = true;
  clearTimeout(timer);
  events?.close();
  if (stage === "answered") form.submit();
  else location.replace(form.dataset.again);
};

const later = () => {
  clearTimeout(timer);
  const told = events?.readyState === 1;
  if (!going && Date.now() - began < PATIENCE) timer = setTimeout(look, told ? PAUSE_WHILE_TOLD : PAUSE);
};

const look = async () => {
  if (asking || going) return;
  asking = true;
  try {
    const answer = await fetch(form.dataset.status, { headers: { Accept: "application/json" } });
    const { stage } = await answer.json();
    go(stage);
    listen();
  } catch {
    // No network, or a page in the place of the answer: asked again, or the button.
  } finally {
    asking = false;
  }
  later();
};

/** Opens the stream of events, unless it is open; where there is none to be had, looking goes on. */
const listen = () => {
  if (!globalThis.EventSource || (events && events.readyState !== 2)) return;
  if (going || events?.refused || Date.now() - began > PATIENCE) return;
  const source = new EventSource(form.dataset.events);
  events = source;
  source.onopen = () => {
    source.opened = true;
    later();
  };
  source.onmessage = (event) => go(JSON.parse(event.data).stage);
  source.onerror = () => {
    // One that was never opened is not to be had: too many wait, or something on the way swallows it.
    source.refused = source.readyState === 2 && !source.opened;
    source.close();
    later();
  };
};

if (form) {
  listen();
  later();
  document.addEventListener("visibilitychange", () => document.hidden || look());
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    going = false;
    look();
  });
}
