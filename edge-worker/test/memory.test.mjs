/** What the Worker's memory grows to while one version follows another: an isolate has 128 MB for everything. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { call } from "../../tests/e2e/support/http.mjs";
import { freshFolder } from "../../tests/e2e/support/places.mjs";
import { startOrigin, trustOf } from "../../tests/e2e/support/servers.mjs";
import { record } from "../../tests/e2e/support/replay.mjs";
import { startEdge } from "../run.mjs";
import { COLLECTION, putRecording, TOKEN } from "./support/collection.mjs";
import { weigh, weighedBundle } from "./support/weighed.mjs";

const POINTS = 4000;
const BYTES_PER_POINT = 4096;
/** Beside the blobs: manifests, requests, what the allocator cannot use again. */
const SLACK_BYTES = 3 * 1024 * 1024;

describe("the edge's memory", { timeout: 240_000 }, () => {
  let origin;
  let trust;
  let bundle;
  const versions = [];
  const edges = [];
  before(async () => {
    const data = await freshFolder("heavy-origin");
    origin = await startOrigin({ data });
    trust = await trustOf(data);
    bundle = await weighedBundle();
    const url = `${origin.url}/v1/collections/${COLLECTION}`;
    await call("PUT", url, { text: { kind: {} } });
    for (const kind of ["first", "second"]) {
      // Every point anew: the versions share nothing.
      const point = (n) => ({ id: `p${n}`, payload: { kind, noise: randomBytes(BYTES_PER_POINT / 2).toString("hex") } });
      for (let from = 0; from < POINTS; from += 1000) {
        await call("PUT", `${url}/points`, { points: Array.from({ length: 1000 }, (_, n) => point(from + n)) });
      }
      await call("POST", `${url}/publish?compact=true`);
      versions.push({ kind, signed: await call("GET", `${url}/head`), ...(await record(url)) });
    }
  });
  after(async () => {
    await Promise.all(edges.map((edge) => edge.stop()));
    await origin?.stop();
  });

  const total = ({ manifest }) => manifest.segments.reduce((sum, { blob }) => sum + blob.bytes, 0);
  const serving = async (version, budgetBytes, headTtlMs = 0) => {
    const edge = await startEdge({ bundle, trust, token: TOKEN, budgetBytes, headTtlMs });
    edges.push(edge);
    await putRecording(edge.bucket, version, version.signed);
    const search = (query) => call("POST", `${edge.url}/v1/collections/${COLLECTION}/search`, { filter: {}, topK: 1, ...query });
    assert.equal((await search()).hits[0].payload.kind, version.kind);
    return { edge, search, before: await weigh(edge) };
  };

  it("does not hold two versions of one size where there is no room for both", async () => {
    const [first, second] = versions;
    const { edge, search, before } = await serving(first, Math.floor(total(second) * 1.3));
    await putRecording(edge.bucket, second, second.signed);
    const answers = await Promise.all(Array.from({ length: 8 }, () => search()));
    // While the first of them asks for the head, the others are answered from what is there.
    const kinds = answers.map(({ hits }) => hits[0].payload.kind);
    assert.ok(kinds.every((kind) => [first.kind, second.kind].includes(kind)), kinds.join());
    assert.equal((await search()).hits[0].payload.kind, second.kind);
    const grown = (await weigh(edge)) - before;
    assert.ok(grown < SLACK_BYTES, `grown by ${grown} bytes, the version has ${total(second)}`);
  });

  it("nor does the request that asks for the newer one", async () => {
    const [first, second] = versions;
    const { edge, search, before } = await serving(first, Math.floor(total(second) * 1.3), 3_600_000);
    await putRecording(edge.bucket, second, second.signed);
    assert.equal((await search()).hits[0].payload.kind, "first", "the head's time is not over");
    assert.equal((await search({ minLsn: second.head.lsn })).hits[0].payload.kind, "second");
    const grown = (await weigh(edge)) - before;
    assert.ok(grown < SLACK_BYTES, `grown by ${grown} bytes, the version has ${total(second)}`);
  });

  it("holds both where there is room, so that the scale is known to show it", async () => {
    const [first, second] = versions;
    const { edge, search, before } = await serving(first, total(first) * 3);
    await putRecording(edge.bucket, second, second.signed);
    assert.equal((await search()).hits[0].payload.kind, "second");
    const grown = (await weigh(edge)) - before;
    assert.ok(grown > total(second) / 2, `grown by ${grown} bytes, the version has ${total(second)}`);
  });
});
