/**
 * The example `examples/handbook`, as `cargo xtask handbook --no-serve` leaves it: questions whose answers are known, to this project's
 * documents and to Git's.
 */
import assert from "node:assert/strict";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { serve } from "../../examples/handbook/serve.mjs";
import { chapters } from "../../examples/handbook/.vitepress/chapters.mjs";
import { Box } from "../e2e/support/box.mjs";
import { complaintsOf, launchChromium } from "../e2e/support/browser.mjs";
import { root, screensDir } from "../e2e/support/places.mjs";
import { Tab } from "../e2e/support/tabs.mjs";

const WITHIN_MS = 120_000;

/** Where the answer is: as the first page, and as one of its sections that are shown. */
const QUESTIONS = {
  "": [
    ["filter by a number", "docs/query.html", "#filters"],
    ["who may sign a head", "PROTOCOL.html", "#who-may-sign"],
    ["content security policy", "docs/search-box.html", "#content-security-policy"],
    ["keyboard shortcuts of the box", "docs/search-box.html", "#keys"],
    ["search below a path of the host", "docs/sites.html", "#hosting"],
  ],
  git: [
    ["find the commit that introduced a bug", "git-bisect.html", "#_description"],
    ["cherry pick", "git-cherry-pick.html", "#_synopsis"],
    ["rename a branch", "git-branch.html", "#_options"],
  ],
};

describe("the handbook", { timeout: 10 * WITHIN_MS }, () => {
  let server, chromium, page, box, base;

  before(async () => {
    await mkdir(screensDir, { recursive: true });
    server = await serve(0);
    base = `http://127.0.0.1:${server.address().port}/`;
    chromium = await launchChromium();
    page = await chromium.newPage();
    box = new Box(new Tab(page, {}));
  }, { timeout: WITHIN_MS });
  after(async () => {
    await chromium?.close();
    server?.closeAllConnections();
    server?.close();
  });

  for (const [site, questions] of Object.entries(QUESTIONS)) {
    const name = site === "" ? "the project's documents" : "Git's documentation";
    it(`answers questions to ${name}`, { timeout: 5 * WITHIN_MS }, async () => {
      const complaints = complaintsOf(page);
      const at = site === "" ? base : `${base}${site}/`;
      await box.at(site === "" ? at : `${at}git.html`);
      for (const [question, answer, section] of questions) {
        const { isOpen } = await box.seen();
        await (isOpen ? box.type(question) : box.find(question));
        const { links } = await box.seen();
        assert.equal(new URL(links[0]).pathname, new URL(answer, at).pathname, `${question}: ${links.join("\n")}`);
        assert.ok(links.includes(`${at}${answer}${section}`), `${question}: ${links.join("\n")}`);
      }
      await page.screenshot({ path: join(screensDir, `handbook-${site || "project"}.png`) });
      assert.deepEqual(complaints, []);
    });
  }

  it("has every document of the project, and links that lead to pages and sections", { timeout: 5 * WITHIN_MS }, async () => {
    const files = chapters.flatMap(({ pages }) => pages.map(({ file }) => file));
    const documents = [...(await readdir(root)), ...(await readdir(join(root, "docs"))).map((name) => `docs/${name}`)].filter((name) => name.endsWith(".md"));
    assert.deepEqual(documents.filter((name) => !files.includes(name)), []);
    const links = new Set();
    for (const { link } of chapters.flatMap(({ pages }) => pages)) {
      const html = await (await fetch(new URL(link, base))).text();
      const [content] = /<main[^]*<\/main>/.exec(html);
      for (const [, href] of content.matchAll(/<a [^>]*href="([^"]*)"/g)) {
        const { href: url } = new URL(href.replaceAll("&amp;", "&"), new URL(link, base));
        if (url.startsWith(base)) links.add(url);
      }
    }
    assert.ok(links.size > 200, `${links.size} links`);
    const anchors = new Map();
    const broken = [];
    for (const link of links) {
      const [url, anchor] = link.split("#");
      if (!anchors.has(url)) {
        const answer = await fetch(url);
        anchors.set(url, answer.ok ? new Set([...(await answer.text()).matchAll(/ id="([^"]*)"/g)].map(([, id]) => id)) : undefined);
      }
      const isThere = anchors.get(url) !== undefined && (!anchor || anchors.get(url).has(decodeURIComponent(anchor)));
      if (!isThere) broken.push(link.slice(base.length));
    }
    assert.deepEqual(broken, []);
  });
});
