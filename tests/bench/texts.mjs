/**
 * Full-text search, and facets, an order and a filter, in Chromium beside libraries from npm. Prints JSON lines.
 *
 *   node tests/bench/texts.mjs <folder that words-prepare wrote, with fields-prepare's in it as "fields"> <folder of the engine> <folder for bundles> [one measurement]
 */
import { join } from "node:path";
import * as esbuild from "esbuild";
import { launchChromium } from "../e2e/support/browser.mjs";
import { root } from "../e2e/support/places.mjs";
import { serve } from "./serve.mjs";

const [sets, engine, peers, ...only] = process.argv.slice(2);
const LIBRARIES = { minisearch: "minisearch", lunr: "lunr", orama: "@orama/orama", flexsearch: "flexsearch" };
const HOUR_MS = 3_600_000;

for (const [name, library] of Object.entries(LIBRARIES)) {
  const contents = name === "orama" ? `export * from "${library}";` : `export { default } from "${library}";`;
  await esbuild.build({ stdin: { contents, resolveDir: root }, bundle: true, format: "esm", outfile: join(peers, `${name}.js`), logLevel: "error" });
}
const server = await serve({ sets, engine, peers });
const browser = await launchChromium();
try {
  for (const which of only.length > 0 ? only : ["headwater", "headwaterAtHand", "minisearchAtHand", ...Object.keys(LIBRARIES), "fields", "fieldsOfOrama"]) {
    const page = await browser.newPage();
    page.setDefaultTimeout(HOUR_MS);
    await page.goto(`${server.url}texts.html`);
    await page.waitForSelector("html[data-ready]", { state: "attached" });
    for (const row of await page.evaluate((name) => window.engines[name](), which)) console.log(JSON.stringify(row));
    await page.close();
  }
} finally {
  await browser.close();
  server.close();
}
