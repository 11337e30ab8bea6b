/** Publishing to the edge: only the right hands, only whole versions, only forward. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { assertProblem, call } from "../../tests/e2e/support/http.mjs";
import { newSigner } from "../../tests/e2e/support/head-signer.mjs";
import { record } from "../../tests/e2e/support/replay.mjs";
import { COLLECTION, flipped, putDirectly, startRiver, TOKEN } from "./support/collection.mjs";

describe("publishing to the edge", { timeout: 120_000 }, () => {
  const signer = newSigner();
  let river;
  let edge;
  let first;
  before(async () => {
    river = await startRiver();
    edge = await river.edge({ trust: [signer.trust] });
    first = await record(river.collectionUrl);
  });
  after(() => river?.stop());

  const put = async (path, body, { token = TOKEN, headers = {}, ...options } = {}) => {
    const answer = await fetch(`${edge.collectionUrl}/${path}`, {
      method: "PUT",
      body: typeof body === "object" && body.constructor === Object ? JSON.stringify(body) : body,
      headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers },
      ...options,
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, json: text === "" ? undefined : JSON.parse(text) };
  };
  const putAllOf = async (recording) => {
    for (const [hash, bytes] of recording.blobs) assert.equal((await put(`blobs/${hash}`, bytes)).status, 204);
    assert.equal((await put(`manifests/${recording.head.manifest.hash}`, recording.manifestBytes)).status, 204);
  };
  const keys = async () => (await edge.bucket.list()).objects.map((object) => object.key);

  it("needs the token", async () => {
    await assert.rejects(river.publishTo(edge, "another token"), /unauthorized/);
    const [[hash, bytes]] = first.blobs;
    for (const token of [null, "", "another token", `${TOKEN}x`]) {
      const refused = await put(`blobs/${hash}`, bytes, { token });
      assertProblem(refused, "unauthorized", `token ${token}`);
      assert.equal(refused.headers.get("www-authenticate"), "Bearer");
    }
    assertProblem(await put("head", signer.sign(first.head), { token: "wrong" }), "unauthorized", "head");
    assert.deepEqual(await keys(), []);
    const closed = await river.edge({ token: undefined });
    await assert.rejects(river.publishTo(closed), /HEADWATER_TOKEN/);
  });

  it("stores nothing under a name that is not its hash, and nothing of unknown length", async () => {
    const [[hash, bytes]] = first.blobs;
    const refused = await put(`blobs/${hash}`, flipped(bytes));
    assertProblem(refused, "hash_mismatch", "a flipped bit");
    assert.equal(refused.status, 422, "the publisher's fault, not the edge's");
    const coded = await put(`blobs/${hash}`, bytes, { headers: { "content-encoding": "gzip" } });
    assertProblem(coded, "unsupported_media_type", "what is named by its hash has no coding");
    assert.equal(coded.headers.get("accept-encoding"), "identity");
    assertProblem(await put(`blobs/${hash}`, bytes.subarray(0, -1)), "hash_mismatch", "a byte short");
    assertProblem(await put(`manifests/${hash}`, Buffer.from("{}")), "hash_mismatch", "a manifest");
    assertProblem(await put(`manifests/${hash}`, Buffer.alloc(17 * 1024 * 1024)), "limit_exceeded", "a huge manifest");
    assertProblem(await put(`blobs/${hash}`, Buffer.alloc(0)), "limit_exceeded", "nothing");
    const chunked = new Blob([bytes]).stream();
    assertProblem(await put(`blobs/${hash}`, chunked, { duplex: "half" }), "limit_exceeded", "no content-length");
    assertProblem(await put("blobs/not-a-hash", bytes), "not_found", "no hash");
    assert.deepEqual(await keys(), []);
  });

  it("shows a version only when all of it is there", async () => {
    const head = signer.sign(first.head);
    assertProblem(await put("head", head), "not_found", "no manifest");
    assert.equal((await put(`manifests/${first.head.manifest.hash}`, first.manifestBytes)).status, 204);
    const refused = await put("head", head);
    assertProblem(refused, "not_found", "no blobs");
    const [[hash, bytes]] = [...first.blobs].reverse();
    await putDirectly(edge.bucket, `blobs/${hash}`, bytes.subarray(1));
    for (const [other, content] of first.blobs) if (other !== hash) await put(`blobs/${other}`, content);
    assertProblem(await put("head", head), "hash_mismatch", "a blob of another length");
    assertProblem(await put("head", "not json"), "corrupt", "no head at all");
    assert.ok(!(await keys()).includes(`${COLLECTION}/head`));
    await putAllOf(first);
    assert.equal((await put("head", head)).status, 204);
    assert.equal((await put("head", head)).status, 204, "again: nothing changes");
    assert.equal((await call("GET", edge.collectionUrl)).version, 1);
  });

  it("accepts heads of trusted keys only, and only forward", async () => {
    const stranger = newSigner();
    assertProblem(await put("head", stranger.sign({ ...first.head, version: 9 })), "key_untrusted", "a stranger's head");
    const forged = signer.sign(first.head);
    forged.head = { ...forged.head, version: 9 };
    assertProblem(await put("head", forged), "signature_invalid", "a changed head");
    assertProblem(await put("head", signer.sign({ ...first.head, collection: "other" })), "manifest_mismatch", "another collection");
    assertProblem(await put("head", signer.sign({ ...first.head, expiresMs: 1 })), "head_expired", "an expired head");
    assertProblem(await put("head", signer.sign({ ...first.head, version: 2 })), "manifest_mismatch", "another version's manifest");
    await river.nextVersion(2000);
    const second = await record(river.collectionUrl);
    await river.publishTo(edge);
    assert.equal((await call("GET", edge.collectionUrl)).version, 2);
    assertProblem(await put("head", signer.sign(first.head)), "head_rolled_back", "an older version");
    assertProblem(await put("head", signer.sign({ ...second.head, manifest: first.head.manifest })), "conflict", "a fork");
    assert.equal((await call("GET", edge.collectionUrl)).version, 2);
  });

  it("lists instead of asking for each when there are many blobs", async () => {
    // The Worker looks up few blobs one by one, and pages through a listing for many.
    for (let n = 0; n < 1100; n += 1) await edge.bucket.put(`${COLLECTION}/blobs/${n.toString(16).padStart(64, "0")}`, "old");
    await river.nextVersion(3000);
    await river.publishTo(edge);
    assert.equal((await call("GET", edge.collectionUrl)).version, 3);
  });
});
