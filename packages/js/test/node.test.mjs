/** The package in Node, against a real origin: open, search, follow, go on without it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { HeadwaterError, connect, open } from "headwater";

const BIN = process.env.HEADWATER_BIN;
const POINTS = 300;
const vector = (n) => Array.from({ length: 8 }, (_, d) => Math.sin(n * 13 + d * 29));
const point = (n, text = `point ${n}`) => ({ id: `p${n}`, vectors: { v: vector(n) }, payload: { n, text } });
const codeOf = (code) => (error) => error instanceof HeadwaterError && error.code === code;

describe("the npm package in Node", { timeout: 120_000 }, () => {
  let folder, origin, url, trust;
  const put = (path, body) =>
    fetch(url + path, { method: path.endsWith("publish") ? "POST" : "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const replica = (options = {}) => open(url, { trust, cacheDir: join(folder, "cache"), syncEveryMs: 0, ...options });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "headwater-js-"));
    origin = await Origin.start(join(folder, "data"));
    url = `${origin.url}/v1/collections/numbers`;
    const made = await put("", { vectors: { v: { dim: 8 } }, fields: { n: "integer" } });
    trust = (await made.json()).trust;
    await put("/points", { points: Array.from({ length: POINTS }, (_, n) => point(n)) });
    await put("/publish");
  });
  after(async () => {
    await origin?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("opens a replica that answers like the origin, to the bit", async () => {
    const phases = new Set();
    const words = await replica({ onProgress: ({ phase }) => phases.add(phase) });
    const remote = connect(url);
    const query = { vector: Float32Array.from(vector(7)), filter: { n: { $lt: 200 } }, topK: 20 };
    const [here, there] = await Promise.all([words.search(query), remote.search(query)]);
    const bits = ({ hits }) => hits.map(({ id, score }) => [id, Math.fround(score)]);
    assert.deepEqual(bits(here), bits(there));
    assert.equal(here.hits[0].id, "p7");
    assert.deepEqual([here.answeredBy, there.answeredBy], ["node", "origin"]);
    assert.deepEqual((await words.get("p7")).payload, { n: 7, text: "point 7" });
    assert.equal(await words.get("nobody"), null);
    assert.equal(await remote.get("nobody"), null);
    assert.ok(["head", "manifest", "blobs", "open", "ready"].every((phase) => phases.has(phase)), [...phases].join());
    assert.equal((await words.status()).points, POINTS);
  });

  it("refuses what it cannot mean, by code", async () => {
    const words = await replica();
    await assert.rejects(words.search({ vector: [1, 2] }), codeOf("dimension_mismatch"));
    await assert.rejects(words.search({ vector: [NaN, 0, 0, 0, 0, 0, 0, 0] }), codeOf("non_finite"));
    await assert.rejects(words.search({ vector: vector(1), filter: { m: 1 } }), codeOf("unknown_field"));
    await assert.rejects(words.search({ vector: vector(1), topk: 1 }), codeOf("invalid_query"));
    await assert.rejects(words.search({ text: "no model" }), codeOf("invalid_query"));
    // Numbers that go round in 32 bits do not get past a limit.
    await assert.rejects(words.search({ vector: vector(1), offset: 2 ** 32 - 1, topK: 10 }), codeOf("invalid_query"));
    await assert.rejects(replica({ trust: "ed25519:zz" }), codeOf("key_untrusted"));
    const secret = `ed25519-secret:${"0123456789abcdef".repeat(4)}`;
    const isNotRepeated = (error) => codeOf("key_untrusted")(error) && !error.message.includes("0123456789abcdef");
    await assert.rejects(replica({ trust: secret }), isNotRepeated);
    const other = "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    await assert.rejects(replica({ trust: other, cacheDir: join(folder, "other") }), codeOf("key_untrusted"));
  });

  it("fetches only the difference", async () => {
    const words = await replica();
    await put("/points", { points: [point(3, "changed")] });
    await put("/publish");
    const report = await words.sync();
    assert.equal(report.changed, true);
    assert.equal(report.reusedBlobs, 1);
    assert.ok(report.fetchedBytes < 10_000, `${report.fetchedBytes}`);
    assert.equal((await words.get("p3")).payload.text, "changed");
    assert.equal((await words.sync()).changed, false);
  });

  it("mends a blob that was damaged on disk", async () => {
    const blobs = join(folder, "cache", "blobs");
    const sizes = await Promise.all((await readdir(blobs)).map(async (name) => [name, await readFile(join(blobs, name))]));
    const [name, bytes] = sizes.sort((a, b) => b[1].length - a[1].length)[0];
    bytes[bytes.length >> 1] ^= 1;
    await writeFile(join(blobs, name), bytes);
    const words = await replica();
    assert.equal((await words.search({ vector: vector(7) })).hits[0].id, "p7");
    assert.equal((await words.status()).state, "ready");
  });

  it("goes on without the origin", async () => {
    await origin.stop();
    const words = await replica();
    assert.equal((await words.search({ vector: vector(7) })).hits[0].id, "p7");
    await assert.rejects(words.sync(), codeOf("unreachable"));
    assert.equal((await words.status()).state, "offline");
    await assert.rejects(connect(url).search({ vector: vector(7) }), codeOf("unreachable"));
    await assert.rejects(replica({ cacheDir: join(folder, "empty") }), codeOf("unreachable"));
  });

  it("answers nothing after it was closed", async () => {
    const words = await replica();
    await words.close();
    await words.close();
    await assert.rejects(words.search({ vector: vector(7) }), codeOf("closed"));
    await assert.rejects(words.status(), codeOf("closed"));
  });
});

class Origin {
  static async start(data) {
    const probe = createServer().listen(0, "127.0.0.1");
    await once(probe, "listening");
    const listen = `127.0.0.1:${probe.address().port}`;
    probe.close();
    await once(probe, "close");
    const child = spawn(BIN, ["serve", "--data", data, "--listen", listen], { stdio: ["ignore", "ignore", "inherit"] });
    const origin = Object.assign(new Origin(), { child, url: `http://${listen}` });
    const deadline = Date.now() + 30_000;
    for (;;) {
      const ready = await fetch(`${origin.url}/readyz`).then((r) => r.ok, () => false);
      if (ready) return origin;
      if (child.exitCode !== null || Date.now() > deadline) throw new Error("the origin did not start");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill("SIGTERM");
    await once(this.child, "exit");
  }
}
