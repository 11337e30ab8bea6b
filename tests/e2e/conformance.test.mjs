/**
 * The replica protocol: every kind of source does what PROTOCOL.md says, and `headwater verify`, the native reader, refuses
 * every lie by the code by which replicas refuse it. (Replicas in Node and Chromium: `replica-hostile`, `replica-forged`; the
 * edge: `edge-worker/test/stale`.)
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { after, before, describe, it } from "node:test";
import * as headwater from "headwater";
import sirv from "sirv";
import { DEFECTS, FORGERIES, KEYS, SILENCES } from "../conformance/lies.mjs";
import { serverChecks } from "../conformance/http.mjs";
import { sourceChecks } from "../conformance/source.mjs";
import { startExcerpt } from "./support/excerpt.mjs";
import { newSigner } from "./support/head-signer.mjs";
import { call } from "./support/http.mjs";
import { freshFolder } from "./support/places.mjs";
import { record, startReplay } from "./support/replay.mjs";
import { headwater as run, tryHeadwater } from "./support/servers.mjs";

const QUERY = { text: "small wild cat", topK: 5 };
/** Longer than loopback takes to say something. */
const PATIENCE_MS = "1500";
/** What is not there has a code of its own in the native reader. */
const NATIVE = { "a blob that is not there": "not_found" };

describe("the replica protocol", { timeout: 300_000 }, () => {
  let origin, edge, files, recording;

  before(async () => {
    origin = await startExcerpt();
    // Two segments and tombstones.
    const kept = (await call("POST", `${origin.collection}/search`, { ...QUERY, topK: 3 })).hits.map((hit) => hit.id);
    await origin.remove(kept.slice(0, 1));
    await origin.publish();
    edge = await origin.startEdge();
    files = await startPlainFiles(origin);
    recording = await record(origin.collection);
  }, { timeout: 120_000 });
  after(async () => {
    await files?.stop();
    await edge?.stop();
    await origin?.stop();
  });

  const sources = {
    "the origin": () => ({ url: origin.collection }),
    "the edge over R2": () => ({ url: edge.collection }),
    "an export on a server of plain files": () => ({ url: files.url, caching: false }),
  };
  for (const [name, source] of Object.entries(sources)) {
    describe(`as a source, ${name}`, () => {
      for (const { name: what } of sourceChecks("http://nowhere.invalid", { caching: !name.includes("plain files") })) {
        let checks;
        it(what, async () => {
          const { url, caching } = source();
          checks = shared(name, () => sourceChecks(url, { caching }));
          await checks.find((check) => check.name === what).check();
        });
      }

      if (!name.includes("plain files")) {
        for (const { name: what } of serverChecks("http://nowhere.invalid", { query: QUERY })) {
          it(what, () => serverChecks(source().url, { query: QUERY }).find((check) => check.name === what).check());
        }
      }

      it("is followed by a replica, with the origin's own hits", async () => {
        const replica = await headwater.open(source().url, { trust: origin.trust, syncEveryMs: 0, cacheDir: await freshFolder("conformance") });
        const hits = ({ hits: all }) => all.map(({ id, score }) => [id, score]);
        assert.deepEqual(hits(await replica.search(QUERY)), hits(await call("POST", `${origin.collection}/search`, QUERY)));
        await replica.close();
      });

      it("passes headwater verify", async () => {
        const said = await run("verify", source().url, "--trust", origin.trust);
        assert.match(said, /0 errors, 0 warnings/);
      });
    });
  }

  describe("the native reader and a source that lies", () => {
    const signer = newSigner();
    let replay;
    before(async () => {
      replay = await startReplay(signer);
    });
    after(() => replay?.stop());

    const refused = async ({ name, code, first = code, defect, recording: forged }, trust = signer.trust) => {
      replay.serve(forged?.(recording) ?? recording, defect);
      const { code: exit, output } = await tryHeadwater("verify", replay.url, "--trust", trust, "--json", "--patience-ms", PATIENCE_MS);
      assert.equal(exit, 1, output);
      const errors = JSON.parse(output.slice(output.indexOf("{"), output.lastIndexOf("}") + 1)).findings.filter(({ level }) => level === "error");
      assert.equal(errors[0]?.code, NATIVE[name] ?? first, JSON.stringify(errors));
    };
    for (const lie of [...DEFECTS, ...SILENCES, ...FORGERIES]) it(`${lie.name}: ${NATIVE[lie.name] ?? lie.code}`, () => refused(lie));
    for (const lie of KEYS.lies.filter(({ first }) => first !== null)) it(`${lie.name}: ${lie.first}`, () => refused(lie, KEYS.trust));

    it("the truth passes", async () => {
      replay.serve(recording, KEYS.truth);
      const { code: exit, output } = await tryHeadwater("verify", replay.url, "--trust", KEYS.trust);
      assert.equal(exit, 0, output);
    });
  });
});

const sets = new Map();

/** The checks of one source share what the first of them has fetched. */
function shared(name, make) {
  if (!sets.has(name)) sets.set(name, make());
  return sets.get(name);
}

/** `headwater export`, served by a server that knows nothing of it. */
async function startPlainFiles(origin) {
  const folder = await freshFolder("export");
  await run("export", folder, "--collection", origin.name, "--url", origin.url);
  const serve = sirv(folder, { dev: true, etag: false });
  const answer = (request, response) => {
    // As docs/operating.md has it: pages of other origins may read.
    response.setHeader("access-control-allow-origin", "*");
    serve(request, response, () => response.writeHead(404).end("nothing here"));
  };
  const server = http.createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
