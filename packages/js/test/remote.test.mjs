/** `connect`: the same interface over HTTP, whatever the other side answers. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";
import { connect, open } from "headwater";
import { freshFolder } from "../../../tests/e2e/support/places.mjs";
import { failure, point, startNumbers, vector } from "./support.mjs";

const problem = (code, retryable = false) => ({ type: `urn:headwater:problem:${code}`, title: code, status: 400, code, detail: `about ${code}`, retryable });

describe("connect, to a real origin", { timeout: 60_000 }, () => {
  let numbers, remote;

  before(async () => {
    numbers = await startNumbers();
    await numbers.putMany(0, 50);
    // What JSON and JavaScript make of it: an integer beyond 2^53, and a name that means something to objects.
    await numbers.put(point(50, { big: 2 ** 60, small: -(2 ** 60), ["__proto__"]: { evil: true }, "1": "one", constructor: null }));
    await numbers.publish();
    remote = connect(`${numbers.url}//`);
  });
  after(async () => {
    await remote?.close();
    await numbers?.stop();
  });

  it("searches, gets and says what it is", async () => {
    const { hits, answeredBy } = await remote.search({ vector: new Float32Array(vector(7)), topK: 3 });
    assert.deepEqual([hits.length, hits[0].id, answeredBy], [3, "p7", "origin"]);
    const { id, payload } = await remote.get("p7");
    assert.deepEqual([id, payload], ["p7", { n: 7, text: "point 7" }]);
    assert.equal(await remote.get("no/body é"), null);
    for (const none of ["", ".", "..", "%2e%2e", "delete"]) assert.equal(await remote.get(none), null, none);
    assert.deepEqual(await remote.status().then(({ points, trust }) => [points, trust]), [51, numbers.trust]);
  });

  it("gets points whose ids mean something to URLs", async () => {
    const ids = ["a/b", "a%2Fb", "?", "#", "\\", "delete", "...", "a/../b", " ", "+", "é"];
    const own = await startNumbers();
    for (const id of ids) await own.put({ ...point(7), id });
    for (const id of ids) assert.equal((await connect(own.url).get(id))?.id, id, id);
    for (const id of [".", "..", ""]) await assert.rejects(own.put({ ...point(7), id }), /invalid_point/);
    await own.stop();
  });

  it("gives what a replica gives, member for member", async () => {
    const replica = await open(numbers.url, { trust: numbers.trust, cacheDir: await freshFolder("js-remote"), syncEveryMs: 0 });
    for (const query of [{ vector: vector(50), topK: 51 }, { vector: vector(50), exact: true, filter: { n: { $gte: 40 } }, fields: ["n", "big"] }, { vector: vector(50), collapse: { field: "n" }, explain: true, topK: 9 }, { filter: {}, boosts: [{ filter: {}, weight: 1.12890625 }, { field: "n", log: true, weight: 0.3 }] }, { filter: {}, boosts: [{ filter: {}, weight: 1.12890625 }] }]) {
      const [here, there] = await Promise.all([replica.search(query), remote.search(query)]);
      // Times are each one's own.
      const { tookUs: _here, answeredBy: __here, stages: timesHere, ...asReplica } = here;
      const { tookUs: _there, answeredBy: __there, stages: timesThere, ...asRemote } = there;
      assert.deepEqual(asReplica, asRemote);
      assert.deepEqual(Object.keys(timesHere ?? {}).sort(), Object.keys(timesThere ?? {}).sort());
    }
    const kept = await replica.get("p50");
    assert.deepEqual(kept.payload, (await remote.get("p50")).payload);
    assert.equal(kept.payload.big, 2 ** 60);
    assert.ok(Object.hasOwn(kept.payload, "__proto__") && kept.payload.evil === undefined);
    await replica.close();
  });

  it("refuses by the code that the server gave, or before it asks", async () => {
    const refused = (query, code) => assert.rejects(remote.search(query), failure(code));
    await refused({ vector: [1] }, "dimension_mismatch");
    await refused({ vector: vector(1), filter: { colour: "red" } }, "unknown_field");
    await refused({ vector: vector(1), filter: { n: "many" } }, "type_mismatch");
    await refused({ vector: vector(1), topK: 0 }, "invalid_query");
    await refused({ vector: vector(1), colour: 1 }, "invalid_query");
    await refused({ vector: [NaN] }, "non_finite");
    await refused({ vector: vector(1), topK: 1n }, "invalid_query");
    for (const nothing of [undefined, null, "cat"]) await refused(nothing, "invalid_query");
    await assert.rejects(connect(`${numbers.url}-not`).search({ vector: vector(1) }), failure("collection_not_found"));
  });

  it("says of the URL of the whole server how a collection of it is named", async () => {
    const { origin } = new URL(numbers.url);
    const advice = `This URL names no collection: at a server that is ${origin}/v1/collections/`;
    const saying = (named, ...codes) => (error) => {
      assert.ok(codes.includes(error.code), `${error.code}: ${error.message}`);
      assert.ok(error.message.includes(`${advice}${named}, of an export its folder`), error.message);
      return true;
    };
    for (const [path, name] of [["", "NAME"], ["/", "NAME"], ["/v1", "NAME"], ["/v1/collections/", "NAME"], ["/v1/collections/numbers/search", "numbers"]]) {
      const cacheDir = await freshFolder("js-remote-root");
      await assert.rejects(open(origin + path, { trust: numbers.trust, cacheDir }), saying(name, "not_published"));
      const whole = connect(origin + path);
      await assert.rejects(whole.search({ vector: vector(1) }), saying(name, "not_found", "method_not_allowed", "invalid_query"));
      await assert.rejects(whole.suggest({ query: "p" }), saying(name, "not_found", "method_not_allowed"));
      await assert.rejects(whole.get("p1"), saying(name, "not_found"));
    }
    const unknown = await connect(`${numbers.url}-not`).get("p1").catch((error) => error.message);
    assert.ok(!unknown.includes("names no collection"), unknown);
  });

  it("can be given up and closed", async () => {
    const other = connect(numbers.url);
    await assert.rejects(other.search({ vector: vector(1) }, { signal: AbortSignal.abort() }), { name: "AbortError" });
    const pending = assert.rejects(other.search({ vector: vector(1) }), failure("closed"));
    await other.close();
    await pending;
    await assert.rejects(other.get("p1"), failure("closed"));
    await assert.rejects(other.status(), failure("closed"));
  });
});

describe("connect, to something else", { timeout: 30_000 }, () => {
  let server, url, answer, asked;

  before(async () => {
    server = createServer((request, response) => {
      asked = request;
      const { status = 200, type = "application/json", body } = answer;
      response.writeHead(status, { "content-type": type }).end(body);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${server.address().port}/v1/collections/c`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const json = "application/problem+json; charset=utf-8";
  const ANSWERS = {
    "a problem": [{ status: 400, type: json, body: JSON.stringify(problem("over_budget")) }, failure("over_budget")],
    "a problem that passes": [{ status: 503, type: json, body: JSON.stringify(problem("not_ready", true)) }, failure("not_ready", true)],
    "half a problem": [{ status: 400, type: json, body: '{"code":"inv' }, failure("bad_response")],
    "a problem without a code": [{ status: 400, type: json, body: '{"detail":"well"}' }, failure("bad_response")],
    "a web page": [{ type: "text/html", body: "<!doctype html>" }, failure("bad_response")],
    "a proxy's excuse": [{ status: 502, type: "text/html", body: "bad gateway" }, failure("unreachable", true)],
    "a web page that refuses": [{ status: 403, type: "text/html", body: "sign in" }, failure("unauthorized")],
    "a proxy that wants a token": [{ status: 401, type: "text/plain", body: "" }, failure("unauthorized")],
    "a server that wants a token": [{ status: 401, type: json, body: JSON.stringify(problem("unauthorized")) }, failure("unauthorized")],
    "a page that is not there": [{ status: 404, type: "text/html", body: "" }, failure("bad_response")],
    "too many requests": [{ status: 429, type: "text/html", body: "" }, failure("unreachable", true)],
    "JSON that is no answer": [{ body: '"hits"' }, failure("bad_response")],
    "an object without hits": [{ body: "{}" }, failure("bad_response")],
    "half an answer": [{ body: '{"hits":[' }, failure("bad_response")],
  };
  for (const [name, [given, expected]] of Object.entries(ANSWERS)) {
    it(name, async () => {
      answer = given;
      await assert.rejects(connect(url).search({ text: "cat" }), expected);
    });
  }

  it("nobody there: unreachable, and the system's own reason is kept", async () => {
    const error = await connect("http://127.0.0.1:9/v1/collections/c").get("a").catch((thrown) => thrown);
    assert.deepEqual([error.name, error.code, error.retryable], ["HeadwaterError", "unreachable", true]);
    assert.ok(error.cause instanceof TypeError, `${error.cause}`);
    assert.doesNotMatch(error.message, /CORS/, "there are no pages here");
  });

  it("a certificate that nobody vouches for: no word of unreachable", async () => {
    const why = Object.assign(new Error("self-signed certificate"), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
    const own = () => Promise.reject(new TypeError("fetch failed", { cause: why }));
    const error = await connect(url, { fetch: own }).get("a").catch((thrown) => thrown);
    assert.deepEqual([error.code, error.retryable, error.cause.cause], ["bad_response", false, why]);
    assert.match(error.message, /TLS.*self-signed/);
  });

  it("plain HTTP behind an https URL: one line that asks whether it begins with http://", async () => {
    const secured = url.replace("http:", "https:");
    const cacheDir = await freshFolder("js-remote-plain");
    const opened = () => open(secured, { trust: `ed25519:${"d7".repeat(32)}`, cacheDir });
    for (const work of [() => connect(secured).get("a"), opened]) {
      const error = await work().catch((thrown) => thrown);
      assert.deepEqual([error.name, error.code, error.retryable], ["HeadwaterError", "bad_response", false]);
      assert.match(error.message, /no secure connection \(TLS\): the answer is not TLS \([a-z ]+\); does the URL begin with http:\/\/\?$/);
      assert.match(error.cause.cause.code, /^ERR_SSL_/);
    }
  });

  it("an answer that is cut off: unreachable", async () => {
    const cut = createServer((_, response) => {
      response.writeHead(200, { "content-length": 100 }).write("{");
      setTimeout(() => response.destroy(), 20);
    }).listen(0, "127.0.0.1");
    await once(cut, "listening");
    const error = await connect(`http://127.0.0.1:${cut.address().port}`).search({ match: "cat" }).catch((thrown) => thrown);
    assert.deepEqual([error.code, error.retryable], ["unreachable", true]);
    cut.close();
  });

  describe("with a fetch of one's own", () => {
    const DEFECTS = {
      "throws": () => {
        throw new RangeError("my own bug");
      },
      "rejects": () => Promise.reject(new RangeError("my own bug")),
      "throws a TypeError": () => undefined.nothing,
      "rejects with a TypeError": async () => undefined.nothing,
      "returns nothing": () => undefined,
      "returns a text": async () => "{}",
      "rejects with nothing": () => Promise.reject(undefined),
    };
    for (const [what, own] of Object.entries(DEFECTS)) {
      it(`that ${what}: the option is named, and what was thrown is kept`, async () => {
        const error = await connect(url, { fetch: own }).search({ match: "cat" }).catch((thrown) => thrown);
        assert.deepEqual([error.name, error.code, error.retryable], ["HeadwaterError", "invalid_options", false]);
        assert.match(error.message, /"fetch"/);
        if (what.endsWith("s") && /my own bug/.test(error.message)) assert.ok(error.cause instanceof RangeError);
      });
    }

    it("that gives up by itself: unreachable", async () => {
      const own = () => Promise.reject(new DOMException("too late", "TimeoutError"));
      await assert.rejects(connect(url, { fetch: own }).search({ match: "cat" }), failure("unreachable", true));
    });

    it("that has to be called as a function, as those of browsers", async () => {
      answer = { body: '{"hits":[]}' };
      const native = function (...given) {
        if (this !== undefined && this !== globalThis) throw new TypeError("Illegal invocation");
        return fetch(...given);
      };
      assert.deepEqual(await connect(url, { fetch: native }).search({ match: "cat" }), { hits: [] });
    });

    it("is given up by the caller's signal, with the caller's reason", async () => {
      const own = (_, { signal }) => new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      const mine = new Error("mine");
      const controller = new AbortController();
      const waiting = connect(url, { fetch: own }).search({ match: "cat" }, { signal: controller.signal });
      controller.abort(mine);
      await assert.rejects(waiting, (error) => error === mine);
    });
  });

  it("finds no point under the ids that URLs take for folders, and does not ask", async () => {
    for (const id of [".", ".."]) assert.equal(await connect(url).get(id), null);
  });

  it("with a token, and a fetch of one's own", async () => {
    answer = { body: '{"hits":[]}' };
    let fetched = 0;
    const own = (...given) => {
      fetched += 1;
      return fetch(...given);
    };
    assert.deepEqual(await connect(url, { token: "secret", fetch: own }).search({ text: "cat" }), { hits: [] });
    assert.deepEqual([asked.headers.authorization, asked.method, asked.url, fetched], ["Bearer secret", "POST", "/v1/collections/c/search", 1]);
    await connect(url).get("a/b?c");
    assert.equal(asked.headers.authorization, undefined);
    assert.equal(asked.url, "/v1/collections/c/points/a%2Fb%3Fc");
  });
});
