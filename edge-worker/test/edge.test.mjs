/** Searches at the edge: the same hits as at the origin, from a bucket filled by `headwater publish --to`. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ask, assertProblem, call } from "../../tests/e2e/support/http.mjs";
import { record } from "../../tests/e2e/support/replay.mjs";
import { COLLECTION, point, putRecording, startRiver } from "./support/collection.mjs";

const QUERIES = [
  { text: "the whale likes numbers" },
  { text: "cat 49", filter: { kind: "cat" }, topK: 5, using: "meaning" },
  { vector: point(7).vectors.place, using: "place", topK: 20, fields: ["kind"] },
  { vector: point(8).vectors.place, using: "place", filter: { legs: { $gte: 3 }, kind: { $in: ["dog", "owl"] } }, exact: true },
  { vector: point(9).vectors.place, using: "place", filter: { kind: "unicorn" } },
].map((query) => ({ using: "meaning", ...query }));

describe("the edge in workerd", { timeout: 120_000 }, () => {
  let river;
  let edge;
  before(async () => {
    river = await startRiver();
    edge = await river.edge();
  });
  after(() => river?.stop());

  it("knows nothing before the first publish", async () => {
    assertProblem(await ask("GET", edge.collectionUrl), "collection_not_found", "status");
    assertProblem(await ask("POST", `${edge.collectionUrl}/search`, QUERIES[0]), "collection_not_found", "search");
    assertProblem(await ask("GET", `${edge.collectionUrl}/head`), "collection_not_found", "head");
  });

  it("answers as the origin does, to the bit, from what was published to it", async () => {
    assert.match(await river.publishTo(edge), /version 1 .*2 of 2 blobs sent/);
    for (const query of QUERIES) {
      const [here, there] = await Promise.all([edge, river].map(({ collectionUrl }) => ask("POST", `${collectionUrl}/search`, query)));
      assert.equal(here.status, 200, here.text);
      assert.deepEqual(here.json.hits, there.json.hits, JSON.stringify(query));
      assert.deepEqual(here.json.plan, there.json.plan, JSON.stringify(query));
      assert.equal(here.json.answeredBy, "edge");
      assert.equal(here.headers.get("x-headwater-answered-by"), "edge");
      assert.equal(here.headers.get("x-headwater-version"), "1");
      assert.equal(here.headers.get("x-headwater-lsn"), String(there.json.lsn));
      assert.match(here.headers.get("x-headwater-head-age-ms"), /^\d+$/);
      assert.equal(here.headers.get("x-headwater-stale"), null);
    }
  });

  it("answers several queries at once, and gives several collections one ranking", async () => {
    const batch = await call("POST", `${edge.collectionUrl}/search/batch`, { queries: QUERIES });
    for (const [index, query] of QUERIES.entries()) {
      assert.deepEqual(batch.answers[index].hits, (await call("POST", `${edge.collectionUrl}/search`, query)).hits);
    }
    const refused = await ask("POST", `${edge.collectionUrl}/search/batch`, { queries: [QUERIES[0], { topk: 1 }] });
    assertProblem(refused, "invalid_query", "batch");
    assert.match(refused.json.detail, /^queries\[1\]: /);
    const searches = QUERIES.slice(0, 2).map(({ topK: _, ...query }, i) => ({ collection: COLLECTION, query, weight: i + 1 }));
    const [here, there] = await Promise.all([edge, river].map(({ collectionUrl }) => call("POST", new URL("/v1/search", collectionUrl).href, { searches, topK: 12, method: "rrf" })));
    assert.equal(here.hits.length, 12);
    assert.deepEqual([here.hits, here.total], [there.hits, there.total]);
    assertProblem(await ask("POST", `${edge.url}/v1/search`, { searches: [{ collection: "nope", query: QUERIES[0] }] }), "collection_not_found", "across");
  });

  it("goes on from page to page", async () => {
    const query = { text: "the whale likes numbers", using: "meaning", topK: 30 };
    const all = (await call("POST", `${edge.collectionUrl}/search`, { ...query, topK: 90 })).hits;
    const found = [];
    for (let after = "start"; found.length < all.length; ) {
      const { hits, next } = await call("POST", `${edge.collectionUrl}/search`, { ...query, after });
      found.push(...hits);
      after = next;
    }
    assert.deepEqual(found, all);
  });

  it("answers for a time only as far as its head was signed", async () => {
    const { head } = await call("GET", `${edge.collectionUrl}/head`);
    const at = (ms) => ask("POST", `${edge.collectionUrl}/search`, { ...QUERIES[0], asOf: new Date(ms).toISOString() });
    assert.equal((await at(head.issuedMs)).json.version, 1);
    for (const ms of [0, head.issuedMs + 1]) assertProblem(await at(ms), "version_not_held", `as of ${ms}`);
  });

  it("describes the collection and shows points", async () => {
    const [here, there] = await Promise.all([call("GET", edge.collectionUrl), call("GET", river.collectionUrl)]);
    assert.deepEqual(here, there);
    const { id, payload } = point(5);
    const found = await ask("GET", `${edge.collectionUrl}/points/${encodeURIComponent(id)}`);
    assert.deepEqual(found.json, { id, payload });
    assertProblem(await ask("GET", `${edge.collectionUrl}/points/nobody`), "point_not_found", "unknown id");
  });

  it("lets many cold requests share one load", async () => {
    const cold = await river.edge({ headTtlMs: 60_000 });
    await river.publishTo(cold);
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask("POST", `${cold.collectionUrl}/search`, QUERIES[0])));
    const warm = await ask("POST", `${edge.collectionUrl}/search`, QUERIES[0]);
    for (const answer of answers) {
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(answer.json.hits, warm.json.hits);
    }
  });

  it("gets only the difference of the next version", async () => {
    const patient = await river.edge({ headTtlMs: 3_600_000 });
    await river.publishTo(patient);
    await call("POST", `${patient.collectionUrl}/search`, QUERIES[0]);
    await call("POST", `${river.collectionUrl}/points/delete`, { ids: [point(4).id] });
    await river.nextVersion(1000);
    const { blobs } = await record(river.collectionUrl);
    const sent = Number(/(\d+) of (\d+) blobs? sent/.exec(await river.publishTo(edge))?.[1]);
    assert.ok(sent >= 1 && sent < blobs.size, `${sent} of ${blobs.size} blobs were sent`);
    await river.publishTo(patient);
    assert.equal((await call("GET", edge.collectionUrl)).version, 2);
    assert.equal((await ask("GET", `${edge.collectionUrl}/points/${encodeURIComponent(point(4).id)}`)).json.code, "point_not_found");
    assert.deepEqual((await call("GET", `${edge.collectionUrl}/points/${encodeURIComponent(point(1001).id)}`)).payload, point(1001).payload);
    const held = await ask("GET", patient.collectionUrl);
    assert.equal(held.json.version, 1, "within the head's TTL the snapshot in memory answers");
    assert.ok(Number(held.headers.get("x-headwater-head-age-ms")) > 0);
  });

  it("says when a collection cannot fit its budget", async () => {
    const { bytes } = await call("GET", edge.collectionUrl);
    const tiny = await river.edge({ budgetBytes: 1_000_000 });
    // Through the Worker it does not come here; through the bucket's other doors it may.
    const { signed, ...published } = { signed: await call("GET", `${river.collectionUrl}/head`), ...(await record(river.collectionUrl)) };
    await putRecording(tiny.bucket, published, signed);
    const refused = await ask("POST", `${tiny.collectionUrl}/search`, QUERIES[0]);
    assertProblem(refused, "over_budget", "search");
    assert.match(refused.json.detail, /HEADWATER_BUDGET_BYTES/);
    const enough = await river.edge({ budgetBytes: Math.ceil(bytes * 1.5) });
    await river.publishTo(enough);
    assert.equal((await call("POST", `${enough.collectionUrl}/search`, QUERIES[0])).answeredBy, "edge");
  });

  it("refuses malformed searches with the origin's codes", async () => {
    const cases = [
      ["{", "invalid_query"],
      ["", "invalid_query"],
      [{}, "invalid_query"],
      [{ text: "a", vector: [1] }, "invalid_query"],
      [{ text: "a", using: "meaning", topK: 0 }, "invalid_query"],
      [{ text: "a", using: "meaning", nonsense: 1 }, "invalid_query"],
      [{ vector: [1, 2, 3], using: "place" }, "dimension_mismatch"],
      [{ text: "a", using: "meaning", filter: { wings: 2 } }, "unknown_field"],
      [{ text: "a", using: "meaning", filter: { legs: { $near: 2 } } }, "invalid_filter"],
      [`{"text":"${"a".repeat(1_100_000)}"}`, "limit_exceeded"],
    ];
    for (const [body, code] of cases) {
      const answers = await Promise.all([edge, river].map((at) => ask("POST", `${at.collectionUrl}/search`, body)));
      const what = JSON.stringify(body).slice(0, 80);
      assertProblem(answers[0], code, `edge: ${what}`);
      assert.equal(answers[0].status, answers[1].status, what);
    }
    assertProblem(await ask("POST", `${edge.collectionUrl}/search`, "a".repeat(20_000_000)), "limit_exceeded", "edge: 20 MB");
    const media = await ask("POST", `${edge.collectionUrl}/search`, "text=a", "application/x-www-form-urlencoded");
    assertProblem(media, "unsupported_media_type", "a form");
  });

  it("takes no writes", async () => {
    for (const [method, path, body] of [
      ["PUT", "", { vectors: {} }],
      ["DELETE", ""],
      ["PUT", "/points", { points: [] }],
      ["POST", "/points/delete", { ids: [] }],
      ["POST", "/publish"],
    ]) {
      assertProblem(await ask(method, `${edge.collectionUrl}${path}`, body), "read_only", `${method} ${path}`);
    }
    assertProblem(await ask("PUT", `${edge.url}/v1/models/m`, "x"), "read_only", "a model");
    const wrong = await ask("GET", `${edge.collectionUrl}/search`);
    assertProblem(wrong, "method_not_allowed", "GET of search");
    assert.equal(wrong.headers.get("allow"), "POST, OPTIONS");
    assertProblem(await ask("GET", `${edge.url}/v1/nothing`), "not_found", "an unknown path");
    assertProblem(await ask("GET", `${edge.url}/v1/collections/Not%20A%20Name`), "collection_not_found", "a bad name");
  });

  it("lets scripts of any origin read", async () => {
    const headers = { origin: "https://page.example", "access-control-request-method": "POST", "access-control-request-headers": "content-type" };
    const preflight = await fetch(`${edge.collectionUrl}/search`, { method: "OPTIONS", headers });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get("access-control-allow-origin"), "*");
    assert.match(preflight.headers.get("access-control-allow-methods"), /POST/);
    assert.match(preflight.headers.get("access-control-allow-headers"), /content-type/);
    const refused = await ask("GET", `${edge.url}/nowhere`);
    for (const answer of [await ask("GET", edge.collectionUrl), refused]) {
      assert.equal(answer.headers.get("access-control-allow-origin"), "*");
      assert.match(answer.headers.get("access-control-expose-headers"), /x-headwater-version/);
    }
  });

  it("serves other replicas: whole, by range, by HEAD, not again", async () => {
    const { head, manifestBytes, blobs } = await record(edge.collectionUrl);
    const original = await record(river.collectionUrl);
    assert.deepEqual({ head, manifestBytes, blobs }, { head: original.head, manifestBytes: original.manifestBytes, blobs: original.blobs });
    const [[hash, bytes]] = [...blobs].sort((a, b) => a[1].length - b[1].length);
    const url = `${edge.collectionUrl}/blobs/${hash}`;
    const get = (headers, method = "GET") => fetch(url, { method, headers });
    const whole = await get({});
    assert.deepEqual(Buffer.from(await whole.arrayBuffer()), bytes);
    assert.equal(whole.headers.get("etag"), `"${hash}"`);
    assert.match(whole.headers.get("cache-control"), /immutable/);
    assert.equal(whole.headers.get("content-length"), String(bytes.length));
    const length = await get({}, "HEAD");
    assert.deepEqual([length.status, length.headers.get("content-length")], [200, String(bytes.length)]);
    const part = await get({ range: "bytes=3-12" });
    assert.equal(part.status, 206);
    assert.equal(part.headers.get("content-range"), `bytes 3-12/${bytes.length}`);
    assert.deepEqual(Buffer.from(await part.arrayBuffer()), bytes.subarray(3, 13));
    const tail = await get({ range: "bytes=-5", "if-range": `"${hash}"` });
    assert.deepEqual(Buffer.from(await tail.arrayBuffer()), bytes.subarray(-5));
    assert.equal((await get({ range: "bytes=0-1", "if-range": '"another"' })).status, 200);
    assert.equal((await get({ range: `bytes=${bytes.length}-` })).status, 416);
    assert.equal((await get({ "if-none-match": `"${hash}"` })).status, 304);
    const absent = `${edge.collectionUrl}/blobs/${"0".repeat(64)}`;
    assertProblem(await ask("GET", absent), "not_found", "an unknown blob");
    assert.equal((await fetch(absent, { method: "HEAD" })).status, 404);
    const tag = (await fetch(`${edge.collectionUrl}/head`)).headers.get("etag");
    assert.equal((await fetch(`${edge.collectionUrl}/head`, { headers: { "if-none-match": tag } })).status, 304);
    assert.equal((await ask("HEAD", `${edge.url}/v1/collections/${COLLECTION}/manifests/${head.manifest.hash}`)).status, 200);
  });
});
