/**
 * The wasm engine with one replica in it; runs in a Web Worker, or in Node beside the program.
 *
 * Owns: the wasm `Replica`, and its turn among those that share a cache. Does not own: when to sync, which
 * is the handle's.
 */
import { Replica as WasmReplica, initSync } from "#wasm";
import { HeadwaterError } from "./error.js";
import type { Answer, Point, Progress, ReplicaStatus, SyncReport } from "./generated.js";
import type { Setup } from "./rpc.js";

/** Where the engine keeps bytes when there is no IndexedDB. */
export interface HostStore {
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, bytes: Uint8Array): Promise<void>;
  delete(key: string): Promise<void>;
  keys(prefix: string): Promise<string[]>;
}

/** What the host gives an engine. */
export interface Host {
  module: WebAssembly.Module;
  /** The name of the cache: those who sync into the same one take turns. */
  cache: string;
  /** Absent where there is IndexedDB. */
  store?: HostStore;
  hear(progress: Progress): void;
}

export class Engine {
  readonly #replica: WasmReplica;
  readonly #cache: string;
  /** Syncs that are under way or wait for their turn. */
  #syncs = 0;

  constructor({ url, trust, patienceMs, memoryBudgetBytes, serveExpired }: Setup, { module, cache, store, hear }: Host) {
    initSync({ module });
    this.#cache = cache;
    try {
      this.#replica = new WasmReplica(url, trust, store, hear, patienceMs, memoryBudgetBytes, serveExpired);
    } catch (thrown) {
      throw HeadwaterError.from(thrown);
    }
  }

  /** Serves what is on disk; without that, fetches first. */
  async open(): Promise<ReplicaStatus> {
    if (!(await typed(() => this.#replica.restore()))) await this.sync();
    return this.status();
  }

  /** One at a time: what one tab has fetched the next finds there. */
  async sync(): Promise<SyncReport> {
    this.#syncs += 1;
    try {
      return await inTurn(`headwater-sync ${this.#cache}`, () => typed(() => this.#replica.sync() as Promise<SyncReport>));
    } finally {
      this.#syncs -= 1;
    }
  }

  /** What the replica lacks of `minLsn` may have been published since: it syncs once and looks again. */
  async search(query: string, vector?: Float32Array): Promise<Answer> {
    try {
      return this.#search(query, vector);
    } catch (thrown) {
      const error = HeadwaterError.from(thrown);
      if (error.code !== "behind") throw error;
      await this.sync();
      return typed(() => this.#search(query, vector));
    }
  }

  #search(query: string, vector?: Float32Array): Answer {
    const answer = this.#replica.search(query, vector) as Answer;
    for (const hit of answer.hits) {
      hit.score = shortest(hit.score);
      for (const part of hit.parts ?? []) {
        part.adds = shortest(part.adds);
        if (part.score !== undefined) part.score = shortest(part.score);
      }
    }
    return answer;
  }

  get(id: string): Promise<Point | null> {
    return typed(() => (this.#replica.get(id) as Point | undefined) ?? null);
  }

  status(): Promise<ReplicaStatus> {
    return typed(() => {
      const status = this.#replica.status() as ReplicaStatus;
      return this.#syncs > 0 ? { ...status, state: "syncing" } : status;
    });
  }

  /** Ends what is under way with the source. */
  stop(): void {
    this.#replica.stop();
  }

  free(): void {
    this.#replica.free();
  }
}

/**
 * A score as servers write it: the shortest decimal that is this 32-bit float, so that 0.9 is not
 * 0.8999999761581421. Six digits are kept by every such float, nine are enough for all.
 */
function shortest(score: number): number {
  for (let digits = 6; digits < 9; digits += 1) {
    const shorter = Number(score.toPrecision(digits));
    if (Math.fround(shorter) === score) return shorter;
  }
  return Number(score.toPrecision(9));
}

async function typed<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw HeadwaterError.from(thrown);
  }
}

/** The last in each line, where the runtime keeps no lines itself. */
const lines = new Map<string, Promise<unknown>>();

async function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks = (globalThis.navigator as Partial<Navigator> | undefined)?.locks;
  if (locks !== undefined) return locks.request(name, work);
  const mine = (lines.get(name) ?? Promise.resolve()).then(work);
  const over = mine.catch(() => undefined);
  lines.set(name, over);
  try {
    return await mine;
  } finally {
    if (lines.get(name) === over) lines.delete(name);
  }
}
