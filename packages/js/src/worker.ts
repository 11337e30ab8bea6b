/** The Web Worker: owns the engine, answers calls. */
import { Engine } from "./engine.js";
import { HeadwaterError, messageOf, nameOf } from "./error.js";
import { IndexedDb } from "./idb.js";
import type { Request, Response, Setup } from "./rpc.js";

let engine: Engine | undefined;

const scope = globalThis as unknown as { postMessage(message: Response): void; onmessage: unknown };

scope.onmessage = async ({ data }: MessageEvent<Request>) => {
  const { id } = data;
  try {
    scope.postMessage({ id, result: await answer(data) });
  } catch (thrown) {
    refuse(id, HeadwaterError.from(thrown));
  }
};

/** Of what lies behind an error the words cross: a copy of the thing itself would lose its name, or cannot be made. */
function refuse(id: number, error: HeadwaterError): void {
  const { cause } = error;
  const behind = cause === undefined ? {} : { cause: { name: nameOf(cause), message: messageOf(cause) } };
  scope.postMessage({ id, problem: error.flatten(), ...behind });
}

async function answer(request: Request) {
  if (request.call === "open") {
    engine = await start(...request.arguments);
    return engine.open();
  }
  if (engine === undefined) throw new HeadwaterError("not_ready", "open the replica first");
  switch (request.call) {
    case "search":
      return engine.search(...request.arguments);
    case "get":
      return engine.get(...request.arguments);
    case "status":
      return engine.status();
    case "sync":
      return engine.sync();
  }
}

async function start(setup: Setup): Promise<Engine> {
  // In these words: bundlers look for them, and then bring the engine along.
  const wasm = setup.wasm ?? new URL("./headwater_bg.wasm", import.meta.url).href;
  return new Engine(setup, {
    module: await compile(wasm),
    inNode: false,
    cache: "indexeddb",
    store: (source) => IndexedDb.open(source),
    hear: (progress) => scope.postMessage({ progress }),
  });
}

async function compile(url: string): Promise<WebAssembly.Module> {
  let response: globalThis.Response;
  try {
    response = await fetch(url);
  } catch (error) {
    throw new HeadwaterError("unreachable", `the engine ${url} cannot be fetched: ${String(error)}`, true);
  }
  if (!response.ok) throw new HeadwaterError("unsupported_runtime", `the engine ${url} answered ${response.status}; serve headwater_bg.wasm there`);
  try {
    // While it arrives; and browsers keep what they made of it for the next visit.
    if (response.headers.get("content-type") === "application/wasm") return await WebAssembly.compileStreaming(response);
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    throw new HeadwaterError("unsupported_runtime", `the engine does not compile here (WebAssembly SIMD is needed): ${String(error)}`);
  }
}
