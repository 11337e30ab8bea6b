/**
 * The engine in Chromium, and hnswlib-wasm beside it in the same run. Prints JSON lines.
 *
 *   node tests/bench/browser.mjs <folder of sets>
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { launchChromium } from "../e2e/support/browser.mjs";
import { packageDist, root } from "../e2e/support/places.mjs";
import { serve } from "./serve.mjs";

const SMALL = "20000";
const WHOLE = "117791";
const VISITS = 9;
const SETS = process.argv[2];

let sourceIsGone = false;
const folders = { headwater: packageDist, hnswlib: join(root, "node_modules", "hnswlib-wasm", "dist"), sets: SETS };
const server = await serve(folders, (path) => sourceIsGone && path.includes("/replica/"));

const say = (row) => console.log(JSON.stringify(row));
const browser = await launchChromium();
const page = browser.pages()[0] ?? (await browser.newPage());
page.setDefaultTimeout(900_000);
const visit = async () => {
  await page.goto(server.url);
  await page.waitForSelector("html[data-ready]", { state: "attached" });
};
const run = (method, ...args) => page.evaluate(([name, rest]) => window.bench[name](...rest), [method, args]);
/** Later visits, each to a fresh page. */
const again = async (engine, set, method, ...args) => {
  const visits = [];
  for (let i = 0; i < VISITS; i += 1) {
    await visit();
    visits.push((await run(method, ...args)).toFirstHitMs);
  }
  visits.sort((a, b) => a - b);
  say({ engine, set, open: "IndexedDB to first hit", medianMs: visits[VISITS >> 1], visitsMs: visits });
};
const rowsOf = (engine, set, { rows, ...facts }) => {
  say({ engine, set, ...facts });
  for (const row of rows) say({ engine, set, ...row });
};

try {
  say({ browser: await browser.browser()?.version?.() ?? "Chromium", userAgent: await page.evaluate(() => navigator.userAgent) });
  for (const set of [SMALL, WHOLE]) {
    await visit();
    rowsOf("headwater wasm", set, await run("headwater", set));
    const { trust } = JSON.parse(await readFile(join(SETS, set, "facts.json"), "utf8"));
    const { dim } = JSON.parse(await readFile(join(SETS, set, "set.json"), "utf8"));
    const floats = new Float32Array((await readFile(join(SETS, set, "queries.f32"))).buffer.slice(0, dim * 4));
    const vector = Array.from(floats);
    sourceIsGone = true;
    await again("headwater wasm", set, "headwaterAgain", set, trust, vector);
    sourceIsGone = false;
    if (set !== SMALL) continue;
    await visit();
    // Its build of the whole set takes minutes, so the peer has the small one.
    rowsOf("hnswlib-wasm 0.8.2", set, await run("peer", set));
    await again("hnswlib-wasm 0.8.2", set, "peerAgain", Number(set), vector);
  }
} finally {
  await browser.close();
  server.close();
}
