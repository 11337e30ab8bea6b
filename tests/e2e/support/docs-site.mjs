/**
 * A small real site with a search: this project's documents, a page for each, a section for each heading. It lies below a path,
 * as many sites do, and answers ranges, under a policy as strict as sites have it.
 */
import { once } from "node:events";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import http from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import sirv from "sirv";
import { freshFolder, headwaterBin, packageDist, root, wordnetModel } from "./places.mjs";
import { prepared } from "./prepared.mjs";
import { headwater, startOrigin, trustOf } from "./servers.mjs";

const MODEL = "static-minilm-256";
const SITE = "/handbook/";
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; report-uri /violations";
const FACETS = [{ field: "section", label: "Section" }, { field: "has", label: "With" }];

/** Which part of the handbook a document is of. */
const DOCUMENTS = {
  "README.md": "Project",
  "ARCHITECTURE.md": "Project",
  "CONTRIBUTING.md": "Project",
  "PROTOCOL.md": "Formats",
  "FORMAT.md": "Formats",
  "docs/query.md": "Searching",
  "docs/ranking.md": "Searching",
  "docs/words.md": "Searching",
  "docs/points.md": "Data",
  "docs/vectors.md": "Data",
  "docs/operating.md": "Operating",
};

/** A second language, of which the model knows nothing: its pages are found by words alone. */
const GERMAN = `# Vogelkunde für den Garten
Wer Vögel beobachten will, braucht Geduld und ein Fernglas.
## Nistkästen aufhängen
Nistkästen hängen im Halbschatten, zwei bis drei Meter hoch, mit dem Flugloch nach Südosten.
## Winterfütterung
Sonnenblumenkerne und Erdnüsse helfen den Meisen über den Winter.
`;

/** A language that is written from right to left. */
const HEBREW = `# מדריך לצפרים
כדי לצפות בציפורים צריך סבלנות ומשקפת.
## תיבות קינון
תיבת קינון תולים בצל, בגובה שניים עד שלושה מטרים.
`;

/** What whoever can write into an index may try on those who search it. */
export const HOSTILE = [
  { url: "javascript:window.taken=1", title: "Trap of a script in a link" },
  { page: "javascript:window.taken=2", url: "javascript:window.taken=2", title: "Trap of a script in a page" },
  { page: "//elsewhere.example/page", url: "//elsewhere.example/page#a", title: "Trap of another host" },
  { page: "https://user@127.0.0.1/", url: "https://user@127.0.0.1/#a", title: "Trap of a user" },
  { page: "data:text/html,<script>window.taken=3</script>", url: "data:text/html,x", title: "Trap of data" },
  { title: "Trap <img src=x onerror=window.taken=4><script>window.taken=5</script>", heading: '"><svg onload=window.taken=6>', text: "trap </style></dialog><iframe srcdoc=x>" },
  { title: ["Trap of", "a list"], heading: ["trap"], trail: { length: 3, 1: "trap" }, text: ["a trap of types"] },
  { title: `Trap ${"\u202e"}of ${"long ".repeat(4000)}`, heading: "h", trail: Array(2000).fill("trail"), text: "trap" },
].map((payload, n) => ({ id: `hostile-${n}`, payload: { page: `trap-${n}.html`, url: `trap-${n}.html#x`, heading: "Trap", text: "A trap.", ...payload } }));

const schemaOf = (language, byMeaning) => ({
  ...(byMeaning && { vectors: { meaning: { dim: 256, metric: "cosine", layout: "ranges", embed: { model: MODEL, from: ["title", "heading", "text"] } } } }),
  text: { title: { language, boost: 3, stopWords: true }, heading: { language, boost: 2, stopWords: true }, text: { language, stopWords: true } },
  fields: { page: "keyword", lang: "keyword", section: "keyword", has: "keyword" },
});

/** Starts it. `url` is the root of the site, `trust` the key of its indexes; `requests` are the paths that were asked for. */
export async function startDocsSite() {
  const documents = Object.keys(DOCUMENTS).map((name) => join(root, name));
  const folder = await prepared("docs-site", [headwaterBin, wordnetModel, fileURLToPath(import.meta.url), ...documents], load);
  const trust = (await readFile(join(folder, "trust"), "utf8")).trim();
  const web = await freshFolder("docs-web");
  const site = join(web, SITE);
  await cp(join(folder, "site"), site, { recursive: true });
  await cp(packageDist, join(site, "headwater", "runtime"), { recursive: true });
  await writeFile(join(site, "headwater", "search.js"), loader(trust));
  return { trust, ...(await serve(web)) };
}

const loader = (trust) => `import { defineSearch } from "./runtime/search-box.js";
const at = (lang, pages) => ({ lang, url: new URL("./" + lang + "/", import.meta.url), trust: ${JSON.stringify(trust)}, pages });
defineSearch({ site: new URL("../", import.meta.url), indexes: [at("de", 1), at("he", 1), at("en", ${Object.keys(DOCUMENTS).length}), at("xx", 1)], facets: ${JSON.stringify(FACETS)} });
`;

async function serve(web) {
  const requests = [];
  const violations = [];
  let isCut = false;
  const files = sirv(web, { dev: true, etag: true, setHeaders: (response) => response.setHeader("content-security-policy", POLICY) });
  const server = http.createServer((request, response) => {
    if (request.url === "/violations") return void text(request).then((report) => violations.push(report)).finally(() => response.end());
    requests.push(request.url);
    if (isCut) return request.socket.destroy();
    files(request, response, () => response.writeHead(404, { "content-type": "text/plain" }).end("not found"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}${SITE}`,
    requests,
    /** What browsers reported as against the policy. */
    violations,
    /** Takes the network away, or brings it back. */
    cut: (cut) => (isCut = cut),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function load(folder) {
  const site = join(folder, "site");
  const english = [];
  for (const [name, section] of Object.entries(DOCUMENTS)) english.push(...(await pageOf(site, name, await readFile(join(root, name), "utf8"), section, "en")));
  const hebrew = await pageOf(site, "tziporim.md", HEBREW, "גינה", "he");
  const german = await pageOf(site, "vogelkunde.md", GERMAN, "Garten", "de");
  const origin = await startOrigin({ data: join(folder, "origin") });
  try {
    const at = ["--url", origin.url];
    await headwater("model", "add", wordnetModel, "--name", MODEL, ...at);
    for (const [name, points, schema] of [["en", english, schemaOf("en", true)], ["de", german, schemaOf("de", false)], ["he", hebrew, schemaOf("none", false)], ["xx", HOSTILE, schemaOf("none", false)]]) {
      const [file, schemaFile] = [join(folder, `${name}.ndjson`), join(folder, `${name}.json`)];
      await writeFile(file, points.map((point) => JSON.stringify(point)).join("\n"));
      await writeFile(schemaFile, JSON.stringify(schema));
      await headwater("create", name, "--schema", schemaFile, ...at);
      await headwater("import", file, "--collection", name, ...at);
      await headwater("publish", "--collection", name, "--to", join(site, "headwater"), ...at);
    }
  } finally {
    await origin.stop();
  }
  await writeFile(join(folder, "trust"), await trustOf(join(folder, "origin")));
  await writeBare(site);
}

/** The sections of a document as points, and its page as a file. */
async function pageOf(site, name, markdown, section, lang) {
  const page = name.toLowerCase().replace(/\.md$/, ".html");
  const sections = sectionsOf(markdown);
  const [{ heading: title }] = sections;
  const above = [];
  const points = sections.map(({ level, heading, anchor, text }, index) => {
    above.length = level - 1;
    above[level - 1] = heading;
    const url = index === 0 ? page : `${page}#${encodeURIComponent(anchor)}`;
    const has = [/```/.test(text) && "Code", /^\|/m.test(text) && "Tables"].filter(Boolean);
    const trail = index === 0 ? [title] : above.filter(Boolean);
    const named = index === 0 ? {} : { heading };
    return { id: url, payload: { page, url, title, ...named, trail, text: plainOf(text), lang, section: [section], has } };
  });
  const body = sections.map(({ level, heading, anchor, text }) => `<h${level} id="${escaped(anchor)}">${escaped(heading)}</h${level}>\n${text.split(/\n{2,}/).map((p) => `<p>${escaped(plainOf(p))}</p>`).join("\n")}`);
  await write(join(site, page), html({ lang, dir: lang === "he" ? "rtl" : "ltr", title, up: "../".repeat(page.split("/").length - 1), body: body.join("\n") }));
  return points;
}

function sectionsOf(markdown) {
  const sections = [];
  let isCode = false;
  for (const line of markdown.split("\n")) {
    if (line.startsWith("```")) isCode = !isCode;
    const [, marks, heading] = (!isCode && /^(#{1,6}) (.+)$/.exec(line)) || [];
    if (heading === undefined) sections.at(-1).text += `${line}\n`;
    else sections.push({ level: marks.length, heading: plainOf(heading), anchor: heading.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-"), text: "" });
  }
  return sections;
}

function plainOf(markdown) {
  return markdown.replace(/^```.*$/gm, "").replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[`*|]|^[-| ]+$/gm, " ").replace(/\s+/g, " ").trim();
}

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.codePointAt(0)};`);

function html({ lang, dir = "ltr", title, up, body, box = "" }) {
  return `<!doctype html>
<html lang="${lang}" dir="${dir}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escaped(title)}</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="${up}site.css">
<script type="module" src="${up}headwater/search.js"></script></head>
<body><header><a href="${up}readme.html">Headwater</a> <headwater-search${box}></headwater-search></header>
<main>${body}</main></body></html>
`;
}

/** Pages of the tests' own: the box in the page, from right to left, of the hostile index, and one with a field of its own. */
async function writeBare(site) {
  const body = '<h1>A page</h1><p><label>Name <input id="name"></label></p><p id="after">Text behind the box.</p>';
  const pages = {
    "inline.html": { lang: "en", title: "In the page", body, box: ' mode="inline"' },
    "french.html": { lang: "fr", title: "Une page", body },
    "hostile.html": { lang: "xx", title: "Hostile", body },
    "plain.html": { lang: "en-GB", title: "A page", body },
    "quiet.html": { lang: "en", title: "Without keys", body, box: ' recent="off" shortcuts="off" label="Find a page" placeholder="What?"' },
  };
  for (const [name, page] of Object.entries(pages)) await write(join(site, name), html({ up: "", ...page }));
  await write(join(site, "site.css"), `:root { color-scheme: light dark; background: Canvas; color: CanvasText; font-family: system-ui, sans-serif; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; line-height: 1.6; }
header { display: flex; justify-content: space-between; align-items: center; gap: 1rem; flex-wrap: wrap; }
headwater-search { min-inline-size: 14rem; }
headwater-search[mode=inline] { flex: 1 1 100%; }
`);
}

async function write(file, text) {
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, text);
}
