/** Page after page of one version, several queries at once, one ranking across collections: by replicas and by `connect` alike. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { connect, open, searchAcross } from "headwater";
import { freshFolder } from "../../../tests/e2e/support/places.mjs";
import { call } from "../../../tests/e2e/support/http.mjs";
import { startOrigin } from "../../../tests/e2e/support/servers.mjs";

const SCHEMA = { vectors: { v: { dim: 2 } }, text: { body: {} }, fields: { n: "integer" } };
const point = (n, body) => ({ id: `p${n}`, vectors: { v: [Math.cos(n / 9), Math.sin(n / 9)] }, payload: { body, n } });
const ids = ({ hits }) => hits.map(({ id }) => id);

describe("what is asked together", { timeout: 60_000 }, () => {
  let origin, urls;
  const collections = {};
  before(async () => {
    origin = await startOrigin({ data: await freshFolder("js-together") });
    urls = ["cats", "dogs"].map((name) => `${origin.url}/v1/collections/${name}`);
    for (const [index, url] of urls.entries()) {
      const { trust } = await call("PUT", url, SCHEMA);
      const points = Array.from({ length: 25 }, (_, i) => point(index * 25 + i, i % 2 === 0 ? "a wild cat" : "dog and cat and bird"));
      await call("PUT", `${url}/points`, { points });
      await call("POST", `${url}/publish`);
      collections.replica = [...(collections.replica ?? []), await open(url, { trust: trust[0], cacheDir: await freshFolder("js-together-kept"), syncEveryMs: 0 })];
      collections.remote = [...(collections.remote ?? []), connect(url)];
    }
  });
  after(async () => {
    for (const collection of Object.values(collections).flat()) await collection.close();
    await origin?.stop();
  });

  for (const where of ["replica", "remote"]) {
    it(`${where}: pages go on to the last hit`, async () => {
      const [cats] = collections[where];
      for (const query of [{ match: "cat" }, { sort: [{ n: "desc" }] }, { vector: new Float32Array([1, 0]) }, { filter: { n: { $gt: 3 } } }]) {
        const all = ids(await cats.search({ ...query, topK: 100 }));
        const found = [];
        let pages = 0;
        for (let after = "start"; after !== undefined; pages += 1) {
          const answer = await cats.search({ ...query, topK: 7, after });
          found.push(...ids(answer));
          after = answer.next;
        }
        assert.deepEqual(found, all, JSON.stringify(query));
        assert.equal(pages, Math.ceil(all.length / 7), JSON.stringify(query));
      }
      assert.equal((await cats.search({ match: "cat", topK: 7 })).next, undefined, "only who asks for pages is told of the next");
      await assert.rejects(cats.search({ match: "cat", after: "99.1.7.p1" }), { code: "version_not_held" });
      await assert.rejects(cats.search({ match: "cat", after: 7 }), { code: "invalid_query", message: /"start"/ });
    });

    it(`${where}: a batch has an answer for each query`, async () => {
      const [cats] = collections[where];
      const queries = [{ match: "bird", topK: 3 }, { vector: new Float32Array([0, 1]), topK: 2 }, { sort: "n" }];
      const answers = await cats.searchBatch(queries);
      for (const [index, query] of queries.entries()) {
        const { hits, total } = await cats.search(query);
        assert.deepEqual([answers[index].hits, answers[index].total], [hits, total], JSON.stringify(query));
      }
      const refused = (list, code, message) => assert.rejects(cats.searchBatch(list), { name: "HeadwaterError", code, message });
      await refused([{ match: "cat" }, { match: "cat", topk: 1 }], "invalid_query", /^queries\[1\]: .*did you mean "topK"/);
      await refused([{ filter: { n: NaN } }], "non_finite", /^queries\[0\]: filter\.n is NaN/);
      await refused([], "limit_exceeded", /1 to 100/);
      await refused({ match: "cat" }, "invalid_query", /a list/);
    });

    it(`${where}: collections have one ranking`, async () => {
      const searches = collections[where].map((collection) => ({ collection, query: { match: "cat bird" } }));
      const found = await searchAcross(searches, { topK: 30 });
      assert.equal(found.hits.length, 30);
      assert.deepEqual(found.total, { value: 50, relation: found.total.relation });
      assert.ok(found.hits.every(({ score }, i) => i === 0 || score <= found.hits[i - 1].score));
      const body = { searches: ["cats", "dogs"].map((collection) => ({ collection, query: { match: "cat bird" } })), topK: 30 };
      for (const more of [{}, { method: "rrf" }, { offset: 5, topK: 4 }]) {
        for (const weight of [1, 1.3]) {
          body.searches[1].weight = searches[1].weight = weight;
          const [here, there] = [await searchAcross(searches, { topK: 30, ...more }), await call("POST", `${origin.url}/v1/search`, { ...body, ...more })];
          assert.deepEqual(here.hits, there.hits.map(({ search, score, hit }) => ({ search, score, hit })), JSON.stringify(more));
        }
      }
    });
  }

  it("searches that cannot be meant so are refused, each by its number", async () => {
    const [collection, other] = [collections.replica[0], collections.remote[1]];
    const good = { collection, query: { match: "cat" } };
    const refused = (list, options, code, message) => assert.rejects(searchAcross(list, options), { name: "HeadwaterError", code, message });
    await refused([good, { collection: other, query: { match: "cat", sort: "n" } }], {}, "invalid_options", /^searches\[1\]: "sort" does not go/);
    await refused([{ ...good, query: { match: "cat", topK: 3 } }], {}, "invalid_options", /^searches\[0\]: "topK" stands in the options/);
    await refused([good, { collection: urls[0], query: {} }], {}, "invalid_options", /"collection" of a search is a replica/);
    await refused([{ ...good, weight: 0 }], {}, "invalid_options", /"weight" of a search is a number above 0/);
    await refused([{ collection, query: { match: "cat", topk: 3 } }], {}, "invalid_query", /^searches\[0\]: /);
    await refused([good], { topk: 3 }, "invalid_options", /did you mean "topK"/);
    await refused([good], { topK: 9_999, offset: 9_999 }, "invalid_options", /together at most 10000/);
    await refused([], {}, "invalid_options", /1 to 32/);
    const controller = new AbortController();
    controller.abort(new Error("mine"));
    await assert.rejects(searchAcross([good], { signal: controller.signal }), /mine/);
  });
});
