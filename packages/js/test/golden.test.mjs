/** What was published once, in every format that is known, is opened in WebAssembly and answers as it did (`core/tests/golden.rs`). */
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { open } from "headwater";
import { freshFolder } from "../../../tests/e2e/support/places.mjs";
import { GOLDEN, startGolden } from "./golden.mjs";

describe("golden files in WebAssembly", { timeout: 60_000 }, async () => {
  for (const format of await readdir(GOLDEN)) {
    for (const [head, trusted] of [["head.json", ({ key }) => key], ["head-keys.json", ({ keys }) => keys.root]]) {
      it(`segment format ${format}, ${head}`, async () => {
        const folder = join(GOLDEN, format);
        const json = async (name) => JSON.parse(await readFile(join(folder, name)));
        const source = await startGolden(folder, head);
        const replica = await open(source.url, { trust: trusted(await json(head)), syncEveryMs: 0, cacheDir: await freshFolder("golden") });
        try {
          const answers = await json("answers.json");
          assert.ok(answers.length > 5);
          for (const { query, answer } of answers) {
            const { hits, facets = null, version, lsn } = await replica.search(query);
            const bits = (all) => all.map((hit) => ({ ...hit, score: Math.fround(hit.score), parts: hit.parts?.map((part) => ({ ...part, adds: Math.fround(part.adds), ...(part.score !== undefined && { score: Math.fround(part.score) }) })) }));
            const plain = (value) => JSON.parse(JSON.stringify(value));
            assert.deepEqual(plain({ hits: bits(hits), facets, version, lsn }), plain({ ...answer, hits: bits(answer.hits) }), JSON.stringify(query));
          }
        } finally {
          await replica.close();
          source.stop();
        }
      });
    }
  }
});
