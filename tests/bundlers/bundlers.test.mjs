/**
 * `import { open } from "headwater"`, and nothing else said: the packed package is installed as from a registry, built by each
 * bundler, and its page opened in Chromium. `HEADWATER_LONG` runs all of them in all their versions, else it is a sample.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { launchChromium } from "../e2e/support/browser.mjs";
import { freshFolder } from "../e2e/support/places.mjs";
import { checks } from "./support/checks.mjs";
import { programs } from "./support/programs.mjs";
import { rows } from "./support/rows.mjs";
import { startSource } from "./support/source.mjs";
import { visit } from "./support/visit.mjs";

const PATIENCE_MS = 600_000;
const { HEADWATER_LONG: all, HEADWATER_ROWS: named } = process.env;
const isChosen = ({ name, long }) => (named === undefined ? !long || all !== undefined : new RegExp(named).test(name));
/** Five hits; in pages by two replicas, which find the same. */
const FIVE = /^found (\S+( \S+){4})$/;
const FIVE_TWICE = /^found (\S+( \S+){4}) \| \1$/;

let source;
before(async () => {
  source = await startSource();
}, { timeout: PATIENCE_MS });
after(() => source?.stop());

describe("a page with the package, made by", () => {
  let chromium;

  before(async () => {
    chromium = await launchChromium();
  });
  after(() => chromium?.close());

  for (const row of rows.filter(isChosen)) {
    it(row.name, { timeout: PATIENCE_MS }, async (t) => {
      const site = await row.start();
      try {
        const { title, complaints, workers, bytes } = await visit(chromium, site.url, source);
        assert.match(title, FIVE_TWICE, complaints.join("\n"));
        const unexpected = complaints.filter((complaint) => !site.tolerates?.test(complaint));
        assert.deepEqual(unexpected, [], "no error in the console, and nothing was asked for that is not there");
        const kinds = new Set(workers.map((url) => (url.startsWith("blob:") ? "text" : "file")));
        assert.deepEqual([...kinds], site.workers ?? [site.worker], `workers from ${workers.join(", ")}`);
        t.diagnostic(`gzipped bytes: page ${bytes.page}, worker ${bytes.worker}, engine ${bytes.engine}`);
        if (site.server) await assertServer(site, title);
      } finally {
        await site.stop();
      }
    });
  }

  /** What the same application does outside of the page. */
  async function assertServer({ url, edge }, title) {
    const asked = new URLSearchParams({ url: source.url, trust: source.trust, folder: await freshFolder("bundlers-server") });
    const found = await (await fetch(`${url}api/search?${asked}`)).text();
    assert.equal(found, title.split(" | ")[0], "a replica in a route handler finds what the page finds");
    if (!edge) return;
    const refused = await (await fetch(`${url}edge?${asked}`)).text();
    assert.equal(refused, "unsupported_runtime function", "a worker of the edge connects, and says that it opens nothing");
  }
});

describe("a program with the package, run by", () => {
  for (const program of programs.filter(isChosen)) {
    it(program.name, { timeout: PATIENCE_MS }, async () => {
      const printed = await program.start([source.url, source.trust, await freshFolder("bundlers-program")]);
      assert.match(printed.trim(), FIVE);
    });
  }
});

describe("the packed package, looked at by", () => {
  for (const check of checks.filter(isChosen)) it(check.name, { timeout: PATIENCE_MS }, check.run);
});
