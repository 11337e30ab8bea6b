/**
 * A process of its own that holds parts: memory of the engine and bytes held after each tenth of its queries, then what the same
 * queries fetch when all that they need was kept.
 */
import { readFile } from "node:fs/promises";

const { Instance } = WebAssembly;
let memory;
WebAssembly.Instance = new Proxy(Instance, {
  construct(target, given, as) {
    const instance = Reflect.construct(target, given, as);
    ({ memory } = instance.exports);
    return instance;
  },
});
const { open } = await import("headwater");

const [url, trust, cacheDir, queriesFile] = process.argv.slice(2);
const queries = JSON.parse(await readFile(queriesFile, "utf8"));
const replica = await open(url, { trust, cacheDir, hold: "as-needed", syncEveryMs: 0 });
const megabytes = (bytes) => Math.round(bytes / 1e4) / 100;
const seen = [];
const look = async () => seen.push({ heldMB: megabytes((await replica.status()).heldBytes), engineMB: megabytes(memory.buffer.byteLength) });
await look();
for (const [n, query] of queries.entries()) {
  await replica.search(query);
  if (n % 20 === 19) await look();
}
const { fetchedBytes } = await replica.prefetch({ queries });
console.log(JSON.stringify({ queries: queries.length, seen, fetchedAgain: fetchedBytes }));
await replica.close();
