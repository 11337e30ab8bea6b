/** The search of a site without its look: what programs that draw their own stand on. A real site, real indexes, replicas in parts. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { open } from "headwater";
import { createSearch, defineSearch } from "headwater/search-box";
import { HOSTILE, startDocsSite } from "../../../tests/e2e/support/docs-site.mjs";
import { root } from "../../../tests/e2e/support/places.mjs";
import { until } from "../../../tests/e2e/support/wait.mjs";
import { failure } from "./support.mjs";

const FACETS = [{ field: "section", label: "Section" }, { field: "has" }];

describe("createSearch", { timeout: 240_000 }, () => {
  let site;
  const searches = [];

  before(async () => {
    site = await startDocsSite();
  }, { timeout: 120_000 });
  afterEach(async () => {
    await Promise.all(searches.splice(0).map((search) => search.close()));
    delete globalThis.localStorage;
    site.cut(false);
  });
  after(() => site?.stop());

  const at = (lang, pages) => ({ lang, url: `${site.url}headwater/${lang}/`, trust: site.trust, pages });
  const inParts = ({ url, trust }) => open(url, { trust, hold: "as-needed", syncEveryMs: 0 });
  function start(options = {}) {
    const search = createSearch({ site: site.url, indexes: [at("de", 1), at("en", 11), at("xx", 1)], lang: "en", facets: FACETS, open: inParts, ...options });
    searches.push(search);
    return search;
  }
  const settled = (search, status = "ready") => until(`a search that is ${status}`, () => search.state.status === status && search.state);
  async function found(search, text) {
    search.search(text);
    return settled(search);
  }
  const textOf = (runs) => runs.map(({ text }) => text).join("");

  it("finds pages with their sections, says where the words stand, and leads there", async () => {
    const search = start();
    assert.deepEqual(search.state, { status: "idle", query: "", pages: [], hasMore: false, onlyNear: false, isPartial: false, facets: search.state.facets, recent: [], fault: undefined });
    const seen = [];
    search.subscribe(({ status }) => seen.at(-1) !== status && seen.push(status));
    const { pages, hasMore, onlyNear, query } = await found(search, "  misspelt words ");
    assert.deepEqual(seen, ["opening", "searching", "ready"]);
    assert.deepEqual([hasMore, onlyNear, query], [true, false, "misspelt words"]);
    assert.ok(pages.length > 3 && new Set(pages.map(({ page }) => page)).size === pages.length, "each page once");
    for (const { page, url, sections } of pages) {
      assert.equal(url, `${site.url}${page}`);
      assert.ok(sections.length <= 3 && sections.every((section) => section.url.startsWith(`${url}#`)));
    }
    const ranking = pages.find(({ page }) => page === "docs/ranking.html");
    const section = ranking.sections.find(({ heading }) => textOf(heading) === "What may be misspelt");
    assert.deepEqual(section.heading.filter(({ marked }) => marked), [{ text: "misspelt", marked: true }]);
    assert.ok(section.snippet.some(({ text, marked }) => marked && /word|misspelt/i.test(text)), textOf(section.snippet));
    assert.ok(pages.some(({ sections }) => sections.some(({ trail }) => trail.length > 0)), "deeper sections say where they are");
  });

  it("believes the newest question alone, whenever answers come", async () => {
    const waiting = [];
    const slow = async (index) => {
      const replica = await inParts(index);
      return {
        searchBatch: (queries) => new Promise((resolve) => waiting.push({ text: queries[0].match.query, answer: () => resolve(replica.searchBatch(queries)) })),
        close: () => replica.close(),
      };
    };
    const search = start({ open: slow });
    const shown = [];
    search.subscribe(({ status, query, pages }) => status === "ready" && shown.push([query, pages]));
    search.search("tombstones");
    await until("the first question", () => waiting.length === 1);
    search.search("tombstones of versions");
    await until("the second question", () => waiting.length === 2);
    waiting[1].answer();
    await settled(search);
    waiting[0].answer();
    search.search("");
    search.search("snippets");
    await until("the third question", () => waiting.length === 3);
    search.search("");
    waiting[2].answer();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const undisturbed = await found(start(), "tombstones of versions");
    assert.deepEqual(shown, [["tombstones of versions", undisturbed.pages]]);
    assert.deepEqual([search.state.status, search.state.pages.length], ["idle", 0]);
  });

  it("asks less than is typed where answers come slowly", async () => {
    let asked = 0;
    const counted = async (index) => {
      const replica = await inParts(index);
      const searchBatch = async (queries) => {
        asked += 1;
        await new Promise((resolve) => setTimeout(resolve, 150));
        return replica.searchBatch(queries);
      };
      return { searchBatch, close: () => replica.close() };
    };
    const search = start({ open: counted });
    await found(search, "replicas");
    asked = 0;
    for (const end of Array.from("verified", (_, i) => i + 1)) {
      search.search("verified".slice(0, end));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await settled(search);
    assert.equal(asked, 1);
  });

  it("narrows by facets: any value of a field, all of the fields", async () => {
    const search = start();
    assert.deepEqual(search.state.facets.map(({ field, label, values }) => [field, label, values.length]), [["section", "Section", 0], ["has", "has", 0]]);
    const all = await found(search, "words");
    const count = ({ facets }, field, value) => facets.find((facet) => facet.field === field).values.find((one) => one.value === value)?.count;
    search.toggle("section", "Formats");
    assert.equal(search.state.facets[0].values.find(({ value }) => value === "Formats").selected, true, "at once");
    const formats = await settled(search);
    assert.deepEqual(formats.pages.map(({ page }) => page).sort(), ["format.html", "protocol.html"]);
    assert.equal(count(formats, "section", "Searching"), count(all, "section", "Searching"), "of its own field as if nothing were chosen");
    assert.ok(count(formats, "has", "Tables") < count(all, "has", "Tables"));
    search.toggle("section", "Data");
    const both = await settled(search);
    assert.deepEqual(both.pages.map(({ page }) => page).sort(), ["docs/points.html", "docs/vectors.html", "format.html", "protocol.html"]);
    search.toggle("has", "nothing has this");
    const none = await settled(search);
    assert.equal(none.pages.length, 0);
    assert.deepEqual(none.facets[1].values.filter(({ selected }) => selected), [{ value: "nothing has this", count: 0, selected: true }], "what is chosen can be given up");
    search.toggle("has", "nothing has this");
    search.search("");
    assert.equal(search.state.facets[0].values.filter(({ selected }) => selected).length, 2, "choices outlive a text");
  });

  it("adds pages until there are no more", async () => {
    const search = start();
    const { pages } = await found(search, "tombstones");
    let more = search.state;
    while (more.hasMore) {
      const before = more.pages;
      search.more();
      search.more();
      more = await settled(search);
      assert.deepEqual(more.pages.slice(0, before.length), before);
      assert.ok(more.pages.length > before.length || !more.hasMore, "who asks for more sees some");
    }
    assert.deepEqual(more.pages.slice(0, pages.length), pages);
    assert.deepEqual([more.pages.length, new Set(more.pages.map(({ page }) => page)).size], [11, 11]);
    search.more();
    assert.equal(search.state, more);
  });

  it("says when no page has the words, and finds what is near in meaning", async () => {
    const search = start();
    const { onlyNear, pages } = await found(search, "hooligans");
    assert.ok(onlyNear && pages.length > 0);
  });

  it("shows a part, and says so, where the rest cannot be had", async () => {
    const search = start();
    assert.equal((await found(search, "tombstones")).isPartial, false);
    site.cut(true);
    // Of the same words, and of another meaning.
    const { isPartial, onlyNear, pages } = await found(search, "tombstoned tombstones");
    assert.deepEqual([isPartial, onlyNear], [true, false]);
    assert.ok(pages.length > 0 && textOf(pages[0].sections[0].heading).includes("Tombstones"));
    site.cut(false);
    search.search("");
    assert.equal((await found(search, "tombstoned tombstones")).isPartial, false);
  });

  it("searches by words alone where the index has no vectors, and asks so from then on", async () => {
    const asked = [];
    const heard = async (index) => {
      const replica = await inParts(index);
      return { searchBatch: (queries) => (asked.push("text" in queries[0]), replica.searchBatch(queries)), close: () => replica.close() };
    };
    const search = start({ lang: "de-AT", open: heard });
    assert.equal(search.lang, "de");
    assert.equal((await found(search, "nistkasten")).pages[0].page, "vogelkunde.html");
    assert.deepEqual((await found(search, "zxqj")).pages, []);
    assert.deepEqual(asked, [true, false, false]);
  });

  it("takes the index of the language, else of its kin, else the largest", () => {
    for (const [lang, is] of [["DE", "de"], ["de_CH", "de"], ["en-GB", "en"], ["fr", "en"], ["", "en"]]) {
      assert.equal(start({ lang: lang || undefined }).lang, is, lang);
    }
  });

  it("takes nothing of a hostile index for more than text, and follows it nowhere", async () => {
    const search = start({ lang: "xx" });
    const { pages } = await found(search, "trap");
    const links = pages.flatMap(({ url, sections }) => [url, ...sections.map((section) => section.url)]);
    assert.ok(links.length > 0 && links.every((link) => link.startsWith(site.url)), links.join(" "));
    const refused = HOSTILE.filter(({ payload }) => /^(javascript|data|https|\/)/.test(payload.page));
    assert.ok(refused.length >= 4 && refused.every(({ payload }) => pages.every(({ page }) => page !== payload.page)));
    for (const { title, sections } of pages) {
      const texts = [title, ...sections.flatMap(({ heading, snippet }) => [heading, snippet])].flat();
      assert.ok(texts.every(({ text, marked }) => typeof text === "string" && text.length <= 400 && typeof marked === "boolean"));
      assert.ok(sections.every(({ trail }) => trail.length <= 6 && trail.every((text) => typeof text === "string")));
    }
  });

  it("says why it failed, and asks again", async () => {
    const search = start();
    const { pages: here } = await found(search, "tombstones");
    site.cut(true);
    search.search("durable log of writes");
    const { fault, pages } = await settled(search, "failed");
    assert.deepEqual([fault.code, fault.retryable, pages], ["parts_missing", true, []]);
    assert.deepEqual((await found(search, "tombstones")).pages, here, "what was asked before is here");
    search.search("durable log of writes");
    await settled(search, "failed");
    site.cut(false);
    search.prepare();
    assert.equal((await settled(search)).fault, undefined);

    const distrustful = start({ indexes: [{ ...at("en"), trust: `ed25519:${"0".repeat(64)}` }] });
    distrustful.prepare();
    assert.deepEqual(await settled(distrustful, "failed").then(({ fault }) => [fault.code, fault.retryable]), ["key_untrusted", false]);
    const broken = start({ open: () => Promise.reject(new TypeError("no such module")) });
    broken.search("tombstones");
    assert.deepEqual(await settled(broken, "failed").then(({ fault }) => [fault.code, fault.retryable]), ["unreachable", true]);
  });

  it("keeps the last searches where it may", async () => {
    const kept = new Map();
    globalThis.localStorage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key) };
    const search = start();
    for (const text of ["tomb", "tombstones", "words", "facets", "snippets", "keys", "parts"]) {
      await found(search, text);
      search.remember();
    }
    assert.deepEqual(search.state.recent, ["parts", "keys", "snippets", "facets", "words"]);
    assert.deepEqual(start().state.recent, search.state.recent, "by the next page as well");
    assert.deepEqual(start({ recent: false }).state.recent, []);
    search.search("tombstone");
    search.remember();
    search.search("tombstones");
    search.remember();
    assert.deepEqual(search.state.recent.slice(0, 2), ["tombstones", "parts"], "what was typed on the way is no other search");
    search.forget();
    assert.deepEqual([search.state.recent, kept.size], [[], 0]);
    for (const strange of ["{}", "[1, null]", "not JSON", `["${"long".repeat(40)}"]`]) {
      kept.set(`headwater-search ${new URL(site.url).pathname}`, strange);
      assert.deepEqual(start().state.recent, [], strange);
    }
    Object.defineProperty(globalThis, "localStorage", { configurable: true, get: () => { throw new Error("denied"); } });
    const denied = start();
    denied.remember();
    assert.deepEqual(denied.state.recent, []);
  });

  it("tells all listeners, whatever one of them throws, and none that has left", async () => {
    // In a process of its own: what nobody catches ends a test.
    const program = `
      import { createSearch } from ${JSON.stringify(import.meta.resolve("headwater/search-box"))};
      process.on("uncaughtException", (error) => console.log("uncaught", error.message));
      const indexes = [{ lang: "en", url: "https://example.org/en/", trust: "ed25519:00" }];
      const search = createSearch({ site: "https://example.org/", indexes, open: () => new Promise(() => undefined) });
      search.subscribe(() => { throw new Error("of a listener"); });
      const leave = search.subscribe(({ query }) => console.log(query));
      search.search("first");
      leave();
      search.search("second");
      setTimeout(() => process.exit(), 200);`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program]);
    assert.deepEqual(stdout.trim().split("\n").sort(), ["first", "uncaught of a listener", "uncaught of a listener"]);
  });

  it("ends with its replica", async () => {
    let replica;
    const search = start({ open: async (index) => (replica = await inParts(index)) });
    await found(search, "tombstones");
    await search.close();
    await search.close();
    await assert.rejects(replica.status(), failure("closed"));
    for (const call of ["prepare", "more", "retry"]) assert.throws(() => search[call](), failure("closed"));
    assert.throws(() => search.search("words"), failure("closed"));
  });

  it("is described as it is: attributes, parts, custom properties, events, words, options, calls", async () => {
    const source = async (name) => readFile(join(root, "packages", "js", "src", "box", name), "utf8");
    const [document, element, view, results, styles, texts, options, controller] = await Promise.all([readFile(join(root, "docs", "search-box.md"), "utf8"), ...["element.ts", "view.ts", "results.ts", "styles.ts", "texts.ts", "options.ts", "controller.ts"].map(source)]);
    /** What stands in backticks in the part of the document between two places. */
    const named = (from, to) => new Set([...document.slice(document.indexOf(from), document.indexOf(to)).matchAll(/`([\w-]+)(?:\([^`]*)?`/g)].map(([, name]) => name));
    const all = (text, pattern) => [...text.matchAll(pattern)].flatMap(([, name]) => name.split(" "));
    const members = (text, type) => all(new RegExp(`interface ${type}[^{]*\\{([^]*?)\n\\}`).exec(text)[1], /^ {2}(?:readonly )?(\w+)[?(:]/gm);
    const parts = [...all(view + results + (await source("dom.ts")), /part: "([\w ]+)"/g), ...all(view, /button\("([\w-]+)"/g), "result", "result-page", "result-section"];
    for (const [what, is, said] of [
      ["attributes", JSON.parse(/ATTRIBUTES = (\[.*\])/.exec(element)[1]), named("## Attributes", "## Keys")],
      ["events", all(element, /#tell\("([\w-]+)"/g), named("## Events", "## Looks")],
      ["custom properties", [...all(styles, /var\((--headwater-[a-z-]+)[,)]/g), ...all(styles, /^ {2}\["(\w+)", "#/gm).map((name) => `--headwater-${name}`)], named("## Looks", "| parts")],
      ["parts", parts, named("| parts", "### Words")],
      ["words", members(texts, "Texts"), named("### Words", "## A look")],
      ["options", ["texts", ...members(options, "SearchOptions").filter((name) => !["lang", "recent"].includes(name))], named("| option", "The index is")],
      ["calls", members(controller, "SiteSearch"), named("| | |\n| --- | --- |\n| `state`", "Titles, headings")],
    ]) {
      assert.ok(is.length > 0, what);
      for (const name of is) assert.ok(said.has(name), `the ${what} in docs/search-box.md have no ${name}`);
    }
  });

  it("refuses what cannot be meant so", () => {
    const good = { site: "https://example.org/", indexes: [{ lang: "en", url: "https://example.org/en/", trust: "ed25519:00" }] };
    for (const [wrong, message] of [
      [undefined, /are an object such as/],
      [{ ...good, site: undefined }, /"site" of createSearch\(\) is missing/],
      [{ site: good.site }, /"indexes" of createSearch\(\) is missing/],
      [{ ...good, indexes: [] }, /"indexes" of createSearch\(\) is a list such as/],
      [{ ...good, indexes: [{ lang: "en", url: "x" }] }, /"indexes" of createSearch\(\) is a list such as/],
      [{ ...good, site: "../" }, /outside of pages an absolute one/],
      [{ ...good, site: "file:///site/" }, /at file:, where browsers load no search/],
      [{ ...good, facets: ["section"] }, /"facets" of createSearch\(\) is a list such as/],
      [{ ...good, language: "en" }, /createSearch\(\) has no option "language"; there are site, /],
      [{ ...good, texts: {} }, /createSearch\(\) has no option "texts"/],
    ]) {
      assert.throws(() => createSearch(wrong), { ...failure("invalid_options"), message }, JSON.stringify(wrong));
    }
    assert.throws(() => defineSearch({ ...good, lang: "en" }), { ...failure("invalid_options"), message: /defineSearch\(\) has no option "lang"/ });
    assert.throws(() => defineSearch({ ...good, texts: { fr: "Rechercher" } }), { ...failure("invalid_options"), message: /"texts" of defineSearch\(\) is an object/ });
  });
});
