/**
 * `import { open } from "headwater"`, and nothing else said: the packed package is installed as from a registry, built by each
 * bundler, and its page opened in Chromium. `HEADWATER_LONG` runs all of them in all their versions, else it is a sample.
 */
import assert from "node:assert/strict";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { complaintsOf, launchChromium, launchFirefox } from "../e2e/support/browser.mjs";
import { freshFolder } from "../e2e/support/places.mjs";
import { checks } from "./support/checks.mjs";
import { install } from "./support/install.mjs";
import { programs } from "./support/programs.mjs";
import { forbidden, rows } from "./support/rows.mjs";
import { startSite } from "./support/site.mjs";
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
        const { title, complaints, workers, bytes, isPrivate } = await visit(chromium, site.url, source);
        assert.match(title, FIVE_TWICE, complaints.join("\n"));
        const unexpected = complaints.filter((complaint) => !site.tolerates?.test(complaint));
        assert.deepEqual(unexpected, [], "no error in the console, and nothing was asked for that is not there");
        const kinds = workers.map((url) => (url.startsWith("blob:") ? "text" : "file"));
        // Some make a worker more: React opens twice in development, Parcel tries a script around the CDN's.
        if (site.workers === undefined) assert.deepEqual([...new Set(kinds)], [site.worker], `workers from ${workers.join(", ")}`);
        else assert.deepEqual(kinds, site.workers);
        assert.ok(isPrivate || !site.built, "what was built names the folder that it was built in");
        t.diagnostic(`gzipped bytes: page ${bytes.page}, worker ${bytes.worker}, engine ${bytes.engine}`);
        if (site.server) await assertServer(site, title);
      } finally {
        await site.stop();
      }
    });
  }

  // Chromium has seen them all; here is how a worker made of text gets its engine in another browser.
  it("esbuild, in Firefox", { timeout: PATIENCE_MS }, async () => {
    const site = await rows.find(({ name }) => name === "esbuild: splitting").start();
    const firefox = await launchFirefox();
    try {
      const page = await firefox.newPage();
      await page.goto(`${site.url}#${encodeURIComponent(`${source.url} ${source.trust}`)}`);
      await page.waitForFunction(() => /^(found|error)/.test(document.title), { timeout: 60_000 });
      assert.match(await page.title(), FIVE_TWICE);
    } finally {
      await firefox.close();
      await site.stop();
    }
  });

  it("esbuild, under a policy without blob: the error names it", { timeout: PATIENCE_MS }, async () => {
    const site = await forbidden();
    try {
      const { title } = await visit(chromium, site.url, source);
      assert.match(title, /^error unsupported_runtime: the worker made of text \(worker-src blob:\).* "assets"$/);
    } finally {
      await site.stop();
    }
  });

  it("nobody, away from the network and back", { timeout: PATIENCE_MS }, async () => {
    const folder = join(await install("none"), "..");
    const site = await startSite({ folder, pages: { "/index.html": "<!doctype html><title>nothing</title>" } });
    const tab = await chromium.newPage();
    const openOne = () =>
      tab.evaluate(async ({ url, trust }) => {
        const { open } = await import("/node_modules/headwater/dist/browser.js");
        return open(url, { trust, syncEveryMs: 0 }).then(() => "open", ({ code, retryable }) => `${code} ${retryable}`);
      }, { url: source.url, trust: source.trust });
    try {
      await tab.goto(site.url);
      await tab.route(/(worker|inline)\.js$/, (route) => route.abort());
      assert.equal(await openOne(), "unreachable true");
      await tab.unrouteAll();
      assert.equal(await openOne(), "open");
      assert.equal(tab.workers().length, 1, "what failed has left nothing");
    } finally {
      await tab.close();
      await site.stop();
    }
  });

  it("nobody: the page in the README, on a server of plain files", { timeout: PATIENCE_MS }, async () => {
    const folder = await freshFolder("bundlers-readme");
    const dist = join(await install("none"), "..", "node_modules", "headwater", "dist");
    await Promise.all([cp(source.folder, join(folder, "words"), { recursive: true }), cp(dist, join(folder, "headwater"), { recursive: true })]);
    const [, page] = /```html\n([^]*?)```/.exec(await readFile(join(dist, "..", "README.md"), "utf8"));
    await writeFile(join(folder, "index.html"), page.replace("ed25519:…", source.trust));
    const site = await startSite({ folder });
    const tab = await chromium.newPage();
    const complaints = complaintsOf(tab);
    try {
      await tab.goto(`${site.url}/`);
      // When the replica is open.
      await tab.waitForFunction(() => document.querySelector("#query").oninput !== null);
      await tab.fill("#query", "cat");
      await tab.waitForFunction(() => document.querySelectorAll("#found li").length === 10);
      assert.match(await tab.textContent("#found"), /\bcats?\b/);
    } finally {
      assert.deepEqual(complaints, []);
      await tab.close();
      await site.stop();
    }
  });

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
