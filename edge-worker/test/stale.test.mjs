/** When the bucket holds something bad, the last good snapshot goes on serving and says why. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ask, assertProblem } from "../../tests/e2e/support/http.mjs";
import { DEFECTS, KEYS } from "../../tests/conformance/lies.mjs";
import { newSigner } from "../../tests/e2e/support/head-signer.mjs";
import { record } from "../../tests/e2e/support/replay.mjs";
import { until } from "../../tests/e2e/support/wait.mjs";
import { COLLECTION, flipped, putDirectly, putRecording, startRiver } from "./support/collection.mjs";

describe("a hostile bucket", { timeout: 120_000 }, () => {
  const signer = newSigner();
  const query = { text: "the owl", using: "meaning" };
  let river;
  let first;
  let second;
  before(async () => {
    river = await startRiver();
    first = await record(river.collectionUrl);
    await river.nextVersion(5000);
    second = await record(river.collectionUrl);
  });
  after(() => river?.stop());

  const serving = async (options) => {
    const edge = await river.edge({ trust: [signer.trust], ...options });
    await putRecording(edge.bucket, first, signer.sign(first.head));
    const good = await ask("POST", `${edge.collectionUrl}/search`, query);
    assert.equal(good.status, 200, good.text);
    return { edge, good, search: () => ask("POST", `${edge.collectionUrl}/search`, query) };
  };
  const assertStale = (answer, good, code) => {
    assert.equal(answer.headers.get("x-headwater-stale"), code, answer.text);
    assert.equal(answer.headers.get("x-headwater-version"), "1");
    assert.deepEqual(answer.json.hits, good.json.hits);
  };
  const changed = () => [...second.blobs].filter(([hash]) => !first.blobs.has(hash));

  it("keeps serving over a flipped bit, and recovers when it is repaired", async () => {
    const { edge, good, search } = await serving();
    const [[hash, bytes]] = changed();
    await putRecording(edge.bucket, second, signer.sign(second.head), (content, name) => (name === hash ? flipped(content) : content));
    assertStale(await search(), good, "hash_mismatch");
    assertStale(await search(), good, "hash_mismatch");
    await putDirectly(edge.bucket, `blobs/${hash}`, bytes);
    const repaired = await until("the repaired version", async () => {
      const answer = await search();
      return answer.headers.get("x-headwater-version") === "2" && answer;
    });
    assert.equal(repaired.headers.get("x-headwater-stale"), null);
  });

  it("keeps serving over a truncated, a missing and a foreign blob", async () => {
    const { edge, good, search } = await serving();
    const [[hash, bytes]] = changed();
    await putRecording(edge.bucket, second, signer.sign(second.head), (content, name) => (name === hash ? content.subarray(1) : content));
    assertStale(await search(), good, "hash_mismatch");
    await edge.bucket.delete(`${COLLECTION}/blobs/${hash}`);
    await until("another try", async () => (await search()).headers.get("x-headwater-stale") === "not_found");
    await putDirectly(edge.bucket, `blobs/${hash}`, Buffer.alloc(bytes.length));
    await until("a third try", async () => (await search()).headers.get("x-headwater-stale") === "hash_mismatch");
  });

  it("follows no head that it should not", async () => {
    const { edge, good, search } = await serving();
    const offer = (head) => edge.bucket.put(`${COLLECTION}/head`, typeof head === "string" ? head : JSON.stringify(head));
    const lies = DEFECTS.filter(({ defect }) => defect.head).map(({ defect, code }) => [defect.head(second.head, signer), code]);
    assert.ok(lies.length >= 5);
    for (const [head, code] of [
      ...lies,
      ["garbage", "corrupt"],
      ["x".repeat(20_000), "limit_exceeded"],
    ]) {
      await offer(head);
      assertStale(await search(), good, code);
    }
    await putRecording(edge.bucket, second, signer.sign(second.head));
    assert.equal((await search()).headers.get("x-headwater-version"), "2");
    await offer(signer.sign(first.head));
    const kept = await search();
    assert.deepEqual([kept.headers.get("x-headwater-version"), kept.headers.get("x-headwater-stale")], ["2", "head_rolled_back"]);
  });

  it("follows the keys that a root key names, and no others", async () => {
    const edge = await river.edge({ trust: [KEYS.trust] });
    const search = () => ask("POST", `${edge.collectionUrl}/search`, query);
    await putRecording(edge.bucket, first, KEYS.truth.head(first.head, signer));
    const good = await search();
    assert.equal(good.status, 200, good.text);
    for (const { name, code, defect } of KEYS.lies) {
      await putRecording(edge.bucket, second, defect.head(second.head, signer));
      const answer = await search();
      assert.equal(answer.headers.get("x-headwater-stale"), code, name);
      assert.deepEqual(answer.json.hits, good.json.hits);
    }
    await putRecording(edge.bucket, second, KEYS.truth.head(second.head, signer));
    assert.equal((await search()).headers.get("x-headwater-version"), "2");
  });

  it("refuses what has expired where the operator wants that", async () => {
    const { edge, search } = await serving({ whenExpired: "refuse" });
    await edge.bucket.put(`${COLLECTION}/head`, JSON.stringify(signer.sign({ ...first.head, expiresMs: 1 })));
    assertProblem(await search(), "head_expired", "an expired head");
    await putRecording(edge.bucket, second, signer.sign(second.head));
    assert.equal((await search()).status, 200);
  });

  it("goes back to the last good version when the new one left no room for both", async () => {
    const total = [...second.blobs.values()].reduce((sum, bytes) => sum + bytes.length, 0);
    const largest = Math.max(...[...first.blobs.values(), ...second.blobs.values()].map((bytes) => bytes.length));
    const { edge, good, search } = await serving({ budgetBytes: total + Math.floor(largest / 1000) });
    const [[hash]] = changed();
    await putRecording(edge.bucket, second, signer.sign(second.head), (content, name) => (name === hash ? flipped(content) : content));
    assertStale(await search(), good, "hash_mismatch");
  });

  it("has nothing to serve when the first version it meets is bad", async () => {
    const edge = await river.edge({ trust: [signer.trust] });
    const [[hash]] = first.blobs;
    await putRecording(edge.bucket, first, signer.sign(first.head), (content, name) => (name === hash ? flipped(content) : content));
    assertProblem(await ask("POST", `${edge.collectionUrl}/search`, query), "hash_mismatch", "a cold start");
    await edge.bucket.delete(`${COLLECTION}/head`);
    assertProblem(await ask("GET", edge.collectionUrl), "collection_not_found", "a removed head");
  });

  it("forgets a collection whose head was taken away", async () => {
    const { edge, search } = await serving();
    await edge.bucket.delete(`${COLLECTION}/head`);
    assertProblem(await search(), "collection_not_found", "a removed head");
  });
});
