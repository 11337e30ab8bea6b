/** A replica in parts whose source is away answers what it can, when it is asked to, and says what it left out. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { connect } from "headwater";
import { freshFolder } from "../../../tests/e2e/support/places.mjs";
import { point, startParts, vector } from "../../../tests/e2e/support/parts-collection.mjs";

const MEANING = { vector: vector(77), topK: 10, efSearch: 10 };
const WORDS = { match: "winter lantern", topK: 10, highlight: true };
const FACETS = { facets: { kind: {} } };
const PARTIAL = { partial: true };

describe("a replica of which parts are here, and whose source is away", { timeout: 120_000 }, () => {
  let parts;
  before(async () => (parts = await startParts()));
  after(() => parts?.stop());

  const hits = (answer) => answer.hits.map(({ id, score, payload, highlights }) => ({ id, score, payload, highlights }));
  const wanted = async (query) => hits(await parts.whole.search(query));
  /** A replica that has what it takes to answer this, opened again while its source is away. */
  const having = async (query, work) => {
    const cacheDir = await freshFolder("js-partial");
    const replica = await parts.opened({ cacheDir });
    if (query !== undefined) await replica.search(query);
    await replica.close();
    await parts.away(async () => {
      const again = await parts.opened({ cacheDir });
      await work(again);
      await again.close();
    });
  };

  it("answers by meaning alone where the words are not here, with the scores that it has alone", async () => {
    const query = { ...MEANING, ...WORDS, fusion: { method: "rrf" } };
    const meant = await wanted(MEANING);
    await having(MEANING, async (replica) => {
      const answer = await replica.search(query, PARTIAL);
      assert.deepEqual(answer.leftOut, ["words"]);
      assert.deepEqual(hits(answer), meant);
      await assert.rejects(replica.search(query), { code: "parts_missing", retryable: true });
    });
  });

  it("answers by words alone where the vectors are not here", async () => {
    const worded = await wanted(WORDS);
    await having(WORDS, async (replica) => {
      const answer = await replica.search({ ...WORDS, vector: vector(4100), efSearch: 30 }, PARTIAL);
      assert.deepEqual(answer.leftOut, ["vectors"]);
      assert.deepEqual(hits(answer), worded);
    });
  });

  it("does without facets before it does without words or meaning", async () => {
    const [worded, both] = [await wanted(WORDS), await wanted({ ...WORDS, ...MEANING })];
    await having(WORDS, async (replica) => {
      const alone = await replica.search({ ...WORDS, ...FACETS }, PARTIAL);
      assert.deepEqual([alone.leftOut, hits(alone)], [["facets"], worded]);
      const few = await replica.search({ ...WORDS, ...FACETS, vector: vector(4100) }, PARTIAL);
      assert.deepEqual([few.leftOut, hits(few)], [["facets", "vectors"], worded]);
    });
    await having({ ...WORDS, ...MEANING }, async (replica) => {
      const answer = await replica.search({ ...WORDS, ...MEANING, ...FACETS }, PARTIAL);
      assert.deepEqual([answer.leftOut, hits(answer)], [["facets"], both]);
    });
  });

  it("refuses what it cannot answer at all, and leaves out nothing of what it can", async () => {
    await having(WORDS, async (replica) => {
      const other = { match: "river", ...FACETS, vector: vector(4100) };
      await assert.rejects(replica.search(other, PARTIAL), { code: "parts_missing", retryable: true });
      await assert.rejects(replica.search({ vector: vector(4100) }, PARTIAL), { code: "parts_missing" });
      assert.equal((await replica.search(WORDS, PARTIAL)).leftOut, undefined);
      await assert.rejects(replica.search({ match: 7 }, PARTIAL), { code: "invalid_query" });
    });
  });

  it("fetches as ever while its source is there, whatever it was asked with", async () => {
    const query = { ...WORDS, ...MEANING, ...FACETS };
    const replica = await parts.opened();
    const answer = await replica.search(query, PARTIAL);
    assert.deepEqual([answer.leftOut, hits(answer)], [undefined, await wanted(query)]);
    assert.equal((await parts.whole.search(query, PARTIAL)).leftOut, undefined);
    await assert.rejects(replica.search(query, { partial: "yes" }), { code: "invalid_options", message: /"partial".*true or false/ });
    await assert.rejects(replica.search(query, { parital: true }), { code: "invalid_options", message: /did you mean "partial"/ });
    await replica.close();
  });

  it("answers each query of a batch as far as it can", async () => {
    const [worded, meant] = [await wanted(WORDS), await wanted(MEANING)];
    await having(WORDS, async (replica) => {
      const answers = await replica.searchBatch([{ ...WORDS, ...FACETS }, WORDS], PARTIAL);
      assert.deepEqual(answers.map(({ leftOut }) => leftOut), [["facets"], undefined]);
      answers.forEach((answer) => assert.deepEqual(hits(answer), worded));
      await assert.rejects(replica.searchBatch([WORDS, MEANING], PARTIAL), { code: "parts_missing", message: /^queries\[1\]: / });
    });
    // A server has all of it.
    const server = connect(`${parts.origin.url}${parts.path}`);
    assert.deepEqual(hits(await server.search(MEANING, PARTIAL)), meant);
    assert.deepEqual(hits((await server.searchBatch([MEANING], PARTIAL))[0]), meant);
  });

  it("lists and gets the points of a filter that were fetched beforehand", async () => {
    const cacheDir = await freshFolder("js-partial");
    const replica = await parts.opened({ cacheDir });
    assert.ok((await replica.prefetch({ filter: { kind: "k3" } })).fetchedBytes > 0);
    assert.deepEqual(await replica.prefetch({ filter: { kind: "k3" } }), { fetchedBytes: 0 });
    await replica.close();
    const listed = { filter: { kind: "k3" }, topK: 1000 };
    const all = await wanted(listed);
    assert.ok(all.length > 600, "more than one page of records");
    await parts.away(async () => {
      const again = await parts.opened({ cacheDir });
      assert.deepEqual(hits(await again.search(listed)), all);
      for (const n of [3, 300, 5997]) assert.deepEqual((await again.get(`p${n}`)).payload, point(n).payload);
      await assert.rejects(again.search({ match: "river" }), { code: "parts_missing" });
      await again.close();
    });
    const other = await parts.opened();
    await assert.rejects(other.prefetch({}), { code: "invalid_options", message: /queries or a filter/ });
    await assert.rejects(other.prefetch({ filter: "k3" }), { code: "invalid_options", message: /"filter".*a filter such as/ });
    await assert.rejects(other.prefetch({ filter: { kid: "k3" } }), { code: "unknown_field" });
    await other.close();
  });
});
