/** A replica in parts at hosts that ignore ranges: it fetches the pieces that an export has, and believes nothing of them. */
import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { open } from "headwater";
import { Child } from "../../../tests/e2e/support/child.mjs";
import { ask } from "../../../tests/e2e/support/http.mjs";
import { freshFolder } from "../../../tests/e2e/support/places.mjs";
import { hostWithoutRanges } from "../../../tests/e2e/support/host-without-ranges.mjs";
import { freePort, headwater } from "../../../tests/e2e/support/servers.mjs";
import { QUERIES, point, startParts, told } from "../../../tests/e2e/support/parts-collection.mjs";

const SIZE = 64 * 1024;
describe("a replica in parts at a host without ranges", { timeout: 120_000 }, () => {
  let parts, folder, bare, host, wanted, allBytes;
  before(async () => {
    parts = await startParts();
    [folder, bare] = [await freshFolder("js-pieces"), await freshFolder("js-no-pieces")];
    const at = ["-c", "parts", "--url", parts.origin.url];
    await headwater("export", folder, ...at, `--pieces=${SIZE}`);
    await headwater("export", bare, ...at);
    host = await hostWithoutRanges(folder);
    wanted = [];
    for (const query of QUERIES) wanted.push(told(await parts.whole.search(query)));
    allBytes = (await parts.whole.status()).bytes;
  });
  after(async () => {
    await host?.stop();
    await parts?.stop();
  });

  const begin = (at = host, lie) => Object.assign(at.asked, { paths: [], bytes: 0, most: 0, lie });
  const opened = async (options = {}, url = host.url) =>
    open(url, { trust: parts.trust, hold: "as-needed", syncEveryMs: 0, cacheDir: await freshFolder("js-pieces-kept"), ...options });
  const searchAll = async (replica) => {
    for (const [n, query] of QUERIES.entries()) assert.deepEqual(told(await replica.search(query)), wanted[n], `query ${n}`);
  };
  const objects = (paths) => paths.filter((path) => /^\/(blobs|pages)/.test(path));
  const pieces = (paths) => paths.filter((path) => path.startsWith("/pieces/"));
  const isPiece = ({ url }) => url.startsWith("/pieces/");
  const isObject = ({ url }) => /^\/(blobs|pages)/.test(url);

  it("fetches pieces, each once, and after one request asks for no ranges", async () => {
    begin();
    const replica = await opened();
    assert.deepEqual(told(await replica.search(QUERIES[0])), wanted[0]);
    assert.ok(host.asked.bytes < allBytes / 2, `${host.asked.bytes} of ${allBytes} bytes`);
    assert.equal(objects(host.asked.paths).length, 1, `${objects(host.asked.paths)}`);
    const { fetchedBytes } = await replica.prefetch({ queries: QUERIES });
    assert.ok(fetchedBytes > 0);
    await searchAll(replica);
    const { paths, most } = host.asked;
    assert.ok(!paths.includes("/pieces.json"), "the boot object has said it");
    assert.ok(pieces(paths).length > 3 && new Set(paths).size === paths.length, `${paths}`);
    assert.ok(most <= 24, `${most} at once`);
    await replica.close();
  });

  it("hears of pieces without a boot object, too", async () => {
    begin(host, (told, { url }) => url === "/boot" && Object.assign(told, { status: 404 }));
    const replica = await opened();
    await searchAll(replica);
    const { paths } = host.asked;
    assert.equal(paths.filter((path) => path === "/pieces.json").length, 1);
    assert.ok(pieces(paths).length > 3 && new Set(pieces(paths)).size === pieces(paths).length);
    await replica.close();
  });

  it("fetches an object whole where there are none, once, however many ranges are wanted of it", async () => {
    const without = await hostWithoutRanges(bare);
    const replica = await opened({}, without.url);
    await Promise.all([searchAll(replica), searchAll(replica)]);
    const whole = objects(without.asked.paths);
    // Several ask at once, and break off when all of it comes to one of them.
    assert.ok(without.asked.bytes < 2 * allBytes, `${without.asked.bytes} of ${allBytes} bytes: ${whole}`);
    assert.equal(pieces(without.asked.paths).length, 0);
    await replica.close();
    await without.stop();
  });

  it("uses ranges where they work", async () => {
    begin(host, (told, { url, headers }) => {
      const [, from, to] = /bytes=(\d+)-(\d+)/.exec(headers.range ?? "") ?? [];
      if (from === undefined || !isObject({ url })) return;
      const headersOf = { "content-range": `bytes ${from}-${to}/${told.body.length}` };
      Object.assign(told, { status: 206, headers: headersOf, body: told.body.subarray(Number(from), Number(to) + 1) });
    });
    const replica = await opened();
    await searchAll(replica);
    assert.deepEqual(pieces(host.asked.paths), []);
    await replica.close();
  });

  const NO_RANGES = {
    "another range": (told) => Object.assign(told, { status: 206, headers: { "content-range": "bytes 0-5/10" }, body: told.body.subarray(0, 6) }),
    "that it cannot": (told) => Object.assign(told, { status: 416, headers: { "content-range": `bytes */${told.body.length}` }, body: Buffer.alloc(0) }),
  };
  for (const [name, answer] of Object.entries(NO_RANGES)) {
    it(`fetches pieces from a host that answers a range with ${name}`, async () => {
      begin(host, (told, request) => isObject(request) && request.headers.range !== undefined && answer(told));
      const replica = await opened();
      await searchAll(replica);
      assert.ok(pieces(host.asked.paths).length > 3);
      await replica.close();
    });
  }

  const LIES = {
    "is not there": (told) => Object.assign(told, { status: 404 }),
    "is forbidden": (told) => Object.assign(told, { status: 403 }),
    "is some page": (told) => Object.assign(told, { body: Buffer.from("<!doctype html>") }),
    "is empty": (told) => Object.assign(told, { body: Buffer.alloc(0) }),
    "is cut off": (told) => Object.assign(told, { body: told.body.subarray(1) }),
    "is too long": (told) => Object.assign(told, { body: Buffer.concat([told.body, told.body]) }),
    "has other bytes": (told) => Object.assign(told, { body: Buffer.from(told.body.map((byte) => byte ^ 1)) }),
  };
  for (const [name, lie] of Object.entries(LIES)) {
    for (const [which, isMeant] of [["every piece", () => true], ["the first piece of each object", ({ url }) => url.endsWith("/0")]]) {
      it(`does without pieces of an object where ${which} ${name}`, async () => {
        begin(host, (told, request) => isPiece(request) && isMeant(request) && lie(told));
        const cacheDir = await freshFolder("js-pieces-lies");
        const replica = await opened({ cacheDir });
        await searchAll(replica);
        assert.equal((await replica.status()).lastError, null);
        assert.ok(pieces(host.asked.paths).length > 0 && host.asked.paths.length < 100, `${host.asked.paths.length} requests`);
        await replica.close();
        begin();
        const again = await opened({ cacheDir });
        await searchAll(again);
        await again.close();
      });
    }
  }

  it("says that parts are missing where the host fails, and goes on when it is back", async () => {
    begin(host, (told, request) => isPiece(request) && Object.assign(told, { status: 503 }));
    const replica = await opened();
    await assert.rejects(replica.search(QUERIES[0]), { name: "HeadwaterError", code: "parts_missing", retryable: true });
    begin();
    await searchAll(replica);
    await replica.close();
  });

  const INDEXES = {
    "a size of zero": 0, "a size below all": 1, "a huge size": 2 ** 53, "a size beyond numbers": "1e999", "a negative size": -SIZE, "a broken size": SIZE + 0.5,
    "a text": `"${SIZE}"`, "a list": "[]", "nothing": "null", "another size": 2 * SIZE,
  };
  for (const [name, bytes] of Object.entries(INDEXES)) {
    it(`answers where the index of pieces says ${name}`, async () => {
      for (const inBoot of [true, false]) {
        begin(host, (told, { url }) => {
          if (url === "/pieces.json") told.body = Buffer.from(`{"format":1,"bytes":${bytes}}`);
          if (url === "/boot" && !inBoot) told.status = 404;
          if (url === "/boot") told.body = Buffer.from(told.body.toString("latin1").replace(`"pieces":${SIZE}`, `"pieces":${bytes}`), "latin1");
        });
        const replica = await opened();
        await searchAll(replica);
        assert.equal((await replica.status()).lastError, null);
        assert.ok(host.asked.paths.length < 100, `${host.asked.paths.length} requests`);
        await replica.close();
      }
    });
  }
  for (const [name, body] of Object.entries({ "some page": "<!doctype html>", "more than it has": "[".repeat(5000), "a later format": `{"format":2,"bytes":${SIZE}}` })) {
    it(`fetches objects whole where in place of the index of pieces comes ${name}`, async () => {
      begin(host, (told, { url }) => {
        if (url === "/pieces.json") Object.assign(told, { status: 200, body: Buffer.from(body) });
        if (url === "/boot") told.status = 404;
      });
      const replica = await opened();
      await searchAll(replica);
      assert.deepEqual(pieces(host.asked.paths), []);
      await replica.close();
    });
  }

  it("answers from kept pieces without the network", async () => {
    begin();
    const own = await hostWithoutRanges(folder);
    const cacheDir = await freshFolder("js-pieces-kept");
    const replica = await opened({ cacheDir }, own.url);
    await searchAll(replica);
    await replica.close();
    await own.stop();
    const again = await opened({ cacheDir }, own.url);
    await searchAll(again);
    await again.close();
  });

  it("fetches no piece twice where nothing can be kept", async () => {
    begin();
    const replica = await opened({ partsBytes: 0 });
    await searchAll(replica);
    const { paths } = host.asked;
    assert.equal(new Set(pieces(paths)).size, pieces(paths).length, `${pieces(paths)}`);
    await replica.close();
  });

  it("goes on with a version that has pieces of another size, and with one that has none", async () => {
    const moving = await freshFolder("js-pieces-moving");
    await cp(folder, moving, { recursive: true });
    const own = await hostWithoutRanges(moving);
    const replica = await opened({}, own.url);
    await searchAll(replica);
    for (const [round, more] of [["--pieces=32KiB"], []].entries()) {
      await parts.publish(...Array.from({ length: 900 }, (_, n) => ({ ...point(n), payload: { ...point(n).payload, n: n + 1 + round } })));
      await headwater("export", moving, "-c", "parts", "--url", parts.origin.url, ...more);
      begin(own);
      assert.equal((await replica.sync()).changed, true);
      await parts.whole.sync();
      for (const query of QUERIES) assert.deepEqual(told(await replica.search(query)), told(await parts.whole.search(query)));
      const sizes = new Set(pieces(own.asked.paths).map((path) => path.split("/")[2]));
      assert.deepEqual([...sizes], more.length === 0 ? [] : ["32768"]);
      assert.equal(own.asked.paths.filter((path) => path === "/pieces.json").length, 1);
    }
    await replica.close();
    await own.stop();
  });

  it("answers from Python's server of files", async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const server = new Child("python3 -m http.server", "python3", ["-m", "http.server", `${port}`, "--bind", "127.0.0.1", "--directory", folder]);
    try {
      await server.ready("serving files", async () => (await ask("GET", `${url}/head`)).status === 200, { timeoutMs: 30_000 });
      const replica = await opened({}, url);
      await searchAll(replica);
      const { heldBytes, bytes } = await replica.status();
      assert.ok(heldBytes < bytes);
      await replica.close();
    } finally {
      await server.stop();
    }
  });
});
