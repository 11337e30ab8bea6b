/** A process of its own that opens a replica, follows its source once, and says what it serves. */
import { open } from "headwater";

const [url, trust, cacheDir] = process.argv.slice(2);
const replica = await open(url, { trust, cacheDir, syncEveryMs: 0 });
await replica.sync();
const { version } = await replica.status();
const { hits } = await replica.search({ vector: Array(8).fill(1), topK: 1 });
if (hits.length !== 1) throw new Error("no hit");
console.log(`version ${version}`);
// Not closed: a program that ends without a word must end all the same.
