/** A replica that answers by ranges at once, and fetches the rest while nobody searches. */
import assert from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { freshFolder } from "../../../tests/e2e/support/places.mjs";
import { until } from "../../../tests/e2e/support/wait.mjs";
import { QUERIES, point, startParts, told } from "../../../tests/e2e/support/parts-collection.mjs";

describe("a replica that fills up in the background", { timeout: 60_000 }, () => {
  let parts, wanted;
  before(async () => {
    parts = await startParts();
    // More than one segment, so that there is something between nothing and all.
    await parts.publish(...Array.from({ length: 900 }, (_, n) => point(10_000 + n)));
    await parts.whole.sync();
    wanted = await answersOf(parts.whole);
  });
  after(() => parts?.stop());

  const answersOf = async (replica) => {
    const answers = [];
    for (const query of QUERIES) answers.push(told(await replica.search(query)));
    return answers;
  };
  const opened = (options = {}) => parts.opened({ hold: "in-background", ...options });
  const isWhole = (replica) => until("all of it is here", async () => (await replica.status()).whole);
  const blobsAsked = () => new Set(parts.proxy.asked.all.map(({ path }) => /blobs\/(\w+)/.exec(path)?.[1]).filter(Boolean));

  it("answers before it is there, meanwhile and afterwards, and then needs no network", async () => {
    const cacheDir = await freshFolder("js-background");
    const progress = [];
    const replica = await opened({ cacheDir, onProgress: (step) => progress.push(step) });
    const first = await replica.status();
    assert.equal(first.whole, false);
    assert.ok(first.heldBytes < first.bytes);
    const answers = [];
    while (!(await replica.status()).whole) {
      answers.push(await answersOf(replica));
      // What is in memory is answered without a turn of the event loop, and bytes arrive in these.
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    answers.push(await answersOf(replica));
    for (const all of answers) assert.deepEqual(all, wanted);
    const { whole, kept, heldBytes, bytes, state } = await replica.status();
    assert.deepEqual([whole, kept, heldBytes >= bytes, state], [true, true, true, "ready"]);
    const fill = progress.filter(({ phase }) => phase === "fill");
    assert.ok(fill.length > 0 && fill.every(({ loadedBytes, totalBytes }) => loadedBytes <= totalBytes && totalBytes === bytes), JSON.stringify(fill));
    assert.equal(progress.at(-1).phase, "ready");
    await replica.close();
    assert.deepEqual(await readdir(join(cacheDir, "ranges")), [], "ranges of what is whole are not kept");
    await parts.away(async () => {
      const again = await opened({ cacheDir });
      assert.deepEqual(await answersOf(again), wanted);
      assert.equal((await again.status()).whole, true);
      await again.close();
    });
  });

  it("tells its listeners when it is whole", async () => {
    const replica = await opened();
    await new Promise((resolve) => replica.on("status", ({ whole }) => whole && resolve()));
    await replica.close();
  });

  it("searches without a gap while one takes the place of the other", async () => {
    const replica = await opened();
    let isOver = false;
    const searcher = async (n) => {
      for (let i = n; !isOver; i += 1) {
        const query = QUERIES[i % QUERIES.length];
        assert.deepEqual(told(await replica.search(query)), wanted[i % QUERIES.length]);
        await new Promise((resolve) => setTimeout(resolve, 1 + (i % 3)));
      }
    };
    const searchers = [0, 3, 5].map(searcher);
    // They leave it moments of quiet, or it would wait for ever.
    await Promise.race([isWhole(replica), ...searchers]);
    isOver = true;
    await Promise.all(searchers);
    await replica.close();
  });

  it("goes on where it was interrupted, after a restart", async () => {
    const cacheDir = await freshFolder("js-background");
    Object.assign(parts.proxy.asked, { all: [] });
    const done = new Set();
    parts.proxy.asked.lie = (told, { path }) => {
      const [hash] = /(?<=blobs\/)\w+/.exec(path) ?? [];
      if (hash === undefined || told.status !== 200 && !told.headers["content-range"]?.startsWith("bytes 0-")) return;
      if (done.size > 0 && !done.has(hash)) Object.assign(told, { status: 503, headers: {}, body: Buffer.alloc(0) });
      else if (told.headers["content-range"]?.endsWith(`/${told.body.length}`)) done.add(hash);
    };
    const replica = await opened({ cacheDir });
    await until("a blob is kept", async () => (await readdir(join(cacheDir, "blobs")).catch(() => [])).length === 1);
    assert.equal((await replica.status()).whole, false);
    assert.deepEqual(await answersOf(replica), wanted);
    await replica.close();
    const [kept] = await readdir(join(cacheDir, "blobs"));
    Object.assign(parts.proxy.asked, { lie: undefined, all: [] });
    const again = await opened({ cacheDir });
    await isWhole(again);
    assert.ok(!blobsAsked().has(kept), "what is kept is not fetched again");
    assert.deepEqual(await answersOf(again), wanted);
    await again.close();
  });

  it("goes on by itself after the next sync, where the source failed", async () => {
    parts.proxy.asked.lie = (told, { path, range }) => /blobs/.test(path) && told.body.length > 400_000 && Object.assign(told, { status: 503, headers: {}, body: Buffer.alloc(0) });
    const replica = await opened();
    assert.deepEqual(await answersOf(replica), wanted);
    assert.equal((await replica.status()).whole, false);
    parts.proxy.asked.lie = undefined;
    await replica.sync();
    await isWhole(replica);
    await replica.close();
  });

  it("does not keep a blob that is another one, and stays with its parts", async () => {
    const cacheDir = await freshFolder("js-background");
    parts.proxy.asked.lie = (told, { path }) => /blobs/.test(path) && told.body.length > 400_000 && (told.body[told.body.length >> 1] ^= 1);
    const replica = await opened({ cacheDir });
    await until("it was tried", async () => parts.proxy.asked.all.some(({ path }) => /blobs/.test(path)));
    assert.deepEqual(await answersOf(replica), wanted);
    assert.equal((await replica.status()).whole, false);
    parts.proxy.asked.lie = undefined;
    await replica.sync();
    await isWhole(replica);
    assert.deepEqual(await answersOf(replica), wanted);
    await replica.close();
  });

  it("stays with its parts where all of it is more than memory may have", async () => {
    const replica = await opened({ memoryBudgetBytes: 900_000 });
    await replica.sync();
    assert.deepEqual(told(await replica.search(QUERIES[0])), wanted[0]);
    const { whole, bytes, lastError } = await replica.status();
    assert.ok(bytes > 900_000);
    assert.deepEqual([whole, lastError], [false, null]);
    await replica.close();
  });

  it("stays with its parts where nothing can be kept", async () => {
    const place = join(await freshFolder("js-background"), "file");
    await writeFile(place, "here");
    const replica = await opened({ cacheDir: place });
    await replica.sync();
    assert.deepEqual(await answersOf(replica), wanted);
    const { whole, kept, lastError } = await replica.status();
    assert.deepEqual([whole, kept, lastError.code], [false, false, "storage_failed"]);
    await replica.close();
  });

  it("is shared by two of one folder", async () => {
    const cacheDir = await freshFolder("js-background");
    Object.assign(parts.proxy.asked, { bytes: 0 });
    const replicas = await Promise.all([opened({ cacheDir }), opened({ cacheDir })]);
    const { bytes } = await replicas[0].status();
    await Promise.all(replicas.map(isWhole));
    for (const replica of replicas) assert.deepEqual(await answersOf(replica), wanted);
    assert.ok(parts.proxy.asked.bytes < 1.9 * bytes, "what one has fetched the other finds");
    await Promise.all(replicas.map((replica) => replica.close()));
  });

  it("goes on to a version that is published meanwhile", async () => {
    let replica;
    const published = new Promise((resolve, reject) => {
      parts.proxy.asked.lie = ({ body }, { path }) => {
        if (!/blobs/.test(path) || body.length < 400_000) return;
        parts.proxy.asked.lie = undefined;
        parts.publish(point(20_000)).then(resolve, reject);
      };
    });
    replica = await opened();
    const { version } = await published;
    await replica.sync();
    await isWhole(replica);
    assert.equal((await replica.status()).version, version);
    await parts.whole.sync();
    assert.deepEqual(await answersOf(replica), await answersOf(parts.whole));
    // And from then on as one that holds all.
    const next = await parts.publish(point(20_001));
    assert.equal((await replica.sync()).version, next.version);
    assert.deepEqual([(await replica.status()).whole, (await replica.get("p20001"))?.id], [true, "p20001"]);
    await replica.close();
  });

  it("is not what a program in Node gets without asking for it", async () => {
    const replica = await parts.opened({ hold: undefined });
    assert.equal((await replica.status()).whole, true);
    await replica.close();
  });
});
