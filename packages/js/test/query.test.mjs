/**
 * What a query cannot carry is refused by its place in it, and half a sign is no word: by a replica and by `connect`
 * alike.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { HeadwaterError, connect, open } from "headwater";
import { freshFolder } from "../../../tests/e2e/support/places.mjs";
import { call } from "../../../tests/e2e/support/http.mjs";
import { startOrigin } from "../../../tests/e2e/support/servers.mjs";

const HALF = "\u{1F600}"[0];
const SCHEMA = { vectors: { v: { dim: 2 } }, text: { body: {} }, fields: { n: "integer", city: "keyword", at: "datetime" } };
const POINTS = Array.from({ length: 15 }, (_, n) => ({
  id: `cat${n}`,
  vectors: { v: [1, n] },
  // A value that a careless encoder would make of half a sign.
  payload: { body: "cat", n, city: n === 0 ? "\uFFFD" : "Bonn", at: `2026-01-${String(n + 1).padStart(2, "0")}` },
}));

const cyclic = { $and: [] };
cyclic.$and.push(cyclic);
const throwing = Object.defineProperty({}, "match", { enumerable: true, get: () => { throw new RangeError("mine"); } });

/** The query, the code, and what the sentence names. */
const REFUSED = {
  "NaN in a filter": [{ filter: { n: { $gt: NaN } } }, "non_finite", "filter.n.$gt is NaN"],
  "NaN as a value": [{ filter: { n: NaN } }, "non_finite", "filter.n is NaN"],
  "Infinity deep in a filter": [{ filter: { $or: [{ n: 1 }, { $not: { n: { $in: [1, Infinity] } } }] } }, "non_finite", "filter.$or[1].$not.n.$in[1] is Infinity"],
  "NaN in a place": [{ filter: { place: { $geoRadius: { lat: NaN, lon: 0, radius: 1 } } } }, "non_finite", "$geoRadius.lat is NaN"],
  "NaN in a vector": [{ vector: [1, NaN] }, "non_finite", "vector[1] is NaN"],
  "NaN in a typed array": [{ vector: new Float32Array([1, NaN]) }, "non_finite", "vector[1] is NaN"],
  "infinity in a double array": [{ vector: new Float64Array([-Infinity, 1]) }, "non_finite", "vector[0] is -Infinity"],
  "NaN in a named vector": [{ vectors: { v: { vector: new Float32Array([NaN, 0]) } } }, "non_finite", "vectors.v.vector[0] is NaN"],
  "NaN as a weight": [{ vectors: { v: { vector: [1, 0], weight: NaN } } }, "non_finite", "vectors.v.weight is NaN"],
  "NaN as a boost": [{ match: [{ query: "cat", boost: NaN }] }, "non_finite", "match[0].boost is NaN"],
  "NaN in fusion": [{ match: "cat", vector: [1, 0], fusion: { vector: NaN } }, "non_finite", "fusion.vector is NaN"],
  "a BigInt": [{ match: "cat", topK: 3n }, "invalid_query", "topK is a BigInt"],
  "a function": [{ match: () => "cat" }, "invalid_query", "match is a function"],
  "a symbol": [{ match: Symbol("cat") }, "invalid_query", "match is a symbol"],
  "a Map": [{ filter: new Map([["n", 1]]) }, "invalid_query", "filter is a Map"],
  "a Set": [{ filter: { n: { $in: new Set([1]) } } }, "invalid_query", "filter.n.$in is a Set"],
  "undefined in a filter": [{ filter: { city: undefined } }, "invalid_query", "filter.city is undefined"],
  "undefined in a condition": [{ filter: { $and: [{ n: { $gt: undefined } }] } }, "invalid_query", "filter.$and[0].n.$gt is undefined"],
  "undefined in a list": [{ match: ["cat", undefined] }, "invalid_query", "match[1] is undefined"],
  "an invalid Date": [{ filter: { at: { $gt: new Date(NaN) } } }, "invalid_query", "filter.at.$gt is an invalid Date"],
  "a cyclic filter": [{ filter: cyclic }, "invalid_query", "filter.$and[0] is the object that it is in"],
  "a member that throws": [throwing, "invalid_query", "mine"],
  "a misspelt key": [{ match: "cat", topk: 3 }, "invalid_query", 'did you mean "topK"'],
  "a misspelt key of words": [{ match: { query: "cat", fuzy: true } }, "invalid_query", 'did you mean "fuzzy"'],
  "fields that are no list": [{ match: "cat", fields: "n" }, "invalid_query", "fields"],
  "a text instead of a query": ["cat", "invalid_query", "not a string"],
  "a list instead of a query": [[{ match: "cat" }], "invalid_query", "not a list"],
  "nothing instead of a query": [undefined, "invalid_query", "not undefined"],
  "null instead of a query": [null, "invalid_query", "not null"],
};
for (const key of ["topK", "offset", "efSearch", "oversampling", "scoreThreshold", "timeoutMs", "budget", "minLsn", "asOf"]) {
  REFUSED[`${key}: NaN`] = [{ match: "cat", [key]: NaN }, "non_finite", `${key} is NaN`];
  REFUSED[`${key}: Infinity`] = [{ match: "cat", [key]: Infinity }, "non_finite", `${key} is Infinity`];
}

describe("queries as JavaScript has them", { timeout: 60_000 }, () => {
  let origin, collections;

  before(async () => {
    origin = await startOrigin({ data: await freshFolder("js-query") });
    const url = `${origin.url}/v1/collections/cats`;
    const { trust } = await call("PUT", url, SCHEMA);
    await call("PUT", `${url}/points`, { points: POINTS });
    await call("POST", `${url}/publish`);
    const replica = await open(url, { trust, cacheDir: await freshFolder("js-query-kept"), syncEveryMs: 0 });
    collections = { replica, connect: connect(url) };
  });
  after(async () => {
    await Promise.all(Object.values(collections ?? {}).map((collection) => collection.close()));
    await origin?.stop();
  });

  for (const where of ["replica", "connect"]) {
    const search = (query) => collections[where].search(query);
    const found = async (query) => (await search({ topK: 20, ...query })).hits.map(({ id }) => id).sort();
    const all = POINTS.map(({ id }) => id).sort();

    for (const [what, [query, code, names]] of Object.entries(REFUSED)) {
      it(`${where} refuses ${what}`, async () => {
        const error = await search(query).then(() => assert.fail("it was answered"), (thrown) => thrown);
        assert.ok(error instanceof HeadwaterError, `${error}`);
        assert.equal(error.code, code, error.message);
        assert.ok(error.message.includes(names), error.message);
      });
    }

    it(`${where} takes half a sign for no word`, async () => {
      assert.deepEqual(await found({ match: `cat ${HALF}` }), all);
      assert.deepEqual(await found({ match: [`cat${HALF}`, HALF] }), all);
      assert.deepEqual(await found({ match: { query: `${"\u{1F600}"[1]}cat`, mode: "all" } }), all);
      assert.deepEqual(await found({ match: HALF }), []);
      assert.deepEqual(await found({ match: "cat \u{1F600}" }), all, "and whole ones as ever");
    });

    it(`${where} finds no point by half a sign`, async () => {
      assert.equal(await collections[where].get(HALF), null);
      assert.equal(await collections[where].get(""), null);
      for (const like of [`cat0${HALF}`, ["cat0", HALF], { ids: ["cat0"], not: [HALF] }]) {
        await assert.rejects(search({ like }), { name: "HeadwaterError", code: "point_not_found" });
      }
      for (const condition of [HALF, { $eq: HALF }, { $prefix: HALF }, { $contains: `B${HALF}` }, { $in: [HALF] }, { $eq: HALF, $in: ["Bonn"] }]) {
        assert.deepEqual(await found({ filter: { city: condition } }), [], JSON.stringify(condition));
      }
      assert.deepEqual(await found({ filter: { $not: { city: HALF } } }), all);
      for (const condition of [{ $ne: HALF }, { $nin: [HALF] }, { $ne: HALF, $exists: true }]) {
        assert.deepEqual(await found({ filter: { city: condition } }), all, JSON.stringify(condition));
      }
      assert.deepEqual(await found({ filter: { $or: [{ city: { $in: [HALF, "Bonn"] } }] } }), all.filter((id) => id !== "cat0"));
    });

    it(`${where} takes Dates, typed arrays, and options that are undefined`, async () => {
      assert.deepEqual(await found({ filter: { at: { $gte: new Date("2026-01-14") } } }), ["cat13", "cat14"]);
      assert.equal((await search({ vector: new Float64Array([1, 0]), topK: undefined, filter: undefined })).hits.length, 10);
      assert.equal((await search({ vectors: { v: { vector: new Float32Array([1, 0]) } }, topK: 1 })).hits[0].id, "cat0");
      assert.deepEqual(await found({ filter: { n: { $in: new Int32Array([3, 4]) } } }), ["cat3", "cat4"]);
      const vector = new Float32Array([1, 0]);
      await search({ vector });
      assert.equal(vector.length, 2, "what was given is still there");
    });

    it(`${where} completes what is being typed`, async () => {
      const suggest = (request) => collections[where].suggest(request);
      const { suggestions, didYouMean, answeredBy } = await suggest({ query: `ca${HALF}`, fields: undefined });
      assert.deepEqual([suggestions, didYouMean, answeredBy], [[{ text: "cat", count: 15 }], undefined, where === "replica" ? "node" : "origin"]);
      assert.deepEqual((await suggest({ query: "c", filter: { at: { $gte: new Date("2026-01-14") } } })).suggestions, [{ text: "cat", count: 2 }]);
      assert.deepEqual((await suggest({ query: "caat " })).didYouMean, { text: "cat ", count: 15 });
      for (const request of [{ query: "c", topK: 0 }, { query: 7 }, {}, "c", { query: "c", limit: 3 }]) {
        await assert.rejects(suggest(request), { name: "HeadwaterError", code: "invalid_query" });
      }
      for (const request of ["c", undefined, null, ["c"]]) await assert.rejects(suggest(request), /is an object such as \{ query: "small tel" \}, not /);
      await assert.rejects(suggest({ query: "c", filter: { n: NaN } }), { name: "HeadwaterError", code: "non_finite" });
    });

    it(`${where} says how many there are, groups hits and shows fragments`, async () => {
      const { hits, total } = await search({ match: "cat", collapse: { field: "city", hits: 2 }, snippets: { fields: ["body"] }, total: true });
      assert.deepEqual(total, { value: 15, relation: "exact" });
      const groups = hits.map(({ group }) => [group.value, group.count.value, group.count.relation, group.hits.map(({ id }) => id)]);
      assert.deepEqual(groups.sort(([a], [b]) => (a < b ? -1 : 1)), [["Bonn", 14, "exact", ["cat1", "cat10"]], ["\uFFFD", 1, "exact", ["cat0"]]]);
      assert.ok(hits.every(({ id, score, group }) => group.hits[0].id === id && group.hits[0].score === score));
      const snippet = { item: 0, start: 0, text: "cat", highlights: [{ start: 0, end: 3 }], cutBefore: false, cutAfter: false };
      assert.ok(hits.every(({ snippets }) => snippets.body.length === 1));
      assert.deepEqual(hits[0].snippets.body[0], snippet);
    });

    it(`${where} refuses an id that is none`, async () => {
      for (const id of [undefined, 7, null, {}]) await assert.rejects(collections[where].get(id), { name: "HeadwaterError", code: "invalid_query" });
    });
  }
});
