/** The systems: each answers a text with paths of pages, the best first, as its own search box would. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import http from "node:http";
import { join } from "node:path";
import MiniSearch from "minisearch";
import sirv from "sirv";
import { open } from "headwater";
import { createSearch } from "headwater/search-box";
import { pathOf } from "./pages.mjs";

/** Pages that are looked at. */
export const TOP = 10;

/** Serves a folder; counts what is asked for. */
export async function serveFolder(folder) {
  const files = sirv(folder, { dev: true, etag: true });
  const server = http.createServer((request, response) => files(request, response, () => response.writeHead(404, { "content-type": "text/html" }).end("<!doctype html><title>Nothing</title>")));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}/`, close };
}

/** The index that a build of a site has made, from its script. */
export async function indexIn(folder) {
  const script = await readFile(join(folder, "search.js"), "utf8");
  const [, lang, name, trust] = script.match(/lang: "(\w+)", url: new URL\(".\/([^/"]+)\/".*?trust: "([^"]+)"/);
  return { lang, name, trust };
}

/** What `<headwater-search>` stands on, over a replica that is held as a whole: it finds what one in parts does. */
export async function headwater(folder) {
  const { url, close } = await serveFolder(folder);
  const { lang, name, trust } = await indexIn(folder);
  const replica = await open(`${url}${name}/`, { trust, syncEveryMs: 0 });
  const indexes = [{ lang, url: `${url}${name}/`, trust }];
  const search = createSearch({ site: url, indexes, lang, recent: false, open: async () => replica });
  return {
    replica,
    ask: (text) =>
      new Promise((resolve, reject) => {
        const end = search.subscribe(({ status, pages, fault }) => {
          if (status === "failed") reject(new Error(fault.message));
          if (status === "ready") resolve(pages.slice(0, TOP).map(({ page }) => pathOf(page)));
          if (status === "failed" || status === "ready") end();
        });
        search.search("");
        search.search(text);
      }),
    async close() {
      await search.close();
      close();
    },
  };
}

/** All sections as they are indexed: MiniSearch gets the same texts. */
export async function sectionsOf(replica) {
  const sections = [];
  for (let after = "start"; ; ) {
    const { hits, next } = await replica.search({ sort: "page", topK: 1000, fields: ["page", "title", "heading", "names", "text"], after });
    sections.push(...hits.map(({ id, payload: { names = [], ...payload } }) => ({ id, ...payload, names: names.join(" ") })));
    if (next === undefined || hits.length === 0) return sections;
    after = next;
  }
}

/**
 * Prefixes and misspelt words as its documents advise. `fields` are those that it may have, with boosts: whoever writes
 * down titles, headings and texts has no names unless they read what generators say.
 */
export function miniSearch(sections, fields) {
  const index = new MiniSearch({ fields: Object.keys(fields), storeFields: ["page"] });
  index.addAll(sections);
  const options = { boost: fields, prefix: true, fuzzy: 0.2 };
  const ask = async (text) => [...new Set(index.search(text, options).map(({ page }) => pathOf(page)))].slice(0, TOP);
  return { ask, close: async () => {} };
}

/** Its own script in a page. Results are pages already. */
export async function pagefind(browser, folder) {
  const { url, close } = await serveFolder(folder);
  const page = await browser.newPage();
  await page.goto(`${url}nothing`);
  await page.evaluate(async () => (window.pagefind = await import(new URL("pagefind.js", location.href).href)));
  const ask = async (text) => {
    const urls = await page.evaluate(async ([text, top]) => {
      const { results } = await window.pagefind.search(text);
      return (await Promise.all(results.slice(0, top).map((result) => result.data()))).map(({ raw_url, url }) => raw_url ?? url);
    }, [text, TOP]);
    return urls.map(pathOf);
  };
  return {
    ask,
    async close() {
      await page.close();
      close();
    },
  };
}
