/** The Web Worker: owns the engine, answers calls. */
import { BOOT_BYTES } from "./boot.js";
import { Engine } from "./engine.js";
import { HeadwaterError, messageOf, nameOf } from "./error.js";
import { IndexedDb } from "./idb.js";
import type { Early, Request, Response, Stage, Start } from "./rpc.js";
import { Source } from "./source.js";

let engine: Engine | undefined;
/** What every source has that is opened in parts for the first time: it comes while the engine does. */
let boot: Promise<Uint8Array | undefined> | undefined;

const scope = globalThis as unknown as { postMessage(message: Response | Stage): void; onmessage: unknown };

scope.onmessage = async ({ data }: MessageEvent<Start>) => {
  try {
    boot = data.early && bootOf(data.early);
    const module = await load(data.engine);
    scope.onmessage = (event: MessageEvent<Request>) => void reply(event.data, module);
    scope.postMessage({ stage: "ready" });
  } catch (thrown) {
    scope.postMessage({ stage: "failed", problem: HeadwaterError.from(thrown).flatten() });
  }
};
scope.postMessage({ stage: "loaded" });

async function reply(request: Request, module: WebAssembly.Module): Promise<void> {
  const { id } = request;
  try {
    scope.postMessage({ id, result: await answer(request, module) });
  } catch (thrown) {
    refuse(id, HeadwaterError.from(thrown));
  }
}

/** Of what lies behind an error the words cross: a copy of the thing itself would lose its name, or cannot be made. */
function refuse(id: number, error: HeadwaterError): void {
  const { cause } = error;
  const behind = cause === undefined ? {} : { cause: { name: nameOf(cause), message: messageOf(cause) } };
  scope.postMessage({ id, problem: error.flatten(), ...behind });
}

async function answer(request: Request, module: WebAssembly.Module) {
  if (request.call === "open") {
    engine = new Engine(...request.arguments, {
      module,
      inNode: false,
      cache: "indexeddb",
      store: (source) => IndexedDb.open(source),
      hear: (progress) => scope.postMessage({ progress }),
      boot,
    });
    return engine.open();
  }
  if (engine === undefined) throw new HeadwaterError("not_ready", "open the replica first");
  switch (request.call) {
    case "search":
      return engine.search(...request.arguments);
    case "searchBatch":
      return engine.searchBatch(...request.arguments);
    case "suggest":
      return engine.suggest(...request.arguments);
    case "get":
      return engine.get(...request.arguments);
    case "status":
      return engine.status();
    case "sync":
      return engine.sync();
    case "prefetch":
      return engine.prefetch(...request.arguments);
    case "keep":
      return engine.keep();
    case "fill":
      return engine.fill();
  }
}

async function bootOf({ url, patienceMs }: Early): Promise<Uint8Array | undefined> {
  try {
    return (await IndexedDb.isThere()) ? undefined : await new Source(url, patienceMs).boot(BOOT_BYTES);
  } catch {
    // Whoever needs it asks again, and says what is wrong.
    return undefined;
  }
}

async function load(engine: Start["engine"]): Promise<WebAssembly.Module> {
  if (typeof engine === "object") return engine;
  // In these words: bundlers look for them, and then bring the engine along.
  const url = engine ?? new URL("./headwater_bg.wasm", import.meta.url).href;
  let response: globalThis.Response;
  try {
    response = await fetch(url);
  } catch (error) {
    throw new HeadwaterError("unreachable", `the engine ${url} cannot be fetched: ${String(error)}`, true);
  }
  if (!response.ok) throw new HeadwaterError("bad_response", `the engine ${url} answered ${response.status}; serve headwater_bg.wasm there`);
  try {
    // While it arrives; and browsers keep what they made of it for the next visit.
    if (response.headers.get("content-type") === "application/wasm") return await WebAssembly.compileStreaming(response);
    const bytes = await response.arrayBuffer();
    if (isWasm(bytes)) return await WebAssembly.compile(bytes);
  } catch (error) {
    throw new HeadwaterError("unsupported_runtime", `the engine does not compile here (WebAssembly SIMD is needed): ${String(error)}`);
  }
  // Servers of single-page apps answer what they do not have with their page.
  throw new HeadwaterError("bad_response", `the engine ${url} is no WebAssembly; serve headwater_bg.wasm there`);
}

/** Whether it begins as every module does: a zero byte, "asm". */
function isWasm(bytes: ArrayBuffer): boolean {
  return bytes.byteLength > 4 && new DataView(bytes).getUint32(0) === 0x0061736d;
}
