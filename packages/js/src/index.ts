/**
 * Headwater in browsers: `open` a verified replica that answers in this tab, with or without the network,
 * or `connect` to a server.
 */
import { Address } from "./address.js";
import { abortable } from "./collection.js";
import type { OpenOptions, Replica } from "./collection.js";
import { HeadwaterError } from "./error.js";
import { ReplicaHandle } from "./handle.js";
import { checkOpen } from "./options.js";
import type { AnyPayload } from "./payload.js";
import type { CallName, Calls, Request, Response, Transport } from "./rpc.js";
import { startWorker } from "./start.js";

export { searchAcross } from "./across.js";
export type { AcrossOptions, AnswerOfSearches, CollectionSearch, HitOfSearch } from "./across.js";
export type { CallOptions, Collection, OpenOptions, Replica, ReplicaEvents } from "./collection.js";
export { HeadwaterError } from "./error.js";
export type * from "./generated.js";
export type { Answer, AnyPayload, Group, Hit, Point } from "./payload.js";
export type { QueryInput } from "./query.js";
export { connect } from "./remote.js";
export type { ConnectOptions, Remote } from "./remote.js";

/**
 * Opens a replica of the collection at `url`. The first time it is fetched and verified; later it starts
 * from IndexedDB at once and follows its source in the background. `open<Word>(…)` says what payloads are, for the
 * compiler.
 */
export async function open<P extends object = AnyPayload>(url: string | URL, options: OpenOptions): Promise<Replica<P>> {
  checkOpen(options, "browsers");
  const source = new Address(url, globalThis.location?.href).href;
  const starting = startWorker(options.assets);
  const worker = await abortable(starting, options.signal).catch((error: unknown) => {
    starting.then((late) => late.terminate(), () => undefined);
    throw error;
  });
  const transport = new WorkerTransport(worker);
  const replica = new ReplicaHandle<P>(transport, options);
  transport.onprogress = (progress) => replica.hear(progress);
  return replica.open(source, options);
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
      this.#fail(new HeadwaterError("internal", `the worker failed: ${event.message || "without a word"}`));
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
