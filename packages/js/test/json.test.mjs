/** JSON as the engine reads it in JavaScript hosts, by their `JSON.parse`: what serde_json refuses natively is refused. */
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { root, target } from "../../../tests/e2e/support/places.mjs";
import { GOLDEN, startGolden } from "./golden.mjs";

const ENGINE = join(target, "js", "wasm");

/** Follows a source as the package does, without keeping anything. */
async function follow(replica, url) {
  const text = async (path) => (await fetch(`${url}/${path}`)).text();
  const bytes = async (path) => new Uint8Array(await (await fetch(`${url}/${path}`)).arrayBuffer());
  const { manifest } = replica.accept(await text("head"), false);
  for (const { hash } of replica.plan(await text(`manifests/${manifest.hash}`))) replica.take(hash, await bytes(`blobs/${hash}`));
  replica.open();
  replica.serve();
}

describe("JSON in WebAssembly", { timeout: 60_000 }, () => {
  let source, replica;

  before(async () => {
    const folder = join(GOLDEN, (await readdir(GOLDEN)).at(-1));
    const { key } = JSON.parse(await readFile(join(folder, "head.json")));
    source = await startGolden(folder, "head.json");
    const { initSync, Replica } = await import(join(ENGINE, "headwater_wasm.js"));
    initSync({ module: new WebAssembly.Module(await readFile(join(ENGINE, "headwater_wasm_bg.wasm"))) });
    replica = new Replica(undefined, [key], true, Infinity, true);
    await follow(replica, source.url);
  });
  after(() => source.stop());

  const refusal = (text) => {
    try {
      replica.search(text);
      return undefined;
    } catch (error) {
      assert.equal(typeof error.code, "string", `${text}: ${error}`);
      return error;
    }
  };

  it("takes and refuses the texts that are taken and refused natively", async () => {
    const texts = JSON.parse(await readFile(join(root, "core", "model", "tests", "json-texts.json")));
    for (const { text, taken } of texts) {
      const error = refusal(text);
      assert.equal(error?.code !== "invalid_query", taken, `${JSON.stringify(text)}: ${error?.detail}`);
    }
  });

  it("survives lists in lists", () => {
    for (const depth of [200, 10_000]) {
      assert.match(refusal(`{"filter": ${"[".repeat(depth)}${"]".repeat(depth)}}`).detail, /nested too deep/);
      assert.equal(refusal(`{"filter": ${"[".repeat(depth)}`).code, "invalid_query");
    }
    assert.equal(replica.search('{"match": "ferry"}').version > 0, true, "and goes on");
  });

  it("reads numbers as JavaScript does: 1.0 is a whole number", () => {
    assert.equal(replica.search('{"sort": "count", "topK": 2.0}').hits.length, 2);
  });
});
