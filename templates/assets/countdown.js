// Counts the seconds that a code has left; at the end says that it is over.
const began = performance.now();
const unit = { style: "unit", unit: "second", unitDisplay: "long" };
const seconds = new Intl.NumberFormat(document.documentElement.lang, unit);
const codes = [...document.querySelectorAll("[data-left]")];
const [, before] = codes[0]?.textContent.match(/^(\D*)/) ?? [];
const timer = setInterval(() => {
  const passed = Math.floor((performance.now() - began) / 1000);
  let running = 0;
  for (const code of codes) {
    const left = Number(code.dataset.left) - passed;
    code.textContent = left > 0 ? before + seconds.format(left) : code.dataset.over;
    running += left > 0 ? 1 : 0;
  }
  if (running === 0) clearInterval(timer);
}, 1000);
