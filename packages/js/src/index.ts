/**
 * Headwater in browsers: `open` a verified replica that answers in this tab, with or without the network,
 * or `connect` to a server.
 */
import { Address } from "./address.js";
import { PATIENCE_MS, abortable } from "./collection.js";
import type { OpenOptions, Replica } from "./collection.js";
import { ReplicaHandle } from "./handle.js";
import { checkOpen } from "./options.js";
import type { AnyPayload } from "./payload.js";
import { startWorker } from "./start.js";
import { WorkerTransport } from "./transport.js";

export { searchAcross } from "./across.js";
export type { AcrossOptions, AnswerOfSearches, CollectionSearch, HitOfSearch } from "./across.js";
export type { CallOptions, Collection, OpenOptions, Prefetch, Prefetched, Replica, ReplicaEvents, SearchOptions } from "./collection.js";
export { HeadwaterError } from "./error.js";
export type * from "./generated.js";
export type { Answer, AnyPayload, Group, Hit, LeftOut, Point } from "./payload.js";
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
  const { assets, hold, patienceMs = PATIENCE_MS } = options;
  const start = () => startWorker(assets, hold === "all" ? undefined : { url: source, patienceMs });
  const starting = start();
  const worker = await abortable(starting, options.signal).catch((error: unknown) => {
    starting.then((late) => late.terminate(), () => undefined);
    throw error;
  });
  const transport = new WorkerTransport(worker, start);
  const replica = new ReplicaHandle<P>(transport, options);
  transport.onprogress = (progress) => replica.hear(progress);
  return replica.open(source, options);
}
