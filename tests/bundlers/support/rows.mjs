/**
 * The matrix: bundler x version x what is made.
 *
 * A row installs, builds or starts, and returns `{ url, stop, worker }`: where its page is, and whether its worker comes from a
 * "file" or from "text" (`packages/js/src/start.ts` says when which). `long: true` waits for `cargo xtask test --long`. Rows of one
 * tool stand together, because they share an installation.
 */
import { createHash } from "node:crypto";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { target } from "../../e2e/support/places.mjs";
import { freePort } from "../../e2e/support/servers.mjs";
import { install, run, start } from "./install.mjs";
import { startSite } from "./site.mjs";

const START_MS = 120_000;
/**
 * As strict as sites have it. What makes its worker of text needs `blob:`, and nothing else. (Parcel writes an import map into its
 * page, and that needs to be allowed.)
 */
const policy = (worker, scripts = "") =>
  `default-src 'none'; img-src data:; connect-src http:; script-src 'self' 'wasm-unsafe-eval' ${scripts}; ` +
  `worker-src 'self'${worker === "text" ? " blob:" : ""}`;

const htmlWith = (tag) => `<!doctype html><meta charset="utf-8"><title>waiting</title><link rel="icon" href="data:,">${tag}`;
const classic = (url) => htmlWith(`<script src="${url}"></script>`);
const module = (url) => htmlWith(`<script type="module" src="${url}"></script>`);

export const rows = [
  ...none(),
  ...["vite5", "vite6", "vite7", "vite8"].flatMap((tool) => vite(tool, tool !== "vite7")),
  ...packer("webpack", false),
  ...packer("rspack", true),
  ...parcel(),
  ...esbuild(),
  ...rollup(),
  ...bun(),
  ...next("next16", false, { "": [], "webpack ": ["--webpack"] }),
  ...next("next15", true, { "": [], "turbopack ": ["--turbopack"] }),
];

/** The files as they are published. */
function none() {
  const dist = "/node_modules/headwater/dist";
  const installed = async () => dirname(await install("none"));
  const mapped = (url, at = "") => {
    const map = JSON.stringify({ imports: { headwater: url } });
    const tag = `<script type="importmap">${map}</script><script type="module" src="/application/main.js"></script>`;
    // What stands in the page itself is named by its hash, so the policy stays a strict one.
    const scripts = `'sha256-${createHash("sha256").update(map).digest("base64")}' ${at}`;
    return { pages: { "/index.html": htmlWith(tag) }, scripts };
  };
  const without = async (file) => {
    const folder = await installed();
    await rm(join(folder, dist, file));
    return { folder };
  };
  return [
    {
      name: "no bundler: an import map",
      start: async () => site("file", { folder: await installed(), ...mapped(`${dist}/browser.js`) }),
    },
    {
      name: "no bundler: an import map that names index.js",
      start: async () => site("file", { folder: await installed(), ...mapped(`${dist}/index.js`) }),
    },
    {
      name: "no bundler: the package on another origin",
      start: async () => {
        const folder = await installed();
        const cdn = await startSite({ folder, cors: true });
        const page = await site("text", { folder, ...mapped(`${cdn.url}${dist}/browser.js`, cdn.url) });
        return { ...page, stop: () => Promise.all([page.stop(), cdn.stop()]) };
      },
    },
    // One attempt a page with the files, then both replicas take the text.
    {
      name: "no bundler: a server that answers with its page where worker.js should be",
      start: async () => {
        const served = await site("text", { ...(await without("worker.js")), fallback: true, ...mapped(`${dist}/browser.js`) });
        return { ...served, workers: ["file", "text", "text"] };
      },
    },
    {
      name: "no bundler: a server without headwater_bg.wasm",
      start: async () => {
        const served = await site("text", { ...(await without("headwater_bg.wasm")), ...mapped(`${dist}/browser.js`) });
        return { ...served, tolerates: /404|headwater_bg\.wasm/, workers: ["file", "text", "text"] };
      },
    },
  ];
}

function vite(tool, long) {
  const build = async (base, out) => {
    const application = await install(tool);
    await run(application, "vite", ["build", "--outDir", out, "--base", base, "--logLevel", "warn"]);
    return join(application, out);
  };
  return [
    // Vite 8 knows where its development server moves a package's files from.
    { name: `${tool}: development`, long, start: () => develop(tool, "vite", ["--strictPort"], tool === "vite8" ? "file" : "text") },
    { name: `${tool}: build`, long, start: async () => site("file", { folder: await build("/", "out") }) },
    { name: `${tool}: build, relative base`, long: true, start: async () => site("file", { folder: await build("./", "relative") }) },
    { name: `${tool}: build for a CDN`, long, start: () => onCdn((base) => build(`${base}/`, "cdn")) },
  ];
}

/** webpack, and what takes its configuration. */
function packer(tool, long) {
  const build = async (publicPath, out) => {
    const application = await install(tool);
    const config = { mode: "production", entry: "./main.js", output: { path: join(application, out), publicPath } };
    await writeFile(join(application, "packer.config.mjs"), `export default ${JSON.stringify(config)};`);
    await run(application, tool, ["build", "--config", "packer.config.mjs"]);
    return config.output.path;
  };
  const page = { "/index.html": classic("/main.js") };
  return [
    { name: `${tool}: build`, long, start: async () => site("file", { folder: await build("auto", "out"), pages: page }) },
    { name: `${tool}: build for a CDN`, long, start: () => onCdn((base) => build(`${base}/`, "cdn"), (base) => classic(`${base}/main.js`)) },
  ];
}

const INLINE = "'unsafe-inline'";

function parcel() {
  const build = async (base, out) => {
    const application = await install("parcel");
    await run(application, "parcel", ["build", "index.html", "--no-cache", "--no-autoinstall", "--dist-dir", out, "--public-url", base]);
    return join(application, out);
  };
  return [
    { name: "parcel: development", long: true, start: () => develop("parcel", "parcel", ["index.html", "--no-cache", "--no-autoinstall"], "file") },
    { name: "parcel: build", long: true, start: async () => site("file", { folder: await build("/", "out"), scripts: INLINE }) },
    { name: "parcel: build for a CDN", long: true, start: () => onCdn((base) => build(`${base}/`, "cdn"), undefined, INLINE) },
  ];
}

function esbuild() {
  const built = async (out, args) => {
    const application = await install("esbuild");
    await run(application, "esbuild", ["main.js", "--bundle", "--minify", "--log-level=error", `--outdir=${out}`, ...args]);
    return join(application, out);
  };
  const row = (name, long, out, args, html) => ({
    name: `esbuild: ${name}`,
    long,
    start: async () => site("text", { folder: await built(out, args), pages: { "/index.html": html } }),
  });
  const commonjs = htmlWith('<script src="/before.js"></script><script src="/main.js"></script>');
  return [
    row("splitting", false, "split", ["--format=esm", "--splitting"], module("/main.js")),
    row("one module, called index.js", true, "index", ["--format=esm", "--entry-names=index"], module("/index.js")),
    row("iife", false, "iife", ["--format=iife"], classic("/main.js")),
    {
      name: "esbuild: cjs",
      long: true,
      start: async () => {
        const pages = { "/index.html": commonjs, "/before.js": "var module = { exports: {} }, exports = module.exports;" };
        return site("text", { folder: await built("cjs", ["--format=cjs"]), pages });
      },
    },
    {
      name: "esbuild: module on a CDN",
      long: true,
      start: () => onCdn((base) => built("cdn", ["--format=esm", "--splitting", `--public-path=${base}`]), (base) => module(`${base}/main.js`)),
    },
  ];
}

function rollup() {
  const build = async (out, args) => {
    const application = await install("rollup");
    const plugin = "node-resolve={browser:true}";
    await run(application, "rollup", ["main.js", "--plugin", plugin, "--silent", ...args.map((arg) => arg.replace("OUT", out))]);
    return join(application, out);
  };
  return [
    { name: "rollup: es", long: true, start: async () => site("text", { folder: await build("es", ["--format=es", "--dir=OUT"]), pages: { "/index.html": module("/main.js") } }) },
    {
      name: "rollup: iife",
      long: true,
      start: async () => {
        const folder = await build("iife", ["--format=iife", "--inlineDynamicImports", "--file=OUT/main.js"]);
        return site("text", { folder, pages: { "/index.html": classic("/main.js") } });
      },
    },
  ];
}

function bun() {
  const build = async () => {
    const application = await install("bun");
    await run(application, "bun", ["build", "main.js", "--target=browser", "--splitting", "--outdir=out"]);
    return join(application, "out");
  };
  return [{ name: "bun: build", long: true, start: async () => site("text", { folder: await build(), pages: { "/index.html": module("/main.js") } }) }];
}

/**
 * Page and server of one application; with Next 15 also the edge, which 16 gives up. `builds` are the rows by what `next build` is
 * told.
 */
function next(tool, long, builds) {
  const serve = async (command, args = [], env = {}) => {
    const port = await freePort();
    const application = await install(tool, "next");
    if (command === "start") await run(application, "next", ["build", ...args], env);
    const server = start(application, "next", [command, "--port", `${port}`, "--hostname", "127.0.0.1"], env);
    const url = `http://127.0.0.1:${port}/`;
    await server.ready("answering", async () => (await fetch(url)).ok, { timeoutMs: START_MS });
    // The worker that Turbopack made in version 15, still a preview there, does not find its engine.
    const worker = tool === "next15" && args.includes("--turbopack") ? "text" : "file";
    return { application, url, worker, server: true, edge: tool === "next15", stop: () => server.stop() };
  };
  const onNextCdn = async (args) => {
    const cdn = await startSite({ cors: true });
    const site = await serve("start", args, { ASSETS: cdn.url });
    const folder = join(site.application, "cdn");
    await cp(join(site.application, ".next", "static"), join(folder, "_next", "static"), { recursive: true });
    cdn.serve(folder);
    return { ...site, worker: "text", stop: () => Promise.all([site.stop(), cdn.stop()]) };
  };
  return [
    ...Object.entries(builds).flatMap(([name, args], i) => [
      { name: `${tool}: ${name}build`, long: long || i > 0, start: () => serve("start", args) },
      { name: `${tool}: ${name}build for a CDN`, long: true, start: () => onNextCdn(args) },
    ]),
    { name: `${tool}: development`, long: true, start: () => serve("dev") },
  ];
}

/** A development server. */
async function develop(tool, program, args, worker) {
  const application = await install(tool);
  const port = await freePort();
  const server = start(application, program, [...args, "--host", "127.0.0.1", "--port", `${port}`]);
  const url = `http://127.0.0.1:${port}/`;
  await server.ready("answering", async () => (await fetch(url)).ok, { timeoutMs: START_MS });
  return { url, worker, stop: () => server.stop() };
}

/** Where a worker made of text is needed, and `worker-src` has no `blob:`. */
export async function forbidden() {
  const allowed = await rows.find(({ name }) => name === "esbuild: splitting").start();
  await allowed.stop();
  const folder = join(target, "bundlers", "esbuild", "application", "split");
  return site("file", { folder, pages: { "/index.html": module("/main.js") } });
}

/** A folder, served under a strict policy, to which `scripts` adds. */
async function site(worker, { scripts, ...options }) {
  const served = await startSite({ policy: policy(worker, scripts), ...options });
  return { url: `${served.url}/`, worker, built: true, stop: () => served.stop() };
}

/** The page on one origin, all that it loads on another: `build` is told the other's URL, and `html` says what the page is. */
async function onCdn(build, html, scripts = "") {
  const cdn = await startSite({ cors: true });
  const folder = await build(cdn.url);
  cdn.serve(folder);
  const index = html?.(cdn.url) ?? (await readFile(join(folder, "index.html"), "utf8"));
  const page = await startSite({ pages: { "/index.html": index }, policy: policy("text", `${cdn.url} ${scripts}`) });
  return { url: `${page.url}/`, worker: "text", built: true, stop: () => Promise.all([page.stop(), cdn.stop()]) };
}
