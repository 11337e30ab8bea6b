/**
 * From opening to the end: several collections beside each other, signed URLs, listeners, and closing in every state.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile, readdir } from "node:fs/promises";
import http from "node:http";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { open } from "headwater";
import { until, within } from "../../../tests/e2e/support/wait.mjs";
import { failure, keptBlobs, nearest, recordVersions, startSource } from "./support.mjs";

const silent = () => true;

describe("the life of a replica", { timeout: 60_000 }, () => {
  let versions, source, other, folder, opened;

  before(async () => {
    versions = await recordVersions();
    [source, other] = await Promise.all([startSource(), startSource()]);
  });
  after(() => Promise.all([source?.stop(), other?.stop()]));
  beforeEach(async () => {
    opened = [];
    folder = await source.freshFolder();
    source.replay.serve(versions[0]);
    other.replay.serve(versions[0]);
  });
  afterEach(() => Promise.all(opened.map((replica) => replica.close())));

  const kept = async (replica) => {
    opened.push(await replica);
    return opened.at(-1);
  };

  describe("beside another of the same cache", () => {
    it("does not wait for its sync", async () => {
      const [slow, quick] = [await kept(source.open(folder)), await kept(other.open(folder))];
      source.replay.serve(versions[1], { answerHead: silent });
      other.replay.serve(versions[1]);
      const waiting = slow.sync().catch((error) => error);
      await until("the slow one asking", () => source.replay.asked.length > 0);
      assert.equal((await within(5_000, "the quick one", quick.sync())).version, 2);
      assert.equal((await slow.status()).state, "syncing");
      await slow.close();
      assert.equal((await waiting).code, "closed");
    });

    it("does not take away what the other has fetched and not yet named", async () => {
      const [slow, quick] = [await kept(source.open(folder)), await kept(other.open(folder))];
      let finish;
      let seen = 0;
      const last = [...versions[1].blobs.keys()].filter((hash) => !versions[0].blobs.has(hash)).length;
      source.replay.serve(versions[1], {
        answerBlob(response, bytes) {
          seen += 1;
          if (seen < last) return false;
          finish = () => response.writeHead(200, { "content-length": bytes.length }).end(bytes);
          return true;
        },
      });
      other.replay.serve(versions[2]);
      const waiting = slow.sync();
      await until("the last blob being asked for", () => finish !== undefined);
      await quick.sync();
      const asked = source.replay.asked.length;
      finish();
      assert.equal((await waiting).version, 2);
      assert.equal(source.replay.asked.length, asked, "nothing was fetched twice");
      const needed = new Set([...versions[1].blobs.keys(), ...versions[2].blobs.keys()]);
      assert.deepEqual((await keptBlobs(folder)).map(({ name }) => name).sort(), [...needed].sort(), "and then it was tidied");
    });
  });

  it("does not wait with its end for the sync of another", async () => {
    const [slow, waiting] = [await kept(source.open(folder)), await kept(source.open(folder))];
    source.replay.serve(versions[1], { answerHead: silent });
    const held = slow.sync().catch((error) => error.code);
    await until("the slow one asking", () => source.replay.asked.length > 0);
    const ended = waiting.sync().catch((error) => error.code);
    await within(5_000, "closing", waiting.close());
    assert.equal(await ended, "closed");
    assert.equal((await slow.status()).state, "syncing");
    await slow.close();
    assert.equal(await held, "closed");
  });

  it("of a source behind a signed URL: the signature goes with every object", async () => {
    const asked = [];
    const front = http.createServer(async (request, response) => {
      asked.push(request.url);
      const { pathname, search } = new URL(request.url, "http://front");
      if (!["?sig=a%2Fb&x=1", "?sig=next"].includes(search)) return response.writeHead(403).end("no signature");
      const answer = await fetch(new URL(pathname, source.replay.url));
      return response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
    });
    front.listen(0, "127.0.0.1");
    await once(front, "listening");
    const url = new URL(source.replay.url);
    url.port = front.address().port;
    try {
      const options = { trust: source.signer.trust, syncEveryMs: 0, cacheDir: folder };
      const replica = await kept(open(`${url.href}/?sig=a%2Fb&x=1#part`, options));
      assert.equal(await nearest(replica, 7), "p7");
      assert.equal(asked.length, 2 + versions[0].blobs.size);
      assert.ok(asked.every((path) => path.endsWith("?sig=a%2Fb&x=1")), asked.join());
      const [record, ...others] = await readdir(join(folder, "replicas"));
      assert.deepEqual(others, []);
      assert.doesNotMatch(await readFile(join(folder, "replicas", record), "utf8"), /a%2Fb|sig=/, "a signature is not written down");

      // The next signature may be of another collection: what is kept is not taken for it, and makes room; its blobs
      // are there.
      asked.length = 0;
      const next = await kept(open(`${url.href}?sig=next`, options));
      assert.equal(await nearest(next, 7), "p7");
      assert.deepEqual(asked.map((path) => /head|manifests|blobs/.exec(path)[0]), ["head", "manifests"]);
      assert.deepEqual(await readdir(join(folder, "replicas")), [record]);
      const error = await open(`${url.href}?sig=old`, options).catch((thrown) => thrown);
      assert.deepEqual([error.code, error.retryable], ["unauthorized", false]);
      assert.doesNotMatch(error.message, /old/);
    } finally {
      front.closeAllConnections();
      front.close();
    }
  });

  it("keeps what lies behind an error", async () => {
    const error = await open("http://127.0.0.1:9/c", { trust: source.signer.trust, cacheDir: folder }).catch((thrown) => thrown);
    assert.equal(error.code, "unreachable");
    assert.ok(error.cause instanceof TypeError, `${error.cause}`);
    source.replay.serve(versions[0], { answerHead: (response) => response.writeHead(200).end("<!doctype html>") });
    const page = await source.open(folder).catch((thrown) => thrown);
    assert.equal(page.code, "bad_response");
    assert.match(page.message, /127\.0\.0\.1/);
  });

  it("says by its code that the source wants a token", async () => {
    for (const status of [401, 403]) {
      source.replay.serve(versions[0], { answerHead: (response) => response.writeHead(status).end() });
      await assert.rejects(source.open(folder), failure("unauthorized"));
    }
  });

  it("listens to what there is, by functions", async () => {
    const replica = await kept(source.open(folder));
    assert.throws(() => replica.on("statsu", () => undefined), (error) => error.code === "invalid_options" && /did you mean "status"/.test(error.message));
    assert.throws(() => replica.on("status"), failure("invalid_options"));
  });

  it("is silent once it is closed", async () => {
    const replica = await kept(source.open(folder));
    const heard = [];
    replica.on("status", () => heard.push("status"));
    replica.on("progress", () => heard.push("progress"));
    source.replay.serve(versions[1], { answerHead: silent });
    const waiting = replica.sync().catch((error) => error.code);
    await until("the sync asking", () => source.replay.asked.length > 0);
    const closing = replica.close();
    const told = heard.length;
    replica.on("status", () => heard.push("late"))();
    await closing;
    assert.equal(await waiting, "closed");
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(heard.length, told);
  });

  it("can be closed twice, at once, and by `await using`", async () => {
    const replica = await kept(source.open(folder));
    assert.deepEqual(await Promise.all([replica.close(), replica.close()]), [undefined, undefined]);
    await replica[Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]();
    await assert.rejects(replica.sync(), failure("closed"));
  });

  it("can be given up while it opens, and leaves nothing running", async () => {
    source.replay.serve(versions[0], { answerBlob: silent });
    const controller = new AbortController();
    const opening = source.open(folder, { signal: controller.signal });
    await until("a blob being asked for", () => source.replay.asked.includes("blobs"));
    controller.abort(new Error("mine"));
    await assert.rejects(within(5_000, "giving up", opening), { message: "mine" });
    source.replay.serve(versions[0]);
    assert.equal(await nearest(await kept(source.open(folder)), 7), "p7");
  });
});
