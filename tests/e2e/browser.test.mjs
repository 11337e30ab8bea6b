/** A replica in Chromium from its first byte to its last: opened, synced, cut off, shared, damaged, closed. */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { launchChromium } from "./support/browser.mjs";
import { excerpt, startExcerpt } from "./support/excerpt.mjs";
import { POLICY, startPageHost } from "./support/page-host.mjs";
import { replicaInPage, statusOf } from "./support/replicas.mjs";
import { flipStoredByte, storedBlobs } from "./support/stored-blobs.mjs";
import { startThrottle } from "./support/throttle.mjs";
import { until } from "./support/wait.mjs";

const CAT = { text: "small wild cat", topK: 5 };
const PHASES = ["head", "manifest", "blobs", "verify", "open", "ready"];

describe("a replica in Chromium", { timeout: 240_000 }, () => {
  let origin, host, chromium, site;

  before(async () => {
    origin = await startExcerpt();
    host = await startPageHost();
    chromium = await launchChromium();
  }, { timeout: 90_000 });
  after(async () => {
    await chromium?.close();
    await host?.stop();
    await origin?.stop();
  });
  beforeEach(() => {
    site = host.freshUrl();
  });
  afterEach(async () => {
    for (const page of chromium.pages()) await page.close();
  });

  const openReplica = async (url = origin.collection, trust = origin.trust) => {
    const replica = await replicaInPage(chromium, site);
    replica.progress = await replica.open(url, { trust });
    return replica;
  };

  it("opens with progress, answers, and says what it holds", { timeout: 30_000 }, async () => {
    const replica = await openReplica();
    const { progress } = replica;
    const phases = [...new Set(progress.map((step) => step.phase))];
    assert.deepEqual(phases, PHASES.filter((phase) => phases.includes(phase)), "phases come in their order");
    for (const phase of ["head", "manifest", "blobs", "ready"]) assert.ok(phases.includes(phase), `phase ${phase} of ${phases}`);
    const blobs = progress.filter((step) => step.phase === "blobs");
    assert.ok(blobs.every((step, i) => i === 0 || step.loadedBytes >= blobs[i - 1].loadedBytes), "progress never runs backwards");
    assert.equal(blobs.at(-1).loadedBytes, blobs.at(-1).totalBytes);
    assert.ok(blobs.length > 2, "large blobs report while they come in");

    const answer = await replica.search(CAT);
    assert.equal(answer.hits.length, 5);
    assert.equal(answer.answeredBy, "browser");
    const status = await statusOf(replica, "the replica having caught up", (s) => s.state === "ready");
    assert.equal(status.points, excerpt.count);
    assert.equal(status.version, answer.version);
    assert.ok(status.bytes >= blobs.at(-1).totalBytes, `${status.bytes} bytes on disk`);
    assert.ok(Math.abs(Date.now() - status.lastSyncMs) < 60_000);
  });

  it("works under a strict policy, without eval", { timeout: 30_000 }, async () => {
    const replica = await openReplica();
    const policy = await replica.page.evaluate(async () => (await fetch("/")).headers.get("content-security-policy"));
    assert.equal(policy, POLICY);
    await replica.search(CAT);
    assert.deepEqual(await replica.violations(), []);
    assert.deepEqual(replica.complaints, []);
    const evalRuns = await replica.page.evaluate(
      () =>
        new Promise((resolve) => {
          const script = document.createElement("script");
          script.src = "/eval.js";
          addEventListener("eval-tried", (event) => resolve(event.detail), { once: true });
          document.head.append(script);
        }),
    );
    assert.equal(evalRuns, false, "the policy does forbid eval, so nothing above needed it");
  });

  it("finds its worker by itself, and takes that of a folder only when one is named", { timeout: 30_000 }, async () => {
    const trust = { trust: origin.trust };
    const replica = await openReplica();
    const workers = (...paths) => {
      const wanted = paths.map((path) => new URL(path, site).href);
      return until(`workers from ${paths}`, () => isDeepStrictEqual(replica.page.workers().map((worker) => worker.url()), wanted));
    };
    await workers("/headwater/worker.js");
    await replica.close();

    await replica.open(origin.collection, { ...trust, assets: "/elsewhere" });
    await workers("/elsewhere/worker.js");
    assert.equal((await replica.search(CAT)).hits.length, 5);
    await replica.close();
    // Who names a folder is told that nothing is there, instead of being served from another one.
    const refused = async (assets, code, why) => {
      const error = await replica.open(origin.collection, { ...trust, assets }).then(() => assert.fail(`${assets} was taken`), (thrown) => thrown);
      assert.deepEqual([error.code, error.typed, error.retryable], [code, true, code === "unreachable"], error.message);
      assert.match(error.message, why);
      await workers();
    };
    await refused("/nowhere/", "invalid_options", /"assets" of open\(\) names a folder.*\/nowhere\/worker\.js answered 404$/);
    await refused("http://[", "invalid_options", /"assets".*this is no URL$/);
    await refused("/pages/", "invalid_options", /\/pages\/worker\.js is no script but text\/html/);
    await refused("/no-engine/", "invalid_options", /\/no-engine\/headwater_bg\.wasm answered 404/);
    await refused("/page-for-engine/", "invalid_options", /\/page-for-engine\/headwater_bg\.wasm is no WebAssembly/);
    await refused("http://127.0.0.1:9/", "unreachable", /127\.0\.0\.1:9\/worker\.js cannot be fetched/);
  });

  it("starts from disk with every server dead, and catches up with the difference only", { timeout: 90_000 }, async () => {
    const own = await startExcerpt();
    try {
      const replica = await replicaInPage(chromium, site);
      await replica.open(own.collection, { trust: own.trust });
      const before = await replica.search(CAT);
      await replica.close();

      await own.kill();
      await replica.reload();
      await replica.open(own.collection, { trust: own.trust });
      assert.deepEqual((await replica.search(CAT)).hits, before.hits);
      const away = await statusOf(replica, "the replica noticing that its source is away", (s) => s.state === "offline");
      assert.equal(away.lastError.code, "unreachable");
      await assert.rejects(replica.sync(), { code: "unreachable", retryable: true });

      await own.restart();
      const newer = excerpt.newer(20);
      const [gone] = before.hits;
      await own.upsert(newer);
      await own.remove([gone.id]);
      const published = await own.publish();
      const report = await replica.sync();
      assert.equal(report.changed, true);
      assert.equal(report.version, published.version);
      assert.ok(report.reusedBlobs >= 1, JSON.stringify(report));
      assert.ok(report.fetchedBlobs >= 1 && report.fetchedBlobs <= 3, JSON.stringify(report));
      assert.ok(report.fetchedBytes * 20 < published.bytes, `${report.fetchedBytes} fetched of ${published.bytes}`);

      const found = await replica.search({ text: newer[0].payload.gloss, topK: 3 });
      assert.ok(found.hits.some((hit) => hit.id === newer[0].id), "a new point is found");
      const again = await replica.search({ ...CAT, topK: 50 });
      assert.ok(!again.hits.some((hit) => hit.id === gone.id), "a deleted point is not");
      assert.equal((await replica.sync()).changed, false, "and then there is nothing left to fetch");
    } finally {
      await own.stop();
    }
  });

  it("follows deletes that are alike in two segments", { timeout: 60_000 }, async () => {
    const own = await startExcerpt();
    try {
      const newer = excerpt.newer(20);
      await own.upsert(newer);
      assert.equal((await own.publish()).segments, 2);
      const replica = await replicaInPage(chromium, site);
      await replica.open(own.collection, { trust: own.trust });

      // Points stand in the order of their ids, so these pairs stand at the same places. Tombstones of one
      // content are one blob: here first one segment names it, then the other as well.
      const [older, younger] = [excerpt.ids, newer.map((point) => point.id)].map((ids) => ids.toSorted());
      for (const id of [older[0], younger[0]]) {
        await own.remove([id]);
        const published = await own.publish();
        assert.equal((await replica.sync()).version, published.version);
        assert.equal((await replica.status()).points, published.points);
      }
      const later = await openReplica(own.collection, own.trust);
      assert.equal((await later.status()).points, excerpt.count + newer.length - 2);

      // And here both at once.
      await own.remove([older[1], younger[1]]);
      assert.equal((await own.publish()).points, excerpt.count + newer.length - 4);
      assert.equal((await replica.sync()).changed, true);
    } finally {
      await own.stop();
    }
  });

  it("shares one copy among two tabs", { timeout: 60_000 }, async () => {
    const [one, two] = await Promise.all([replicaInPage(chromium, site), replicaInPage(chromium, site)]);
    await Promise.all([one, two].map((tab) => tab.open(origin.collection, { trust: origin.trust })));
    const [first, second] = await Promise.all([one.search(CAT), two.search(CAT)]);
    assert.deepEqual(first.hits, second.hits);
    await Promise.all([one.sync(), two.sync(), one.sync()]);

    await one.close();
    assert.deepEqual((await two.search(CAT)).hits, second.hits, "closing one tab takes nothing from the other");
    await statusOf(two, "the other tab being well", (s) => s.state === "ready");
    const three = await openReplica();
    assert.deepEqual((await three.search(CAT)).hits, second.hits);
    assert.ok(!three.progress.some((step) => step.phase === "blobs" && step.loadedBytes > 0), "the third tab fetched no blob");
  });

  it("keeps the last good snapshot when its tab is closed in mid-sync", { timeout: 90_000 }, async () => {
    const own = await startExcerpt();
    const slow = await startThrottle(own.url);
    try {
      const collection = own.collection.replace(own.url, slow.url);
      const replica = await replicaInPage(chromium, site);
      await replica.open(collection, { trust: own.trust });
      const before = await replica.search(CAT);
      await own.upsert(excerpt.newer(2_000));
      const published = await own.publish();

      slow.holdBlobs();
      const cut = replica.sync().catch((error) => error);
      await until("the sync asking for a blob", () => slow.held > 0);
      await replica.page.close();
      await cut;
      slow.release();

      await own.kill();
      const offline = await replicaInPage(chromium, site);
      await offline.open(collection, { trust: own.trust });
      const after = await offline.search(CAT);
      assert.equal(after.version, before.version);
      assert.deepEqual(after.hits, before.hits);

      await own.restart();
      assert.equal((await offline.sync()).version, published.version);
    } finally {
      await slow.stop();
      await own.stop();
    }
  });

  it("finds damage on its disk, and fetches those bytes again", { timeout: 90_000 }, async () => {
    const own = await startExcerpt();
    try {
      const replica = await replicaInPage(chromium, site);
      await replica.open(own.collection, { trust: own.trust });
      const before = await replica.search(CAT);
      await replica.close();
      const blobs = await storedBlobs(replica.page);
      assert.ok(blobs.length >= 2, `${blobs.length} blobs are stored`);
      const [largest] = blobs.toSorted((a, b) => b.bytes - a.bytes);
      await flipStoredByte(replica.page, largest.key, largest.bytes >> 1);

      await replica.reload();
      await replica.open(own.collection, { trust: own.trust });
      await statusOf(replica, "a whole copy again", (s) => s.state === "ready");
      assert.deepEqual((await replica.search(CAT)).hits, before.hits);
      await replica.close();

      // With no server to heal from, damage is an error with a code, never a wrong answer; and it heals later.
      await flipStoredByte(replica.page, largest.key, largest.bytes >> 1);
      await own.kill();
      await replica.reload();
      await assert.rejects(replica.open(own.collection, { trust: own.trust }), { code: "unreachable", typed: true });
      await own.restart();
      await replica.open(own.collection, { trust: own.trust });
      assert.deepEqual((await replica.search(CAT)).hits, before.hits);
    } finally {
      await own.stop();
    }
  });

  it("closes for good, and at once", { timeout: 30_000 }, async () => {
    const replica = await openReplica();
    // Answered before the end or rejected by it, but never left waiting.
    const pending = replica.search(CAT).catch((error) => assert.equal(error.code, "closed"));
    await replica.close();
    await pending;
    await assert.rejects(replica.search(CAT), { code: "closed", typed: true });
    await assert.rejects(replica.sync(), { code: "closed", typed: true });
    await replica.close();
    await replica.open(origin.collection, { trust: origin.trust });
    assert.equal((await replica.search(CAT)).hits.length, 5, "the same page may open it again");
  });

  it("refuses bad input by code, and answers on", { timeout: 30_000 }, async () => {
    const replica = await openReplica();
    const refused = async (query, code) => assert.rejects(replica.search(query), { code, typed: true, retryable: false });
    await refused({ vector: [1, 2, 3] }, "dimension_mismatch");
    await refused({ vector: new Array(256).fill(NaN) }, "non_finite");
    await refused({ text: "cat", filter: { colour: "red" } }, "unknown_field");
    await refused({ text: "cat", filter: { senses: "many" } }, "type_mismatch");
    await refused({ text: "cat", topK: 0 }, "invalid_query");
    await refused({}, "invalid_query");
    await refused({ text: "cat", colour: "red" }, "invalid_query");
    assert.equal((await replica.search(CAT)).hits.length, 5);
  });

  it("answers from origin through connect() like the replica", { timeout: 30_000 }, async () => {
    const replica = await openReplica();
    const remote = await replicaInPage(chromium, site, "remote");
    await remote.connect(origin.collection);
    const [here, there] = [await replica.search(CAT), await remote.search(CAT)];
    const comparable = ({ hits }) => hits.map((hit) => ({ ...hit, score: Math.fround(hit.score) }));
    assert.deepEqual(comparable(there), comparable(here));
    assert.deepEqual([here.answeredBy, there.answeredBy], ["browser", "origin"]);
    await assert.rejects(remote.search({ text: "cat", filter: { colour: "red" } }), { code: "unknown_field", typed: true });
  });
});
