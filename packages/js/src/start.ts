/**
 * Starts the worker that has the engine, wherever a page's bundler has put the two.
 *
 * Owns: the way that led to a worker in this page, so that it is looked for once and not for every replica. Does not own: the
 * workers.
 *
 * | where this module is | worker and engine |
 * | --- | --- |
 * | as it was published, on a server of plain files | the files beside it |
 * | in a bundle of webpack, Rspack, Next, Parcel, Vite (build) | files that the bundler made of `new Worker(new URL(…))` |
 * | moved by a bundler that does not know these words: esbuild, Rollup, Bun, Vite (development, to 7) | `inline.js`, a lazy chunk with both |
 * | on another origin than the page, as with a CDN | `inline.js` |
 * | any of these, and the files are not there, or an HTML page is in their place | `inline.js` |
 *
 * Files come first because they cost least (the browser compiles the engine while it arrives, and keeps the machine code for the
 * next visit) and because they work under `worker-src 'self'`; a worker made of text needs `worker-src blob:`. The text comes as
 * JavaScript because that is what every bundler brings along, whatever it moves and renames.
 *
 * Turned down: asking the page's author for a plugin or for a copied folder (the option `assets` remains for those who want to);
 * fetching the files by URLs that are guessed (development servers answer unknown ones with a page and status 200);
 * only the inlined text (a strict policy forbids it, and the engine would be decoded on every visit).
 */
import { HeadwaterError } from "./error.js";
import type { Early, Stage, Start } from "./rpc.js";

/** A worker that was made, what its first message says, and what its script is called in errors. */
interface Made {
  worker: Worker;
  start: Start;
  script: string;
}
type Way = () => Promise<Made>;

/** Patience for the worker's script, 20 KB. What cannot be loaded says so at once; this is for what never answers. */
const SCRIPT_MS = 30_000;

/** What bundlers bring along is a worker of this kind. */
const MODULE: WorkerOptions = { type: "module", name: "headwater" };

declare const __webpack_require__: unknown;
/**
 * The URL of this module. webpack and Rspack know the other word, and leave out the branch that they will not take: else they would
 * write the name of a folder of the build's machine here.
 */
const HERE: string | undefined = typeof __webpack_require__ === "function" ? undefined : import.meta.url;

/** The name of the entry as it is published. A bundle has another. */
const PUBLISHED = /^https?:.*\/browser\.js$/;

let way: Promise<Way> | undefined;

/** A worker whose engine is compiled; from then on it takes requests. */
export async function startWorker(assets: string | URL | undefined, early?: Early): Promise<Worker> {
  if (typeof Worker === "undefined") {
    throw new HeadwaterError("unsupported_runtime", "there are no Web Workers here; open the replica in a page or a worker");
  }
  // Who names a folder wants these files and no others.
  if (assets !== undefined) return beginIn(assets, early);
  let first: Worker | undefined;
  const looked = (way ??= find(early, (worker) => (first = worker)));
  try {
    const found = await looked;
    return first ?? (await begin(found, early));
  } catch (error) {
    // What was not reachable may be the next time.
    if (way === looked) way = undefined;
    throw error;
  }
}

/** The first way that leads to a worker. */
async function find(early: Early | undefined, hear: (worker: Worker) => void): Promise<Way> {
  const failures: HeadwaterError[] = [];
  for (const way of ways()) {
    try {
      hear(await begin(way, early));
      return way;
    } catch (error) {
      failures.push(HeadwaterError.from(error));
    }
  }
  const why = failures.map(({ message }) => message).join("; ");
  // Away from the network nothing can be had, and later it can.
  if (failures.some(({ retryable }) => retryable)) throw new HeadwaterError("unreachable", why, true);
  const advice = 'serve worker.js and headwater_bg.wasm of the package, and name their folder in the option "assets"';
  throw new HeadwaterError("unsupported_runtime", `${why}. You can ${advice}`);
}

function ways(): Way[] {
  const here = HERE?.replace(/[?#].*/, "");
  if (here === undefined || !PUBLISHED.test(here)) return isRewritten() ? [bundled, inline] : [inline];
  return new URL(here).origin === location.origin ? [inFolder(new URL(".", here)), inline] : [inline];
}

/** In these words: bundlers look for them, and then bring the worker and its engine along. */
const newBundledWorker = () => new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "headwater" });

async function bundled(): Promise<Made> {
  // Throws when the file is on another origin, as with a CDN.
  return { worker: newBundledWorker(), start: {}, script: "of the bundler" };
}

/**
 * Whether a bundler knew these words: then other ones stand there. Asking for a file that nobody brought along would cost every
 * visitor a round trip, and leave an error in the console. Vite's development server writes `?worker_file` behind the name, up to
 * version 7 without looking whether it moved this module away from that file.
 */
function isRewritten(): boolean {
  return !/["'`]\.\/worker\.js["'`]|(?<!\/dist)\/worker\.js\?worker_file/.test(String(newBundledWorker));
}

function inFolder(folder: string | URL): Way {
  return async () => {
    const script = fileIn(folder, "worker.js");
    const worker = script.origin === location.origin ? new Worker(script, MODULE) : foreign(script);
    return { worker, start: { engine: fileIn(folder, "headwater_bg.wasm").href }, script: `at ${script.href}` };
  };
}

function fileIn(folder: string | URL, name: string): URL {
  const base = new URL(folder, location.href);
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  return new URL(name, base);
}

/** A worker's own script has to be of the page's origin; what that imports may be elsewhere, where `worker-src` allows it. */
function foreign(script: URL): Worker {
  return new Worker(scriptOf(`import ${JSON.stringify(script.href)};`), MODULE);
}

async function inline(): Promise<Made> {
  const parts = await import("./inline.js").catch((error: unknown) => {
    throw new HeadwaterError("unreachable", `the worker's chunk cannot be loaded: ${sentence(error)}`, true);
  });
  // Compiled in the page, which does not wait for it: workers share what comes out.
  compiled ??= compile(parts.engine).catch((error: unknown) => {
    compiled = undefined;
    throw new HeadwaterError("unsupported_runtime", `the engine does not compile here (WebAssembly SIMD is needed): ${sentence(error)}`);
  });
  const start = { engine: await compiled };
  text ??= scriptOf(parts.worker);
  return { worker: new Worker(text, { name: "headwater" }), start, script: "made of text (worker-src blob:)" };
}
let compiled: Promise<WebAssembly.Module> | undefined;
let text: string | undefined;

function scriptOf(code: string): string {
  return URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
}

/** Base64 of gzip: the engine that way is half of what its plain bytes would be in a script. */
async function compile(engine: string): Promise<WebAssembly.Module> {
  const bytes = Uint8Array.from(atob(engine), (sign) => sign.charCodeAt(0));
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return WebAssembly.compile(await new Response(plain).arrayBuffer());
}

/** A folder that was named is wrong, or away, before it is this runtime that cannot: what lies there tells. */
async function beginIn(assets: string | URL, early: Early | undefined): Promise<Worker> {
  try {
    return await begin(inFolder(assets), early);
  } catch (thrown) {
    const error = HeadwaterError.from(thrown);
    const wrong = error.code === "unsupported_runtime" ? await whatIsWrongIn(assets) : error.code === "bad_response" ? error : undefined;
    if (wrong?.code !== "bad_response") throw wrong ?? error;
    const message = `the option "assets" of open() names a folder with worker.js and headwater_bg.wasm of the package: ${wrong.message}`;
    throw new HeadwaterError("invalid_options", message, false, { cause: error });
  }
}

/** Why its script is none; of a worker that does not start browsers say nothing. */
async function whatIsWrongIn(assets: string | URL): Promise<HeadwaterError | undefined> {
  const script = URL.canParse(assets, location.href) ? fileIn(assets, "worker.js") : undefined;
  if (script === undefined) return new HeadwaterError("bad_response", "this is no URL");
  try {
    const response = await fetch(script);
    void response.body?.cancel();
    if (!response.ok) return new HeadwaterError("bad_response", `${script.href} answered ${response.status}`);
    const type = response.headers.get("content-type") ?? "nothing";
    return /javascript/.test(type) ? undefined : new HeadwaterError("bad_response", `${script.href} is no script but ${type}`);
  } catch (cause) {
    return new HeadwaterError("unreachable", `the worker ${script.href} cannot be fetched: ${sentence(cause)}`, true, { cause });
  }
}

async function begin(way: Way, early: Early | undefined): Promise<Worker> {
  let made: Made;
  try {
    made = await way();
  } catch (error) {
    if (error instanceof HeadwaterError) throw error;
    throw new HeadwaterError("unsupported_runtime", `the worker cannot be made: ${sentence(error)}`);
  }
  try {
    await becomesReady({ ...made, start: { ...made.start, early } });
    return made.worker;
  } catch (error) {
    made.worker.terminate();
    throw error;
  }
}

function becomesReady({ worker, start, script }: Made): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const failed = (why: string) => reject(new HeadwaterError("unsupported_runtime", `the worker ${script} ${why}`));
    const late = setTimeout(failed, SCRIPT_MS, `did not arrive within ${SCRIPT_MS / 1000} s`);
    worker.onmessage = ({ data }: MessageEvent<Stage>) => {
      clearTimeout(late);
      if (data.stage === "ready") resolve();
      if (data.stage === "failed") reject(HeadwaterError.from(data.problem));
    };
    worker.onerror = (event) => {
      clearTimeout(late);
      event.preventDefault();
      failed(event.message ? `failed: ${event.message}` : "cannot be loaded");
    };
    worker.postMessage(start);
  });
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
