/// <reference lib="esnext.disposable" preserve="true" />
/** The interface that every collection has, wherever its answers are computed. */
import type { CollectionStatus, Filter, Progress, ReplicaStatus, Suggest, Suggestions, SyncReport } from "./generated.js";
import type { Answer, AnyPayload, Point } from "./payload.js";
import type { QueryInput } from "./query.js";

/** Options of a single call. */
export interface CallOptions {
  /**
   * Gives up waiting when it is aborted: the call rejects with the signal's own reason, the one thing that is no
   * `HeadwaterError`.
   */
  signal?: AbortSignal;
}

/** Options of a search. */
export interface SearchOptions extends CallOptions {
  /**
   * Of a replica, where parts that the query needs are not here and the source cannot be reached: answers the query without its facets, by words
   * alone or by meaning alone, whichever can be answered, and says in `leftOut` what it did without. What it answers it answers
   * whole. Without it, and where nothing of the query can be answered, it rejects with `parts_missing`. Default: false.
   */
  partial?: boolean;
}

/** Something that can be searched, with what payloads are. What fails rejects with a `HeadwaterError`. */
export interface Collection<P extends object = AnyPayload> extends AsyncDisposable {
  /** Finds the points nearest to a text or vector. */
  search(query: QueryInput, options?: SearchOptions): Promise<Answer<P>>;
  /**
   * Answers several queries, at most 100, one after the other, in one request or call. When one is refused all are, and the
   * error says which one it was: `queries[2]: …`.
   */
  searchBatch(queries: readonly QueryInput[], options?: SearchOptions): Promise<Answer<P>[]>;
  /** Completes the last word of a text that is being typed, by what the collection has. */
  suggest(request: Suggest, options?: CallOptions): Promise<Suggestions>;
  /** A point by id, or `null`. Vectors are not part of replicas. */
  get(id: string, options?: CallOptions): Promise<Point<P> | null>;
  /** What it says of itself. */
  status(options?: CallOptions): Promise<CollectionStatus | ReplicaStatus>;
  /** Ends it, whatever state it is in, and never fails; later calls reject with the code `closed`. */
  close(): Promise<void>;
}

/** What a replica tells its listeners. */
export interface ReplicaEvents {
  /** After every sync, and when one starts. */
  status: ReplicaStatus;
  /** While opening and syncing. */
  progress: Progress;
}

/** A verified copy that answers by itself, with or without the network. */
export interface Replica<P extends object = AnyPayload> extends Collection<P> {
  /** Follows the source to its newest version. When that fails the last good version goes on serving. */
  sync(options?: CallOptions): Promise<SyncReport>;
  /**
   * Fetches what these queries need, or what it takes to list and get the points that pass a filter, and keeps it: that is then
   * answered without the network, as long as this version is served and `partsBytes` has room. Of a replica that is whole nothing
   * has to be fetched.
   */
  prefetch(what: Prefetch, options?: CallOptions): Promise<Prefetched>;
  /** What it says of itself. */
  status(options?: CallOptions): Promise<ReplicaStatus>;
  /**
   * Listens until it is closed; returns what ends it before. What a listener throws stops neither the replica nor other
   * listeners: it is thrown again by itself, and reported as what nobody caught (`error` of a window,
   * `uncaughtException` of Node's `process`).
   */
  on<K extends keyof ReplicaEvents>(event: K, listener: (value: ReplicaEvents[K]) => void): () => void;
}

/** What is to be fetched beforehand: one of the two, or both. */
export interface Prefetch {
  /** As `search` takes them, 100 at most. One that looks at more (`efSearch`, `topK`) brings what lies around it along. */
  queries?: readonly QueryInput[];
  /** Of which points the payloads are wanted, as in queries; `{}` is of all. */
  filter?: Filter;
}

/** What was fetched beforehand. */
export interface Prefetched {
  /** Bytes that came from the source meanwhile. What was here already is not fetched again. */
  fetchedBytes: number;
}

/** How a replica is opened. */
export interface OpenOptions {
  /** Public keys whose signature counts, as `headwater keys show` prints them: one, or a list. There is no default. */
  trust: string | readonly string[];
  /** Hears where opening and syncing stand, as `on("progress", …)` does. */
  onProgress?: (progress: Progress) => void;
  /** Milliseconds between syncs in the background; 0 turns them off. Default: a minute. */
  syncEveryMs?: number;
  /** Milliseconds of silence after which the source counts as unreachable. Default: half a minute. */
  patienceMs?: number;
  /**
   * Bytes of segments and models that it may hold in memory. A version with more is refused with the code
   * `over_budget`, before it is fetched; what is open goes on serving. Where parts may be held, it is held in parts. Default: no limit.
   */
  memoryBudgetBytes?: number;
  /**
   * What to do with a version whose head has expired, when no newer one can be had: `"serve"` goes on searching it,
   * and the status says so by the code `head_expired`; `"refuse"` makes searches fail with that code. Default:
   * `"serve"`.
   */
  whenExpired?: "serve" | "refuse";
  /**
   * What of a version it holds. Hits are the same.
   *
   * - `"all"`: it opens when all is here, and answers without the network.
   * - `"as-needed"`: only what searches want, by ranges: the first answer comes without waiting for the rest. What was fetched is
   *   kept between visits, within `partsBytes`; offline, what is not here is refused with the code `parts_missing`. It pays where
   *   the schema lays vectors out for ranges (`"layout": "ranges"`).
   * - `"in-background"`: answers by ranges at once, and fetches the rest while nobody searches; then it is as with `"all"`. Where the
   *   reader's browser asks for less traffic (`navigator.connection.saveData`), or nothing can be kept, it stays as with `"as-needed"`.
   *
   * Default: in browsers `"all"` where a version has 4 MiB or less, `"in-background"` where it has more; in Node `"all"`.
   */
  hold?: "all" | "as-needed" | "in-background";
  /**
   * Bytes of ranges that are kept between visits where not all is held, of all collections that are kept at the same place; what
   * was used longest ago goes. Default: 64 MiB.
   */
  partsBytes?: number;
  /** Gives up opening when it is aborted. */
  signal?: AbortSignal;
  /**
   * In browsers: URL of a folder with `worker.js` and `headwater_bg.wasm` of this package, for those who serve them themselves.
   * Default: they are found, with any bundler or without one. Refused outside of browsers.
   */
  assets?: string | URL;
  /**
   * In Node: the folder for what is kept. Default: below `headwater` in the user's cache folder, one for each source.
   * Where nothing can be written the replica is fetched each time, and its status says `kept: false`. Refused in
   * browsers.
   */
  cacheDir?: string;
}

/** @internal The key of `await using`, under the name that compilers use where the runtime has none. */
export const ASYNC_DISPOSE: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for("Symbol.asyncDispose") as typeof Symbol.asyncDispose);

/** @internal */
export const PATIENCE_MS = 30_000;

/** @internal Rejects when the signal does, whatever the work is doing. */
export function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
    if (signal.aborted) abort();
  });
}
