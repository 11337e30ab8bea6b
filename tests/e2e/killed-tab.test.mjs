/**
 * A tab whose process is killed at any step of a sync: the next one serves the version before or the version after, whole, without any
 * source, and follows the source again. Nothing is left in its storage that nothing names.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { launchChromium } from "./support/browser.mjs";
import { excerpt, startExcerpt } from "./support/excerpt.mjs";
import { MOMENTS, startHaltingSource } from "./support/halting-source.mjs";
import { newSigner } from "./support/head-signer.mjs";
import { call } from "./support/http.mjs";
import { startPageHost } from "./support/page-host.mjs";
import { record, startReplay } from "./support/replay.mjs";
import { replicaInPage } from "./support/replicas.mjs";
import { storedBlobs } from "./support/stored-blobs.mjs";
import { until, within } from "./support/wait.mjs";

const QUERY = { text: "small wild cat", topK: 5 };
/** What a sync to the newer version asks for: the model is held already. */
const REQUESTS = ["head", "manifests", "blobs", "blobs"];
/**
 * How long a tab lives on when it has been given all: while it keeps the last blob, opens the version, names it in its record and
 * drops what only the older one needed, which takes some milliseconds.
 */
const LIVES_ON_MS = [1, 2, 4, 8, 16, 32];

describe("a tab killed in the middle of a sync", () => {
  let signer, versions, replay, source, host, chromium, browser;
  const answers = new Map();

  before(async () => {
    signer = newSigner();
    versions = await recordTwoVersions();
    [replay, source, host, chromium] = await Promise.all([startReplay(signer), startHaltingSource(), startPageHost(), launchChromium()]);
    browser = await chromium.browser().newBrowserCDPSession();
    for (const version of versions) {
      const replica = await opened(host.freshUrl(), version);
      answers.set(version.head.version, await replica.search(QUERY));
      await replica.leave();
    }
    const [older, newer] = [...answers.values()].map((answer) => JSON.stringify(answer.hits));
    assert.notEqual(older, newer, "the versions can be told apart by what they answer");
  });

  after(async () => {
    await chromium?.close();
    await Promise.all([source?.stop(), replay?.stop(), host?.stop()]);
  });

  for (const [number, kind] of REQUESTS.entries()) {
    for (const moment of MOMENTS) {
      it(`${moment} the answer to request ${number}, for ${kind}`, { timeout: 60_000 }, async () => {
        const { site, held } = await killedAt(number, moment, kind);
        // The newer version cannot be there before all of it was given.
        if (number < REQUESTS.length - 1 || moment !== "after") assert.equal(held, versions[0].head.version);
        await isWhole(site);
      });
    }
  }

  it("anywhere between the last answer and the end", { timeout: 180_000 }, async () => {
    for (const livesOnMs of LIVES_ON_MS) {
      const { site } = await killedAt(REQUESTS.length - 1, "after", "blobs", () => sleep(livesOnMs));
      await isWhole(site);
    }
  });

  it("right after the end", { timeout: 60_000 }, async () => {
    const [, newer] = versions;
    const { site, held } = await killedAt(REQUESTS.length - 1, "after", "blobs", async (end) => {
      assert.equal((await end).version, newer.head.version);
    });
    assert.equal(held, newer.head.version);
    await isWhole(site);
  });

  /**
   * A tab follows the source to the newer version, stops there, and is killed, perhaps a while later. Returns its site, and the
   * version that is found on it.
   */
  async function killedAt(number, moment, kind, meanwhile = async () => undefined) {
    const [older, newer] = versions;
    const site = host.freshUrl();
    const replica = await opened(site, older);
    replay.serve(newer);
    // Before, because it takes time.
    const processes = await renderers();
    let crashed = false;
    replica.page.once("crash", () => {
      crashed = true;
    });
    const halted = source.haltAt(number, moment);
    const end = replica.sync().catch(() => undefined);
    assert.equal(await within(20_000, "the request", halted), kind);
    await meanwhile(end);
    // As a system does that wants its memory back: nothing in the page or its worker is told.
    for (const id of processes) process.kill(id, "SIGKILL");
    // Whether what was asked of it is ever answered, a tab that is dead leaves open.
    await until("the tab's end", () => crashed);
    // Between a whole answer and the kill it may have gone on.
    const asked = moment === "after" ? source.asked.slice(0, number + 1) : source.asked;
    assert.deepEqual(asked, REQUESTS.slice(0, number + 1), "it was killed where it should be");
    await replica.leave();

    source.goAway();
    const next = await replicaInPage(chromium, site);
    await next.open(source.url, options());
    const answer = await next.search(QUERY);
    assert.ok(answers.has(answer.version), `version ${answer.version}`);
    assert.deepEqual(answer.hits, answers.get(answer.version).hits, "all of one version, nothing of the other");
    await next.leave();
    return { site, held: answer.version };
  }

  /** With its source back, the replica is at the newer version, and keeps what that names and nothing else. */
  async function isWhole(site) {
    const [, newer] = versions;
    const replica = await opened(site, newer);
    await replica.sync();
    const answer = await replica.search(QUERY);
    assert.equal(answer.version, newer.head.version);
    assert.deepEqual(answer.hits, answers.get(newer.head.version).hits);
    const kept = (await storedBlobs(replica.page)).map(({ key }) => key.key).sort();
    assert.deepEqual(kept, [...newer.blobs.keys()].sort());
    await replica.leave();
  }

  async function opened(site, version) {
    replay.serve(version);
    source.stand(replay.url);
    const replica = await replicaInPage(chromium, site);
    await replica.open(source.url, options());
    return replica;
  }

  /** Only the tests say when to sync. */
  function options() {
    return { trust: signer.trust, syncEveryMs: 0, patienceMs: 10_000 };
  }

  /** The processes that pages run in. */
  async function renderers() {
    const { processInfo } = await browser.send("SystemInfo.getProcessInfo");
    return processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
  }
});

/** Two versions of which the newer one has a point less and some more: a segment and tombstones are new, the model is not. */
async function recordTwoVersions() {
  const origin = await startExcerpt();
  try {
    const older = await record(origin.collection);
    const found = await call("POST", `${origin.collection}/search`, QUERY);
    await origin.remove([found.hits[0].id]);
    await origin.upsert(excerpt.newer(20));
    await origin.publish();
    return [older, await record(origin.collection)];
  } finally {
    await origin.stop();
  }
}
