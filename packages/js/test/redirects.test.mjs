/**
 * Where redirects may lead: a replica checks what it is given wherever it comes from, a search and a token go to one
 * server only.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { connect, open } from "headwater";
import { failure, nearest, recordVersions, startSource } from "./support.mjs";

const REDIRECTS = [301, 302, 303, 307, 308];
const native = globalThis.fetch;

async function startServer(answer) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, stop };
}

/** `fetch` as it is, but that what is asked for at `https://secure.test` is asked for at a server of this test. */
const secured = (url) => (asked, init) => native(String(asked).replace("https://secure.test", url), init);

describe("redirects", { timeout: 60_000 }, () => {
  let versions, source, front, other, location, status, heard;

  before(async () => {
    versions = await recordVersions();
    source = await startSource();
    front = await startServer((request, response) => response.writeHead(status, { location: location(request.url) }).end());
    other = await startServer((request, response) => {
      heard.push(request);
      response.writeHead(200, { "content-type": "application/json" }).end('{"hits":[]}');
    });
  });
  after(() => Promise.all([source, front, other].map((server) => server?.stop())));
  beforeEach(() => {
    [heard, status] = [[], 307];
    source.replay.serve(versions[0]);
    location = (path) => `${other.url}${path}?signature=secret`;
  });
  afterEach(() => {
    globalThis.fetch = native;
  });

  const refused = async (work) => {
    const error = await work.then(() => assert.fail("it was followed"), (thrown) => thrown);
    assert.deepEqual([error.name, error.code, error.retryable], ["HeadwaterError", "bad_response", false]);
    assert.doesNotMatch(error.message, /secret/);
    return error.message;
  };

  for (const code of REDIRECTS) {
    it(`connect follows none (${code}): it says where that leads, and sends nothing there`, async () => {
      status = code;
      const remote = connect(`${front.url}/v1/collections/c`, { token: "secret" });
      const lead = `${other.url}/v1/collections/c`;
      const asked = { "/search": () => remote.search({ match: "cat" }), "/points/a": () => remote.get("a"), "": () => remote.status() };
      for (const [path, ask] of Object.entries(asked)) {
        const message = await refused(ask());
        assert.ok(message.includes(`redirects to ${lead}${path}?…; nothing was sent there`), message);
        assert.match(message, /give connect\(\) the URL/);
      }
      assert.deepEqual(heard, []);
    });
  }

  it("connect follows none to http, and says that it leads away from https", async () => {
    const remote = connect("https://secure.test/v1/collections/c", { fetch: secured(front.url) });
    assert.match(await refused(remote.search({ match: "cat" })), /away from https.*at the server/);
    assert.deepEqual(heard, []);
  });

  it("connect follows none of which is not said where it leads, as in browsers", async () => {
    const hidden = async () => Object.defineProperties(Response.error(), { type: { value: "opaqueredirect" } });
    assert.match(await refused(connect("https://secure.test/c", { fetch: hidden }).status()), /redirects elsewhere \(a browser's list/);
    for (const nowhere of ["http://[", "//"]) {
      location = () => nowhere;
      assert.match(await refused(connect(`${front.url}/c`).status()), /redirects elsewhere/);
    }
    location = () => "http://me:secret@127.0.0.1/x";
    assert.match(await refused(connect(`${front.url}/c`).status()), /redirects to http:\/\/127\.0\.0\.1\/x/);
  });

  it("a replica follows them, as to a store of its blobs", async () => {
    location = (path) => new URL(path, source.replay.url).href;
    const { pathname } = new URL(source.replay.url);
    const options = { trust: source.signer.trust, syncEveryMs: 0, cacheDir: await source.freshFolder() };
    const replica = await open(front.url + pathname, options);
    assert.equal(await nearest(replica, 7), "p7");
    await replica.close();
  });

  it("a replica follows none from https to http", async () => {
    const { pathname } = new URL(source.replay.url);
    location = (path) => new URL(`${path}?signature=secret`, source.replay.url).href;
    globalThis.fetch = secured(front.url);
    const options = { trust: source.signer.trust, syncEveryMs: 0, cacheDir: await source.freshFolder() };
    const message = await refused(open(`https://secure.test${pathname}`, options));
    assert.match(message, /^https:\/\/secure\.test.* redirects to http:\/\/127\.0\.0\.1.*away from https/);
    await assert.rejects(open(`https://secure.test${pathname}`, options), failure("bad_response"));
  });
});
