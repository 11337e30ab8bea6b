/// <reference lib="esnext.disposable" preserve="true" />
/** The interface that every collection has, wherever its answers are computed. */
import { HeadwaterError } from "./error.js";
import type { Answer, CollectionStatus, Point, Progress, Query, ReplicaStatus, SyncReport, VectorQuery } from "./generated.js";

/** What is near to what; its vector may be a typed array. */
type VectorInput = Omit<VectorQuery, "vector"> & { vector?: ArrayLike<number> };

/** A query; vectors may be typed arrays. */
export type QueryInput = Omit<Query, "vector" | "vectors"> & { vector?: ArrayLike<number>; vectors?: Record<string, VectorInput> };

/** Options of a single call. */
export interface CallOptions {
  /** Gives up waiting when it is aborted. */
  signal?: AbortSignal;
}

/** Something that can be searched. */
export interface Collection extends AsyncDisposable {
  /** Finds the points nearest to a text or vector. */
  search(query: QueryInput, options?: CallOptions): Promise<Answer>;
  /** A point by id, or `null`. Vectors are not part of replicas. */
  get(id: string, options?: CallOptions): Promise<Point | null>;
  /** What it says of itself. */
  status(options?: CallOptions): Promise<CollectionStatus | ReplicaStatus>;
  /** Ends it; later calls reject with the code `closed`. */
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
export interface Replica extends Collection {
  /** Follows the source to its newest version. When that fails the last good version goes on serving. */
  sync(options?: CallOptions): Promise<SyncReport>;
  /** What it says of itself. */
  status(options?: CallOptions): Promise<ReplicaStatus>;
  /** Listens; returns what ends it. */
  on<K extends keyof ReplicaEvents>(event: K, listener: (value: ReplicaEvents[K]) => void): () => void;
}

/** How a replica is opened. */
export interface OpenOptions {
  /** Public keys whose signature counts, as `headwater keys show` prints them. */
  trust: string | readonly string[];
  /** Hears where opening stands. */
  onProgress?: (progress: Progress) => void;
  /** Milliseconds between syncs in the background; 0 turns them off. Default: a minute. */
  syncEveryMs?: number;
  /** Milliseconds of silence after which the source counts as unreachable. Default: half a minute. */
  patienceMs?: number;
  /**
   * Bytes of segments and models that it may hold in memory. A version with more is refused with the code
   * `over_budget`, before it is fetched; what is open goes on serving. Default: no limit.
   */
  memoryBudgetBytes?: number;
  /**
   * What to do with a version whose head has expired, when no newer one can be had: `"serve"` goes on searching it, and the status says so
   * by the code `head_expired`; `"refuse"` makes searches fail with that code. Default: `"serve"`.
   */
  whenExpired?: "serve" | "refuse";
  /** Gives up opening when it is aborted. */
  signal?: AbortSignal;
  /**
   * In browsers: URL of a folder with `worker.js` and `headwater_bg.wasm` of this package, for those who serve them themselves.
   * Default: they are found, with any bundler or without one.
   */
  assets?: string | URL;
  /** In Node: the folder for what is kept. Default: below `headwater` in the user's cache folder, one for each source. */
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

/** @internal JSON as the engine and servers read it: typed arrays as lists. */
export function encodeQuery(query: QueryInput): string {
  if (typeof query !== "object" || query === null) throw invalid("a query is an object with a text or a vector");
  const { vectors, ...rest } = query;
  const named = vectors && Object.fromEntries(Object.entries(vectors).map(([name, one]) => [name, withNumbers(one)]));
  const whole = { ...withNumbers(rest), ...(named && { vectors: named }) };
  try {
    return JSON.stringify(whole);
  } catch (error) {
    throw invalid(`the query is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The same with its vector as a list. JSON has no infinite numbers: they would arrive as null. */
function withNumbers<T extends { vector?: ArrayLike<number> }>(asked: T): T {
  if (asked?.vector === undefined) return asked;
  const vector = Array.from(asked.vector);
  const wrong = vector.findIndex((n) => typeof n === "number" && !Number.isFinite(n));
  if (wrong >= 0) throw new HeadwaterError("non_finite", `vector[${wrong}] is ${vector[wrong]}; use finite numbers`);
  return { ...asked, vector };
}

/**
 * @internal The query for an engine: a `Float32Array` goes beside the JSON as it is. A copy of its own, because what is
 * posted to a worker takes the whole buffer along.
 */
export function encodeApart(query: QueryInput): [query: string, vector?: Float32Array] {
  if (!(query?.vector instanceof Float32Array)) return [encodeQuery(query)];
  const { vector, ...rest } = query;
  return [encodeQuery(rest), vector.slice()];
}

function invalid(message: string): HeadwaterError {
  return new HeadwaterError("invalid_query", message);
}
