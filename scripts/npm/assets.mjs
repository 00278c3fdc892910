// Makes the style of the pages: Bootstrap Italia's stylesheet cut down to what the templates
// use, its fonts, and the icons that they name. See ../assets, which runs it.
//
//   node assets.mjs NODE_MODULES TEMPLATES OUT

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";
import { constants, gzipSync } from "node:zlib";

const [modules, templates, out] = process.argv.slice(2).map((path) => resolve(path));
const { PurgeCSS } = createRequire(join(modules, "here.js"))("purgecss");
const italia = join(modules, "bootstrap-italia");
const spid = join(modules, "spid-smart-button");

const FONTS = { 400: "regular", 600: "600", 700: "700" };
const MONO = "roboto-mono-v13-latin-ext_latin-regular.woff2";

mkdirSync(out, { recursive: true });
const pages = readdirSync(templates, { recursive: true })
  .filter((name) => name.endsWith(".html") || name.endsWith(".js"))
  .sort()
  .map((name) => join(templates, name));

const [trimmed] = await new PurgeCSS().purge({
  content: pages,
  css: [join(italia, "dist/css/bootstrap-italia.min.css")],
  variables: true,
  keyframes: true,
  fontFace: true,
});
const face = (family, weight, file) =>
  `@font-face{font-family:"${family}";font-weight:${weight};font-display:swap;src:url(${file}) format("woff2")}`;
const faces = [];
for (const [weight, name] of Object.entries(FONTS)) {
  const file = `titillium-web-v10-latin-ext_latin-${name}.woff2`;
  writeFileSync(join(out, file), readFileSync(join(italia, "dist/fonts/Titillium_Web", file)));
  faces.push(face("Titillium Web", weight, file));
}
writeFileSync(join(out, MONO), readFileSync(join(italia, "dist/fonts/Roboto_Mono", MONO)));
faces.push(face("Roboto Mono", 400, MONO));

const used = new Set();
for (const page of pages) {
  for (const [, name] of readFileSync(page, "utf8").matchAll(/f\.icon\("([a-z-]+)"\)/g)) {
    used.add(`it-${name}`);
  }
}
const sprites = readFileSync(join(italia, "dist/svg/sprites.svg"), "utf8");
const icons = [...used].sort().map((id) => {
  const found = sprites.match(new RegExp(`<symbol id="${id}".*?</symbol>`, "s"));
  if (!found) throw new Error(`Bootstrap Italia has no icon ${id}`);
  return found[0];
});

// The official button of SPID: its icon, and the logos of the identity providers.
const artwork = readdirSync(join(spid, "dist/img/idp-logos"))
  .filter((name) => name !== "spid-idp-dummy.svg")
  .map((name) => join("idp-logos", name));
for (const path of ["spid-ico-circle-bb.svg", ...artwork]) {
  const text = readFileSync(join(spid, "dist/img", path), "utf8");
  writeFileSync(join(out, `${basename(path)}.gz`), gzipSync(text, { level: constants.Z_BEST_COMPRESSION }));
}

const licences = [
  ["Bootstrap Italia: stylesheet and icons", "LICENSE"],
  ["Titillium Web: font", "dist/fonts/Titillium_Web/OFL.txt"],
  ["Roboto Mono: font", "dist/fonts/Roboto_Mono/LICENSE.txt"],
  ["SPID button: icon and logos of identity providers, which are their owners' marks", join(spid, "LICENSE.md")],
].map(([what, file]) => `${what}\n\n${readFileSync(resolve(italia, file), "utf8")}`);

const zip = (name, text) =>
  writeFileSync(join(out, `${name}.gz`), gzipSync(text, { level: constants.Z_BEST_COMPRESSION }));
const style = `/*! Bootstrap Italia, cut down; licences.txt is beside this file. */\n${faces.join("")}${trimmed.css}`;
zip("style.css", style);
zip("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">${icons.join("")}</svg>`);
zip("licences.txt", licences.join("\n\n"));
console.log(`style: ${style.length} bytes, icons: ${icons.length}`);
