/** Hostile input over real HTTP: each refused by a problem document with its code, and nothing lost by it. */
import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, describe, it } from "node:test";
import { excerpt, startExcerpt } from "./support/excerpt.mjs";
import { ask, assertProblem, call } from "./support/http.mjs";

const VECTOR = Array.from({ length: 256 }, (_, i) => Math.cos(i));
const point = (change) => ({ id: "hostile", payload: { lemmas: ["x"], gloss: "y", pos: "noun", lexfile: "noun.act", senses: 1 }, ...change });

describe("an origin and hostile input", { timeout: 120_000 }, () => {
  let origin, points, search;

  before(async () => {
    origin = await startExcerpt();
    points = `${origin.collection}/points`;
    search = `${origin.collection}/search`;
  }, { timeout: 90_000 });
  after(() => origin?.stop());

  const refused = (what, code, method, path, body, mediaType) =>
    it(`${what}: ${code}`, { timeout: 20_000 }, async () => {
      const url = path.startsWith("/") ? origin.url + path : [origin.collection, path].join(path === "" ? "" : "/");
      const text = typeof body === "function" ? body() : body;
      assertProblem(await ask(method, url, text, mediaType), code, what);
    });

  describe("writes", () => {
    refused("a vector of another length", "dimension_mismatch", "PUT", "points", { points: [point({ vectors: { meaning: [1, 2, 3] } })] });
    refused("a number that JSON cannot hold", "invalid_json", "PUT", "points", `{"points":[{"id":"x","vectors":{"meaning":[NaN]}}]}`);
    refused("a number that no float holds", "invalid_json", "PUT", "points", () =>
      JSON.stringify({ points: [point({ vectors: { meaning: VECTOR } })] }).replace("[1,", "[1e39,"));
    refused("a field of another type", "type_mismatch", "PUT", "points", { points: [point({ payload: { ...point().payload, senses: "many" } })] });
    refused("an unknown vector", "unknown_field", "PUT", "points", { points: [point({ vectors: { colour: VECTOR } })] });
    refused("an unknown member", "invalid_json", "PUT", "points", { points: [point({ colour: "red" })] });
    refused("an empty id", "invalid_point", "PUT", "points", { points: [point({ id: "" })] });
    refused("a payload too large", "limit_exceeded", "PUT", "points", () => ({ points: [point({ payload: { ...point().payload, note: "x".repeat(70_000) } })] }));
    refused("a body too large", "limit_exceeded", "PUT", "points", () => ({ points: [point({ payload: { note: "x".repeat(33 * 1024 * 1024) } })] }));
    refused("malformed JSON", "invalid_json", "PUT", "points", `{"points": [`);
    refused("bytes that are no text", "invalid_json", "PUT", "points", new Uint8Array([0xff, 0xfe, 0, 1]));
    refused("another media type", "unsupported_media_type", "PUT", "points", "id,gloss", "text/csv");
    refused("a line that is no point in a stream", "invalid_json", "PUT", "points", `{"id": 7}\n`, "application/x-ndjson");
    refused("a schema that contradicts itself", "invalid_schema", "PUT", "/v1/collections/another", { vectors: {} });
    refused("the same collection with another schema", "collection_exists", "PUT", "", { vectors: { v: { dim: 4 } } });

    it("a good point among bad ones is not written either", { timeout: 20_000 }, async () => {
      const answer = await ask("PUT", points, { points: [point({ id: "good" }), point({ id: "bad", vectors: { meaning: [1] } })] });
      assertProblem(answer, "dimension_mismatch", "a batch with one bad point");
      assert.match(answer.json.detail, /bad/, "the detail names the point");
      assertProblem(await ask("GET", `${points}/good`), "point_not_found", "the good one");
    });
  });

  describe("searches", () => {
    refused("a vector of another length", "dimension_mismatch", "POST", "search", { vector: [1, 2, 3] });
    refused("neither vector nor text", "invalid_query", "POST", "search", {});
    refused("an unknown member", "invalid_query", "POST", "search", { text: "cat", limit: 3 });
    refused("an undeclared field", "unknown_field", "POST", "search", { text: "cat", filter: { gloss: "x" } });
    refused("an unknown operator", "invalid_filter", "POST", "search", { text: "cat", filter: { pos: { $regex: ".*" } } });
    refused("a filter deeper than the limit", "limit_exceeded", "POST", "search", () =>
      `{"text":"cat","filter":${'{"$not":'.repeat(40)}{"pos":"noun"}${"}".repeat(40)}}`);
    refused("a filter a hundred thousand deep", "invalid_query", "POST", "search", () =>
      `{"text":"cat","filter":${'{"$not":'.repeat(100_000)}{}${"}".repeat(100_000)}}`);
    refused("topK beyond the limit", "invalid_query", "POST", "search", { text: "cat", topK: 10_001 });
    refused("malformed JSON", "invalid_query", "POST", "search", "{");
  });

  describe("routes", () => {
    refused("no such route", "not_found", "GET", "/v2/collections");
    refused("no such method", "method_not_allowed", "PATCH", "points", {});
    refused("no such collection", "collection_not_found", "POST", "/v1/collections/nowhere/search", { text: "cat" });
    refused("no such point", "point_not_found", "GET", "points/nobody");
    refused("no such blob", "not_found", "GET", `blobs/${"0".repeat(64)}`);
    refused("a way out of the folder", "not_found", "GET", "blobs/..%2f..%2fkeys");
    refused("a way out by the collection's name", "collection_not_found", "GET", "/v1/collections/..%2f..%2fetc");

    it("a body that never ends is cut off", { timeout: 30_000 }, async () => {
      const { outcome, sent } = await pour(search, 64 * 1024 * 1024);
      // A server that answers and closes while it is being written to may be seen to close only.
      assert.ok([413, "EPIPE", "ECONNRESET"].includes(outcome), `${outcome}`);
      assert.ok(sent < 16 * 1024 * 1024, `${sent} bytes were taken`);
    });
  });

  it("after all of it, every point is still there and answers", { timeout: 20_000 }, async () => {
    const status = await call("GET", origin.collection);
    assert.equal(status.points, excerpt.count);
    assert.equal(status.pending, 0);
    const answer = await call("POST", search, { text: "small wild cat" });
    assert.equal(answer.hits.length, 10);
    assert.equal((await ask("GET", `${origin.url}/readyz`)).status, 200);
  });
});

/** Pours bytes into a request until it is answered, cut off, or all are sent. */
function pour(url, bytes) {
  return new Promise((resolve) => {
    let sent = 0;
    const chunk = Buffer.alloc(64 * 1024, " ");
    const poured = request(url, { method: "POST", headers: { "content-type": "application/json" }, agent: false });
    const more = () => {
      while (sent < bytes && !poured.destroyed) {
        sent += chunk.length;
        if (!poured.write(chunk)) return;
      }
      poured.end();
    };
    poured.on("drain", more);
    poured.on("error", (error) => resolve({ outcome: error.code, sent }));
    poured.on("response", (answer) => {
      resolve({ outcome: answer.statusCode, sent });
      answer.resume();
      poured.destroy();
    });
    more();
  });
}
