/** A replica of which only what searches want is here: the same answers as one that holds all, by ranges of a real origin. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { open } from "headwater";
import { freshFolder, wordnetModel } from "../../../tests/e2e/support/places.mjs";
import { call } from "../../../tests/e2e/support/http.mjs";
import { headwater } from "../../../tests/e2e/support/servers.mjs";
import { QUERIES, between, point, startParts, told, vector } from "../../../tests/e2e/support/parts-collection.mjs";

describe("a replica in parts", { timeout: 120_000 }, () => {
  let origin, proxy, whole, path, opened, parts;
  before(async () => {
    parts = await startParts();
    ({ origin, proxy, whole, path, opened } = parts);
  });
  after(() => parts?.stop());

  it("answers as one that holds all does", async () => {
    const replica = await opened();
    for (const query of QUERIES) {
      assert.deepEqual(told(await replica.search(query)), told(await whole.search(query)), JSON.stringify(Object.keys(query)));
    }
    assert.deepEqual(await replica.get("p4321"), await whole.get("p4321"));
    assert.equal(await replica.get("nobody"), null);
    const typed = { query: "winter har" };
    assert.deepEqual((await replica.suggest(typed)).suggestions, (await whole.suggest(typed)).suggestions);
    const [{ hits }] = await replica.searchBatch([QUERIES[0]]);
    assert.equal(hits.length, 10);
    await replica.close();
  });

  it("fetches a small part, and nothing twice", async () => {
    Object.assign(proxy.asked, { all: [], bytes: 0, most: 0 });
    const replica = await opened();
    const { bytes: all, heldBytes, whole: isWhole, kept } = await replica.status();
    assert.deepEqual([isWhole, kept], [false, true]);
    assert.ok(heldBytes > 0 && heldBytes < all / 3, `${heldBytes} of ${all}`);
    await replica.search(QUERIES[0]);
    assert.ok(proxy.asked.bytes < all / 3, `${proxy.asked.bytes} of ${all}`);
    assert.ok(proxy.asked.most <= 24, `${proxy.asked.most} at once`);
    const ranges = proxy.asked.all.filter(({ range }) => range !== undefined).map(({ path, range }) => `${path} ${range}`);
    assert.equal(new Set(ranges).size, ranges.length);
    assert.ok(ranges.length > 1 && proxy.asked.all.every(({ path, range }) => range !== undefined || !/blobs|pages/.test(path)));
    const before = proxy.asked.all.length;
    await Promise.all([replica.search(QUERIES[0]), replica.search(QUERIES[0])]);
    assert.equal(proxy.asked.all.length, before, "what is here is not asked for");
    await replica.close();
  });

  it("goes on to the next version, and fetches only what that has not in common", async () => {
    const replica = await opened();
    await replica.search(QUERIES[0]);
    await call("PUT", `${origin.url}${path}/points`, { points: [{ ...point(1), id: "new", vectors: { v: [...vector(77)] } }] });
    await call("POST", `${origin.url}${path}/publish`);
    Object.assign(proxy.asked, { all: [], bytes: 0 });
    const { changed } = await replica.sync();
    assert.equal(changed, true);
    const { hits } = await replica.search(QUERIES[0]);
    assert.ok(hits.some(({ id }) => id === "new"), "the new point is found");
    assert.ok(proxy.asked.bytes < 60_000, `${proxy.asked.bytes} bytes`);
    await whole.sync();
    assert.deepEqual(told(await replica.search(QUERIES[1])), told(await whole.search(QUERIES[1])));
    await replica.close();
  });

  it("derives vectors of texts from the few rows of the model that they need", async () => {
    const at = ["--url", origin.url];
    await headwater("model", "add", wordnetModel, "--name", "static", ...at);
    const url = `${origin.url}/v1/collections/meanings`;
    const { trust } = await call("PUT", url, { vectors: { v: { dim: 256, layout: "ranges", embed: { model: "static", from: ["body"] } } } });
    const bodies = ["a large wild cat of Africa", "a vehicle with four wheels", "a body of water that flows", "food made of flour"];
    await call("PUT", `${url}/points`, { points: bodies.map((body, n) => ({ id: `m${n}`, payload: { body } })) });
    await call("POST", `${url}/publish`);
    const all = await open(url, { trust: trust[0], cacheDir: await freshFolder("js-parts-model"), syncEveryMs: 0 });
    Object.assign(proxy.asked, { all: [], bytes: 0 });
    const replica = await open(`${proxy.url}/v1/collections/meanings`, { trust: trust[0], hold: "as-needed", syncEveryMs: 0, cacheDir: await freshFolder("js-parts-rows") });
    for (const text of ["lion", "driving to the bakery", "unbelievably wet"]) {
      assert.deepEqual(told(await replica.search({ text })), told(await all.search({ text })), text);
    }
    assert.ok(proxy.asked.bytes < 250_000, `${proxy.asked.bytes} of ${(await all.status()).bytes}`);
    await replica.close();
    await all.close();
  });

  it("takes no more memory than it may, and answers what it has room for", async () => {
    const replica = await opened({ memoryBudgetBytes: 400_000 });
    const { hits } = await replica.search(QUERIES[0]);
    await assert.rejects(replica.search({ vector: vector(3), exact: true }), { code: "over_budget", retryable: false, message: /the memory budget is 400000/ });
    assert.deepEqual((await replica.search(QUERIES[0])).hits, hits);
    // Many together, and one after the other, of which not all have room at once.
    const many = Array.from({ length: 24 }, (_, n) => ({ vector: vector(n * 11), topK: 5, efSearch: 20 }));
    const wanted = (await whole.searchBatch(many)).map(({ hits }) => hits);
    for (const [n, query] of many.entries()) assert.deepEqual((await replica.search(query)).hits, wanted[n]);
    Object.assign(proxy.asked, { all: [] });
    await replica.search(many[0]);
    assert.equal(proxy.asked.all.length, 0, "what was used longest ago went, and came back from what is kept");
    assert.ok((await replica.status()).heldBytes <= 400_000);
    const pairs = await Promise.all(many.slice(0, 2).map((query) => replica.search(query)));
    assert.deepEqual(pairs.map(({ hits }) => hits), wanted.slice(0, 2));
    await assert.rejects(opened({ memoryBudgetBytes: 5000 }), { code: "over_budget" });
    await replica.close();
  });

  it("says what it lacks when the source is away, and answers what it has", async () => {
    const replica = await opened();
    const { hits } = await replica.search(QUERIES[0]);
    const { port } = new URL(proxy.url);
    await proxy.stop();
    assert.deepEqual((await replica.search(QUERIES[0])).hits, hits);
    await assert.rejects(replica.search({ match: "voyage" }), { name: "HeadwaterError", code: "parts_missing", retryable: true, message: /cannot be reached/ });
    await assert.rejects(replica.sync(), { code: "unreachable" });
    assert.equal((await replica.status()).state, "offline");
    assert.deepEqual((await replica.search(QUERIES[0])).hits, hits, "still");
    await replica.close();
    proxy = parts.proxy = await between(origin.url);
    assert.notEqual(new URL(proxy.url).port, port);
  });

  const LIES = {
    "other bytes": [(told) => (told.body[told.body.length >> 1] ^= 1), "hash_mismatch"],
    "too few bytes": [(told) => (told.body = told.body.subarray(1)), "hash_mismatch"],
    "too many bytes": [(told) => (told.body = Buffer.concat([told.body, told.body])), "hash_mismatch"],
    "another length than all": [(told) => Object.assign(told, { status: 200, headers: {}, body: told.body.subarray(2) }), "hash_mismatch"],
    "another range": [(told) => (told.headers["content-range"] = "bytes 0-5/10"), "bad_response"],
    "nothing there": [(told) => Object.assign(told, { status: 404, headers: {} }), "bad_response"],
  };
  for (const [name, [lie, code]] of Object.entries(LIES)) {
    it(`refuses ${name}, and goes on when they are right again`, async () => {
      proxy.asked.boot = false;
      const replica = await opened();
      proxy.asked.lie = (told, { range }) => range !== undefined && lie(told);
      await assert.rejects(replica.search(QUERIES[0]), { name: "HeadwaterError", code });
      await assert.rejects(opened(), { code });
      Object.assign(proxy.asked, { lie: undefined, boot: true });
      assert.deepEqual(told(await replica.search(QUERIES[0])), told(await whole.search(QUERIES[0])));
      await replica.close();
    });
  }

  it("begins with one request, where the source has a boot object, and with as much as without", async () => {
    const bytesUntilOpen = async () => {
      Object.assign(proxy.asked, { all: [], bytes: 0 });
      const replica = await opened();
      const paths = proxy.asked.all.map(({ path: asked }) => asked.slice(path.length));
      await replica.close();
      return { paths, bytes: proxy.asked.bytes };
    };
    const boot = await bytesUntilOpen();
    assert.deepEqual(boot.paths, ["/boot"]);
    proxy.asked.boot = false;
    const without = await bytesUntilOpen();
    proxy.asked.boot = true;
    assert.equal(without.paths[0], "/boot");
    assert.ok(without.paths.length > 5 && boot.bytes < without.bytes + 4096, `${boot.bytes} and ${without.bytes} bytes`);
  });

  const indexed = (body, change) => {
    const end = body.indexOf(10);
    const index = JSON.parse(body.subarray(0, end));
    change(index);
    return Buffer.concat([Buffer.from(`${JSON.stringify(index)}\n`), body.subarray(end + 1)]);
  };
  const BOOT_LIES = {
    "no boot object": () => Buffer.from("<!doctype html><title>Not found</title>"),
    "nothing at all": () => Buffer.alloc(0),
    "one that is cut off": (body) => body.subarray(0, body.length >> 1),
    "one of a later format": (body) => indexed(body, (index) => (index.format = 2)),
    "one whose parts are none": (body) => indexed(body, (index) => (index.parts = [{ of: {}, start: "x", bytes: -7 }, null])),
    "one whose parts have other bytes": (body) => (body[body.length - 5000] ^= 1, body),
    "one whose parts are named like others": (body) => indexed(body, ({ parts }) => parts.forEach((part) => (part.start += 1))),
    "one of a head that nobody signed": (body) => (body[body.indexOf(10) + 200] ^= 1, body),
  };
  for (const [name, lie] of Object.entries(BOOT_LIES)) {
    it(`does without a boot object where the source sends ${name}`, async () => {
      proxy.asked.lie = (told, { path: asked }) => asked.endsWith("/boot") && Object.assign(told, { body: lie(told.body) });
      const replica = await opened();
      proxy.asked.lie = undefined;
      assert.deepEqual(told(await replica.search(QUERIES[0])), told(await whole.search(QUERIES[0])));
      assert.equal((await replica.status()).lastError, null);
      await replica.close();
    });
  }

  it("follows a head that is newer than the boot object", async () => {
    const old = Buffer.from(await (await fetch(`${origin.url}${path}/boot`)).arrayBuffer());
    await call("PUT", `${origin.url}${path}/points`, { points: [point(2)] });
    const { version } = await call("POST", `${origin.url}${path}/publish`);
    proxy.asked.lie = (told, { path: asked }) => asked.endsWith("/boot") && Object.assign(told, { body: old });
    const replica = await opened();
    assert.ok((await replica.status()).version < version);
    await replica.sync();
    assert.equal((await replica.status()).version, version);
    proxy.asked.lie = undefined;
    await whole.sync();
    assert.deepEqual(told(await replica.search(QUERIES[0])), told(await whole.search(QUERIES[0])));
    await replica.close();
  });

  for (const isWhole of [false, true]) {
    it(`takes ${isWhole ? "whole objects" : "ranges"} that a host compresses on the way`, async () => {
      const replica = await opened();
      proxy.asked.whole = isWhole;
      proxy.asked.lie = (told) => {
        told.body = gzipSync(told.body);
        told.headers["content-encoding"] = "gzip";
      };
      for (const query of QUERIES) assert.deepEqual(told(await replica.search(query)), told(await whole.search(query)));
      Object.assign(proxy.asked, { whole: false, lie: undefined });
      await replica.close();
    });
  }

  it("answers at its version while the source has that, and begins again at the next one, once, where it is gone", async () => {
    const replica = await opened();
    const { version } = await replica.search(QUERIES[0]);
    const manifest = async () => {
      const { head } = await (await fetch(`${origin.url}${path}/head`)).json();
      return (await fetch(`${origin.url}${path}/manifests/${head.manifest.hash}`)).text();
    };
    const before = await manifest();
    await parts.publish(point(17));
    await call("POST", `${origin.url}${path}/publish?compact=true`);
    const after = await manifest();
    assert.equal((await replica.search(QUERIES[3])).version, version, "what it has not yet is there");
    const blobs = (text) => [...text.matchAll(/"hash":"([0-9a-f]{64})"/g)].map(([, hash]) => hash);
    const gone = blobs(before).filter((hash) => !after.includes(hash));
    assert.ok(gone.length > 0);
    proxy.asked.lie = (told, { path }) => gone.some((hash) => path.endsWith(hash)) && Object.assign(told, { status: 404, headers: {} });
    await whole.sync();
    const answer = await replica.search(QUERIES[5]);
    assert.ok(answer.version > version, `${answer.version}`);
    assert.deepEqual(told(answer), told(await whole.search(QUERIES[5])));
    // A source that has nothing of what it names is told.
    proxy.asked.lie = (told, { range }) => range !== undefined && Object.assign(told, { status: 404, headers: {} });
    await assert.rejects(replica.search(QUERIES[6]), { code: "bad_response" });
    proxy.asked.lie = undefined;
    assert.deepEqual(told(await replica.search(QUERIES[6])), told(await whole.search(QUERIES[6])));
    await replica.close();
  });

  it("asks a source without ranges for whole objects, each once", async () => {
    Object.assign(proxy.asked, { all: [], whole: true, boot: false });
    const replica = await opened();
    for (const query of QUERIES) {
      assert.deepEqual(told(await replica.search(query)), told(await whole.search(query)), JSON.stringify(Object.keys(query)));
    }
    const objects = proxy.asked.all.map(({ path }) => path).filter((path) => /blobs|pages/.test(path));
    assert.equal(new Set(objects).size, objects.length, `${objects}`);
    Object.assign(proxy.asked, { whole: false, boot: true });
    await replica.close();
  });

  it("refuses a misspelt way to hold it", async () => {
    await assert.rejects(opened({ hold: "as needed" }), { code: "invalid_options", message: /"hold".*"all", "as-needed" or "in-background"/ });
  });
});
