/** Publishing to the edge: only the right hands, only whole versions, only forward. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";
import { assertProblem, call } from "../../tests/e2e/support/http.mjs";
import { newSigner } from "../../tests/e2e/support/head-signer.mjs";
import { record } from "../../tests/e2e/support/replay.mjs";
import { COLLECTION, flipped, putDirectly, putRecording, startRiver, TOKEN } from "./support/collection.mjs";

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

  it("refuses what it would not take before anything is sent", async () => {
    const refusals = [
      ["key_untrusted", { onlyTrust: newSigner().trust }],
      ["unauthorized", { token: "another one" }],
      ["unauthorized", { token: undefined }],
      ["over_budget", { budgetBytes: 1_000_000 }],
    ];
    for (const [code, options] of refusals) {
      const other = await river.edge(options);
      await assert.rejects(river.publishTo(other), new RegExp(code));
      assert.deepEqual((await other.bucket.list()).objects, [], code);
    }
    // A version that is newer than the origin's, and one of the same number by somebody else.
    const { head } = await call("GET", `${river.collectionUrl}/head`);
    for (const [code, version] of [["head_rolled_back", head.version + 1], ["conflict", head.version]]) {
      const ahead = await river.edge({ trust: [signer.trust] });
      const reference = { hash: "0".repeat(64), bytes: 1000 };
      await ahead.bucket.put(`${COLLECTION}/head`, JSON.stringify(signer.sign({ ...head, version, manifest: reference })));
      await assert.rejects(river.publishTo(ahead), new RegExp(code));
      assert.deepEqual((await ahead.bucket.list()).objects.map(({ key }) => key), [`${COLLECTION}/head`], code);
    }
  });

  it("answers the question as it would answer the head", async () => {
    const fresh = await river.edge({ trust: [signer.trust] });
    const url = `${fresh.collectionUrl}/head`;
    const { head, manifestBytes, blobs } = await record(river.collectionUrl);
    const stranger = newSigner();
    const forged = { ...signer.sign(head), key: stranger.trust };
    await putRecording(fresh.bucket, { head, manifestBytes, blobs }, signer.sign(head));
    const heads = [
      [signer.sign(head), undefined],
      [signer.sign({ ...head, version: head.version - 1 }), "head_rolled_back"],
      [signer.sign({ ...head, manifest: { ...head.manifest, hash: "0".repeat(64) } }), "conflict"],
      [signer.sign({ ...head, expiresMs: 1 }), "head_expired"],
      [signer.sign({ ...head, collection: "other" }), "manifest_mismatch"],
      [stranger.sign(head), "key_untrusted"],
      [forged, "key_untrusted"],
      [{ ...signer.sign(head), signature: "00" }, "signature_invalid"],
      ["no head", "corrupt"],
      ["x".repeat(20_000), "limit_exceeded"],
    ];
    const send = async (method, path, body, token = TOKEN) => {
      const text = typeof body === "string" ? body : JSON.stringify(body);
      const answer = await fetch(`${url}${path}`, { method, body: text, headers: { authorization: `Bearer ${token}` } });
      return { status: answer.status, code: answer.status === 204 ? undefined : (await answer.json()).code };
    };
    for (const [body, code] of heads) {
      const asked = await send("POST", "/check?bytes=1000", body);
      assert.equal(asked.code, code, JSON.stringify(body).slice(0, 200));
      assert.deepEqual(asked, await send("PUT", "", body), "the head itself");
    }
    assert.equal((await send("POST", "/check?bytes=1000000000000", heads[0][0])).code, "over_budget");
    for (const query of ["", "?", "?bytes=", "?bytes=-1", "?bytes=many"]) {
      assert.equal((await send("POST", `/check${query}`, heads[0][0])).code, "invalid_query", query);
    }
    assert.equal((await send("POST", "/check?bytes=1000", heads[0][0], "wrong")).code, "unauthorized");
    assert.equal((await send("PUT", "/check?bytes=1000", heads[0][0])).code, "method_not_allowed");
  });

  it("is published to by those that know the question when it does not", async () => {
    const later = await river.edge();
    let asked = 0;
    // An edge as it was before: it knows no such path.
    const older = createServer(async (request, response) => {
      const body = [];
      for await (const piece of request) body.push(piece);
      if (request.url.includes("/head/check")) {
        asked += 1;
        const problem = { type: "urn:headwater:problem:read_only", title: "read_only", status: 405, code: "read_only", detail: "the edge takes no writes", retryable: false };
        response.writeHead(405, { "content-type": "application/problem+json" }).end(JSON.stringify(problem));
        return;
      }
      const { host, connection, "transfer-encoding": _, ...headers } = request.headers;
      const answer = await fetch(`${later.url}${request.url}`, {
        method: request.method,
        headers,
        ...(body.length > 0 && { body: Buffer.concat(body) }),
      });
      response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
      response.end(Buffer.from(await answer.arrayBuffer()));
    });
    await once(older.listen(0, "127.0.0.1"), "listening");
    try {
      await river.publishTo({ url: `http://127.0.0.1:${older.address().port}` });
    } finally {
      older.close();
    }
    assert.equal(asked, 1);
    assert.equal((await call("GET", later.collectionUrl)).points, (await call("GET", river.collectionUrl)).points);
  });

  it("lists instead of asking for each when there are many blobs", async () => {
    // The Worker looks up few blobs one by one, and pages through a listing for many.
    for (let n = 0; n < 1100; n += 1) await edge.bucket.put(`${COLLECTION}/blobs/${n.toString(16).padStart(64, "0")}`, "old");
    await river.nextVersion(3000);
    await river.publishTo(edge);
    assert.equal((await call("GET", edge.collectionUrl)).version, 3);
  });
});
