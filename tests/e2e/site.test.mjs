/**
 * A folder of pages, built by `headwater build` and served as plain files: the package opens what it wrote, and finds the
 * section; a build after a change is followed, and so is one by another state, whose key the pages trust then.
 */
import assert from "node:assert/strict";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { open } from "headwater";
import { startFiles } from "./support/files.mjs";
import { freshFolder, packageDist } from "./support/places.mjs";
import { headwater } from "./support/servers.mjs";

const page = (lang, title, body) =>
  `<!doctype html><html lang="${lang}"><title>${title}</title><nav>Menu</nav><main><h1>${title}</h1>${body}</main></html>`;

const PAGES = {
  "index.html": page("en", "The observatory", "<p>Open to visitors in clear nights.</p>"),
  "guide/telescope.html": page(
    "en",
    "Telescopes",
    `<p>How to look at the sky.</p><h2 id="mirrors">Mirrors</h2><p>A concave mirror gathers the light of faint stars.</p>
     <h2 id="cleaning">Cleaning</h2><p>Blow the dust away, and do not touch the glass.</p>`,
  ),
  "guide/food.html": page("en", "Where to eat", "<p>Soup and bread are served in the tower until noon.</p>"),
  "de/fernrohr.html": page("de", "Fernrohre", `<h2 id="spiegel">Spiegel</h2><p>Ein Hohlspiegel sammelt das Licht.</p>`),
};

/** As the box asks: words that may be unfinished or misspelt, with what shows where they stand. */
const query = (text, more) => ({
  match: { query: text, prefix: true, fuzzy: true },
  snippets: true,
  topK: 8,
  ...more,
});

describe("headwater build", { timeout: 180_000 }, () => {
  let folder, site, servers;

  const write = async (name, text) => {
    await mkdir(dirname(join(site, name)), { recursive: true });
    await writeFile(join(site, name), text);
  };
  const build = async (state = "state") => {
    const said = await headwater("build", site, "--state", join(folder, state), "--package", packageDist, "--json");
    return JSON.parse(said);
  };
  const listed = async () => {
    const script = await readFile(join(site, "headwater", "search.js"), "utf8");
    const rows = script.matchAll(/lang: "(\w+)", url: new URL\("\.\/([^"]+)\/", import\.meta\.url\), trust: "([^"]+)"/g);
    return Object.fromEntries([...rows].map(([, lang, name, trust]) => [lang, { name, trust }]));
  };

  before(async () => {
    folder = await freshFolder("site");
    site = join(folder, "site");
    for (const [name, text] of Object.entries(PAGES)) await write(name, text);
    await build();
    servers = await Promise.all([startFiles(folder, { ranges: true }), startFiles(folder)]);
  }, { timeout: 120_000 });
  after(() => servers?.forEach((server) => server.stop()));

  for (const [what, of, hold] of [["by ranges", 0, "as-needed"], ["whole", 0, "all"], ["from a server without ranges", 1, "as-needed"]]) {
    it(`finds sections ${what}`, { timeout: 60_000 }, async () => {
      const { en, de } = await listed();
      // Below another path than the root of its host.
      const at = (name) => `${servers[of].url}/site/headwater/${name}`;
      const words = await open(at(en.name), { trust: en.trust, hold, cacheDir: join(folder, `kept-${of}-${hold}`) });
      try {
        const { hits } = await words.search(query("mirors", { text: "mirors" }));
        assert.equal(hits[0].payload.url, "guide/telescope.html#mirrors");
        assert.deepEqual(hits[0].payload.trail, ["Telescopes", "Mirrors"]);
        // By meaning: the page has none of these words.
        const meant = await words.search({ text: "restaurant lunch", topK: 1 });
        assert.equal(meant.hits[0].payload.page, "guide/food.html");
        assert.equal((await words.search(query("Menu"))).hits.length, 0, "navigation is not searched");
      } finally {
        await words.close();
      }
      const german = await open(at(de.name), { trust: de.trust, hold, cacheDir: join(folder, `kept-${of}-${hold}`) });
      try {
        assert.equal((await german.search(query("hohlspiegeln"))).hits[0].payload.url, "de/fernrohr.html#spiegel");
      } finally {
        await german.close();
      }
    });
  }

  it("is followed from build to build, and by another key when the state was lost", { timeout: 60_000 }, async () => {
    const cacheDir = join(folder, "kept-following");
    const opened = async () => {
      const { name, trust } = (await listed()).en;
      return open(`${servers[0].url}/site/headwater/${name}`, { trust, cacheDir });
    };
    const first = (await listed()).en;
    let words = await opened();
    await write("guide/food.html", page("en", "Where to eat", "<p>Pancakes all day.</p>"));
    const { languages } = await build();
    assert.equal(languages.find(({ lang }) => lang === "en").written, 1);
    await words.sync();
    assert.equal((await words.search(query("pancakes"))).hits[0].payload.page, "guide/food.html");
    await words.close();

    await rm(join(folder, "state"), { recursive: true });
    await write("guide/food.html", page("en", "Where to eat", "<p>Waffles at night.</p>"));
    await build();
    assert.notEqual((await listed()).en.trust, first.trust);
    words = await opened();
    try {
      assert.equal((await words.search(query("waffles"))).hits[0].payload.page, "guide/food.html");
    } finally {
      await words.close();
    }
  });
});
