/** A replica in Node and all that can befall it: a source that lies or is silent, a disk that forgets, company. */
import assert from "node:assert/strict";
import { readdir, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { forge } from "../../../tests/e2e/support/forge.mjs";
import { newSigner } from "../../../tests/e2e/support/head-signer.mjs";
import { within } from "../../../tests/e2e/support/wait.mjs";
import { failure, keptBlobs, nearest, recordVersions, startSource } from "./support.mjs";

const THEIRS = newSigner();
const flipped = (bytes) => {
  const copy = Buffer.from(bytes);
  copy[copy.length >> 1] ^= 1;
  return copy;
};
/** Answers nothing, and keeps the connection. */
const silent = () => true;
const half = (response, bytes) => {
  response.writeHead(200, { "content-length": bytes.length }).write(bytes.subarray(0, bytes.length >> 1));
  return true;
};

describe("a replica in Node", { timeout: 120_000 }, () => {
  let versions, source, folder, opened;

  before(async () => {
    versions = await recordVersions();
    source = await startSource();
  });
  after(() => source?.stop());
  beforeEach(async () => {
    opened = [];
    folder = await source.freshFolder();
  });
  afterEach(() => Promise.all(opened.map((replica) => replica.close())));

  const openAt = async (version, options) => {
    source.replay.serve(versions[version - 1]);
    return reopen(options);
  };
  const reopen = async (options) => {
    const replica = await source.open(folder, options);
    opened.push(replica);
    return replica;
  };
  const blobsAsked = () => source.replay.asked.filter((kind) => kind === "blobs").length;

  describe("whose source lies", () => {
    const LIES = {
      "a flipped bit in a blob": ["hash_mismatch", { blob: flipped }],
      "a truncated blob": ["hash_mismatch", { blob: (bytes) => bytes.subarray(0, bytes.length - 10) }],
      "a blob that is too long": ["hash_mismatch", { blob: (bytes) => Buffer.concat([bytes, bytes]) }],
      "a flipped bit in the manifest": ["hash_mismatch", { manifest: flipped }],
      "another key": ["key_untrusted", { head: (head) => THEIRS.sign(head) }],
      "a head changed after it was signed": ["signature_invalid", { head: (head, signer) => ({ ...signer.sign(head), head: { ...head, lsn: 1 } }) }],
      "an expired head": ["head_expired", { head: (head, signer) => signer.sign({ ...head, expiresMs: 1 }) }],
      "nothing published": ["not_published", { answerHead: (response) => response.writeHead(404).end() }],
    };
    for (const [name, [code, defect]] of Object.entries(LIES)) {
      it(`${name}: ${code}`, async () => {
        source.replay.serve(versions[0], defect);
        await assert.rejects(reopen(), failure(code));

        const replica = await openAt(1);
        source.replay.serve(versions[1], defect);
        await assert.rejects(replica.sync(), failure(code));
        const status = await replica.status();
        assert.deepEqual([status.state, status.lastError.code, status.version], ["refused", code, 1]);
        assert.equal(await nearest(replica, 7), "p7");

        source.replay.serve(versions[1]);
        assert.equal((await replica.sync()).version, 2);
        assert.deepEqual(await replica.status().then(({ state, lastError }) => [state, lastError]), ["ready", null]);
      });
    }

    it("an older head than was seen, even after it was closed: head_rolled_back", async () => {
      await (await openAt(2)).close();
      source.replay.serve(versions[0]);
      const replica = await reopen();
      await assert.rejects(replica.sync(), failure("head_rolled_back"));
      assert.equal((await replica.status()).version, 2);
      assert.equal(await nearest(replica, 1007), "p1007");
    });

    it("an older head than another replica of the same cache has seen: head_rolled_back", async () => {
      const behind = await openAt(1);
      await (await openAt(1)).sync();
      source.replay.serve(versions[2]);
      await opened[1].sync();
      source.replay.serve(versions[1]);
      await assert.rejects(behind.sync(), failure("head_rolled_back"));
      source.replay.serve(versions[2]);
      assert.deepEqual(await behind.sync().then(({ version, fetchedBlobs }) => [version, fetchedBlobs]), [3, 0]);
    });
  });

  it("opens no version past its memory budget, and goes on with the one it has", async () => {
    await assert.rejects(openAt(1, { memoryBudgetBytes: 100 }), failure("over_budget"));
    assert.equal(blobsAsked(), 0);
    const { bytes } = await openAt(1).then((replica) => replica.status());
    const replica = await openAt(1, { memoryBudgetBytes: bytes });
    source.replay.serve(versions[2]);
    await assert.rejects(replica.sync(), failure("over_budget"));
    assert.equal(await nearest(replica, 7), "p7");
  });

  describe("whose source is silent", () => {
    for (const [name, defect] of [["from the start", { answerHead: silent }], ["in the middle of a blob", { answerBlob: half }]]) {
      it(`${name}: unreachable, after its patience`, async () => {
        const replica = await openAt(1, { patienceMs: 300 });
        source.replay.serve(versions[1], defect);
        await assert.rejects(within(10_000, "patience ending", replica.sync()), failure("unreachable", true));
        assert.equal((await replica.status()).state, "offline");
        assert.equal(await nearest(replica, 7), "p7");
      });
    }

    it("can be closed at once, with what waits for it", async () => {
      const [replica, next] = [await openAt(1), await openAt(1)];
      source.replay.serve(versions[1], { answerHead: silent });
      const waiting = opened.map((one) => assert.rejects(one.sync(), failure("closed")));
      assert.deepEqual((await Promise.all([replica.status(), next.status()])).map(({ state }) => state), ["syncing", "syncing"]);
      await within(5_000, "closing", Promise.all(opened.map((one) => one.close())));
      await Promise.all(waiting);
      for (const late of [() => replica.search({ text: "" }), () => replica.get("p1"), () => replica.sync(), () => replica.status()]) {
        await assert.rejects(late(), failure("closed"));
      }
    });

    it("can be given up", async () => {
      source.replay.serve(versions[0], { answerHead: silent });
      await assert.rejects(within(5_000, "giving up", reopen({ signal: AbortSignal.timeout(100) })), { name: "TimeoutError" });
      await assert.rejects(reopen({ signal: AbortSignal.abort() }), { name: "AbortError" });
      const replica = await openAt(1);
      source.replay.serve(versions[1], { answerHead: silent });
      await assert.rejects(within(5_000, "giving up", replica.sync({ signal: AbortSignal.timeout(100) })), { name: "TimeoutError" });
    });
  });

  describe("that follows", () => {
    it("fetches the difference, and drops what nothing needs any more", async () => {
      const replica = await openAt(1);
      source.replay.serve(versions[1]);
      const report = await replica.sync();
      const [before, now] = versions.map(({ blobs }) => [...blobs.keys()]);
      const added = now.filter((hash) => !before.includes(hash));
      assert.deepEqual([report.changed, report.fetchedBlobs, report.reusedBlobs], [true, added.length, now.length - added.length]);
      assert.equal(blobsAsked(), added.length);
      assert.deepEqual((await keptBlobs(folder)).map(({ name }) => name).sort(), now.sort());
      assert.equal(await replica.get("p0"), null);
      assert.equal((await replica.sync()).changed, false);
    });

    it("fetches what a search must have seen, once, and says so when it is not published yet", async () => {
      const replica = await openAt(1);
      const [before, now] = versions.map(({ manifest }) => manifest.lsn);
      source.replay.serve(versions[1]);
      const asked = { vector: new Float32Array(8).fill(1), topK: 1, fields: [] };
      assert.equal((await replica.search({ ...asked, minLsn: before })).lsn, before, "what it has is enough");
      const signed = Date.now();
      assert.equal((await replica.search({ ...asked, minLsn: now })).lsn, now);
      const behind = await replica.search({ ...asked, minLsn: now + 1 }).catch((error) => error);
      assert.deepEqual([behind.code, behind.retryable], ["behind", true]);
      await assert.rejects(replica.search({ ...asked, asOf: 1 }), failure("version_not_held"));
      // What the head says was so when it was signed; what was published since nobody here knows.
      const at = async (ms) => (await replica.search({ ...asked, asOf: new Date(ms).toISOString() })).version;
      await assert.rejects(at(versions[1].manifest.createdMs - 1), failure("version_not_held"));
      assert.equal(await at(signed), 2);
      await assert.rejects(at(Date.now() + 60_000), failure("version_not_held"));
    });

    it("tells what ended a search, how long its stages took, and what each part gave", async () => {
      const replica = await openAt(1);
      const asked = { vector: new Float32Array(8).fill(1), exact: true, explain: true };
      const { ended, stages, hits } = await replica.search(asked);
      assert.deepEqual([ended, Object.keys(stages).length], [undefined, 7]);
      assert.deepEqual(hits[0].parts, [{ vector: "v", score: hits[0].score, adds: hits[0].score }]);
      assert.equal((await replica.search({ ...asked, budget: 1 })).ended, "budget");
    });

    it("takes segments that share their tombstones", async () => {
      const shared = versions[2].manifest.segments.map(({ tombstones }) => tombstones?.hash);
      assert.ok(shared.length === 2 && shared[0] === shared[1], `the version tests what it should: ${shared}`);
      const replica = await openAt(2);
      source.replay.serve(versions[2]);
      assert.equal((await replica.sync()).version, 3);
      for (const one of [replica, await reopen()]) {
        assert.deepEqual(await Promise.all([one.get("p0"), one.get("p1000")]), [null, null]);
        assert.equal(await nearest(one, 1001), "p1001");
      }
    });

    it("takes another manifest under the same version, as of an origin that was restored", async () => {
      const replica = await openAt(1);
      const other = forge(versions[1], (manifest) => ({ ...manifest, version: 1 }));
      source.replay.serve({ ...other, head: { ...other.head, version: 1 } });
      assert.deepEqual(await replica.sync().then(({ changed, version }) => [changed, version]), [true, 1]);
      assert.equal(await nearest(replica, 1007), "p1007");
    });

    it("by itself, and tells of it", async () => {
      const replica = await openAt(1, { syncEveryMs: 50 });
      const seen = [];
      const arrived = new Promise((resolve) => {
        const stop = replica.on("status", ({ state, version }) => {
          seen.push(state);
          if (state === "ready" && version === 2) resolve(stop());
        });
      });
      source.replay.serve(versions[1]);
      await within(10_000, "the next version", arrived);
      assert.ok(seen.includes("syncing"));
      const told = seen.length;
      await replica.sync();
      assert.equal(seen.length, told, "a listener that was taken away hears nothing");
    });

    it("says that what it serves has expired, until it is signed anew", async () => {
      const signedUntil = (expiresMs) => ({ head: (head, signer) => signer.sign({ ...head, expiresMs }) });
      const soon = Date.now() + 400;
      source.replay.serve(versions[0], signedUntil(soon));
      await (await reopen()).close();
      await new Promise((resolve) => setTimeout(resolve, soon - Date.now() + 1));
      const replica = await reopen();
      assert.deepEqual(await replica.status().then(({ state, lastError }) => [state, lastError?.code]), ["refused", "head_expired"]);
      assert.equal(await nearest(replica, 7), "p7");
      const strict = await reopen({ whenExpired: "refuse" });
      await assert.rejects(nearest(strict, 7), failure("head_expired"));

      const later = Date.now() + 60_000;
      source.replay.serve(versions[0], signedUntil(later));
      await strict.sync();
      assert.equal(await nearest(strict, 7), "p7");
      assert.equal((await strict.status()).expiresMs, later);
      assert.equal((await replica.sync()).changed, false);
      assert.equal((await replica.status()).state, "ready");
      assert.equal((await (await reopen()).status()).state, "ready", "the new signature was kept");
    });
  });

  describe("whose disk forgets", () => {
    const HARM = {
      "a flipped bit": ({ path, bytes }) => writeFile(path, flipped(bytes)),
      "a truncated file": ({ path, bytes }) => truncate(path, bytes.length - 1),
      "an empty file": ({ path }) => truncate(path, 0),
      "a file that is gone": ({ path }) => rm(path),
    };
    for (const [name, harm] of Object.entries(HARM)) {
      it(`${name}: that blob is fetched again, and no other`, async () => {
        await (await openAt(2)).close();
        for (const blob of await keptBlobs(folder)) {
          await harm(blob);
          source.replay.serve(versions[1], { answerHead: (response) => response.writeHead(503).end() });
          await assert.rejects(reopen(), failure("unreachable", true));
          source.replay.serve(versions[1]);
          const replica = await reopen();
          assert.equal(blobsAsked(), 1);
          assert.equal(await nearest(replica, 1007), "p1007");
          await replica.close();
        }
      });
    }

    it("a damaged record: everything is checked, nothing is fetched twice", async () => {
      await (await openAt(1)).close();
      const records = join(folder, "replicas");
      const [record] = await readdir(records);
      await writeFile(join(records, record), '{"head":"{}","mani');
      const replica = await reopen();
      assert.equal(blobsAsked(), 1, "asked for when it was first opened only");
      assert.equal(await nearest(replica, 7), "p7");
    });
  });
});
