/**
 * Headwater in browsers: `open` a verified replica that answers in this tab, with or without the network,
 * or `connect` to a server.
 */
import { Address } from "./address.js";
import type { OpenOptions, Replica } from "./collection.js";
import { HeadwaterError } from "./error.js";
import { ReplicaHandle } from "./handle.js";
import { checkOpen } from "./options.js";
import type { CallName, Calls, Request, Response, Transport } from "./rpc.js";

export type { CallOptions, Collection, OpenOptions, Replica, ReplicaEvents } from "./collection.js";
export { HeadwaterError } from "./error.js";
export type * from "./generated.js";
export type { QueryInput } from "./query.js";
export { connect } from "./remote.js";
export type { ConnectOptions, Remote } from "./remote.js";

const FILE = "worker.js";

/**
 * Opens a replica of the collection at `url`. The first time it is fetched and verified; later it starts
 * from IndexedDB at once and follows its source in the background.
 */
export async function open(url: string | URL, options: OpenOptions): Promise<Replica> {
  checkOpen(options);
  const source = new Address(url, globalThis.location?.href).href;
  const transport = new WorkerTransport(startWorker(options.assets));
  const replica = new ReplicaHandle(transport, options);
  transport.onprogress = (progress) => replica.hear(progress);
  const wasm = options.assets === undefined ? {} : { wasm: within(options.assets, "headwater_bg.wasm").href };
  return replica.open(source, { ...options, ...wasm });
}

function startWorker(assets: string | URL | undefined): Worker {
  if (typeof Worker === "undefined") {
    throw new HeadwaterError("unsupported_runtime", "there are no Web Workers here; open the replica in a page or a worker");
  }
  try {
    const script = assets === undefined ? new URL(FILE, import.meta.url) : within(assets, FILE);
    if (script.origin !== globalThis.location?.origin) return foreign(script);
    if (assets !== undefined) return new Worker(script, { type: "module", name: "headwater" });
    // In these words: bundlers look for them, and then bring the worker and its engine along.
    return new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "headwater" });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new HeadwaterError("unsupported_runtime", `the worker cannot be started: ${why}; see the option "assets"`);
  }
}

/** A worker's own script has to be of the page's origin; what that imports may come from a CDN. */
function foreign(script: URL): Worker {
  const text = `import ${JSON.stringify(script.href)};`;
  const local = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  return new Worker(local, { type: "module", name: "headwater" });
}

function within(folder: string | URL, file: string): URL {
  const base = new URL(folder, globalThis.location?.href);
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  return new URL(file, base);
}

interface Pending {
  resolve(result: Calls[CallName]["result"]): void;
  reject(error: HeadwaterError): void;
}

class WorkerTransport implements Transport {
  onprogress: (progress: Extract<Response, { progress: unknown }>["progress"]) => void = () => undefined;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #last = 0;
  /** Why there will be no more answers. */
  #failure: HeadwaterError | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<Response>) => this.#receive(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(new HeadwaterError("internal", `the worker failed: ${event.message || "it could not be loaded; see the option \"assets\""}`));
    };
    worker.onmessageerror = () => this.#fail(new HeadwaterError("internal", "the worker sent something unreadable"));
  }

  call<K extends CallName>(call: K, ...parameters: Calls[K]["arguments"]): Promise<Calls[K]["result"]> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      const id = ++this.#last;
      this.#worker.postMessage({ id, call, arguments: parameters } as Request);
      this.#pending.set(id, { resolve, reject });
    });
  }

  async end(): Promise<void> {
    this.#fail(new HeadwaterError("closed", "this replica was closed"));
  }

  #receive(message: Response): void {
    if ("progress" in message) return this.onprogress(message.progress);
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if ("problem" in message) pending?.reject(HeadwaterError.from(message.problem, causeOf(message.cause)));
    else pending?.resolve(message.result);
  }

  /** No call is left waiting for a worker that cannot answer any more. */
  #fail(error: HeadwaterError): void {
    this.#failure ??= error;
    this.#worker.terminate();
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }
}

function causeOf(cause: { name: string; message: string } | undefined): Error | undefined {
  return cause && Object.assign(new Error(cause.message), { name: cause.name || "Error" });
}
