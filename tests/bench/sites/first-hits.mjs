/**
 * Bytes and requests until the first hits, in Chromium with nothing cached: the scripts and the engine, that every site
 * has alike, apart from what comes of the index.
 */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import http from "node:http";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { indexIn } from "./systems.mjs";

/** As many results as Pagefind's box shows at first. */
const SHOWN = 5;
const TYPES = { ".js": "text/javascript", ".html": "text/html", ".wasm": "application/wasm" };
/** What servers compress on the way. Pagefind compresses the rest itself, Headwater what is worth it. */
const COMPRESSED = new Set([".js", ".css", ".json", ".wasm"]);
/** Scripts and engines. */
const PROGRAM = /\.(js|css)$|\.wasm$|\/wasm\.[^/]*\.pagefind$/;

/** Serves folders by name below a number: each number is another site that nobody has visited. */
async function serveVisits(folders) {
  const [visits, held, packed] = [new Map(), new Map(), new Map()];
  const server = http.createServer(async (request, response) => {
    const [visit, name, ...path] = decodeURIComponent(new URL(request.url, "http://x").pathname).slice(1).split("/");
    const file = join(folders[name] ?? "/nowhere", ...path);
    const bytes = held.get(file) ?? (await readFile(file).catch(() => undefined));
    if (bytes !== undefined) held.set(file, bytes);
    const type = TYPES[extname(request.url)] ?? "application/octet-stream";
    if (bytes === undefined) return void response.writeHead(name === "page" ? 200 : 404, { "content-type": "text/html" }).end("<!doctype html><title>Page</title>");
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
    const part = from === undefined ? bytes : bytes.subarray(Number(from), to === "" ? undefined : Number(to) + 1);
    const range = from === undefined ? {} : { "content-range": `bytes ${from}-${Number(from) + part.length - 1}/${bytes.length}` };
    const sent = COMPRESSED.has(extname(file)) ? (packed.get(file) ?? gzipSync(part, { level: 9 }).length) : part.length;
    if (COMPRESSED.has(extname(file))) packed.set(file, sent);
    const took = visits.get(visit) ?? { program: 0, index: 0, requests: 0 };
    visits.set(visit, took);
    const isProgram = PROGRAM.test(request.url);
    took[isProgram ? "program" : "index"] += sent;
    took.requests += isProgram ? 0 : 1;
    response.writeHead(from === undefined ? 200 : 206, { "content-type": type, "content-length": part.length, "accept-ranges": "bytes", ...range }).end(part);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, visits, close };
}

/** What runs in the page. Each answers when the first hits are there. */
const ASK = {
  /** The box, by meaning and words or by words alone. */
  headwater: async ([base, { name, trust, lang }, text, isWords]) => {
    const [{ createSearch }, { open }] = await Promise.all(["search-box.js", "browser.js"].map((file) => import(`${base}/headwater/runtime/${file}`)));
    const inParts = async ({ url, trust }) => {
      const replica = await open(url, { trust, hold: "as-needed" });
      const asked = ({ text: _, efSearch: __, ...words }) => words;
      return { searchBatch: (queries) => replica.searchBatch(isWords ? queries.map(asked) : queries), close: () => replica.close() };
    };
    const search = createSearch({ site: `${base}/`, indexes: [{ lang, url: `${base}/headwater/${name}/`, trust }], lang, recent: false, open: inParts });
    const state = await new Promise((resolve) => {
      search.subscribe((state) => ["ready", "failed"].includes(state.status) && resolve(state));
      search.search(text);
    });
    if (state.status === "failed") throw new Error(state.fault.message);
    await search.close();
    return state.pages.length;
  },
  pagefind: async ([base, shown, text]) => {
    const pagefind = await import(`${base}/pagefind/pagefind.js`);
    const { results } = await pagefind.search(text);
    await Promise.all(results.slice(0, shown).map((result) => result.data()));
    return results.length;
  },
};

/** Rows of means over some texts, each asked by a reader who comes for the first time. */
export async function firstHits(browser, folders, texts) {
  const index = await indexIn(folders.headwater);
  const server = await serveVisits(folders);
  const ways = {
    "Headwater, words": (base, text) => ["headwater", [base, index, text, true]],
    "Headwater, words and meaning": (base, text) => ["headwater", [base, index, text, false]],
    Pagefind: (base, text) => ["pagefind", [base, SHOWN, text]],
  };
  const rows = [];
  let visit = 0;
  for (const [system, way] of Object.entries(ways)) {
    const all = [];
    for (const text of texts) {
      const page = await browser.newPage();
      const base = `${server.url}/${(visit += 1)}`;
      await page.goto(`${base}/page/`);
      const [ask, args] = way(base, text);
      await page.evaluate(ASK[ask], args);
      all.push(server.visits.get(`${visit}`));
      await page.close();
    }
    const mean = (key) => Math.round(all.reduce((sum, took) => sum + took[key], 0) / all.length);
    rows.push({ firstHits: system, queries: all.length, programBytes: mean("program"), indexBytes: mean("index"), requests: mean("requests") });
  }
  server.close();
  return rows;
}
