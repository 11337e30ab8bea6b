/**
 * What every replica source has to do (PROTOCOL.md), asked over HTTP and nothing else.
 *
 *   node tests/conformance/source.mjs https://example.org/words
 *
 * The same checks run in the tests against the origin, the edge over R2, and an export on a server of plain files. `caching`
 * says whether headers are checked that a server of plain files may lack; `page` is the origin of a page that must be able to read
 * (`--page https://site.example`), or null where only pages of the source's own server are to (`--same-origin`).
 */
import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { blake3 } from "@noble/hashes/blake3";
import { keyListLines, signedLines } from "../format/reader.mjs";
import { assertCors, PAGE } from "./http.mjs";
import { GROUP_BYTES, PAGE_BYTES, pageListBytes, provePages } from "../format/pages.mjs";

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const nobody = "0".repeat(64);

/** All checks, in order; each is a name and what it asserts. They share what the first ones have fetched. */
export function sourceChecks(url, { caching = true, page = PAGE } = {}) {
  const base = url.replace(/\/+$/, "");
  const found = {};
  const get = (path, headers = {}, method = "GET") =>
    fetch(`${base}/${path}`, { method, headers: { ...(page !== null && { origin: page }), ...headers } }).then((answer) => {
      if (page !== null) assertCors(Object.fromEntries(answer.headers), page);
      return answer;
    });
  const bytesOf = async (answer) => Buffer.from(await answer.arrayBuffer());
  const whole = async (path) => {
    const answer = await get(path);
    assert.equal(answer.status, 200, `${path}: ${answer.status}`);
    return bytesOf(answer);
  };

  const checks = {
    "the head is signed by the key that it names": async () => {
      const answer = await get("head");
      assert.equal(answer.status, 200);
      if (caching) assert.match(answer.headers.get("cache-control") ?? "", /no-cache/);
      const bytes = await bytesOf(answer);
      assert.ok(bytes.length <= 16 * 1024, "at most 16 KiB");
      found.signed = JSON.parse(bytes);
      const { head, key, signature, keys } = found.signed;
      assert.ok(isSigned(signedLines(head), key, signature), "the head's signature");
      if (keys !== undefined) {
        assert.ok(isSigned(keyListLines(keys.list), keys.root, keys.signature), "the key list's signature");
        assert.ok(keys.list.online.includes(key), "the key list names the head's key");
        assert.ok(!keys.list.revoked.includes(key));
      }
      assert.ok(head.expiresMs === undefined || head.expiresMs > Date.now(), "it has not expired");
    },
    "the manifest is what the head names": async () => {
      const { head } = found.signed;
      const bytes = await whole(`manifests/${head.manifest.hash}`);
      assert.deepEqual({ hash: hex(blake3(bytes)), bytes: bytes.length }, head.manifest);
      const manifest = JSON.parse(bytes);
      // JavaScript writes 2.0 as 2.
      const plain = (json) => json.replaceAll(/(\d)\.0(?=[,}\]])/g, "$1");
      assert.equal(plain(JSON.stringify(manifest)), plain(bytes.toString()), "canonical: no white space, each key once");
      assert.deepEqual([manifest.collection, manifest.version, manifest.lsn], [head.collection, head.version, head.lsn]);
      const tombstones = manifest.segments.flatMap((s) => s.tombstones ?? []);
      found.blobs = [...manifest.segments.map((s) => s.blob), ...tombstones, ...manifest.models.map((m) => m.blob)];
    },
    "each blob is what the manifest names": async () => {
      for (const { hash, bytes } of found.blobs) {
        const blob = await whole(`blobs/${hash}`);
        assert.deepEqual([hex(blake3(blob)), blob.length], [hash, bytes]);
        found.largest = found.largest?.blob.length > blob.length ? found.largest : { hash, blob };
      }
    },
    "each blob of several pages has a list of them that leads to its hash": async () => {
      for (const blob of found.blobs) {
        const answer = await get(`pages/${blob.hash}`);
        if (pageListBytes(blob) === 0) assert.equal(answer.status, 404, "one page needs no list");
        else provePages(await bytesOf(answer), blob);
      }
    },
    "what readers in parts fetch at first is the head, and parts of what it leads to": async () => {
      const answer = await get("boot");
      assert.equal(answer.status, 200);
      if (caching) assert.match(answer.headers.get("cache-control") ?? "", /no-cache/);
      const bytes = await bytesOf(answer);
      assert.ok(bytes.length <= 16 * 2 ** 20, "at most 16 MiB");
      const end = bytes.indexOf(10);
      const { format, head, manifest, parts } = JSON.parse(bytes.subarray(0, end));
      assert.equal(format, 1);
      let at = end + 1;
      const next = (length) => bytes.subarray(at, (at += length));
      assert.deepEqual(JSON.parse(next(head)).head, found.signed.head);
      assert.deepEqual(next(manifest), await whole(`manifests/${found.signed.head.manifest.hash}`));
      for (const { of, start, bytes } of parts) {
        assert.deepEqual(next(bytes), (await whole(of)).subarray(start, start + bytes), `${of} from ${start}`);
      }
      assert.equal(at, bytes.length, "nothing behind the last part");
      const segments = parts.filter(({ of }) => found.blobs.some(({ hash }) => of === `blobs/${hash}`));
      assert.ok(segments.length > 0 || found.blobs.length === 0);
    },
    "single ranges are answered, and proved by the page list and its groups": async () => {
      const { hash, blob } = found.largest;
      const list = blob.length > PAGE_BYTES ? provePages(await whole(`pages/${hash}`), { hash, bytes: blob.length }) : undefined;
      const last = Math.floor((blob.length - 1) / PAGE_BYTES) * PAGE_BYTES;
      for (const [from, to] of [[0, Math.min(PAGE_BYTES, blob.length) - 1], [last, blob.length - 1]]) {
        const answer = await get(`blobs/${hash}`, { range: `bytes=${from}-${to}` });
        assert.equal(answer.status, 206);
        assert.equal(answer.headers.get("content-range"), `bytes ${from}-${to}/${blob.length}`);
        const part = await bytesOf(answer);
        assert.ok(part.equals(blob.subarray(from, to + 1)));
        list?.check(from, part);
      }
      if (list !== undefined) {
        const part = await bytesOf(await get(`blobs/${hash}`, { range: `bytes=${GROUP_BYTES}-${3 * GROUP_BYTES - 1}` }));
        list.checkGroups(GROUP_BYTES, part);
        const pages = 32 * Math.ceil(blob.length / PAGE_BYTES);
        const answer = await get(`pages/${hash}`, { range: `bytes=${pages}-${pages + 511}` });
        assert.equal(answer.status, 206, "of a list too: groups are fetched for the pages that are read");
        assert.equal((await bytesOf(answer)).length, Math.min(512, pageListBytes({ bytes: blob.length }) - pages));
      }
      const beyond = await get(`blobs/${hash}`, { range: `bytes=${blob.length}-` });
      assert.equal(beyond.status, 416);
    },
    "what is not there is 404": async () => {
      for (const path of [`blobs/${nobody}`, `manifests/${nobody}`, `pages/${nobody}`, "blobs/nonsense"]) {
        assert.equal((await get(path)).status, 404, path);
      }
    },
  };
  if (caching) {
    checks["objects by hash are kept for ever, and not sent again"] = async () => {
      for (const path of [`manifests/${found.signed.head.manifest.hash}`, `blobs/${found.largest.hash}`]) {
        const answer = await get(path, {}, "HEAD");
        assert.equal(answer.status, 200);
        assert.match(answer.headers.get("cache-control") ?? "", /immutable/);
        const etag = answer.headers.get("etag");
        assert.ok(etag?.includes(path.split("/")[1]), `${path}: ${etag}`);
        assert.equal((await get(path, { "if-none-match": etag })).status, 304);
      }
    };
  }
  return Object.entries(checks).map(([name, check]) => ({ name, check }));
}

function isSigned(lines, key, signature) {
  const x = Buffer.from(key.replace("ed25519:", ""), "hex").toString("base64url");
  const publicKey = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  return verify(null, Buffer.from(lines), publicKey, Buffer.from(signature, "hex"));
}

if (process.argv[1] === import.meta.filename) {
  const [url] = process.argv.slice(2);
  if (url === undefined) throw new Error("name the URL of a collection: node tests/conformance/source.mjs https://example.org/words");
  const named = process.argv.indexOf("--page");
  const page = process.argv.includes("--same-origin") ? null : named < 0 ? PAGE : process.argv[named + 1];
  for (const { name, check } of sourceChecks(url, { caching: !process.argv.includes("--plain-files"), page })) {
    const problem = await check().then(() => undefined, (error) => error);
    console.log(`${problem === undefined ? "ok    " : "not ok"} ${name}${problem === undefined ? "" : `: ${problem.message}`}`);
    if (problem !== undefined) process.exitCode = 1;
    // The others need what the first two find.
    if (problem !== undefined && /^the (head|manifest)/.test(name)) break;
  }
}
