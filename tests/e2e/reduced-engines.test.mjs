/** Engines that were built without words, or without vectors: they answer what they can as the whole one does, and say what they cannot. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { launchChromium } from "./support/browser.mjs";
import { startExcerpt } from "./support/excerpt.mjs";
import { startPageHost } from "./support/page-host.mjs";
import { replicaInPage } from "./support/replicas.mjs";

const QUERIES = {
  neither: [{ filter: { pos: "noun" }, facets: ["pos"] }, { sort: [{ senses: "desc" }], topK: 30, offset: 5 }, { filter: { pos: "verb" }, collapse: "lexfile" }],
  vectors: [{ text: "small wild cat" }, { text: "small wild cat", filter: { pos: "noun" }, boosts: [{ field: "senses", log: true }], topK: 20 }],
  words: [{ match: "small wild cat" }, { match: { query: "wild ca", prefix: true, fuzzy: true }, highlight: true, snippets: true }, { filter: { lemmas: { $contains: "cat" } } }],
};

/** The folder for `assets`, and of which queries its engine knows nothing. */
const REDUCED = { "without-words": "words", "without-vectors": "vectors" };

describe("a reduced engine", { timeout: 240_000 }, () => {
  let origin, host, chromium, whole;
  before(async () => {
    origin = await startExcerpt();
    host = await startPageHost();
    chromium = await launchChromium();
    whole = await replicaInPage(chromium, host.freshUrl());
    await whole.open(origin.collection, { trust: origin.trust });
  }, { timeout: 90_000 });
  after(async () => {
    await chromium?.close();
    await host?.stop();
    await origin?.stop();
  });

  for (const [folder, missing] of Object.entries(REDUCED)) {
    it(`${folder}: the same hits, and a sentence for what is missing`, { timeout: 60_000 }, async () => {
      const replica = await replicaInPage(chromium, host.freshUrl());
      await replica.open(origin.collection, { trust: origin.trust, assets: `/${folder}/` });
      for (const [kind, queries] of Object.entries(QUERIES)) {
        for (const query of queries) {
          if (kind === missing) {
            await assert.rejects(replica.search(query), (error) => error.code === "unsupported_runtime" && error.message.includes(`built ${folder.replace("-", " ")}`), JSON.stringify(query));
            continue;
          }
          const [here, there] = [await replica.search(query), await whole.search(query)];
          assert.ok(there.hits.length > 0, JSON.stringify(query));
          assert.deepEqual([here.hits, here.total, here.facets], [there.hits, there.total, there.facets], JSON.stringify(query));
        }
      }
    });
  }
});
