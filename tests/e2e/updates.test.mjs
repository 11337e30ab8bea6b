/** One collection through several publishes: origin, edge in workerd and a replica in Node stay alike at every step. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as headwater from "headwater";
import { excerpt, startExcerpt } from "./support/excerpt.mjs";
import { call } from "./support/http.mjs";
import { freshFolder } from "./support/places.mjs";
import { NodeReplica } from "./support/replicas.mjs";

const QUERIES = ["small wild cat", "feeling of great joy", "to walk slowly without purpose"].map((text) => ({ text, topK: 20 }));

describe("updates at origin, edge and replica", { timeout: 120_000 }, () => {
  let origin, edge, replica;

  before(async () => {
    origin = await startExcerpt();
    edge = await origin.startEdge();
    replica = new NodeReplica(headwater, { cacheDir: await freshFolder("updates") });
    await replica.open(origin.collection, { trust: origin.trust, syncEveryMs: 0 });
  }, { timeout: 90_000 });
  after(async () => {
    await replica?.close();
    await edge?.stop();
    await origin?.stop();
  });

  async function assertAlike() {
    const published = await origin.publish();
    await edge.update();
    await replica.sync();
    for (const query of QUERIES) {
      const answers = [
        await call("POST", `${origin.collection}/search`, query),
        await call("POST", `${edge.collection}/search`, query),
        await replica.search(query),
      ];
      const [expected, ...others] = answers.map(({ version, hits }) => ({ version, hits: hits.map(({ id, score }) => [id, Math.fround(score)]) }));
      assert.equal(expected.version, published.version);
      for (const other of others) assert.deepEqual(other, expected);
    }
    assert.equal((await replica.status()).points, published.points);
    return published;
  }

  // Points stand in the order of their ids, so points at one place can be told. Deletes at one place in two
  // segments are one blob of tombstones.
  const older = excerpt.ids.toSorted();
  const newer = excerpt.newer(20);
  const younger = newer.map((point) => point.id).toSorted();

  it("a second segment", async () => {
    await origin.upsert(newer);
    assert.equal((await assertAlike()).segments, 2);
  });

  it("a delete in one segment, and then one alike in the other", async () => {
    await origin.remove([older[0]]);
    await assertAlike();
    await origin.remove([younger[0]]);
    await assertAlike();
  });

  it("deletes alike in both at once", async () => {
    await origin.remove([older[1], younger[1]]);
    assert.equal((await assertAlike()).points, older.length + younger.length - 4);
  });

  it("points replaced, and deleted ones written again", async () => {
    await origin.upsert(newer.slice(0, 5).map((point) => ({ ...point, payload: { ...point.payload, gloss: "a small wild cat" } })));
    await assertAlike();
  });

  it("nothing new", async () => {
    const before = await replica.status();
    assert.equal((await assertAlike()).changed, false);
    assert.equal((await replica.status()).version, before.version);
  });
});
