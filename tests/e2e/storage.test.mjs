/**
 * A replica in Chromium where nothing can be kept, where its engine breaks, and where the network says no: it answers
 * when it can, and what it says is what happened.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { launchChromium } from "./support/browser.mjs";
import { call } from "./support/http.mjs";
import { freshFolder } from "./support/places.mjs";
import { startPageHost } from "./support/page-host.mjs";
import { replicaInPage } from "./support/replicas.mjs";
import { startOrigin } from "./support/servers.mjs";
import { startThrottle } from "./support/throttle.mjs";
import { until, within } from "./support/wait.mjs";

const CAT = { match: "cat", topK: 3 };
const point = (n) => ({ id: `cat${n}`, payload: { body: `cat ${"of many words ".repeat(n % 50)} ${n * 7919}` } });

/**
 * What the worker runs before the package: all memory that its engine could still get is taken when a query says so.
 */
const EXHAUSTING = `
  const { Instance } = WebAssembly;
  let memory;
  WebAssembly.Instance = new Proxy(Instance, {
    construct(target, given, as) {
      const instance = Reflect.construct(target, given, as);
      ({ memory } = instance.exports);
      return instance;
    },
  });
  addEventListener("message", ({ data }) => {
    if (!JSON.stringify(data).includes("exhaust")) return;
    for (let pages = 65536; pages >= 1; pages >>= 1) {
      try { for (;;) memory.grow(pages); } catch {}
    }
  });
`;

describe("a replica in Chromium", { timeout: 120_000 }, () => {
  let origin, host, url, trust, chromium, blocking, site;

  before(async () => {
    [origin, host, chromium, blocking] = await Promise.all([
      freshFolder("storage-origin").then((data) => startOrigin({ data })),
      startPageHost(),
      launchChromium(),
      launchChromium({ cookies: false }),
    ]);
    url = `${origin.url}/v1/collections/cats`;
    ({ trust } = await call("PUT", url, { text: { body: {} } }));
    await call("PUT", `${url}/points`, { points: Array.from({ length: 1000 }, (_, n) => point(n)) });
    await call("POST", `${url}/publish`);
  });
  after(async () => {
    for (const one of [chromium, blocking, host, origin]) await (one?.close ?? one?.stop)?.call(one);
  });
  beforeEach(() => {
    site = host.freshUrl();
  });
  afterEach(async () => {
    for (const context of [chromium, blocking]) {
      for (const page of context.pages()) await page.close();
    }
  });

  const inPage = (context = chromium) => replicaInPage(context, site);
  const opened = async (replica) => {
    await replica.open(url, { trust, syncEveryMs: 0 });
    return replica;
  };
  /** It answers, follows, and says of itself that nothing is kept, and why. */
  const answersUnkept = async (replica, code, why) => {
    assert.equal((await replica.search(CAT)).hits.length, 3);
    assert.equal((await replica.sync()).changed, false);
    const { state, kept, lastError } = await replica.status();
    assert.deepEqual([state, kept, lastError?.code], ["ready", false, code], JSON.stringify(lastError));
    assert.match(lastError.detail, why);
    await replica.close();
  };
  const database = (page, version, stores) =>
    page.evaluate(
      ([version, stores]) =>
        new Promise((resolve, reject) => {
          const request = indexedDB.open("headwater", version);
          request.onupgradeneeded = () => stores.forEach((name) => request.result.createObjectStore(name));
          request.onsuccess = () => resolve(request.result.close());
          request.onerror = () => reject(request.error);
        }),
      [version, stores],
    );

  it("says that it is kept, where it is", { timeout: 30_000 }, async () => {
    const replica = await opened(await inPage());
    assert.deepEqual(await replica.status().then(({ state, kept, lastError }) => [state, kept, lastError]), ["ready", true, null]);
    await replica.close();
  });

  it("opens where its user has blocked cookies", { timeout: 30_000 }, async () => {
    const replica = await inPage(blocking);
    const denied = await replica.page.evaluate(
      () =>
        new Promise((resolve) => {
          const request = indexedDB.open("probe");
          request.onsuccess = () => resolve("");
          request.onerror = () => resolve(request.error.name);
        }).catch((thrown) => thrown.name),
    );
    assert.ok(denied, "the page is denied IndexedDB, so the test tests what it should");
    await answersUnkept(await opened(replica), "storage_failed", /IndexedDB/);
  });

  it("opens where its site may store too little", { timeout: 30_000 }, async () => {
    const replica = await inPage();
    const session = await chromium.newCDPSession(replica.page);
    await session.send("Storage.overrideQuotaForOrigin", { origin: new URL(site).origin, quotaSize: 20_000 });
    await answersUnkept(await opened(replica), "storage_full", /space/);
  });

  it("opens where there is no IndexedDB", { timeout: 30_000 }, async () => {
    site = host.freshUrl('Object.defineProperty(globalThis, "indexedDB", { value: undefined })');
    await answersUnkept(await opened(await inPage()), "unsupported_runtime", /no IndexedDB/);
  });

  it("opens where a newer version of the library has been", { timeout: 30_000 }, async () => {
    const replica = await inPage();
    await database(replica.page, 7, []);
    await answersUnkept(await opened(replica), "storage_failed", /newer version/);
  });

  it("opens where the database is somebody else's", { timeout: 30_000 }, async () => {
    const replica = await inPage();
    await database(replica.page, 1, ["other"]);
    await answersUnkept(await opened(replica), "storage_failed", /not this library's/);
  });

  it("opens without Web Locks", { timeout: 30_000 }, async () => {
    site = host.freshUrl('Object.defineProperty(navigator, "locks", { value: undefined })');
    const replica = await opened(await inPage());
    assert.equal((await replica.search(CAT)).hits.length, 3);
    assert.equal((await replica.status()).kept, true);
  });

  it("does not wait for the sync of another collection", { timeout: 60_000 }, async () => {
    const [cats, dogs] = ["slow-cats", "quick-dogs"].map((name) => `${origin.url}/v1/collections/${name}`);
    const write = async (collection, n) => {
      await call("PUT", `${collection}/points`, { points: [point(n)] });
      return call("POST", `${collection}/publish`);
    };
    for (const collection of [cats, dogs]) {
      await call("PUT", collection, { text: { body: {} } });
      await write(collection, 1);
    }
    const slow = await startThrottle(origin.url);
    try {
      const [one, two] = [await inPage(), await inPage()];
      const behind = cats.replace(origin.url, slow.url);
      await one.open(behind, { trust, syncEveryMs: 0 });
      await two.open(dogs, { trust, syncEveryMs: 0 });
      const [, published] = [await write(cats, 2), await write(dogs, 2)];
      slow.holdBlobs();
      const held = one.sync();
      await until("the slow sync asking for a blob", () => slow.held > 0);
      assert.equal((await within(10_000, "the other sync", two.sync())).version, published.version);
      slow.release();
      assert.equal((await held).changed, true);
      // What each of them fetched is still there: both start without their source.
      for (const [replica, collection] of [[one, behind], [two, dogs]]) {
        assert.equal((await replica.status()).kept, true);
        await replica.close();
        const progress = await replica.open(collection, { trust, syncEveryMs: 0 });
        assert.ok(!progress.some(({ phase }) => phase === "head"), "opened from what is kept");
        await replica.close();
      }
    } finally {
      await slow.stop();
    }
  });

  it("says that its engine has stopped, can be closed, and opened again", { timeout: 30_000 }, async () => {
    site = host.freshUrl(EXHAUSTING);
    const replica = await opened(await inPage());
    const large = `exhaust ${"x".repeat(32 * 1024 * 1024)}`;
    const stopped = { code: "internal", typed: true, retryable: false };
    const error = await replica.search({ match: large }).catch((thrown) => thrown);
    assert.deepEqual([error.code, error.typed, error.cause?.name], ["internal", true, "RuntimeError"], error.message);
    await assert.rejects(replica.search(CAT), stopped);
    await assert.rejects(replica.sync(), stopped);
    await replica.close();
    await opened(replica);
    assert.equal((await replica.search(CAT)).hits.length, 3);
  });

  it("keeps across the worker what lies behind an error", { timeout: 30_000 }, async () => {
    const replica = await inPage();
    const error = await replica.open("http://127.0.0.1:9/v1/collections/c", { trust }).catch((thrown) => thrown);
    assert.deepEqual([error.code, error.typed, error.retryable, error.cause?.name], ["unreachable", true, true, "TypeError"]);
    assert.match(error.message, /CORS/, "browsers do not say which it was");
  });

  it("refuses what cannot be meant, before it starts a worker", { timeout: 30_000 }, async () => {
    const replica = await inPage();
    for (const options of [{}, { trust: [] }, { trust, onprogress: 1 }]) {
      await assert.rejects(replica.open(url, options), { code: "invalid_options", typed: true });
    }
    assert.equal(replica.page.workers().length, 0);
  });

  it("connects by the page's own fetch", { timeout: 30_000 }, async () => {
    const remote = await inPage();
    await remote.connect(url, true);
    assert.equal((await remote.search(CAT)).hits.length, 3);
    await remote.connect("http://127.0.0.1:9/v1/collections/c", true);
    await assert.rejects(remote.search(CAT), { code: "unreachable", typed: true, retryable: true });
  });
});
