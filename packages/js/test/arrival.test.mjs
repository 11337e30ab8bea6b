/** What points say, as a replica tells it and as a server does: payloads as they were given, keywords, places, names with dots. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { connect, open } from "headwater";
import { call } from "../../../tests/e2e/support/http.mjs";
import { freshFolder } from "../../../tests/e2e/support/places.mjs";
import { startOrigin } from "../../../tests/e2e/support/servers.mjs";

const SCHEMA = {
  vectors: { v: { dim: 2 } },
  text: { "title.en": {} },
  fields: { city: "keyword", at: "geo", "address.zip": "integer" },
};
const PAYLOAD =
  '{"z":1.0,"title":{"en":"cat"},"wei":1000000000000000000001,"neg":-0.0,"exp":1E+2,"a":[18446744073709551615,{"c":null,"b":2}],"__proto__":{"x":1}}';
const [COMPOSED, DECOMPOSED] = ["Z\u00fcrich", "Zu\u0308rich"];
const LINES = [
  `{"id":"given","vectors":{"v":[1,0]},"payload":${PAYLOAD}}`,
  JSON.stringify({ id: "composed", vectors: { v: [0, 1] }, payload: { city: COMPOSED, at: { lat: 0, lon: -180 } } }),
  JSON.stringify({ id: "decomposed", vectors: { v: null }, payload: { city: [DECOMPOSED, null], at: { lat: 0, lon: 180 } } }),
  JSON.stringify({ id: "list", vectors: { v: [-1, 0] }, payload: { title: [{ en: "dog" }, { en: ["a", "cat"] }], address: { zip: 8001, street: "x" } } }),
];

describe("what points say", { timeout: 120_000 }, () => {
  let origin, replica, server;

  before(async () => {
    origin = await startOrigin({ data: await freshFolder("js-arrival") });
    const url = `${origin.url}/v1/collections/said`;
    const { trust } = await call("PUT", url, SCHEMA);
    const sent = await fetch(`${url}/points`, {
      method: "PUT",
      headers: { "content-type": "application/x-ndjson" },
      body: LINES.join("\r\n"),
    });
    assert.equal(sent.status, 200, await sent.text());
    await call("POST", `${url}/publish`);
    replica = await open(url, { trust, syncEveryMs: 0, cacheDir: await freshFolder("js-arrival-cache") });
    server = connect(url);
  });
  after(async () => {
    await replica?.close();
    await origin?.stop();
  });

  const both = async (query) => {
    const [here, there] = await Promise.all([replica.search(query), server.search(query)]);
    assert.deepEqual(here.hits, there.hits);
    assert.deepEqual(here.facets, there.facets);
    return here;
  };
  const ids = async (query) => (await both(query)).hits.map((hit) => hit.id);

  it("comes back as it was given, as JSON.parse reads it", async () => {
    for (const at of [replica, server]) {
      const { payload } = await at.get("given");
      assert.equal(JSON.stringify(payload), JSON.stringify(JSON.parse(PAYLOAD)));
      assert.ok(Object.is(payload.neg, -0));
      assert.deepEqual(Object.keys(payload), Object.keys(JSON.parse(PAYLOAD)));
    }
    const { hits } = await both({ match: { query: "cat", mode: "all" }, fields: ["wei", "title.en", "address.zip"], highlight: true });
    assert.deepEqual(
      hits.map((hit) => hit.payload).sort((a, b) => Object.keys(a).length - Object.keys(b).length),
      [{ title: { en: "cat" }, wei: 1e21 }, { title: [{ en: "dog" }, { en: ["a", "cat"] }], address: { zip: 8001 } }],
    );
    assert.deepEqual(hits.find((hit) => hit.id === "list").highlights, { "title.en": [{ item: 2, start: 0, end: 3 }] });
  });

  it("has one value for what looks the same", async () => {
    for (const city of [COMPOSED, DECOMPOSED]) {
      assert.deepEqual(await ids({ filter: { city } }), ["composed", "decomposed"]);
      assert.deepEqual(await ids({ filter: { city: { $prefix: city.slice(0, -4) } } }), ["composed", "decomposed"]);
    }
    const { facets } = await both({ filter: {}, facets: ["city"] });
    assert.deepEqual(facets.city.values, [{ value: COMPOSED, count: 2 }]);
  });

  it("has one meridian opposite of Greenwich", async () => {
    const box = (west, east) => ({ filter: { at: { $geoBox: { topLeft: { lat: 1, lon: west }, bottomRight: { lat: -1, lon: east } } } } });
    for (const [west, east] of [[176, 180], [-180, -178], [176, 182], [0, 360]]) assert.deepEqual(await ids(box(west, east)), ["composed", "decomposed"]);
    assert.deepEqual(await ids({ ...box(0, 360), sort: { at: { near: { lat: 0, lon: -180 } } } }), ["composed", "decomposed"]);
  });

  it("finds by vectors what has one", async () => {
    assert.deepEqual(await ids({ vector: [1, 0.1] }), ["given", "composed", "list"]);
    assert.deepEqual(await ids({ vector: [0, 0] }), []);
    for (const at of [replica, server]) await assert.rejects(at.search({ like: "decomposed" }), { code: "invalid_query" });
  });
});
