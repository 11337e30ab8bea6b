/**
 * Pages that are left: a worker that is at work ends with its page, so that it holds up no other; and a page that is
 * gone back to answers as if it had never been away.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { launchChromium, launchFirefox } from "./support/browser.mjs";
import { excerpt, startExcerpt } from "./support/excerpt.mjs";
import { startPageHost } from "./support/page-host.mjs";
import { replicaInPage } from "./support/replicas.mjs";
import { startThrottle } from "./support/throttle.mjs";
import { until, within } from "./support/wait.mjs";

const CAT = { text: "small wild cat", topK: 5 };
const MS = 15_000;

describe("a page that is left", { timeout: 180_000 }, () => {
  let origin, slow, collection, trust, host, chromium, site;

  before(async () => {
    origin = await startExcerpt();
    slow = await startThrottle(origin.url);
    collection = origin.collection.replace(origin.url, slow.url);
    trust = { trust: origin.trust, syncEveryMs: 0 };
    [host, chromium] = await Promise.all([startPageHost({ kept: true }), launchChromium()]);
  }, { timeout: 90_000 });
  after(async () => {
    await chromium?.close();
    await host?.stop();
    await slow?.stop();
    await origin?.stop();
  });
  beforeEach(() => {
    site = host.freshUrl();
  });
  afterEach(async () => {
    slow.release();
    for (const page of chromium.pages()) await page.close();
  });

  /** As a browser says it. The driver of Chromium does not keep pages that are left. */
  const say = (replica, type, persisted) =>
    replica.page.evaluate(([type, persisted]) => void dispatchEvent(new PageTransitionEvent(type, { persisted })), [type, persisted]);
  const workers = (replica, count) => until(`${count} workers`, () => replica.page.workers().length === count);
  const blobAsked = () => until("a blob being asked for", () => slow.held > 0);

  it("ends its worker when it goes for good", { timeout: 30_000 }, async () => {
    const replica = await replicaInPage(chromium, site);
    await replica.open(collection, trust);
    await workers(replica, 1);
    await say(replica, "pagehide", false);
    await workers(replica, 0);
  });

  it("ends its worker in the middle of opening, and opens when it is gone back to", { timeout: 60_000 }, async () => {
    const replica = await replicaInPage(chromium, site);
    slow.holdBlobs();
    const opening = replica.open(collection, trust);
    await blobAsked();
    await say(replica, "pagehide", true);
    await workers(replica, 0);
    slow.release();

    const other = await replicaInPage(chromium, site);
    await within(MS, "another page opening meanwhile", other.open(collection, trust));
    const { hits } = await other.search(CAT);
    await say(replica, "pageshow", true);
    await within(MS, "the page opening after all", opening);
    assert.deepEqual((await replica.search(CAT)).hits, hits);
    await workers(replica, 1);
    await replica.close();
    await workers(replica, 0);
    await say(replica, "pageshow", true);
    await assert.rejects(replica.search(CAT), { code: "closed" });
    await workers(replica, 0);
  });

  it("keeps a worker that has nothing to do", { timeout: 30_000 }, async () => {
    const replica = await replicaInPage(chromium, site);
    await replica.open(collection, trust);
    const [worker] = replica.page.workers();
    await say(replica, "pagehide", true);
    await say(replica, "pageshow", true);
    await replica.search(CAT);
    assert.deepEqual(replica.page.workers(), [worker]);
  });

  it("answers what was asked in the middle of a sync, once it is gone back to", { timeout: 90_000 }, async () => {
    const own = await startExcerpt();
    const slowly = await startThrottle(own.url);
    try {
      const url = own.collection.replace(own.url, slowly.url);
      const replica = await replicaInPage(chromium, site);
      await replica.open(url, { trust: own.trust, syncEveryMs: 0 });
      const [worker] = replica.page.workers();
      await own.upsert(excerpt.newer(2_000));
      const { version } = await own.publish();
      slowly.holdBlobs();
      const syncing = replica.sync();
      await until("the sync asking for a blob", () => slowly.held > 0);
      await say(replica, "pagehide", true);
      const asked = replica.search(CAT);
      await workers(replica, 0);
      slowly.release();
      await say(replica, "pageshow", true);
      assert.equal((await within(MS, "the search", asked)).hits.length, 5);
      assert.equal((await within(MS, "the sync", syncing)).version, version);
      await workers(replica, 1);
      assert.notEqual(replica.page.workers()[0], worker);

      // With nothing to open from it says so, and tries again at the next call.
      await replica.page.evaluate(() => {
        globalThis.RealWorker = Worker;
        globalThis.Worker = class {
          constructor() {
            throw new TypeError("no workers just now");
          }
        };
      });
      slowly.holdBlobs();
      await own.upsert(excerpt.newer(3_000));
      await own.publish();
      const cut = replica.sync().catch((error) => error.code);
      await until("the next sync asking for a blob", () => slowly.held > 0);
      await say(replica, "pagehide", true);
      await say(replica, "pageshow", true);
      assert.equal(await within(MS, "the sync failing", cut), "unsupported_runtime");
      slowly.release();
      await replica.page.evaluate(() => (globalThis.Worker = globalThis.RealWorker));
      assert.equal((await replica.search(CAT)).hits.length, 5);
    } finally {
      await slowly.stop();
      await own.stop();
    }
  });

  describe("in Firefox", { timeout: 120_000 }, () => {
    let firefox;

    before(async () => {
      firefox = await launchFirefox();
    }, { timeout: 60_000 });
    after(() => firefox?.close());

    const newPage = async (url) => {
      const page = await firefox.newPage();
      await page.goto(url);
      await page.waitForSelector("html[data-ready]");
      return page;
    };
    const opened = (page) => page.evaluate((url, options) => window.harness.open("replica", url, options).then(({ failure }) => failure ?? "open"), collection, trust);
    const found = (page) =>
      page.evaluate((query) => window.harness.call("replica", "search", query).then(({ value, failure }) => failure ?? value.hits.length), CAT);

    it("holds up no other when it is left in the middle of opening", { timeout: 60_000 }, async () => {
      const page = await newPage(site);
      slow.holdBlobs();
      const opening = opened(page).catch(() => undefined);
      await blobAsked();
      await page.goto(`${site}?elsewhere`);
      slow.release();
      await page.waitForSelector("html[data-ready]");
      assert.equal(await within(MS, "the page after it", opened(page)), "open");
      await opening;
      await page.close();
    });

    it("answers when it is gone back to", { timeout: 60_000 }, async () => {
      const page = await newPage(site);
      assert.equal(await opened(page), "open");
      await page.evaluate(() => {
        window.shown = 0;
        addEventListener("pageshow", () => (window.shown += 1));
      });
      await page.goto(`${site}?elsewhere`);
      await page.waitForSelector("html[data-ready]");
      // The driver waits for a load that does not come when a page was kept.
      await page.evaluate(() => setTimeout(() => history.back()));
      await until("the page as it was left", () => page.evaluate(() => window.shown === 1));
      assert.equal(await within(MS, "an answer", found(page)), 5);
      await page.close();
    });
  });
});
