// A person at a real browser, on the demo: `node browser.mjs SETUP SCENARIO`.
//
// SETUP is a JSON file: `service` and `provider` (base addresses of the demo's two sites), `people`
// (the page with the citizens' credentials), `screenshots` (a folder), `profile` (a folder for the
// browser), `node_modules`. At a server that is no demo: `provider`, `person` (with the `key` of an app), `mails` (the folder
// into which they leave) and `desk` (a code of the desk), `logins` (requests of a service); `restart` (an address that stops the demo and starts it anew); or `binary`, `folder` and `environment` for commands, `metadata` and the `key` of a
// service provider, and `requests` of it. It ends with status 0 and prints the pages it saw, or fails and says where.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHmac, sign } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [setupFile, scenarioName] = process.argv.slice(2);
const setup = JSON.parse(readFileSync(setupFile, "utf8"));
const require = createRequire(join(setup.node_modules, "x.js"));
const { chromium } = require("playwright-core");
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

// Loopback only: without these Chromium looks for its maker's hosts at every start.
const quiet = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
// The same engine without windows of its own, where Debian has it: a third less work.
const browsers = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"];
// The wide one last, at which the walks go on.
const widths = [390, 1280];
// Pictures take a third of a browser's work, and are for people: `PICTURES=1` keeps one of each page at each width.
const pictures = process.env.PICTURES === "1";
mkdirSync(setup.screenshots, { recursive: true });

/** Opens a browser that prefers `language`; `script: false` turns JavaScript off. */
async function open({ language = "it", script = true, profile = setup.profile } = {}) {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: browsers.find(existsSync),
    args: process.getuid() === 0 ? ["--no-sandbox", ...quiet] : quiet,
    locale: language === "it" ? "it-IT" : "en-GB",
    // The listener of cards has a certificate of its own making.
    ignoreHTTPSErrors: true,
    javaScriptEnabled: script,
    viewport: { width: widths.at(-1), height: 900 },
  });
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(20_000);
  const complaints = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("response", (response) => response.status() >= 500 && complaints.push(`${response.status()} ${response.url()}`));
  return {
    page,
    language,
    script,
    /** What the browser complained of so far, beyond the refusals that the scenario expects. */
    complaints() {
      const expected = (text) => /status of 4\d\d|ERR_INTERNET_DISCONNECTED/.test(text) || (this.wasOffline && (nothingCame.test(text) || /ERR_(CONNECTION|INCOMPLETE|EMPTY)/.test(text)));
      return complaints.filter((text) => !expected(text));
    },
    /** Whether it was without a network for a while: then what it fetched by itself may have come to nothing. */
    wasOffline: false,
    close: () => context.close(),
  };
}

/** Holds the page to what a page must be, at each width. */
async function look(visitor, name) {
  const { page, language, script } = visitor;
  assert.equal(await page.getAttribute("html", "lang"), language, `${name}: language of the page`);
  assert.equal(await page.locator("h1").count(), 1, `${name}: one heading`);
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    if (pictures) await page.screenshot({ path: join(setup.screenshots, `${name}-${width}.png`), fullPage: true });
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(over <= 0, `${name}: ${over} px wider than ${width}`);
  }
  if (script) {
    await page.evaluate(axeSource);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }));
    assert.deepEqual(violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join(" ")}`), [], `${name}: accessibility`);
  }
  // A press while the page is laid out anew may miss its button.
  await page.waitForTimeout(200);
  console.log(`${name}: ${page.url()} (page ${await page.getAttribute("body", "data-page")})`);
}

/** Goes through the page by Tab alone, from its start to its end: whatever can be pressed or filled is reached, and is seen to be. */
async function tabThrough(page, name) {
  const wanted = await page.evaluate(() => {
    document.activeElement?.blur();
    const can = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
    const seen = [...document.querySelectorAll(can)].filter((one) => !one.disabled && one.checkVisibility({ visibilityProperty: true }));
    // Of a group of radio buttons one is reached, and arrows choose among them.
    seen.forEach((one, index) => (one.dataset.walked = one.type === "radio" ? `radio ${one.name}` : index));
    return [...new Set(seen.map((one) => one.dataset.walked))];
  });
  const missing = new Set(wanted);
  for (let tabs = 0; missing.size && tabs < 2 * wanted.length + 10; tabs += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const one = document.activeElement;
      const styles = [one, ...(one.labels ?? [])].flatMap((it) => [null, "::before", "::after"].map((part) => getComputedStyle(it, part)));
      const outlined = styles.some((style) => style.outlineStyle !== "none" || style.boxShadow !== "none");
      return { walked: one.dataset.walked, outlined, html: one.outerHTML.slice(0, 200) };
    });
    if (!missing.delete(at.walked)) continue;
    assert.ok(at.outlined, `${name}: the focus is not seen on ${at.html}`);
  }
  assert.deepEqual([...missing], [], `${name}: not reached by Tab`);
}

/** Every page as the samples have it, on the provider's own address and under its policy; nothing leads away from one. */
async function gallery(visitor) {
  const { page } = visitor;
  const pages = new Map(setup.gallery.map(([name, html]) => [name, html]));
  await page.context().route("**/*", (route) => {
    const request = route.request();
    const { pathname } = new URL(request.url());
    // A page that goes on by itself is looked at as it stands.
    if (/^\/assets\/.*\/(post|logout)\.js$/.test(pathname)) return route.fulfill({ contentType: "text/javascript", body: "" });
    if (/^\/(assets\/|app\/(manifest|sw\.js))/.test(pathname)) return route.continue();
    const html = request.method() === "GET" && request.isNavigationRequest() && pages.get(pathname.replace("/gallery/", ""));
    if (!html) return route.fulfill({ status: 204 });
    // A report is a file with a policy of its own, and the app's pages have theirs.
    const policy = html.includes("<style>") ? "" : html.includes("manifest.webmanifest") ? setup.policies.app : setup.policies.page;
    const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": policy };
    return route.fulfill({ status: 200, headers, body: html });
  });
  const wrong = [];
  for (const name of pages.keys()) {
    await page.goto(`${setup.provider}/gallery/${name}`);
    try {
      await look(visitor, `gallery-${visitor.language}-${name}`);
      await tabThrough(page, name);
    } catch (error) {
      wrong.push(error.message);
    }
  }
  assert.deepEqual(wrong, []);
}

/** The credentials of the demo's citizens, as its page shows them; once `fresh`, a code that was not used yet. */
async function person(visitor, username) {
  const page = await visitor.page.context().newPage();
  await page.goto(setup.people);
  const card = page.locator(".people > li", { has: page.getByText(username, { exact: true }) });
  const facts = await card.locator("dd code").allTextContents();
  await page.close();
  const [, password] = facts;
  return { username, password, last: facts.at(-1), code: facts.find((fact) => /^\d{6}$/.test(fact)) };
}

/** Presses with the mouse: the first of `selector`. */
const mouse = {
  fill: (page, selector, text) => page.fill(selector, text),
  press: (page, selector) => page.click(selector),
};

/** Tab, Enter and typing alone. */
const keyboard = {
  async reach(page, selector) {
    for (let tabs = 0; tabs < 60; tabs += 1) {
      const there = await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector);
      if (there) return;
      await page.keyboard.press("Tab");
    }
    assert.fail(`${selector} on ${page.url()} is not reached by Tab`);
  },
  async fill(page, selector, text) {
    await this.reach(page, selector);
    await page.keyboard.type(text);
  },
  async press(page, selector) {
    await this.reach(page, selector);
    const outlined = await page.evaluate(() => {
      const style = getComputedStyle(document.activeElement);
      return style.outlineStyle !== "none" || style.boxShadow !== "none";
    });
    assert.ok(outlined, `${selector} on ${page.url()}: the focus is not seen`);
    await page.keyboard.press("Enter");
  },
};

const submit = "main form:not(.cancel) button[type=submit]";
const cancel = "form.cancel button[type=submit]";
const spidButton = ".italia-it-button.button-spid";

/** From the service's button to the identity provider's first page. */
async function start(visitor, hands, { binding = "redirect", level = "SpidL2" } = {}) {
  const { page } = visitor;
  await page.goto(setup.service);
  if (hands === mouse) {
    await page.check(`#${binding}`);
    await page.check(`#${level}`);
  }
  await hands.press(page, spidButton);
  if (binding === "post" && !visitor.script) await hands.press(page, submit);
  await page.waitForSelector("#username");
  assert.ok(page.url().startsWith(setup.provider), `${page.url()} is the identity provider's`);
}

async function credentials(visitor, hands, { username, password }) {
  await hands.fill(visitor.page, "#username", username);
  await hands.fill(visitor.page, "#password", password);
  await hands.press(visitor.page, submit);
}

async function code(visitor, hands, digits) {
  await visitor.page.waitForSelector("#code");
  await hands.fill(visitor.page, "#code", digits);
  await hands.press(visitor.page, submit);
}

/** The page that sends the browser back to the service: by script, or by its button. */
async function delivered(visitor, hands) {
  if (!visitor.script) {
    await visitor.page.waitForSelector("#post");
    await look(visitor, `${scenarioName}-post`);
    await hands.press(visitor.page, submit);
  }
  await visitor.page.waitForURL((url) => url.href.startsWith(setup.service));
}

/** The service's page of attributes, at level 2. */
async function attributes(visitor, name) {
  const { page } = visitor;
  await page.waitForSelector("table.table");
  const text = await page.innerText("main");
  assert.match(text, /https:\/\/www\.spid\.gov\.it\/SpidL2/, "the level");
  assert.match(text, /TINIT-/, "the fiscal number");
  await look(visitor, name);
}

/** A whole login of `ada` at level 2, with a picture of each page. */
async function login(visitor, hands, options) {
  const { page } = visitor;
  const name = (step) => `${scenarioName}-${step}`;
  const ada = await person(visitor, "ada");
  await page.goto(setup.service);
  await look(visitor, name("service"));
  await start(visitor, hands, options);
  await look(visitor, name("credentials"));
  await credentials(visitor, hands, ada);
  await page.waitForSelector("#code");
  await look(visitor, name("code"));
  // The code may have changed since.
  await code(visitor, hands, (await person(visitor, "ada")).code);
  await page.waitForSelector("button[value=accept]");
  await look(visitor, name("consent"));
  await hands.press(page, "button[value=accept]");
  await delivered(visitor, hands);
  await attributes(visitor, name("attributes"));
}

/** What the service shows of an error answer. */
async function refused(visitor, number) {
  await visitor.page.waitForURL((url) => url.href.startsWith(setup.service));
  assert.match(await visitor.page.innerText("main"), new RegExp(`ErrorCode nr${number}`));
  await look(visitor, `${scenarioName}-service-error`);
}

/** RFC 6238 from the key that the page shows. */
function totp(key, seconds) {
  const bits = [...key.replace(/\s/g, "")].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
  const octets = Buffer.from(bits.match(/.{8}/g).map((octet) => parseInt(octet, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(seconds / 30)));
  const mac = createHmac("sha1", octets).update(step).digest();
  const at = mac.at(-1) & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** Their own pages: in, a new password, out. */
async function account(visitor) {
  const { page } = visitor;
  const ada = await person(visitor, "ada");
  await page.goto(`${setup.provider}/account`);
  await look(visitor, `${scenarioName}-welcome`);
  await page.click("form[action='/account/enter'] button");
  await page.waitForSelector("#password");
  await look(visitor, `${scenarioName}-login`);
  await page.fill("#username", ada.username);
  await page.fill("#password", ada.password);
  await page.click(submit);
  await page.waitForSelector("form[action='/account/sign-out']");
  await look(visitor, `${scenarioName}-sessions`);
  await page.click("a[href='/account/password']");
  await page.waitForSelector("#new");
  await look(visitor, `${scenarioName}-password`);
  await page.fill("#present", ada.password);
  await page.fill("#new", "short");
  await page.fill("#again", "short");
  await page.click(submit);
  await page.waitForSelector("#problem");
  await look(visitor, `${scenarioName}-password-wrong`);
  for (const [field, text] of [["#present", ada.password], ["#new", "quite another password"], ["#again", "quite another password"]]) {
    await page.fill(field, text);
  }
  await page.press("#again", "Enter");
  await page.waitForSelector("[role=status]");
  await look(visitor, `${scenarioName}-password-changed`);
  await page.click("form[action='/account/sign-out'] button");
  await page.waitForURL("**/logout/**");
  await page.waitForSelector(".alert-success");
  await look(visitor, `${scenarioName}-left`);
}

/** Adds a number for codes by SMS, which the demo shows at its page of messages. */
async function number(visitor, name) {
  const { page } = visitor;
  await page.goto(`${setup.provider}/account/factors`);
  await page.click("a[href='/account/factors/sms']");
  await page.waitForSelector("#number");
  await look(visitor, name("new-number"));
  await page.fill("#number", "333 12");
  await page.click(submit);
  await page.waitForSelector("#number[aria-invalid]");
  await look(visitor, name("new-number-wrong"));
  await page.fill("#number", "333 123 45 12");
  await page.click(submit);
  await page.waitForSelector("#code");
  await look(visitor, name("new-number-code"));
  await page.fill("#code", await message(visitor));
  await page.click(submit);
  await page.waitForSelector("[role=status]");
  assert.match(await page.innerText("main"), /\+39 \*\*\* \*\*\* \*\*12/);
  await look(visitor, name("number-list"));
}

/** The code of the latest SMS, once it has left. */
async function message(visitor) {
  const page = await visitor.page.context().newPage();
  for (let tries = 0; tries < 50; tries += 1) {
    await page.goto(`${setup.people}/mail`);
    const text = await page.locator("main li:first-child").allInnerTexts();
    const code = /SMS[^]*?(\d{6}) /.exec(text[0] ?? "")?.[1];
    if (code) {
      await page.close();
      return code;
    }
    await page.waitForTimeout(200);
  }
  throw new Error("no SMS came");
}

/** On a telephone too what is below is not taken for what is above. */
async function apart(page, above, below) {
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    const [upper, lower] = await Promise.all([above, below].map((one) => page.locator(one).first().boundingBox()));
    const gap = lower.y - (upper.y + upper.height);
    assert.ok(gap >= 16, `${below} is ${gap} px below ${above} at ${width} px`);
  }
}

/** Gives the page a virtual authenticator. */
async function authenticates(page) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  return { verified: (isUserVerified) => cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified }) };
}

/** Their factors: recovery codes and, with script, a passkey in a virtual authenticator; then a login by each. */
async function factors(visitor) {
  const { page, script } = visitor;
  const name = (step) => `${scenarioName}-${step}`;
  const ada = await person(visitor, "ada");
  await page.goto(`${setup.provider}/account`);
  await page.click("form[action='/account/enter'] button");
  await credentials(visitor, mouse, ada);
  await page.click("a[href='/account/factors']");
  await page.waitForSelector("form[action='/account/factors/unlock']");
  await look(visitor, name("locked"));
  await page.click("form[action='/account/factors/unlock'] button");
  await code(visitor, mouse, (await person(visitor, "ada")).code);
  await page.waitForSelector("form[action='/account/factors/codes']");
  await look(visitor, name("open"));
  await page.click("form[action='/account/factors/codes'] button");
  await page.waitForSelector(".codes");
  await look(visitor, name("codes"));
  const codes = await page.locator(".codes code").allTextContents();
  assert.equal(codes.length, 10);
  const [file] = await Promise.all([page.waitForEvent("download"), page.click("a[download]")]);
  assert.match(readFileSync(await file.path(), "utf8"), new RegExp(codes[9]));
  await page.goto(`${setup.provider}/account/factors`);
  await page.locator("form[action='/account/factors/remove'] button").first().click();
  await page.waitForSelector("input[name=sure]", { state: "attached" });
  await look(visitor, name("remove"));
  await page.click("a[href='/account/factors']");
  await page.click("a[href='/account/factors/passkey']");
  await page.waitForSelector("#passkey", { state: "attached" });
  await look(visitor, name("new-passkey"));
  let authenticator;
  if (script) {
    assert.equal(await page.isVisible("#unable"), false);
    authenticator = await authenticates(page);
    await page.fill("#name", "Telefono blu");
    await page.click(submit);
    await page.waitForSelector("[role=status]");
    assert.match(await page.innerText("main"), /Passkey: Telefono blu/);
    await look(visitor, name("list"));
  } else {
    assert.ok(await page.isVisible("#unable"), "says what to do");
  }
  await number(visitor, name);
  await start(visitor, mouse);
  await look(visitor, name("credentials"));
  if (script) {
    await page.click("a[href*='by=passkey']");
    await page.waitForSelector("#passkey");
    await look(visitor, name("passkey"));
    await apart(page, submit, ".other-way");
    await authenticator.verified(false);
    await page.click(submit);
    await page.waitForSelector("#failed:not([hidden])");
    await look(visitor, name("passkey-failed"));
    await authenticator.verified(true);
    await page.click(submit);
    await page.waitForSelector("button[value=accept]");
    await page.click("button[value=accept]");
    await delivered(visitor, mouse);
    await attributes(visitor, name("by-passkey"));
    await start(visitor, mouse);
  }
  await credentials(visitor, mouse, ada);
  await page.waitForSelector("a[href$='/ways']");
  await page.click("a[href$='/ways']");
  await page.waitForSelector(".ways");
  await look(visitor, name("ways"));
  await page.click(".ways a[href*='by=sms']");
  await page.waitForSelector("#code");
  await look(visitor, name("sms"));
  assert.match(await page.innerText("main"), /\+39 \*\*\* \*\*\* \*\*12/);
  await apart(page, submit, ".again");
  await page.fill("#code", "000000");
  await page.click(submit);
  await page.waitForSelector("#code[aria-invalid]");
  await look(visitor, name("sms-wrong"));
  await page.click(".again button");
  await page.waitForSelector("#problem");
  await look(visitor, name("sms-wait"));
  await page.click("a[href$='/ways']");
  await page.waitForSelector(".ways");
  await page.click(".ways a[href*='by=recovery-code']");
  await page.waitForSelector("#recovery");
  await look(visitor, name("recovery"));
  await apart(page, submit, ".other-way");
  await page.fill("#recovery", "AAAAA-AAAAA");
  await page.click(submit);
  await page.waitForSelector("#recovery[aria-invalid]");
  await look(visitor, name("recovery-wrong"));
  await page.fill("#recovery", codes[0]);
  await page.click(submit);
  await page.waitForSelector("button[value=accept]");
  await page.click("button[value=accept]");
  await delivered(visitor, mouse);
  await attributes(visitor, name("by-code"));
}

/** Runs `act` in `phone`, a browser of its own, and closes that; a picture and its words are left if it fails. */
async function inHand(phone, act) {
  try {
    await act();
    assert.deepEqual(phone.complaints(), [], "the phone's console");
  } catch (error) {
    const shot = join(setup.screenshots, `failed-${scenarioName}-phone.png`);
    await phone.page.screenshot({ path: shot, fullPage: true }).catch(() => {});
    console.error(`the phone on ${phone.page.url()} (${shot}): ${phone.complaints().join("; ")}`);
    console.error((await phone.page.innerText("body").catch(() => "")).slice(0, 2000));
    throw error;
  } finally {
    await phone.close();
  }
}

/** Runs `act` with a phone in the hand of `ada`, who has linked it at her own pages. */
async function withPhone(visitor, act) {
  const phone = await open({ language: visitor.language, profile: `${setup.profile}-phone` });
  await inHand(phone, async () => act(phone, await link(visitor, phone)));
}

/** `ada` has a code for a new phone shown at her own pages. */
async function invites(visitor) {
  const { page } = visitor;
  const ada = await person(visitor, "ada");
  await page.goto(`${setup.provider}/account`);
  await page.click("form[action='/account/enter'] button");
  await credentials(visitor, mouse, ada);
  await page.click("a[href='/account/factors']");
  await page.click("form[action='/account/factors/unlock'] button");
  await code(visitor, mouse, (await person(visitor, "ada")).code);
  await page.click("a[href='/account/factors/app']");
  await page.waitForSelector("svg.qr");
}

/** Links the phone to `ada`: the code at her own pages, the key on the phone, and its first signature. */
async function link(visitor, phone) {
  const { page } = visitor;
  const name = (step) => `${scenarioName}-${step}`;
  await invites(visitor);
  await look(visitor, name("invitation"));
  const authenticator = await authenticates(phone.page);
  await phone.page.goto(`${setup.provider}/app`);
  await look(phone, name("app-unlinked"));
  await phone.page.fill("#code", "AAAA-BBBB-CCCC");
  await phone.page.click("#open button");
  await phone.page.waitForURL("**/app/open");
  await look(phone, name("app-told"));
  await phone.page.goto(`${setup.provider}/app`);
  await scan(visitor, phone);
  await phone.page.waitForSelector("#passkey[action='/app/enrol']");
  assert.equal(await phone.page.isVisible("#unable"), false);
  await look(phone, name("app-enrol"));
  await phone.page.fill("#name", "");
  await phone.page.click("#passkey button");
  await phone.page.waitForSelector("#name[aria-invalid]");
  await look(phone, name("app-enrol-wrong"));
  await phone.page.fill("#name", "Telefono blu");
  await phone.page.click("#passkey button");
  await phone.page.waitForSelector("#passkey[action='/app/prove']");
  await look(phone, name("app-prove"));
  await phone.page.click("#passkey button");
  await phone.page.waitForURL("**/app?done=linked");
  await look(phone, name("app-linked"));
  await page.click("a[href='/account/factors']");
  assert.match(await page.innerText("main"), /Telefono blu/);
  await look(visitor, name("linked"));
  return authenticator;
}

/** Runs `act` with a phone that has no authenticator, at the page for a new key of `ada`'s. */
async function withoutLock(visitor, act) {
  const phone = await open({ language: visitor.language, profile: `${setup.profile}-phone` });
  await inHand(phone, async () => {
    await invites(visitor);
    await scan(visitor, phone);
    await phone.page.waitForSelector("#no-lock:not([hidden])");
    assert.equal(await phone.page.isVisible("#passkey"), false, "no key of an authenticator is asked for");
    await look(phone, `${scenarioName}-app-no-lock`);
    await act(phone);
  });
}

/** Fills in the fields and presses the button of the form for key and PIN. */
async function fillsPin(phone, values) {
  for (const [selector, text] of Object.entries(values)) await phone.page.fill(selector, text);
  await phone.page.click("#pin-form button");
}

/** A phone without an authenticator: linked with a PIN, used by push and by QR code, refused, locked. */
async function pins(visitor, phone) {
  const { page } = visitor;
  const name = (step) => `${scenarioName}-${step}`;
  const pin = "395081";
  await phone.page.click("#no-lock button");
  await phone.page.waitForSelector("#pin-form:not([hidden])");
  await look(phone, name("app-enrol-pin"));
  await fillsPin(phone, { "#name": "Telefono blu", "#pin": "123456", "#again": "123456" });
  await phone.page.waitForSelector("#pin[aria-invalid]");
  assert.equal(await phone.page.inputValue("#name"), "Telefono blu");
  assert.equal(await phone.page.inputValue("#pin"), "");
  await look(phone, name("app-enrol-pin-wrong"));
  await fillsPin(phone, { "#pin": pin, "#again": pin });
  await phone.page.waitForURL("**/app?done=linked");
  await look(phone, name("app-linked"));
  // The key stays where it is, whatever script asks for it.
  const exported = await phone.page.evaluate(async () => {
    const opened = await new Promise((resolve) => (indexedDB.open("ponte").onsuccess = ({ target }) => resolve(target.result)));
    const all = await new Promise((resolve) => (opened.transaction("keys").objectStore("keys").getAll().onsuccess = ({ target }) => resolve(target.result)));
    const of = ({ id, key }) => Promise.all(["pkcs8", "jwk"].map((form) => crypto.subtle.exportKey(form, key).then(() => "exported", (error) => error.name))).then((said) => [id, key.extractable, ...said]);
    return Promise.all(all.map(of));
  });
  assert.ok(exported.length >= 1);
  for (const [, ...said] of exported) assert.deepEqual(said, [false, "InvalidAccessError", "InvalidAccessError"]);
  const own = await phone.page.getAttribute("#app", "data-key");
  assert.ok(exported.some(([id]) => id === own), "by the name that the server knows");
  await page.click("a[href='/account/factors']");
  assert.match(await page.innerText("main"), /PIN: Telefono blu/);
  await look(visitor, name("linked"));

  const number = await asked(visitor);
  await phone.page.waitForSelector(".requests button");
  await phone.page.click(".requests button");
  await phone.page.waitForSelector("#pin-form:not([hidden])");
  await look(phone, name("app-question"));
  await fillsPin(phone, { "#number": number, "#pin": "395082" });
  await phone.page.waitForSelector("#pin[aria-invalid]");
  await look(phone, name("app-question-wrong"));
  await fillsPin(phone, { "#number": number === "10" ? "11" : "10", "#pin": pin });
  await phone.page.waitForSelector("#number[aria-invalid]");
  await fillsPin(phone, { "#number": number, "#pin": pin });
  await phone.page.waitForURL("**/app?done=approved");
  await goesOn(visitor, name("by-push"));

  await start(visitor, mouse);
  await credentials(visitor, mouse, await person(visitor, "ada"));
  await by(visitor, "qr");
  await page.waitForSelector("svg.qr");
  await scan(visitor, phone);
  await phone.page.waitForSelector("#pin-form:not([hidden])");
  assert.equal(await phone.page.locator("#number").count(), 0, "no number to match");
  await look(phone, name("app-question-qr"));
  // A browser whose data were erased has no key, and says so.
  const inKeys = (act) =>
    phone.page.evaluate(async (act) => {
      const opened = await new Promise((resolve) => (indexedDB.open("ponte").onsuccess = ({ target }) => resolve(target.result)));
      const keys = opened.transaction("keys", "readwrite").objectStore("keys");
      if (act === "back") return void globalThis.erased.forEach((one) => keys.put(one));
      globalThis.erased = await new Promise((resolve) => (keys.getAll().onsuccess = ({ target }) => resolve(target.result)));
      keys.clear();
    }, act);
  await inKeys("erase");
  await fillsPin(phone, { "#pin": pin });
  await phone.page.waitForSelector("#failed:not([hidden])");
  await look(phone, name("app-question-no-key"));
  await inKeys("back");
  await fillsPin(phone, { "#pin": pin });
  await phone.page.waitForURL("**/app?done=approved");
  await goesOn(visitor, name("by-qr"));

  // It stands in for no password.
  await start(visitor, mouse);
  await page.click("a[href$='by=qr-passwordless']");
  await page.waitForSelector("svg.qr");
  await scan(visitor, phone);
  await phone.page.waitForURL("**/app/open");
  assert.equal(await phone.page.locator("#pin-form").count(), 0);
  await look(phone, name("app-not-alone"));

  await phone.page.goto(`${setup.provider}/app`);
  await phone.page.click("a[href='/app/pin']");
  await phone.page.waitForSelector("#pin-form:not([hidden])");
  await look(phone, name("app-pin"));
  const other = "740913";
  await fillsPin(phone, { "#present": other, "#pin": other, "#again": other });
  await phone.page.waitForSelector("#present[aria-invalid]");
  await look(phone, name("app-pin-wrong"));
  await fillsPin(phone, { "#present": pin, "#pin": other, "#again": other });
  await phone.page.waitForURL("**/app?done=pin");
  await look(phone, name("app-pin-changed"));

  // The one from before is wrong now; the fifth locks the phone.
  const again = await asked(visitor);
  await phone.page.waitForSelector(".requests button");
  await phone.page.click(".requests button");
  for (let left = 5; left > 0; left -= 1) {
    await phone.page.waitForSelector("#pin-form:not([hidden])");
    const sent = phone.page.waitForResponse("**/app/answer");
    await fillsPin(phone, { "#number": again, "#pin": pin });
    await sent;
    await phone.page.waitForLoadState();
  }
  await phone.page.waitForSelector(".alert-danger:not(#failed)");
  assert.equal(await phone.page.locator("#pin-form").count(), 0);
  await look(phone, name("app-locked"));
  await phone.page.goto(`${setup.provider}/app`);
  assert.equal(await phone.page.locator("a[href='/app/pin']").count(), 0);
  await look(phone, name("app-home-locked"));
}

/** The phone opens the address that the drawing on the other screen holds. */
async function scan(visitor, phone) {
  const shown = (await visitor.page.innerText(".key code")).trim();
  await phone.page.goto(`${setup.provider}/app#${shown}`);
}

/** After the password, by another way than the first. */
async function by(visitor, way) {
  const { page } = visitor;
  await page.waitForSelector("a[href$='/ways']");
  await page.click("a[href$='/ways']");
  await page.click(`.ways a[href$='by=${way}']`);
}

/** Begins a login that asks the phone by push; the number to match. */
async function asked(visitor) {
  await start(visitor, mouse);
  await credentials(visitor, mouse, await person(visitor, "ada"));
  await by(visitor, "push");
  return (await visitor.page.innerText(".match strong")).trim();
}

/** The phone opens the request that its list shows by itself. */
async function opens(phone, name) {
  await phone.page.waitForSelector(".requests button");
  await look(phone, name("app-waiting"));
  await phone.page.click(".requests button");
  await phone.page.waitForSelector("#passkey:not([hidden])");
  await look(phone, name("app-question"));
}

/** The desktop, whose phone has approved: by itself, or by its button where there is no script. */
async function goesOn(visitor, name) {
  const { page, script } = visitor;
  if (!script) await page.click("#confirmed button");
  await page.waitForSelector("button[value=accept]");
  await page.click("button[value=accept]");
  await delivered(visitor, mouse);
  await attributes(visitor, name);
}

/** A login by push, whose number is typed on the phone: first a wrong one, then with no user verified, then well. */
async function push(visitor, phone, authenticator) {
  const name = (step) => `${scenarioName}-${step}`;
  const number = await asked(visitor);
  assert.match(number, /^[1-9][0-9]$/);
  await look(visitor, name("push"));
  if (!visitor.script) {
    await visitor.page.click("#confirmed button");
    await visitor.page.waitForSelector("#problem");
    await look(visitor, name("push-early"));
  }
  await opens(phone, name);
  await phone.page.fill("#number", number === "10" ? "11" : "10");
  await phone.page.click("#passkey button");
  await phone.page.waitForSelector("#number[aria-invalid]");
  await look(phone, name("app-question-wrong"));
  await authenticator.verified(false);
  await phone.page.fill("#number", number);
  await phone.page.click("#passkey button");
  await phone.page.waitForSelector("#failed:not([hidden])");
  await look(phone, name("app-question-failed"));
  await authenticator.verified(true);
  await phone.page.click("#passkey button");
  await phone.page.waitForURL("**/app?done=approved");
  await look(phone, name("app-approved"));
  await goesOn(visitor, name("by-push"));
}

/** A login by a QR code, at the page that shows one. */
async function qr(visitor, phone, way) {
  const name = (step) => `${scenarioName}-${way}-${step}`;
  const { page } = visitor;
  await page.waitForSelector("svg.qr");
  await look(visitor, name("code"));
  await scan(visitor, phone);
  await phone.page.waitForSelector("#passkey:not([hidden])");
  assert.equal(await phone.page.locator("#number").count(), 0, "no number to match");
  await look(phone, name("app-question"));
  if (visitor.script) {
    await page.waitForSelector("#confirmed[data-stage=opened]");
    await look(visitor, name("opened"));
  }
  await phone.page.click("#passkey button");
  await phone.page.waitForURL("**/app?done=approved");
  await goesOn(visitor, name("done"));
}

/** A manifest of which not one octet came. */
const nothingCame = /^Manifest: Line: 1, column: 1, Syntax error/;

/** Without a network the app's own worker shows a page. */
async function offline(phone) {
  const { page } = phone;
  const context = page.context();
  await page.goto(`${setup.provider}/app`);
  await page.waitForFunction(() => navigator.serviceWorker.controller);
  phone.wasOffline = true;
  await context.setOffline(true);
  await page.goto(`${setup.provider}/app`);
  assert.match(await page.innerText("h1"), /Sei senza rete|You are offline/);
  await look(phone, `${scenarioName}-app-offline`);
  await context.setOffline(false);
  await page.click("main a.btn");
  await page.waitForSelector("#app");
}

/** Notifications: not allowed, then allowed, then one that comes. The browser's maker is not asked for an address. */
async function notifications(phone) {
  const { page } = phone;
  const context = page.context();
  await page.click("#notify-do");
  await page.waitForSelector("#notify-failed:not([hidden])");
  await look(phone, `${scenarioName}-app-not-notified`);
  await context.grantPermissions(["notifications"], { origin: setup.provider });
  await page.evaluate(() => {
    const keys = {
      p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
      auth: "BTBZMqHH6r4Tts7J_aSIgg",
    };
    PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
      if (applicationServerKey.length !== 65) throw new Error("no point of P-256");
      return { toJSON: () => ({ endpoint: "https://fcm.googleapis.com/none", keys }) };
    };
  });
  await page.click("#notify-do");
  await page.waitForSelector("#notify-on:not([hidden])");
  assert.equal(await page.isVisible("#notify-failed"), false);
  const cdp = await context.newCDPSession(page);
  const registered = new Promise((resolve) => {
    cdp.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => registrations[0] && resolve(registrations[0]));
  });
  await cdp.send("ServiceWorker.enable");
  const { registrationId } = await registered;
  // As it is decrypted; another test holds what is sent to it.
  const { [phone.language]: data } = setup.notifications;
  await cdp.send("ServiceWorker.deliverPushMessage", { origin: setup.provider, registrationId, data });
  await page.waitForFunction(async (said) => {
    const [shown] = await (await navigator.serviceWorker.ready).getNotifications();
    return shown && ["title", "body", "tag", "lang"].every((name) => shown[name] === said[name]);
  }, JSON.parse(data));
}

/** The link of the newest recovery mail that was not seen yet, once it has left. */
async function recoveryLink(visitor, seen) {
  for (let tries = 0; tries < 150; tries += 1) {
    const files = existsSync(setup.mails) ? readdirSync(setup.mails).filter((file) => file.endsWith(".txt")) : [];
    for (const file of files.sort().reverse()) {
      const link = /\S+\/recover\/link\/\S+/.exec(readFileSync(join(setup.mails, file), "utf8"))?.[0];
      if (link && !seen.has(link)) {
        seen.add(link);
        return link;
      }
    }
    await visitor.page.waitForTimeout(200);
  }
  throw new Error("no mail came");
}

/** Chooses what was lost: the first of the two, or the second. */
async function lost(page, hands, which) {
  if (hands === mouse) return page.click(`label[for=lost-${which}]`);
  await keyboard.reach(page, "#lost-password");
  await page.keyboard.press("Space");
  if (which === "app") await page.keyboard.press("ArrowDown");
  assert.ok(await page.isChecked(`#lost-${which}`));
}

/** Empties a field and types into it. */
async function retype(page, hands, selector, text) {
  if (hands === mouse) return page.fill(selector, text);
  await keyboard.reach(page, selector);
  await page.keyboard.press("Control+A");
  await page.keyboard.type(text);
}

/** The way back in, as somebody walks it who has lost the password, then the app, then comes from the desk. */
async function recovery(visitor, hands) {
  const { page } = visitor;
  const name = (step) => `${scenarioName}-${step}`;
  const { username, password, key } = setup.person;
  const seen = new Set();
  // From the desk.
  await page.goto(`${setup.provider}/recover/desk`);
  await look(visitor, name("desk"));
  await hands.fill(page, "#code", "0000-0000-0000-0000");
  await hands.press(page, submit);
  await page.waitForSelector("#code[aria-invalid]");
  await look(visitor, name("desk-wrong"));
  await retype(page, hands, "#code", setup.desk);
  await hands.press(page, submit);
  await page.waitForSelector("#again");
  await look(visitor, name("desk-password"));
  await hands.press(page, cancel);
  await page.waitForSelector("#again", { state: "detached" });
  await look(visitor, name("given-up"));

  await page.goto(`${setup.provider}/account`);
  await hands.press(page, "form[action='/account/enter'] button");
  await page.waitForSelector("#password");
  await hands.press(page, "a[href='/recover']");
  await page.waitForSelector("#lost-app");
  await look(visitor, name("ask"));
  await hands.press(page, submit);
  await page.waitForSelector("#username[aria-invalid]");
  await look(visitor, name("ask-missing"));
  await lost(page, hands, "password");
  await retype(page, hands, "#username", username);
  await hands.press(page, submit);
  await page.waitForSelector("#username", { state: "detached" });
  await look(visitor, name("sent"));
  const link = await recoveryLink(visitor, seen);
  await page.goto(link);
  await look(visitor, name("link"));
  await hands.press(page, submit);
  await page.waitForSelector("#code");
  await look(visitor, name("code"));
  await hands.fill(page, "#code", "000000");
  await hands.press(page, submit);
  await page.waitForSelector("#code[aria-invalid]");
  await look(visitor, name("code-wrong"));
  await retype(page, hands, "#code", totp(key, Date.now() / 1000));
  await hands.press(page, submit);
  await page.waitForSelector("#again");
  await look(visitor, name("password"));
  await hands.fill(page, "#new", "quite another password");
  await hands.fill(page, "#again", "and another one still");
  await hands.press(page, submit);
  await page.waitForSelector("#new[aria-invalid]");
  await look(visitor, name("password-wrong"));
  await retype(page, hands, "#new", "quite another password");
  await retype(page, hands, "#again", "quite another password");
  await hands.press(page, submit);
  await page.waitForSelector("[role=status]");
  await look(visitor, name("done"));
  await page.goto(link);
  await look(visitor, name("link-used"));
  await page.goto(`${setup.provider}/recover/link/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA`);
  await look(visitor, name("link-unknown"));

  // The app is lost: the password that was just chosen, and a new key.
  await page.goto(`${setup.provider}/recover`);
  await lost(page, hands, "app");
  await retype(page, hands, "#username", username);
  await hands.press(page, submit);
  await page.waitForSelector("#username", { state: "detached" });
  await page.goto(await recoveryLink(visitor, seen));
  await look(visitor, name("app-link"));
  await hands.press(page, submit);
  await page.waitForSelector("#password");
  await look(visitor, name("app-password"));
  await hands.fill(page, "#password", password);
  await hands.press(page, submit);
  await page.waitForSelector("#password[aria-invalid]");
  await look(visitor, name("app-password-wrong"));
  await hands.fill(page, "#password", "quite another password");
  await hands.press(page, submit);
  await page.waitForSelector("svg.qr");
  await look(visitor, name("app-new"));
  const made = (await page.innerText(".key code")).trim();
  await hands.fill(page, "#code", totp(made, Date.now() / 1000));
  await hands.press(page, submit);
  await page.waitForSelector("[role=status]");
  await look(visitor, name("app-done"));
}

/** What a browser without a reader shows of smart cards: the check, and a login. */
async function cards(visitor, hands) {
  const { page } = visitor;
  const name = (step) => `${scenarioName}-${step}`;
  await page.goto(`${setup.provider}/smart-card`);
  await look(visitor, name("check"));
  await hands.press(page, "form[action='/smart-card'] button");
  await page.waitForURL("**/smart-card/**");
  await look(visitor, name("checked"));
  await page.goto(`${setup.provider}/smart-card?done=late`);
  await look(visitor, name("late"));
  await page.goto(`${setup.provider}/account`);
  await hands.press(page, "form[action='/account/enter'] button");
  await page.waitForSelector("#password");
  await look(visitor, name("credentials"));
  await hands.press(page, "a[href*='by=smart-card']");
  await page.waitForSelector("form[action$='/smart-card']");
  await look(visitor, name("insert"));
  await hands.press(page, "form[action$='/smart-card'] button");
  await page.waitForURL("**/card/**");
  await look(visitor, name("set-back"));
  await hands.press(page, "a[href*='by=smart-card']");
  await page.waitForSelector("form[action$='/smart-card']");
  await hands.press(page, cancel);
  await page.waitForSelector("form[action='/account/enter']");
  await look(visitor, name("cancelled"));
}

/** Registering a service provider, and its developer's page. */
async function registration(visitor, hands) {
  const { page } = visitor;
  const name = (step) => `${scenarioName}-${step}`;
  const ponte = (...words) => execFileSync(setup.binary, words, { cwd: setup.folder, env: { ...process.env, ...setup.environment } }).toString();
  await page.goto(setup.provider);
  await hands.press(page, "a[href='/federation/register']");
  await page.waitForSelector("#text");
  await look(visitor, name("form"));
  await hands.press(page, "button[value=submit]");
  await page.waitForSelector("#wrong");
  await look(visitor, name("empty"));
  await page.fill("#text", setup.metadata);
  await hands.press(page, "button[value=check]");
  await page.waitForSelector(".findings");
  await look(visitor, name("preflight"));
  await hands.fill(page, "#contact", "sviluppo@example.org");
  await hands.press(page, "button[value=submit]");
  await page.waitForURL("**/federation/register/*");
  await look(visitor, name("request"));
  const request = page.url();
  await hands.fill(page, "#proof", "AAAA");
  await hands.press(page, "form[action$='/proof'] button");
  await page.waitForSelector("#wrong");
  await look(visitor, name("no-proof"));
  await page.goto(request);
  const text = (await page.innerText("#text-to-sign")).trim();
  await page.fill("#proof", sign("sha256", Buffer.from(text), setup.key).toString("base64"));
  await hands.press(page, "form[action$='/proof'] button");
  await page.waitForURL(request);
  await page.waitForSelector(".alert-info");
  await look(visitor, name("proved"));
  const [row] = ponte("sp", "requests", "list").trim().split("\n");
  ponte("sp", "requests", "approve", row.split(" ")[0]);
  await page.goto(request);
  await page.waitForSelector(".alert-success");
  await look(visitor, name("approved"));
  await hands.press(page, "form[action$='/status-link'] button");
  await page.waitForURL("**/federation/status/*");
  await look(visitor, name("status-empty"));
  const status = page.url();
  for (const sent of setup.requests) await page.goto(sent);
  for (let tries = 0; tries < 50; tries += 1) {
    await page.goto(status);
    if ((await page.locator("section.finding").count()) === 2) break;
    await page.waitForTimeout(100);
  }
  assert.equal(await page.locator("section.finding").count(), 2, "both requests");
  await look(visitor, name("status"));
  for (const summary of ["section.finding:nth-of-type(1) details:nth-of-type(1) summary", "section.finding:nth-of-type(1) details:nth-of-type(2) summary"]) await hands.press(page, summary);
  await look(visitor, name("status-open"));
}

/** The phone approves what its list shows. */
async function approves(phone, number) {
  await phone.page.waitForSelector(".requests button");
  await phone.page.click(".requests button");
  await phone.page.waitForSelector("#passkey:not([hidden])");
  await phone.page.fill("#number", number);
  await phone.page.click("#passkey button");
  await phone.page.waitForURL("**/app?done=approved");
}

/** The page that waits is told, whatever happens to it meanwhile: IC-10. */
async function told(visitor, phone) {
  const { page } = visitor;
  const cdp = await page.context().newCDPSession(page);
  let looks = 0;
  let streams = 0;
  page.on("request", (request) => {
    looks += request.url().endsWith("/waiting");
    streams += request.url().endsWith("/events");
  });
  const done = async () => {
    await page.waitForSelector("button[value=accept]");
    await page.click("button[value=accept]");
    await delivered(visitor, mouse);
  };

  // By itself, without looking all the time.
  let number = await asked(visitor);
  await page.waitForTimeout(7000);
  assert.equal(streams, 2, "one stream a page: that of the way shown first, and that of the way chosen");
  assert.ok(looks <= 1, `${looks} looks beside a stream`);
  await approves(phone, number);
  const begun = Date.now();
  await page.waitForSelector("button[value=accept]");
  assert.ok(Date.now() - begun < 5000, "at once");
  await done();

  // A tab that was put to sleep goes on once it is woken.
  number = await asked(visitor);
  await page.waitForTimeout(1000);
  await cdp.send("Page.setWebLifecycleState", { state: "frozen" });
  await approves(phone, number);
  await phone.page.waitForTimeout(3000);
  await cdp.send("Page.setWebLifecycleState", { state: "active" });
  await done();

  // Sent again.
  await asked(visitor);
  await page.waitForTimeout(31_000);
  await page.click(".again button");
  await page.waitForSelector(".match strong");
  await page.waitForTimeout(1000);
  number = (await page.innerText(".match strong")).trim();
  // Its list may still show the one before, which does not count any more.
  await phone.page.goto(`${setup.provider}/app`);
  await approves(phone, number);
  await done();

  // The server is stopped, and started anew, in the middle.
  number = await asked(visitor);
  await page.waitForTimeout(1000);
  [visitor.wasOffline, phone.wasOffline] = [true, true];
  const stopped = await (await fetch(setup.restart)).json();
  assert.ok(stopped.seconds < 5, `it took ${stopped.seconds} s to stop beside an open stream`);
  await phone.page.goto(`${setup.provider}/app`);
  await approves(phone, number);
  await done();

  // A browser that knows no such streams looks.
  await page.addInitScript(() => delete globalThis.EventSource);
  [looks, streams] = [0, 0];
  number = await asked(visitor);
  await page.waitForTimeout(5000);
  assert.ok(looks >= 2 && streams === 0, `${looks} looks, ${streams} streams`);
  await approves(phone, number);
  await done();
}

/** A code of the app with `key` that was not typed yet and is taken: of this half minute or the next. */
let typed = Math.floor(Date.now() / 30_000);
async function fresh(page, key) {
  const step = () => Math.floor(Date.now() / 30_000);
  typed = Math.max(typed + 1, step());
  while (typed > step() + 1) await page.waitForTimeout(250);
  return totp(key, typed * 30);
}

/** Into their own pages by name and password; the caller waits for what comes next. */
async function enters(visitor, hands, password = setup.person.password) {
  const { page } = visitor;
  await page.goto(`${setup.provider}/account`);
  await hands.press(page, "form[action='/account/enter'] button");
  await page.waitForSelector("#password");
  await credentials(visitor, hands, { username: setup.person.username, password });
}

/** What they have on record, their pincode, another app and what has happened: from locked to done. */
async function own(visitor, hands) {
  const { page } = visitor;
  const name = (step) => `${scenarioName}-${step}`;
  const { key } = setup.person;
  const to = async (path, shows) => {
    if (!page.url().endsWith("/account/sessions")) {
      await hands.press(page, "a[href='/account/sessions']");
      await page.waitForSelector("form[action='/account/sign-out']");
    }
    await hands.press(page, `a[href='${path}']`);
    await page.waitForSelector(shows);
  };
  await enters(visitor, hands);
  await page.waitForSelector("form[action='/account/sign-out']");
  await look(visitor, name("sessions"));
  await hands.press(page, "a[href='/account/pincode']");
  await page.waitForSelector("form[action='/account/pincode/unlock']");
  await look(visitor, name("pincode-locked"));
  await to("/account/profile", "form[action='/account/profile/unlock']");
  await look(visitor, name("profile-locked"));
  await hands.press(page, "form[action='/account/profile/unlock'] button");
  await code(visitor, hands, await fresh(page, key));

  const asks = async (question, answer) => {
    await page.waitForSelector("#question");
    await retype(page, hands, "#question", question);
    await retype(page, hands, "#new-answer", answer);
    await hands.press(page, "form[action='/account/profile/question'] button");
  };
  await page.waitForSelector("#question");
  await look(visitor, name("profile-no-question"));
  await asks("Nonna?", "x");
  await page.waitForSelector("#problem");
  await look(visitor, name("profile-question-wrong"));
  await asks("Dove abitava la nonna?", "via Roma 12");
  await page.waitForSelector("[role=status]");
  await look(visitor, name("profile-question-kept"));
  const changes = async (number, answer) => {
    await retype(page, hands, "#number", number);
    await retype(page, hands, "#answer", answer);
    await hands.press(page, "form[action='/account/profile/number'] button");
  };
  await changes("333 12", "via Roma 12");
  await page.waitForSelector("#number[aria-invalid]");
  await look(visitor, name("profile-number-wrong"));
  await changes("333 765 43 21", "via Milano 12");
  await page.waitForSelector("#answer[aria-invalid]");
  await look(visitor, name("profile-answer-wrong"));
  await changes("333 765 43 21", "Via Roma, 12");
  await page.waitForSelector("[role=status]");
  assert.match(await page.innerText("main"), /\+39 \*\*\* \*\*\* \*\*21/);
  await look(visitor, name("profile-number-changed"));

  await to("/account/pincode", "form[action='/account/pincode']");
  await look(visitor, name("pincode-open"));
  await hands.press(page, "form[action='/account/pincode'] button");
  await page.waitForSelector(".key code");
  const pincode = await page.innerText(".key code");
  await look(visitor, name("pincode-shown"));
  await hands.press(page, "main a[href='/account/pincode']");
  await page.waitForSelector("form[action='/account/pincode']");
  assert.ok(!(await page.content()).includes(pincode), "shown once");
  await look(visitor, name("pincode-made"));

  await to("/account/factors", "a[href='/account/factors/totp']");
  await look(visitor, name("factors-open"));
  await hands.press(page, "a[href='/account/factors/totp']");
  await page.waitForSelector("svg.qr");
  await look(visitor, name("app-new"));
  const made = (await page.innerText(".key code")).trim();
  await hands.fill(page, "#code", "000000");
  await hands.press(page, submit);
  await page.waitForSelector("#code[aria-invalid]");
  await look(visitor, name("app-new-wrong"));
  await retype(page, hands, "#code", totp(made, Date.now() / 1000));
  await hands.press(page, submit);
  await page.waitForSelector("[role=status]");
  await look(visitor, name("app-added"));
  await to("/account/activity", "h1");
  await page.waitForURL("**/account/activity");
  await look(visitor, name("activity"));
}

/** The mask of a campaign at a service's login: later, wrong, right; then the address of recovery links (BI-07, BI-09). */
async function mask(visitor, hands) {
  const { page } = visitor;
  const name = (step) => `${scenarioName}-${step}`;
  const logsIn = async (request) => {
    await page.goto(request);
    await page.waitForSelector("#password");
    await look(visitor, name("banner"));
    await credentials(visitor, hands, setup.person);
    await code(visitor, hands, await fresh(page, setup.person.key));
    await page.waitForSelector("#number");
  };
  await logsIn(setup.logins[0]);
  await look(visitor, name("number"));
  await hands.fill(page, "#number", "333 12");
  await hands.press(page, "form:has(#number) button");
  await page.waitForSelector("#number[aria-invalid]");
  await look(visitor, name("number-wrong"));
  await hands.press(page, "button[value=later]");
  await page.waitForSelector("button[value=accept]");
  await page.context().clearCookies();
  await logsIn(setup.logins[1]);
  await hands.press(page, "button[value=right]");
  await page.waitForSelector("button[value=wrong]");
  await look(visitor, name("address"));
  await hands.press(page, "button[value=wrong]");
  await page.waitForSelector("button[value=accept]");
}

/** Name, password and code on one page. */
async function singlePage(visitor, hands) {
  const { page } = visitor;
  const name = (step) => `${scenarioName}-${step}`;
  const { username, password, key } = setup.person;
  await page.goto(`${setup.provider}/account`);
  await hands.press(page, "form[action='/account/enter'] button");
  await page.waitForSelector("#code");
  await look(visitor, name("credentials"));
  const types = async (digits) => {
    await retype(page, hands, "#username", username);
    await retype(page, hands, "#password", password);
    await retype(page, hands, "#code", digits);
    await hands.press(page, submit);
  };
  await types("12345x");
  await page.waitForSelector("#problem");
  await look(visitor, name("credentials-wrong"));
  await types(await fresh(page, key));
  await page.waitForSelector("form[action='/account/sign-out']");
}

/** A forgotten password, by a passkey that was enrolled before. */
async function recoveryByPasskey(visitor, hands) {
  const { page } = visitor;
  const name = (step) => `${scenarioName}-${step}`;
  const authenticator = await authenticates(page);
  await enters(visitor, hands);
  await page.waitForSelector("a[href='/account/factors']");
  await hands.press(page, "a[href='/account/factors']");
  await page.waitForSelector("form[action='/account/factors/unlock']");
  await hands.press(page, "form[action='/account/factors/unlock'] button");
  await code(visitor, hands, await fresh(page, setup.person.key));
  await page.waitForSelector("a[href='/account/factors/passkey']");
  await hands.press(page, "a[href='/account/factors/passkey']");
  await page.waitForSelector("#passkey:not([hidden])");
  await hands.fill(page, "#name", "Portatile");
  await hands.press(page, submit);
  await page.waitForSelector("[role=status]");
  await page.context().clearCookies();
  await page.goto(`${setup.provider}/recover`);
  await lost(page, hands, "password");
  await retype(page, hands, "#username", setup.person.username);
  await hands.press(page, submit);
  await page.waitForSelector("#username", { state: "detached" });
  await page.goto(await recoveryLink(visitor, new Set()));
  await hands.press(page, submit);
  await page.waitForURL("**/recover/go/**");
  if (!(await page.locator("#passkey").count())) {
    await look(visitor, name("code"));
    await hands.press(page, "a[href*='by=passkey']");
  }
  await page.waitForSelector("#passkey:not([hidden])");
  await look(visitor, name("passkey"));
  await authenticator.verified(false);
  await hands.press(page, "#passkey button");
  await page.waitForSelector("#failed:not([hidden])");
  await look(visitor, name("passkey-failed"));
  await authenticator.verified(true);
  await hands.press(page, "#passkey button");
  await page.waitForSelector("#again");
  await look(visitor, name("password"));
  await hands.fill(page, "#new", "quite another password");
  await hands.fill(page, "#again", "quite another password");
  await hands.press(page, submit);
  await page.waitForSelector("[role=status]");
  await look(visitor, name("done"));
}

/** All that a linked phone is for. */
const phone = (visitor) =>
  withPhone(visitor, async (phone, authenticator) => {
    await push(visitor, phone, authenticator);
    await start(visitor, mouse);
    await credentials(visitor, mouse, await person(visitor, "ada"));
    await by(visitor, "qr");
    await qr(visitor, phone, "qr");
    await start(visitor, mouse);
    await look(visitor, `${scenarioName}-credentials`);
    await visitor.page.click("a[href$='by=qr-passwordless']");
    await qr(visitor, phone, "qr-passwordless");
    await offline(phone);
    await notifications(phone);
  });

const scenarios = {
  gallery,
  "gallery-english": gallery,

  phone,
  "phone-english": phone,

  pin: (visitor) => withoutLock(visitor, (phone) => pins(visitor, phone)),
  "pin-english": (visitor) => withoutLock(visitor, (phone) => pins(visitor, phone)),
  "phone-unable": (visitor) =>
    withoutLock(visitor, async (phone) => {
      assert.equal(await phone.page.locator("#no-lock form").count(), 0, "no PIN is offered");
      assert.match(await phone.page.innerText("#no-lock"), /scegli un altro modo di accesso/);
    }),

  "phone-told": (visitor) => withPhone(visitor, (phone) => told(visitor, phone)),

  "phone-denied": (visitor) =>
    withPhone(visitor, async (phone) => {
      const name = (step) => `${scenarioName}-${step}`;
      const { page } = visitor;
      const shown = await asked(visitor);
      const request = phone.page.locator(".requests input[name=code]");
      await request.waitFor({ state: "attached" });
      const before = await request.inputValue();
      // It may be sent again after half a minute; the list on the phone follows.
      await page.waitForTimeout(31_000);
      await page.click(".again button");
      await phone.page.waitForSelector(`.requests:not(:has(input[value="${before}"]))`);
      assert.match((await page.innerText(".match strong")).trim(), /^[1-9][0-9]$/, `after ${shown}`);
      await opens(phone, name);
      await phone.page.click("form:has(input[value=deny]) button");
      await phone.page.waitForURL("**/app?done=denied");
      await look(phone, name("app-denied"));
      await page.waitForSelector("#problem");
      assert.match(await page.innerText("main"), /Restano 2 tentativi/);
      await look(visitor, name("push-denied"));
      await page.click(".again button");
      await page.waitForSelector("#problem");
      await look(visitor, name("push-wait"));
    }),

  "no-script-phone": (visitor) =>
    withPhone(visitor, async (phone, authenticator) => {
      await push(visitor, phone, authenticator);
    }),

  italian: (visitor) => login(visitor, mouse),
  english: (visitor) => login(visitor, mouse, { binding: "post" }),
  keyboard: (visitor) => login(visitor, keyboard),
  "no-script": (visitor) => login(visitor, mouse),
  "no-script-post": (visitor) => login(visitor, mouse, { binding: "post" }),

  recovery: (visitor) => recovery(visitor, mouse),
  "recovery-english": (visitor) => recovery(visitor, mouse),
  "recovery-keyboard": (visitor) => recovery(visitor, keyboard),
  own: (visitor) => own(visitor, mouse),
  "own-english": (visitor) => own(visitor, mouse),
  "own-keyboard": (visitor) => own(visitor, keyboard),
  mask: (visitor) => mask(visitor, mouse),
  "mask-english": (visitor) => mask(visitor, mouse),
  "mask-keyboard": (visitor) => mask(visitor, keyboard),
  "single-page": (visitor) => singlePage(visitor, mouse),
  "single-page-english": (visitor) => singlePage(visitor, mouse),
  "single-page-keyboard": (visitor) => singlePage(visitor, keyboard),
  "passkey-recovery": (visitor) => recoveryByPasskey(visitor, mouse),
  "passkey-recovery-english": (visitor) => recoveryByPasskey(visitor, mouse),
  "passkey-recovery-keyboard": (visitor) => recoveryByPasskey(visitor, keyboard),
  cards: (visitor) => cards(visitor, mouse),
  "cards-english": (visitor) => cards(visitor, mouse),
  "cards-keyboard": (visitor) => cards(visitor, keyboard),
  registration: (visitor) => registration(visitor, mouse),
  "registration-english": (visitor) => registration(visitor, mouse),
  "registration-keyboard": (visitor) => registration(visitor, keyboard),
  "no-script-registration": (visitor) => registration(visitor, keyboard),

  account: (visitor) => account(visitor),
  "account-english": (visitor) => account(visitor),
  "no-script-account": (visitor) => account(visitor),
  factors: (visitor) => factors(visitor),
  "factors-english": (visitor) => factors(visitor),
  "no-script-factors": (visitor) => factors(visitor),

  async enrolment(visitor) {
    const { page } = visitor;
    const bruno = await person(visitor, "bruno");
    assert.equal(bruno.code, undefined, "bruno has no app yet");
    await look({ ...visitor, page: await peopleIn(visitor) }, "demo-people");
    await page.bringToFront();
    await start(visitor, mouse);
    await credentials(visitor, mouse, bruno);
    await page.waitForSelector("#activation");
    await look(visitor, "enrolment-activation");
    await page.fill("#activation", "AAAA-AAAA-AAAA");
    await page.click(submit);
    await page.waitForSelector("#activation[aria-invalid]");
    await look(visitor, "enrolment-activation-wrong");
    await page.fill("#activation", bruno.last);
    await page.click(submit);
    await page.waitForSelector("svg.qr");
    await look(visitor, "enrolment-app");
    const key = (await page.innerText(".key code")).trim();
    await page.fill("#code", "000000");
    await page.click(submit);
    await page.waitForSelector("#code[aria-invalid]");
    assert.equal((await page.innerText(".key code")).trim(), key, "the key stays the same");
    await look(visitor, "enrolment-app-wrong");
    await page.fill("#code", totp(key, Date.now() / 1000));
    await page.click(submit);
    await page.waitForSelector("#code", { state: "detached" });
    await look(visitor, "enrolment-done");
    await page.click(submit);
    await page.waitForSelector("button[value=accept]");
    await page.click("button[value=accept]");
    await delivered(visitor, mouse);
    await attributes(visitor, "enrolment-attributes");
    // The second login asks for the app's code, not for the activation code; the next step's, since this one is used.
    await start(visitor, mouse);
    await credentials(visitor, mouse, bruno);
    await code(visitor, mouse, totp(key, Date.now() / 1000 + 30));
    await page.waitForSelector("button[value=accept]");
  },

  async cancel(visitor) {
    const { page } = visitor;
    await start(visitor, mouse);
    await page.click(cancel);
    await refused(visitor, 25);
    await start(visitor, mouse);
    await credentials(visitor, mouse, await person(visitor, "ada"));
    await page.waitForSelector("#code");
    await page.click(cancel);
    await refused(visitor, 25);
  },

  async "wrong-password"(visitor) {
    const { page } = visitor;
    const ada = await person(visitor, "ada");
    await start(visitor, mouse);
    await credentials(visitor, mouse, { ...ada, password: "wrong" });
    await page.waitForSelector("#username[aria-invalid]");
    await look(visitor, "wrong-password");
    const known = await page.innerText(".alert, #problem");
    await credentials(visitor, mouse, { username: "nobody", password: "wrong" });
    await page.waitForSelector("#username[aria-invalid][value=nobody]");
    const unknown = await page.innerText(".alert, #problem");
    const left = /Rest(?:a|ano) .* tentativ[io]\./;
    assert.match(known, left, "how many attempts are left");
    assert.equal(unknown.replace(left, ""), known.replace(left, ""), "nobody learns who is known");
  },

  async "wrong-code"(visitor) {
    const { page } = visitor;
    const ada = await person(visitor, "ada");
    await start(visitor, mouse);
    await credentials(visitor, mouse, ada);
    for (const attempt of [1, 2, 3]) {
      const now = (await person(visitor, "ada")).code;
      await code(visitor, mouse, String((Number(now) + 500_000) % 1_000_000).padStart(6, "0"));
      if (attempt < 3) {
        await page.waitForSelector("#code[aria-invalid]");
        await look(visitor, `wrong-code-${attempt}`);
      }
    }
    await notice(visitor, "wrong-code-end");
    await refused(visitor, 19);
  },

  async deny(visitor) {
    const { page } = visitor;
    await start(visitor, mouse);
    await credentials(visitor, mouse, await person(visitor, "ada"));
    await page.waitForSelector("#code");
    await code(visitor, mouse, (await person(visitor, "ada")).code);
    await page.click("button[value=deny]");
    await refused(visitor, 22);
  },

  async language(visitor) {
    const { page } = visitor;
    await start(visitor, mouse);
    await page.click(".bar-language a[hreflang=en]");
    await page.waitForSelector("html[lang=en]");
    visitor.language = "en";
    await look(visitor, "language-english");
    await credentials(visitor, mouse, await person(visitor, "ada"));
    await page.waitForSelector("#code");
    await look(visitor, "language-english-code");
    await page.click(".bar-language a[hreflang=it]");
    await page.waitForSelector("html[lang=it]");
    visitor.language = "it";
    await look(visitor, "language-italian-again");
  },

  async errors(visitor) {
    const { page } = visitor;
    await page.goto(setup.provider);
    await look(visitor, "home");
    await page.goto(`${setup.provider}/nowhere`);
    await look(visitor, "not-found");
    await page.goto(`${setup.provider}/saml/sso`);
    assert.match(await page.innerText("main"), /Formato richiesta non corretto/);
    await look(visitor, "nr04");
    await page.goto(`${setup.provider}/login/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA`);
    await look(visitor, "no-such-login");
  },
};

/** A page that says why the login ends, before it goes back to the service; some logins end without one. */
async function notice(visitor, name) {
  const { page } = visitor;
  await page.waitForLoadState();
  if (page.url().startsWith(setup.service)) return;
  const button = page.locator(submit);
  if (await button.count()) {
    await look(visitor, name);
    await button.first().click();
  }
}

async function peopleIn(visitor) {
  const page = await visitor.page.context().newPage();
  await page.goto(setup.people);
  return page;
}

const scenario = scenarios[scenarioName];
assert.ok(scenario, `${scenarioName}: not a scenario`);
const visitor = await open({
  language: scenarioName.endsWith("english") ? "en" : "it",
  script: !scenarioName.startsWith("no-script"),
});
try {
  await scenario(visitor);
  assert.deepEqual(visitor.complaints(), [], "the browser's console");
} catch (error) {
  const shot = join(setup.screenshots, `failed-${scenarioName}.png`);
  await visitor.page.screenshot({ path: shot, fullPage: true }).catch(() => {});
  console.error(`on ${visitor.page.url()} (${shot})`);
  console.error((await visitor.page.innerText("body").catch(() => "")).slice(0, 2000));
  throw error;
} finally {
  await visitor.close();
}
