/** What is asked for wrongly gets a sentence and a code, before anything is sent, fetched or started. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { HeadwaterError, connect, open } from "headwater";
import { freshFolder } from "../../../tests/e2e/support/places.mjs";
import { failure } from "./support.mjs";

const URL_ = "http://127.0.0.1:9/v1/collections/c";
const KEY = `ed25519:${"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"}`;

const refusedBy = async (work) => {
  const error = await Promise.resolve().then(work).then(() => assert.fail("it was taken"), (thrown) => thrown);
  assert.ok(error instanceof HeadwaterError, `${error}`);
  return error;
};

const OPEN = {
  "no options": [undefined, /trust: "ed25519:…".*keys show/],
  "null for options": [null, /trust/],
  "a key for options": [KEY, /are an object, not a string/],
  "no trust": [{}, /"trust" is missing.*keys show/],
  "an empty trust": [{ trust: "" }, /names no key/],
  "trust in nobody": [{ trust: [] }, /names no key/],
  "trust of another type": [{ trust: [7] }, /"trust" of open\(\) is a public key/],
  "a misspelt onProgress": [{ trust: KEY, onprogress() {} }, /did you mean "onProgress"/],
  "a misspelt cacheDir": [{ trust: KEY, cachedir: "x" }, /did you mean "cacheDir"/],
  "a misspelt trust": [{ turst: KEY }, /did you mean "trust"/],
  "an option of connect": [{ trust: KEY, token: "t" }, /no option "token"; there are "trust"/],
  "a text for a function": [{ trust: KEY, onProgress: "yes" }, /"onProgress" of open\(\) is a function/],
  "a text for a number": [{ trust: KEY, syncEveryMs: "60000" }, /"syncEveryMs"/],
  "a time that timers do not have": [{ trust: KEY, syncEveryMs: Infinity }, /"syncEveryMs"/],
  "a patience of nothing": [{ trust: KEY, patienceMs: 0 }, /"patienceMs"/],
  "a budget that is NaN": [{ trust: KEY, memoryBudgetBytes: NaN }, /"memoryBudgetBytes"/],
  "another word for whenExpired": [{ trust: KEY, whenExpired: "ignore" }, /"serve" or "refuse"/],
  "a controller for a signal": [{ trust: KEY, signal: new AbortController() }, /AbortSignal/],
  "what is for browsers": [{ trust: KEY, assets: "/headwater/" }, /"assets" of open\(\) is for browsers.*Leave it out/],
  "a number for a folder": [{ trust: KEY, cacheDir: 7 }, /"cacheDir"/],
  "a URL for a folder": [{ trust: KEY, cacheDir: new URL("file:///kept") }, /"cacheDir" of open\(\) is the path of a folder, as a text/],
  "a URL in a text for a folder": [{ trust: KEY, cacheDir: "file:///kept" }, /"cacheDir" of open\(\) is the path of a folder, as a text/],
};

const URLS = {
  "a relative one": ["/v1/collections/c", /no page here/],
  "one without a scheme": ["127.0.0.1:7700/v1/collections/c", /https:\/\/host/],
  "one whose host is taken for a scheme": ["localhost:7700/v1/collections/c", /did you mean http:\/\/localhost:7700/],
  "another scheme": ["htp://127.0.0.1/x", /http:\/\/ or https:\/\//],
  "a password in it": ["http://me:secret@127.0.0.1/x", /user or password/],
  "an empty one": ["", /no URL/],
  "nothing": [undefined, /a string or a URL/],
};

describe("options and URLs", { timeout: 30_000 }, () => {
  for (const [what, [options, sentence]] of Object.entries(OPEN)) {
    it(`open refuses ${what}`, async () => {
      const error = await refusedBy(() => open(URL_, options));
      assert.equal(error.code, "invalid_options");
      assert.match(error.message, sentence);
    });
  }

  it("open takes an option that is undefined for one that is not given", async () => {
    assert.equal((await refusedBy(() => open("http://127.0.0.1:9/c", { trust: KEY, assets: undefined, cacheDir: undefined }))).code, "unreachable");
  });

  it("open in browsers refuses what is for Node", async () => {
    const { open: inBrowsers } = await import(new URL("browser.js", import.meta.resolve("headwater")).href);
    const error = await inBrowsers(URL_, { trust: KEY, cacheDir: "kept" }).catch((thrown) => thrown);
    assert.deepEqual([error.name, error.code], ["HeadwaterError", "invalid_options"]);
    assert.match(error.message, /"cacheDir" of open\(\) is for Node: browsers keep.*Leave it out/);
  });

  it("open refuses a key that is none", async () => {
    assert.equal((await refusedBy(() => open(URL_, { trust: "ed25519:zz" }))).code, "key_untrusted");
  });

  for (const [what, [url, sentence]] of Object.entries(URLS)) {
    it(`refuses a URL: ${what}`, async () => {
      for (const named of [() => open(url, { trust: KEY }), () => connect(url)]) {
        const error = await refusedBy(named);
        assert.equal(error.code, "invalid_options");
        assert.match(error.message, sentence);
        assert.doesNotMatch(error.message, /secret/);
      }
    });
  }

  it("open rejects and never throws", () => {
    const promise = open(undefined, undefined);
    assert.ok(promise instanceof Promise);
    return assert.rejects(promise, failure("invalid_options"));
  });

  it("connect throws at once, and says nothing of the token", () => {
    for (const [options, sentence] of [
      [null, /are an object/],
      [{ tokken: "t" }, /did you mean "token"/],
      [{ token: 7 }, /"token"/],
      [{ token: "geheim\u2192" }, /header/],
      [{ fetch: "fetch" }, /"fetch"/],
    ]) {
      assert.throws(() => connect(URL_, options), (error) => {
        assert.deepEqual([error.name, error.code], ["HeadwaterError", "invalid_options"]);
        assert.match(error.message, sentence);
        assert.doesNotMatch(`${error.message} ${error.cause}`, /geheim/);
        return true;
      });
    }
  });

  it("a call refuses options that are none", async () => {
    const remote = connect(URL_);
    await assert.rejects(remote.search({ match: "cat" }, null), failure("invalid_options"));
    await assert.rejects(remote.get("a", { singal: AbortSignal.abort() }), failure("invalid_options"));
    await assert.rejects(remote.status({ signal: {} }), failure("invalid_options"));
  });
});

describe("URLs with more than a path", { timeout: 30_000 }, () => {
  let server, base, asked;

  before(async () => {
    server = createServer((request, response) => {
      asked.push(request.url);
      response.writeHead(200, { "content-type": "application/json" }).end('{"hits":[]}');
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    base = `http://127.0.0.1:${server.address().port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const CASES = {
    "/c?sig=1&x=%20": "/c/search?sig=1&x=%20",
    "/c/?sig=1": "/c/search?sig=1",
    "/c#part": "/c/search",
    "/c//": "/c/search",
    "/a b/c": "/a%20b/c/search",
    "": "/search",
    "?sig=1": "/search?sig=1",
  };
  for (const [given, expected] of Object.entries(CASES)) {
    it(`connect(${JSON.stringify(given)}) asks ${expected}`, async () => {
      asked = [];
      await connect(base + given).search({ match: "cat" });
      await connect(new URL(base + given)).search({ match: "cat" });
      assert.deepEqual(asked, [expected, expected]);
    });
  }

  it("open keeps the query for each object, and says it in no error", async () => {
    asked = [];
    const error = await refusedBy(async () => open(`${base}/c?sig=secret`, { trust: KEY, cacheDir: await freshFolder("js-url") }));
    assert.deepEqual(asked, ["/c/head?sig=secret"]);
    assert.equal(error.code, "bad_response");
    assert.match(error.message, /\/c\?…/);
    assert.doesNotMatch(error.message, /secret/);
  });
});
