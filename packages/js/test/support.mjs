/** A small collection at a real origin, recorded version by version, and the replicas that follow it. */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { open } from "headwater";
import { newSigner } from "../../../tests/e2e/support/head-signer.mjs";
import { call } from "../../../tests/e2e/support/http.mjs";
import { freshFolder } from "../../../tests/e2e/support/places.mjs";
import { record, startReplay } from "../../../tests/e2e/support/replay.mjs";
import { startOrigin } from "../../../tests/e2e/support/servers.mjs";

export const POINTS = 400;
export const vector = (n) => Array.from({ length: 8 }, (_, d) => Math.sin(n * 13 + d * 29));
export const point = (n, extra = {}) => ({ id: `p${n}`, vectors: { v: vector(n) }, payload: { n, text: `point ${n}`, ...extra } });
const points = (from, count) => Array.from({ length: count }, (_, i) => point(from + i));

/** A real origin with one collection of numbers. */
export async function startNumbers() {
  const origin = await startOrigin({ data: await freshFolder("js-origin") });
  const url = `${origin.url}/v1/collections/numbers`;
  const made = await call("PUT", url, { vectors: { v: { dim: 8 } }, fields: { n: "integer" } });
  return {
    url,
    trust: made.trust,
    put: (...given) => call("PUT", `${url}/points`, { points: given }),
    putMany: (from, count) => call("PUT", `${url}/points`, { points: points(from, count) }),
    remove: (...ids) => call("POST", `${url}/points/delete`, { ids }),
    publish: () => call("POST", `${url}/publish`),
    record: () => record(url),
    stop: () => origin.stop(),
  };
}

/**
 * Three versions of it: the first points; a few more of them, and a delete; and one whose segments have lost
 * the same ordinal each, so that they share a blob of tombstones.
 */
export async function recordVersions() {
  const numbers = await startNumbers();
  try {
    await numbers.putMany(0, POINTS);
    await numbers.publish();
    const first = await numbers.record();
    await numbers.putMany(1000, 20);
    await numbers.remove("p0");
    await numbers.publish();
    const second = await numbers.record();
    await numbers.remove("p1000");
    await numbers.publish();
    return [first, second, await numbers.record()];
  } finally {
    await numbers.stop();
  }
}

/** A source that serves recordings under a key of its own, and what opens replicas of it. */
export async function startSource() {
  const signer = newSigner();
  const replay = await startReplay(signer);
  return {
    signer,
    replay,
    /** Only the tests say when to sync, unless they say otherwise. */
    open: (cacheDir, options = {}) => open(replay.url, { trust: signer.trust, syncEveryMs: 0, cacheDir, ...options }),
    freshFolder: () => freshFolder("js-replica"),
    stop: () => replay.stop(),
  };
}

/** The files below a folder of blobs, largest first. */
export async function keptBlobs(cacheDir) {
  const folder = join(cacheDir, "blobs");
  const names = await readdir(folder);
  const files = await Promise.all(names.map(async (name) => ({ name, path: join(folder, name), bytes: await readFile(join(folder, name)) })));
  return files.sort((a, b) => b.bytes.length - a.bytes.length);
}

export const nearest = async (replica, n) => (await replica.search({ vector: vector(n), topK: 1 })).hits[0]?.id;

/** What `assert.rejects` expects of an error of the package. */
export const failure = (code, retryable = false) => ({ name: "HeadwaterError", code, retryable });
