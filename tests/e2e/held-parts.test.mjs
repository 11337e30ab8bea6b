/**
 * Pages whose replicas hold parts: what they keep in IndexedDB answers without the network, tabs share it, and the rest comes in the
 * background where the reader has not asked for less.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { launchChromium, launchFirefox } from "./support/browser.mjs";
import { startExcerpt } from "./support/excerpt.mjs";
import { hostWithoutRanges } from "./support/host-without-ranges.mjs";
import { startPageHost } from "./support/page-host.mjs";
import { QUERIES, startParts, told } from "./support/parts-collection.mjs";
import { freshFolder } from "./support/places.mjs";
import { replicaInPage } from "./support/replicas.mjs";
import { headwater } from "./support/servers.mjs";
import { flipStoredByte, storedBlobs } from "./support/stored-blobs.mjs";
import { until } from "./support/wait.mjs";

const SLOW_ENGINE =
  'const now = fetch; self.fetch = async (url, ...rest) => { if (String(url).endsWith(".wasm")) await new Promise((go) => setTimeout(go, 1500)); return now(url, ...rest); }';
const SAVING = 'Object.defineProperty(navigator, "connection", { value: { saveData: true } })';

describe("a page whose replica holds parts", { timeout: 240_000 }, () => {
  let parts, host, chromium, site, wanted;

  before(async () => {
    [parts, host, chromium] = await Promise.all([startParts(), startPageHost(), launchChromium()]);
    wanted = [];
    for (const query of QUERIES) wanted.push(told(await parts.whole.search(query)));
  });
  after(async () => {
    await chromium?.close();
    await host?.stop();
    await parts?.stop();
  });
  beforeEach(() => {
    site = host.freshUrl();
  });
  afterEach(async () => {
    for (const page of chromium.pages()) await page.close();
  });

  const url = () => `${parts.proxy.url}${parts.path}`;
  const options = (hold) => ({ trust: parts.trust, hold, syncEveryMs: 0 });
  const inPage = async (hold = "as-needed") => {
    const replica = await replicaInPage(chromium, site);
    await replica.open(url(), options(hold));
    return replica;
  };
  const answers = async (replica, which = QUERIES.keys()) => {
    for (const n of which) assert.deepEqual(told(await replica.search(QUERIES[n])), wanted[n], `query ${n}`);
  };
  const isWhole = (replica) => until("all of it is here", async () => (await replica.status()).whole);
  const stored = async (replica, store) => (await storedBlobs(replica.page)).filter(({ key }) => key.store === store);

  it("answers offline, when it is loaded again, what it was asked before", async () => {
    const replica = await inPage();
    await answers(replica, [0, 2, 5]);
    assert.equal((await replica.status()).kept, true);
    await parts.away(async () => {
      await replica.reload();
      await replica.open(url(), options("as-needed"));
      await answers(replica, [0, 2, 5]);
      await assert.rejects(replica.search({ match: "voyage harvest", fields: ["body"] }), { code: "parts_missing", retryable: true });
      const { state, whole, kept } = await replica.status();
      assert.deepEqual([whole, kept], [false, true], state);
    });
    await answers(replica);
    assert.deepEqual(replica.complaints.filter((text) => !text.includes("ERR_CONNECTION_REFUSED")), []);
  });

  /** The paths that were asked for, without what is searched for. */
  const asked = () => parts.proxy.asked.all.map(({ path }) => path.slice(parts.path.length + 1).replace(/\/.*/, ""));
  const openedFrom = async (slow, settings) => {
    site = host.freshUrl(slow ? SLOW_ENGINE : "");
    parts.proxy.asked.all = [];
    const replica = await replicaInPage(chromium, site);
    return { replica, opening: replica.open(url(), { trust: parts.trust, syncEveryMs: 0, ...settings }) };
  };

  it("asks for the boot object while its engine is on its way, once, and not again when something is kept", async () => {
    const { replica, opening } = await openedFrom(true, { hold: "as-needed" });
    let isOpen = false;
    void opening.then(() => (isOpen = true));
    await until("the boot object is asked for", () => asked().includes("boot"));
    assert.equal(isOpen, false, "the engine waits");
    await opening;
    await answers(replica, [0]);
    assert.deepEqual([...new Set(asked())].sort(), ["blobs", "boot"]);
    assert.equal(asked().filter((path) => path === "boot").length, 1);
    await until("it is kept", async () => (await stored(replica, "ranges")).length > 0);
    await replica.reload();
    parts.proxy.asked.all = [];
    await replica.open(url(), options("as-needed"));
    await answers(replica, [0]);
    assert.deepEqual(asked(), []);
  });

  it("is held as its size says: a small version needs two requests that wait for each other", async () => {
    const { replica, opening } = await openedFrom(false, { hold: "default" });
    await opening;
    assert.equal((await replica.status()).whole, true);
    assert.deepEqual([...new Set(asked())].sort(), ["blobs", "boot"]);
    await answers(replica);
    // What is said beforehand may be of yesterday: then it is asked again.
    parts.proxy.asked.lie = (told, { path }) => {
      if (path.includes("/blobs/") && asked().filter((name) => name === "blobs").length === 1) Object.assign(told, { status: 404, headers: {}, body: Buffer.alloc(0) });
    };
    const again = await openedFrom(false, { hold: "default" });
    await again.opening;
    parts.proxy.asked.lie = undefined;
    assert.deepEqual([...new Set(asked())].sort(), ["blobs", "boot", "head", "manifests"]);
    await answers(again.replica);
  });

  it("fetches pieces from a host that ignores ranges", async (t) => {
    const folder = await freshFolder("e2e-pieces");
    await headwater("export", folder, "-c", "parts", "--url", parts.origin.url, "--pieces");
    const plain = await hostWithoutRanges(folder);
    t.after(() => plain.stop());
    const replica = await replicaInPage(chromium, site);
    await replica.open(plain.url, options("as-needed"));
    await answers(replica);
    const whole = plain.asked.paths.filter((path) => path.startsWith("/blobs/"));
    assert.ok(whole.length <= 1, `${whole}: one, by which it is known`);
    assert.ok(plain.asked.paths.some((path) => path.startsWith("/pieces/65536/blobs/")));
    assert.equal((await replica.status()).kept, true);
    await plain.stop();
    await replica.reload();
    await replica.open(plain.url, options("as-needed"));
    await answers(replica);
  });

  it("writes what came by itself, so that a tab may go at any time", async () => {
    const replica = await inPage();
    await replica.search(QUERIES[0]);
    const bytes = async () => (await stored(replica, "ranges")).reduce((sum, { bytes }) => sum + bytes, 0);
    const first = await until("ranges in the store", bytes);
    await replica.search(QUERIES[3]);
    await until("more of them", async () => (await bytes()) > first);
  });

  it("shares what is kept with other tabs, which write at the same time", async () => {
    const tabs = await Promise.all([inPage(), inPage()]);
    await Promise.all([answers(tabs[0], [0, 1, 2, 3, 4]), answers(tabs[1], [3, 4, 5, 6, 7])]);
    for (const tab of tabs) assert.equal((await tab.status()).kept, true);
    await parts.away(async () => {
      const third = await inPage();
      await answers(third);
      // And one that was open before, which has not fetched all of it.
      await answers(tabs[0]);
    });
  });

  it("believes nothing of what is kept", async () => {
    const replica = await inPage();
    await answers(replica);
    await replica.status();
    for (const { key, bytes } of await stored(replica, "ranges")) await flipStoredByte(replica.page, key, bytes >> 1);
    await replica.reload();
    await replica.open(url(), options("as-needed"));
    await answers(replica);
    assert.equal((await replica.status()).lastError, null);
  });

  it("answers without keeping where there is no room", async () => {
    const replica = await replicaInPage(chromium, site);
    const session = await chromium.newCDPSession(replica.page);
    await session.send("Storage.overrideQuotaForOrigin", { origin: new URL(site).origin, quotaSize: 20_000 });
    await replica.open(url(), options("in-background"));
    await answers(replica);
    const { state, whole, kept, lastError } = await replica.status();
    assert.deepEqual([state, whole, kept, lastError?.code], ["ready", false, false, "storage_full"]);
    await session.detach();
  });

  it("fills up in the background while it is searched, and then needs no network", async () => {
    const replica = await inPage("in-background");
    for (let all = false; !all; all = (await replica.status()).whole) await answers(replica);
    await answers(replica);
    await until("no ranges in the store", async () => (await stored(replica, "ranges")).length === 0);
    await parts.away(async () => {
      await replica.reload();
      await replica.open(url(), options("in-background"));
      await answers(replica);
      assert.equal((await replica.search({ vector: Array.from({ length: 64 }, (_, d) => d / 64), exact: true })).hits.length, 10);
      assert.equal((await replica.status()).whole, true);
    });
  });

  it("fetches nothing in the background for a reader who asks for less traffic", async () => {
    site = host.freshUrl(SAVING);
    Object.assign(parts.proxy.asked, { bytes: 0 });
    const replica = await inPage("in-background");
    await answers(replica, [0]);
    await replica.sync();
    const { whole, bytes } = await replica.status();
    assert.equal(whole, false);
    assert.ok(parts.proxy.asked.bytes < bytes / 2, `${parts.proxy.asked.bytes} of ${bytes} bytes`);
  });

  it("holds all at once where nothing is said and it is small", async () => {
    const replica = await inPage("default");
    const { whole, bytes } = await replica.status();
    assert.equal(whole, true);
    assert.ok(bytes < 4 * 2 ** 20);
  });

  describe("of a collection that is not small", () => {
    let origin;
    before(async () => {
      origin = await startExcerpt();
    });
    after(() => origin?.stop());
    const CAT = { text: "small wild cat", topK: 5 };

    it("answers before it is there where nothing is said, and holds all later", async () => {
      const replica = await replicaInPage(chromium, site);
      await replica.open(origin.collection, { trust: origin.trust, hold: "default", syncEveryMs: 0 });
      const { hits } = await replica.search(CAT);
      const { bytes } = await replica.status();
      assert.ok(bytes > 4 * 2 ** 20, `${bytes} bytes`);
      await isWhole(replica);
      assert.deepEqual((await replica.search(CAT)).hits, hits);
      await replica.reload();
      await replica.open(origin.collection, { trust: origin.trust, hold: "default", syncEveryMs: 0 });
      assert.equal((await replica.status()).whole, true, "what was fetched in the background is kept");
      assert.deepEqual((await replica.search(CAT)).hits, hits);
    });

    it("has parts alone where the reader asks for less traffic", async () => {
      const replica = await replicaInPage(chromium, host.freshUrl(SAVING));
      await replica.open(origin.collection, { trust: origin.trust, hold: "default", syncEveryMs: 0 });
      assert.equal((await replica.search(CAT)).hits.length, 5);
      await replica.sync();
      const { whole, heldBytes, bytes } = await replica.status();
      assert.ok(!whole && heldBytes < bytes / 2, `${heldBytes} of ${bytes}`);
    });
  });

  describe("in Firefox", () => {
    let firefox, page;
    before(async () => {
      firefox = await launchFirefox();
    });
    after(() => firefox?.close());
    const ready = () => page.waitForSelector("html[data-ready]");
    const open = async (hold) => {
      const failure = await page.evaluate((url, options) => window.harness.open("replica", url, options).then(({ failure }) => failure ?? null), url(), options(hold));
      assert.equal(failure, null);
    };
    const call = async (...args) => {
      const { value, failure } = await page.evaluate((...args) => window.harness.call("replica", ...args), ...args);
      if (failure !== undefined) throw Object.assign(new Error(failure.message), failure);
      return value;
    };
    /** Without vectors, which its driver does not carry over. */
    const TYPED = [3, 4, 6, 7];
    const asTab = { search: (query) => call("search", query), status: () => call("status") };

    for (const hold of ["as-needed", "in-background"]) {
      it(`answers offline, when it is loaded again, having held ${hold}`, async () => {
        page = await firefox.newPage();
        await page.goto(host.freshUrl());
        await ready();
        await open(hold);
        await answers(asTab, TYPED);
        if (hold === "in-background") await isWhole(asTab);
        assert.equal((await asTab.status()).kept, true);
        await parts.away(async () => {
          await page.reload();
          await ready();
          await open(hold);
          await answers(asTab, TYPED);
        });
        await page.close();
      });
    }
  });
});
