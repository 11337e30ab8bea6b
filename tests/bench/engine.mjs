/**
 * Engines in WebAssembly and JavaScript over a set: in Chromium beside hnswlib-wasm, and in Node. Prints JSON lines.
 *
 *   node tests/bench/engine.mjs chromium|node <folder of sets> <folder of the engine> <set>
 */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { launchChromium } from "../e2e/support/browser.mjs";
import { root } from "../e2e/support/places.mjs";
import * as engines from "./page/engines.js";
import { serve } from "./serve.mjs";

const [where, sets, engine, name] = process.argv.slice(2);
const say = (rows) => rows.forEach((row) => console.log(JSON.stringify(row)));

async function inNode() {
  const read = async (file) => {
    const bytes = await readFile(join(sets, name, file));
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  };
  const set = JSON.parse(await readFile(join(sets, name, "set.json"), "utf8"));
  const [base, queries] = [await read("base.f32"), await read("queries.f32")];
  const whole = { ...set, flat: new Float32Array(base), base: engines.rowsOf(base, set.dim), queries: engines.rowsOf(queries, set.dim) };
  // Under another address a script is another module, with a memory of its own.
  const loaded = async (again) => {
    const module = await import(pathToFileURL(resolve(engine, "headwater_bench_engine.js")) + again);
    const { memory } = module.initSync({ module: await readFile(join(engine, "headwater_bench_engine_bg.wasm")) });
    return [module, memory];
  };
  const version = process.version;
  const headwater = `Headwater wasm, Node ${version}`;
  say(await engines.headwater(headwater, whole, ...(await loaded(""))));
  const [manifest, segment] = (await Promise.all([read("index/manifest"), read("index/segment")])).map((buffer) => new Uint8Array(buffer));
  say(await engines.headwaterAgain(headwater, whole.queries[0], ...(await loaded("?again")), { manifest, segment }));
  say(await engines.exact(`exact scan in JavaScript, Node ${version}`, whole));
}

async function inChromium() {
  const server = await serve({ sets, engine, hnswlib: join(root, "node_modules", "hnswlib-wasm", "dist") });
  const browser = await launchChromium();
  try {
    const page = browser.pages()[0] ?? (await browser.newPage());
    page.setDefaultTimeout(1_800_000);
    for (const which of ["headwater", "headwaterAgain", "hnswlib", "hnswlibAgain", "exact"]) {
      await page.goto(`${server.url}engine.html`);
      await page.waitForSelector("html[data-ready]", { state: "attached" });
      say(await page.evaluate(([method, set]) => window.engines[method](set), [which, name]));
    }
  } finally {
    await browser.close();
    server.close();
  }
}

await (where === "node" ? inNode() : inChromium());
