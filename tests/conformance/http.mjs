/**
 * What every server of collections says over HTTP (RFC 9110, and the Fetch standard's CORS), asked of the origin and the edge alike.
 * Sources of plain files need not know it.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import { gzipSync } from "node:zlib";

/** A page that every server lets read without being told: one of the machine that asks. */
export const PAGE = "http://localhost:8000";
/** Headers that pages send once a tracing library is in them. */
const TRACING = "authorization,b3,baggage,content-type,if-range,range,sentry-trace,traceparent,tracestate,x-datadog-trace-id";

/** A request as it stands: no header is added, no path is tidied. */
export async function raw(method, url, headers = {}, body) {
  const { protocol, hostname, port, origin } = new URL(url);
  const path = url.slice(origin.length);
  const ask = protocol === "https:" ? https.request : http.request;
  const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
  const request = ask({ hostname, port, method, path, headers: { ...length, ...headers } });
  request.end(body);
  const [response] = await once(request, "response");
  const pieces = [];
  for await (const piece of response) pieces.push(piece);
  return { status: response.statusCode, headers: response.headers, bytes: Buffer.concat(pieces) };
}

/** All checks. `query` is a search that the collection answers. */
export function serverChecks(url, { query }) {
  const base = url.replace(/\/+$/, "");
  const ask = (method, path, headers, body) => raw(method, base + path, headers, body);
  const json = { "content-type": "application/json" };
  const search = (headers, body = JSON.stringify(query)) => ask("POST", "/search", headers, body);
  const problem = ({ status, headers, bytes }, wanted, code) => {
    assert.deepEqual([status, headers["content-type"]], [wanted, "application/problem+json"], bytes.toString());
    const document = JSON.parse(bytes);
    assert.deepEqual([document.status, document.code], [wanted, code]);
    return document;
  };
  const manifest = async () => `/manifests/${JSON.parse((await ask("GET", "/head")).bytes).head.manifest.hash}`;

  const checks = {
    "entity tags: weak, in lists, and *": async () => {
      for (const path of ["/head", await manifest()]) {
        const { headers } = await ask("GET", path);
        const { etag } = headers;
        assert.match(etag, /^"[^"]+"$/, "a strong one");
        for (const held of [etag, `W/${etag}`, "*", `"other", ${etag}`, `W/"other",W/${etag}`, `"a,b" , ${etag}`]) {
          for (const method of ["GET", "HEAD"]) {
            const answer = await ask(method, path, { "if-none-match": held });
            assert.deepEqual([answer.status, answer.bytes.length], [304, 0], `${method} ${path} ${held}`);
            assert.deepEqual([answer.headers.etag, answer.headers["cache-control"]], [etag, headers["cache-control"]], "15.4.5");
          }
        }
        for (const other of ['"other"', etag.slice(1, -1), `"${etag}`]) {
          assert.equal((await ask("GET", path, { "if-none-match": other })).status, 200, other);
        }
        for (const [match, status] of [[etag, 200], ["*", 200], [`"other", ${etag}`, 200], ['"other"', 412], [`W/${etag}`, 412]]) {
          assert.equal((await ask("GET", path, { "if-match": match })).status, status, `If-Match: ${match}`);
        }
      }
      assert.equal((await ask("GET", `/manifests/${"0".repeat(64)}`, { "if-none-match": "*" })).status, 404, "nothing is there");
    },
    "ranges: of GET only, and of what If-Range names": async () => {
      const path = await manifest();
      const whole = await ask("GET", path);
      const [{ etag }, length] = [whole.headers, whole.bytes.length];
      const get = (headers, method = "GET") => ask(method, path, headers);
      const part = await get({ range: "bytes=2-11" });
      assert.deepEqual([part.status, part.headers["content-range"], part.headers["content-length"]], [206, `bytes 2-11/${length}`, "10"]);
      assert.deepEqual([part.headers.etag, part.headers["cache-control"]], [etag, whole.headers["cache-control"]], "15.3.7");
      assert.deepEqual(part.bytes, whole.bytes.subarray(2, 12));
      assert.deepEqual((await get({ range: "bytes=-7" })).bytes, whole.bytes.subarray(-7));
      for (const range of ["bytes=9-2", "lines=0-1", "bytes=0-1,4-5", "bytes=x", "0-9"]) {
        assert.deepEqual((await get({ range })).status, 200, range);
      }
      const beyond = await get({ range: `bytes=${length}-` });
      assert.deepEqual([beyond.status, beyond.headers["content-range"]], [416, `bytes */${length}`]);
      assert.equal((await get({ range: "bytes=0-9", "if-range": etag })).status, 206);
      for (const other of ['"other"', `W/${etag}`, "*", "Sat, 29 Oct 1994 19:43:31 GMT"]) {
        const answer = await get({ range: "bytes=0-9", "if-range": other });
        assert.deepEqual([answer.status, answer.bytes.length], [200, length], `If-Range: ${other}`);
      }
      for (const range of ["bytes=0-9", `bytes=${length}-`]) {
        const answer = await get({ range }, "HEAD");
        assert.deepEqual([answer.status, answer.headers["content-length"]], [200, String(length)], `HEAD of ${range}`);
      }
    },
    "HEAD says what GET would": async () => {
      for (const path of ["", "/head", await manifest(), "/points/nobody", "/nowhere"]) {
        const [get, head] = [await ask("GET", path), await ask("HEAD", path)];
        assert.deepEqual([head.status, head.bytes.length], [get.status, 0], path);
        for (const name of ["content-type", "content-length", "etag", "cache-control", "accept-ranges"]) {
          // Where the length of a stream is not known before, it may be left out of one of them (9.3.2).
          if (get.headers[name] !== undefined || name !== "content-length") assert.equal(head.headers[name], get.headers[name], `${path}: ${name}`);
        }
      }
    },
    "OPTIONS and 405 name the methods that there are": async () => {
      const methods = async (path, takes) => {
        const options = await ask("OPTIONS", path);
        assert.equal(options.status, 204, path);
        for (const method of [...takes, "OPTIONS"]) assert.ok(options.headers.allow.split(", ").includes(method), `${path}: ${options.headers.allow}`);
        const refused = await ask("PATCH", path);
        // Of the edge also because it takes no writes: `read_only`.
        problem(refused, 405, JSON.parse(refused.bytes).code);
        assert.equal(refused.headers.allow, options.headers.allow, path);
      };
      await methods("/search", ["POST"]);
      await methods("/head", ["GET", "HEAD"]);
      await methods("", ["GET", "HEAD"]);
      await methods("/points/x", ["GET", "HEAD"]);
      problem(await ask("GET", "/search"), 405, "method_not_allowed");
      problem(await ask("OPTIONS", "/nowhere"), 404, "not_found");
    },
    "preflights of pages with tracing libraries and tokens are granted, and kept": async () => {
      for (const [method, path] of [["POST", "/search"], ["GET", "/points/x"], ["GET", "/head"]]) {
        const asked = { origin: PAGE, "access-control-request-method": method, "access-control-request-headers": TRACING };
        const { status, headers } = await ask("OPTIONS", path, asked);
        assert.equal(status, 204);
        assertCors(headers, PAGE);
        const list = (name) => (headers[name] ?? "").toLowerCase().split(/\s*,\s*/);
        for (const name of TRACING.split(",")) assert.ok(list("access-control-allow-headers").includes(name), name);
        assert.ok(headers["access-control-allow-methods"].split(", ").includes(method));
        assert.ok(Number(headers["access-control-max-age"]) >= 600, "a preflight is not repeated for each search");
      }
    },
    "pages may read answers and refusals, and the headers in them": async () => {
      const blob = await manifest();
      for (const answer of [
        await search({ ...json, origin: PAGE }),
        await search({ ...json, origin: PAGE }, "{"),
        await ask("GET", blob, { origin: PAGE, range: "bytes=0-1" }),
        await ask("GET", "/points/nobody", { origin: PAGE }),
        await ask("PATCH", "/search", { origin: PAGE }),
      ]) {
        assertCors(answer.headers, PAGE);
        const exposed = answer.headers["access-control-expose-headers"].split(", ");
        for (const name of ["content-range", "content-length", "etag", "x-headwater-version", "x-headwater-lsn"]) assert.ok(exposed.includes(name), name);
      }
    },
    "a body is read by its media type and coding, or refused with what would do": async () => {
      const text = JSON.stringify(query);
      for (const type of ["application/json", "Application/JSON; charset=utf-8", 'application/json;charset="UTF-8"']) {
        assert.equal((await search({ "content-type": type })).status, 200, type);
      }
      for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/x-ndjson", "application/json; charset=utf-16"]) {
        const refused = await search({ "content-type": type });
        assert.match(problem(refused, 415, "unsupported_media_type").detail, /application\/json|UTF-8/);
        assert.equal(refused.headers.accept, "application/json");
      }
      assert.equal((await search({ ...json, "content-encoding": "gzip" }, gzipSync(text))).status, 200);
      problem(await search({ ...json, "content-encoding": "gzip" }, gzipSync(" ".repeat(2 ** 21))), 413, "limit_exceeded");
      problem(await search({ ...json, "content-encoding": "gzip" }, text), 400, "invalid_json");
      for (const coding of ["br", "zstd", "gzip, gzip"]) {
        const refused = await search({ ...json, "content-encoding": coding }, text);
        assert.ok(problem(refused, 415, "unsupported_media_type").detail.includes(coding));
        assert.equal(refused.headers["accept-encoding"], "gzip, identity");
      }
    },
    "what is of this moment is not kept": async () => {
      for (const answer of [await search(json), await ask("GET", ""), await ask("GET", "/points/nobody"), await ask("GET", "/nowhere")]) {
        assert.equal(answer.headers["cache-control"], "no-store");
        assert.equal(answer.headers["x-content-type-options"], "nosniff");
      }
    },
    "paths that name nothing are 404, ids are decoded once": async () => {
      for (const id of ["a%2Fb", "%25", "%3F", "%5C", "delete", "a%252Fb", "%F0%9F%A6%89"]) {
        problem(await ask("GET", `/points/${id}`), 404, "point_not_found");
      }
      for (const path of ["/points/", "/blobs/nonsense", "/a/b/c"]) problem(await ask("GET", path), 404, "not_found");
    },
  };
  return Object.entries(checks).map(([name, check]) => ({ name, check }));
}

/** Fails unless a page of this origin may read the answer. */
export function assertCors(headers, page) {
  const allowed = headers["access-control-allow-origin"];
  assert.ok(allowed === "*" || allowed === page, `access-control-allow-origin: ${allowed}`);
}
