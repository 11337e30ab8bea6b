/** What a replica in parts keeps in its folder: it answers from that without the network, and believes nothing of it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import { readFile, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { freshFolder } from "../../../tests/e2e/support/places.mjs";
import { QUERIES, point, startParts, told, vector } from "../../../tests/e2e/support/parts-collection.mjs";

const SEARCHER = fileURLToPath(new URL("searcher.mjs", import.meta.url));
const MEANING = { vector: vector(77), topK: 10, efSearch: 10 };

describe("the parts that a replica keeps", { timeout: 120_000 }, () => {
  let parts, wanted;
  before(async () => {
    parts = await startParts();
    wanted = [];
    for (const query of QUERIES) wanted.push(told(await parts.whole.search(query)));
  });
  after(() => parts?.stop());

  const folder = () => freshFolder("js-parts-ranges");
  const asked = () => parts.proxy.asked;
  const forget = () => Object.assign(asked(), { all: [], bytes: 0 });
  const objectsAsked = () => asked().all.filter(({ path }) => /blobs|pages|boot|manifests/.test(path));
  const files = async (cacheDir) => {
    const names = await readdir(join(cacheDir, "ranges"));
    return Promise.all(names.map(async (name) => ({ name, path: join(cacheDir, "ranges", name), bytes: (await stat(join(cacheDir, "ranges", name))).size })));
  };
  const sizeOf = async (cacheDir) => (await files(cacheDir)).reduce((sum, { bytes }) => sum + bytes, 0);
  const searchAll = async (replica) => {
    for (const [n, query] of QUERIES.entries()) assert.deepEqual(told(await replica.search(query)), wanted[n], `query ${n}`);
  };
  /** Searches for everything, and closes. */
  const filled = async (options = {}) => {
    const cacheDir = await folder();
    const replica = await parts.opened({ cacheDir, ...options });
    await searchAll(replica);
    await replica.close();
    return cacheDir;
  };

  it("answer after a restart without the network", async () => {
    const cacheDir = await filled();
    await parts.away(async () => {
      const replica = await parts.opened({ cacheDir });
      await searchAll(replica);
      await assert.rejects(replica.sync(), { code: "unreachable" });
      await searchAll(replica);
      const { state, kept, whole } = await replica.status();
      assert.deepEqual([state, kept, whole], ["offline", true, false]);
      await replica.close();
    });
  });

  it("are not all that there is: what is not among them is refused, and answered when the network is back", async () => {
    const cacheDir = await folder();
    const replica = await parts.opened({ cacheDir });
    await replica.search(MEANING);
    await replica.close();
    const again = await parts.opened({ cacheDir });
    const lacking = QUERIES.findIndex(({ match }) => match !== undefined);
    await parts.away(async () => {
      await again.search(MEANING);
      await assert.rejects(again.search(QUERIES[lacking]), { code: "parts_missing", retryable: true });
    });
    assert.deepEqual(told(await again.search(QUERIES[lacking])), wanted[lacking]);
    await again.close();
  });

  it("are not fetched again after a restart", async () => {
    const cacheDir = await filled();
    forget();
    const replica = await parts.opened({ cacheDir });
    await replica.sync();
    await searchAll(replica);
    assert.deepEqual(objectsAsked(), [], "only the head");
    await replica.close();
  });

  it("are fetched again where they are damaged, cut off or gone", async () => {
    const cacheDir = await filled();
    const all = await files(cacheDir);
    assert.ok(all.length > 8, `${all.length} files`);
    for (const [n, { path, bytes }] of all.entries()) {
      const is = await readFile(path);
      if (n % 3 === 0) is[bytes >> 1] ^= 1;
      if (n % 3 === 2) await fs.rm(path);
      else await writeFile(path, n % 3 === 0 ? is : is.subarray(0, bytes - 1));
    }
    const replica = await parts.opened({ cacheDir });
    await searchAll(replica);
    assert.equal((await replica.status()).lastError, null);
    await replica.close();
    // What was right in a range of which other bytes were wrong is fetched when it is wanted again.
    for (const last of [false, true]) {
      forget();
      const again = await parts.opened({ cacheDir });
      await searchAll(again);
      if (last) assert.deepEqual(objectsAsked(), [], "what was damaged is replaced");
      await again.close();
    }
  });

  it("are no more bytes than they may be, and what was used longest ago goes", async () => {
    const cacheDir = await folder();
    const partsBytes = 600_000;
    const replica = await parts.opened({ cacheDir, partsBytes });
    for (let n = 0; n < 60; n += 1) {
      await replica.search({ vector: vector(n * 101), topK: 5, efSearch: 20 });
      if (n % 10 === 9) await replica.status();
    }
    const last = { vector: vector(59 * 101), topK: 5, efSearch: 20 };
    const { hits } = await replica.search(last);
    await replica.close();
    const bytes = await sizeOf(cacheDir);
    assert.ok(bytes <= partsBytes && bytes > partsBytes / 2, `${bytes} bytes`);
    forget();
    const again = await parts.opened({ cacheDir, partsBytes });
    assert.deepEqual((await again.search(last)).hits, hits);
    const few = asked().bytes;
    await again.search({ vector: vector(0), topK: 5, efSearch: 20 });
    assert.ok(few < asked().bytes, "what was asked first went first");
    await again.close();
  });

  it("are none where none may be", async () => {
    const cacheDir = await filled({ partsBytes: 0 });
    assert.equal(await sizeOf(cacheDir).catch(() => 0), 0);
  });

  it("serve a process after another one was killed in the middle", async () => {
    const cacheDir = await folder();
    for (const many of [1, 4, 9, 30]) {
      const child = spawn(process.execPath, [SEARCHER, `${parts.proxy.url}${parts.path}`, parts.trust, cacheDir], { stdio: ["ignore", "pipe", "inherit"] });
      let said = "";
      for await (const text of child.stdout) if ((said += text).includes(`searched ${many}\n`)) break;
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      const replica = await parts.opened({ cacheDir });
      await searchAll(replica);
      assert.equal((await replica.status()).kept, true);
      await replica.close();
    }
  });

  it("are shared by replicas of one folder, at once", async () => {
    const cacheDir = await folder();
    const replicas = await Promise.all([parts.opened({ cacheDir }), parts.opened({ cacheDir })]);
    await Promise.all(replicas.map(searchAll));
    await Promise.all(replicas.map((replica) => replica.close()));
    await parts.away(async () => {
      const both = await Promise.all([parts.opened({ cacheDir }), parts.opened({ cacheDir })]);
      await Promise.all(both.map(searchAll));
      await Promise.all(both.map((replica) => replica.close()));
    });
  });

  it("are found by a replica that is open already, when the network has gone", async () => {
    const cacheDir = await folder();
    const [first, second] = [await parts.opened({ cacheDir }), await parts.opened({ cacheDir })];
    await searchAll(first);
    await first.status();
    await parts.away(() => searchAll(second));
    await Promise.all([first.close(), second.close()]);
  });

  it("are fetched beforehand for queries that are to be answered offline", async () => {
    const cacheDir = await folder();
    const replica = await parts.opened({ cacheDir });
    const { fetchedBytes } = await replica.prefetch({ queries: QUERIES });
    assert.ok(fetchedBytes > 10_000, `${fetchedBytes} bytes`);
    assert.deepEqual(await replica.prefetch({ queries: QUERIES }), { fetchedBytes: 0 });
    assert.deepEqual(await parts.whole.prefetch({ queries: QUERIES }), { fetchedBytes: 0 });
    await assert.rejects(replica.prefetch({ queries: [MEANING, { match: 7 }] }), { code: /invalid/, message: /^queries\[1\]/ });
    for (const wrong of [undefined, {}, { queries: MEANING }, { query: [] }]) {
      await assert.rejects(replica.prefetch(wrong), { code: "invalid_options" }, JSON.stringify(wrong));
    }
    await replica.close();
    await parts.away(async () => {
      const again = await parts.opened({ cacheDir });
      await searchAll(again);
      await again.close();
    });
  });

  /** A disk without room, as the file system says it. */
  const withFullDisk = async (room, work) => {
    const probe = await fs.open(join(await folder(), "probe"), "w");
    const prototype = Object.getPrototypeOf(probe);
    const { writeFile: write } = prototype;
    await probe.close();
    let left = room;
    prototype.writeFile = function (bytes, ...rest) {
      left -= bytes.length;
      if (left < 0) return Promise.reject(Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" }));
      return write.call(this, bytes, ...rest);
    };
    try {
      return await work();
    } finally {
      prototype.writeFile = write;
    }
  };
  for (const room of [0, 300_000]) {
    it(`need not be kept where ${room === 0 ? "the disk is full" : "the disk becomes full"}`, async () => {
      const cacheDir = await folder();
      await withFullDisk(room, async () => {
        const replica = await parts.opened({ cacheDir });
        for (const [n, query] of QUERIES.entries()) {
          assert.deepEqual(told(await replica.search(query)), wanted[n]);
          await replica.status();
        }
        const { state, kept, lastError } = await replica.status();
        assert.deepEqual([state, kept, lastError?.code], ["ready", false, "storage_full"]);
        await replica.close();
      });
      const replica = await parts.opened({ cacheDir });
      await searchAll(replica);
      assert.equal((await replica.status()).kept, true);
      await replica.close();
    });
  }

  it("go on with the next version, which fetches only what changed", async () => {
    const cacheDir = await filled();
    const before = new Set((await files(cacheDir)).map(({ name }) => name.split(".")[1]));
    const all = await sizeOf(cacheDir);
    await parts.publish({ ...point(1), id: "new", vectors: { v: [...vector(77)] } });
    await parts.whole.sync();
    forget();
    const replica = await parts.opened({ cacheDir });
    assert.equal((await replica.sync()).changed, true);
    assert.ok((await replica.search(MEANING)).hits.some(({ id }) => id === "new"));
    for (const query of QUERIES) assert.deepEqual(told(await replica.search(query)), told(await parts.whole.search(query)));
    assert.ok(asked().bytes < 100_000 && asked().bytes < all / 3, `${asked().bytes} of ${all} bytes`);
    await replica.close();
    await parts.away(async () => {
      const again = await parts.opened({ cacheDir });
      for (const query of QUERIES) assert.deepEqual(told(await again.search(query)), told(await parts.whole.search(query)));
      await again.close();
    });
    assert.ok((await files(cacheDir)).some(({ name }) => before.has(name.split(".")[1])), "what both versions have is kept");
  });
});
