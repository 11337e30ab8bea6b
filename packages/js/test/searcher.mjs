/** A process of its own that holds parts and searches for one thing after another, until it is killed. */
import { open } from "headwater";
import { QUERIES, vector } from "../../../tests/e2e/support/parts-collection.mjs";

const [url, trust, cacheDir] = process.argv.slice(2);
const replica = await open(url, { trust, cacheDir, hold: "as-needed", syncEveryMs: 0 });
for (let n = 0; ; n += 1) {
  await replica.search(n < QUERIES.length ? QUERIES[n] : { vector: vector(n * 37), topK: 5 });
  console.log(`searched ${n}`);
}
