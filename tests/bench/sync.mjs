/**
 * What following costs: bytes that a replica of all of WordNet fetches after changes, and the speed of checking them in
 * WebAssembly. Prints JSON lines.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { call } from "../e2e/support/http.mjs";
import { freshFolder, wordnetModel, wordnetPoints, wordnetSchema } from "../e2e/support/places.mjs";
import { headwater, startOrigin } from "../e2e/support/servers.mjs";

const MODEL = "static-minilm-256";
const ROUNDS = 9;
const BYTES = 64 * 1024 * 1024;

await checking(process.argv[2]);
await following();

/** The engine's own checks, in this process's WebAssembly. */
async function checking(folder) {
  const { Proof, initSync } = await import(pathToFileURL(join(folder, "headwater_bench_engine.js")));
  initSync({ module: await readFile(join(folder, "headwater_bench_engine_bg.wasm")) });
  const proof = new Proof(Uint8Array.from({ length: BYTES }, (_, i) => Math.floor((i * 31) / 7)));
  const speed = (act) => {
    const seconds = Array.from({ length: ROUNDS }, () => {
      const started = performance.now();
      if (!proof[act]()) throw new Error("sound bytes were found unsound");
      return (performance.now() - started) / 1e3;
    }).sort((a, b) => a - b);
    return BYTES / 1e9 / seconds[ROUNDS >> 1];
  };
  const line = { runtime: "WebAssembly in Node", wholeGBps: speed("whole"), makeListGBps: speed("make"), pagesGBps: speed("pages"), listBytes: proof.listBytes };
  proof.free();
  console.log(JSON.stringify(line));
}

async function following() {
  const data = await freshFolder("bench-sync");
  const origin = await startOrigin({ data });
  try {
    const url = `${origin.url}/v1/collections/words`;
    const at = ["--url", origin.url];
    await headwater("model", "add", wordnetModel, "--name", MODEL, ...at);
    await headwater("create", "words", "--schema", wordnetSchema, ...at);
    await headwater("import", wordnetPoints, "--collection", "words", ...at);
    await call("POST", `${url}/publish`);
    const points = (await readFile(wordnetPoints, "utf8")).trimEnd().split("\n").map((line) => JSON.parse(line));
    const report = async (what, changed) => {
      const { version } = await call("POST", `${url}/publish`);
      const difference = JSON.parse(await headwater("diff", `${url}@${version - 1}`, url, "--json"));
      console.log(JSON.stringify({ what, changed, of: points.length, ...difference, share: difference.fetchedBytes / difference.totalBytes }));
    };
    const file = join(data, "..", "changes.ndjson");
    const update = async (some) => {
      await writeFile(file, some.map((point) => JSON.stringify({ ...point, payload: { ...point.payload, gloss: `${point.payload.gloss} (revised)` } })).join("\n"));
      await headwater("import", file, "--collection", "words", ...at);
    };
    const every = (step, from) => points.filter((_, i) => i % step === from);
    const remove = async (some) => {
      for (let i = 0; i < some.length; i += 10_000) await call("POST", `${url}/points/delete`, { ids: some.slice(i, i + 10_000).map(({ id }) => id) });
    };
    for (const [what, step, from] of [["updates of 1 %", 100, 0], ["updates of 0.1 %", 1000, 1], ["updates of 10 %", 10, 2]]) {
      const some = every(step, from);
      await update(some);
      await report(what, some.length);
    }
    for (const [what, step, from] of [["deletes of 0.1 %", 1000, 3], ["deletes of 1 %", 100, 4]]) {
      const some = every(step, from);
      await remove(some);
      await report(what, some.length);
    }
  } finally {
    await origin.stop();
  }
}
