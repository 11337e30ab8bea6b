/**
 * A replica besieged by its own source: two true versions of a collection, a source that can lie, and
 * the one account of how a replica has to meet a lie, in Node and in Chromium. `truth` is the defect of a source that tells the truth:
 * what it adds to a head, such as a key list.
 */
import assert from "node:assert/strict";
import * as headwater from "headwater";
import { launchChromium } from "./browser.mjs";
import { excerpt, startExcerpt } from "./excerpt.mjs";
import { newSigner } from "./head-signer.mjs";
import { startPageHost } from "./page-host.mjs";
import { freshFolder } from "./places.mjs";
import { record, startReplay } from "./replay.mjs";
import { NodeReplica, replicaInPage } from "./replicas.mjs";

export const RUNTIMES = ["node", "chromium"];
/** Much longer than loopback ever takes to say something, and short enough to wait for. */
const PATIENCE_MS = 1_500;
const QUERY = { text: "small wild cat", topK: 5 };

export async function startSiege() {
  const signer = newSigner();
  const recordings = await recordTruth();
  const [replay, host, chromium] = await Promise.all([startReplay(signer), startPageHost(), launchChromium()]);
  return new Siege({ signer, recordings, replay, host, chromium });
}

async function recordTruth() {
  const origin = await startExcerpt();
  try {
    const older = await record(origin.collection);
    await origin.upsert(excerpt.newer(20));
    await origin.publish();
    return { older, newer: await record(origin.collection), other: await origin.recordOther() };
  } finally {
    await origin.stop();
  }
}

class Siege {
  #replay;
  #host;
  #chromium;

  constructor({ signer, recordings, replay, host, chromium }) {
    this.signer = signer;
    /** True recordings: `older` and `newer` versions of one collection, and one of an `other`. */
    this.recordings = recordings;
    this.#replay = replay;
    this.#host = host;
    this.#chromium = chromium;
  }

  /** A replica that has never held anything. */
  async fresh(runtime) {
    if (runtime === "node") return new NodeReplica(headwater, { cacheDir: await freshFolder("siege") });
    return replicaInPage(this.#chromium, this.#host.freshUrl());
  }

  /** A replica that holds nothing yet takes nothing from a lie, and says by a code what was wrong. */
  async firstOpenIsRefused(runtime, lie, trust) {
    const replica = await this.fresh(runtime);
    this.#replay.serve(lie.recording, lie.defect);
    await assert.rejects(this.#open(replica, trust), refusal(lie));
    await replica.leave();
  }

  /** A replica that serves names the lie in its status, answers as before, and still accepts the truth later. */
  async servesOn(runtime, lie, { held = this.recordings.older, trust, truth } = {}) {
    const replica = await this.fresh(runtime);
    this.#replay.serve(held, truth);
    await this.#open(replica, trust);
    const before = await replica.search(QUERY);
    assert.equal(before.version, held.head.version);

    this.#replay.serve(lie.recording, lie.defect);
    await assert.rejects(replica.sync(), refusal(lie));
    const status = await replica.status();
    assert.equal(status.lastError?.code, lie.code, JSON.stringify(status));
    assert.equal(status.state, lie.state);
    assert.equal(status.version, held.head.version);
    assert.deepEqual((await replica.search(QUERY)).hits, before.hits);

    this.#replay.serve(this.recordings.newer, lie.heals ?? truth);
    assert.equal((await replica.sync()).version, this.recordings.newer.head.version);
    const healed = await replica.status();
    assert.equal(healed.state, "ready");
    assert.equal(healed.lastError ?? null, null);
    await replica.search(QUERY);
    await replica.close();
    await replica.leave();
  }

  /** Either refused by one of these codes, or good enough to be searched; never stuck, never crashed. */
  async survives(runtime, recording, codes) {
    const replica = await this.fresh(runtime);
    this.#replay.serve(recording);
    let code = "accepted";
    try {
      await this.#open(replica);
      await replica.search(QUERY).catch((error) => assert.ok(codes.includes(error.code), `${error.code}: ${error.message}`));
      await replica.close();
    } catch (error) {
      assert.ok(codes.includes(error.code), `${error.code}: ${error.message}`);
      code = error.code;
    }
    await replica.leave();
    return code;
  }

  async stop() {
    await this.#chromium.close();
    await this.#host.stop();
    await this.#replay.stop();
  }

  /** Only the tests say when to sync: a lie heard in the background would be missing in the foreground. */
  #open(replica, trust = this.signer.trust) {
    return replica.open(this.#replay.url, { trust, syncEveryMs: 0, patienceMs: PATIENCE_MS });
  }
}

function refusal({ code }) {
  return (error) => {
    assert.equal(error.code, code, `${error.code}: ${error.message}`);
    assert.ok(error.typed, "a HeadwaterError");
    assert.equal(error.retryable, code === "unreachable");
    assert.ok(error.message.length > 10);
    return true;
  };
}
