/**
 * The wasm engine with one replica in it; runs in a Web Worker, or in Node beside the program.
 *
 * Owns: the wasm `Replica`, and its turn among those that share a cache. Does not own: when to sync, which
 * is the handle's.
 */
import { Replica as WasmReplica, __wbg_reset_state, initSync } from "#wasm";
import type { Store } from "./cache.js";
import type { Prefetched } from "./collection.js";
import { HeadwaterError, messageOf, nameOf } from "./error.js";
import { Holding } from "./holding.js";
import type { Code, Hit, Point, Progress, ReplicaStatus, Suggestions, SyncReport } from "./generated.js";
import { lesser } from "./partial.js";
import type { Less } from "./partial.js";
import type { Answer } from "./payload.js";
import { aboutQuery } from "./query.js";
import type { EncodedQuery, Setup } from "./rpc.js";
import { shortest } from "./score.js";
import { Source } from "./source.js";
import { ifAlone, inTurn, shared } from "./turns.js";

/** What the host gives an engine. */
export interface Host {
  module: WebAssembly.Module;
  inNode: boolean;
  /** The name of the cache: those who sync one source into the same one take turns. */
  cache: string;
  /** Opens the cache for a source, by its URL without a query, or by the hash of that; its parts have a name of their own. */
  store(source: string, hash: string): Promise<Store>;
  hear(progress: Progress): void;
  /** The source's boot object, where it was asked for before there was an engine. */
  boot?: Promise<Uint8Array | undefined> | undefined;
}

/** Each round brings what was not here before, and searches take a few. More would be a fault, and not the source's to bear. */
const MOST_ROUNDS = 100;
/** Versions that may follow one another while pages of one are read. */
const MOST_ANEW = 3;

/** One instance of the engine serves all replicas of a thread. A trap ends it, for all of them. */
interface Instance {
  trap?: HeadwaterError;
}

let current: Instance | undefined;

export class Engine {
  readonly #instance: Instance;
  readonly #replica: WasmReplica;
  readonly #source: Source;
  readonly #holding: Holding;
  readonly #locks: { sync: string; cache: string; fill: string };
  readonly #end = new AbortController();
  /** Searches that are under way, of a replica in parts, and who waits until there are none. */
  #asking = 0;
  #waiting: (() => void)[] = [];
  /** Syncs that are under way or wait for their turn. */
  #syncs = 0;
  #lastSyncMs: number | null = null;
  /** Why the last sync failed. */
  #lastError: HeadwaterError | undefined;

  constructor({ url, trust, patienceMs, memoryBudgetBytes, serveExpired, hold, partsBytes }: Setup, host: Host) {
    this.#source = new Source(url, patienceMs, host.boot);
    this.#instance = instanceOf(host.module);
    const { name, query, collection } = this.#source.address;
    this.#replica = guarded(this.#instance, () => new WasmReplica(collection, trust, host.inNode, memoryBudgetBytes, serveExpired));
    const hash = (text: string) => guarded(this.#instance, () => WasmReplica.hash(text));
    this.#holding = new Holding(hold, partsBytes, {
      run: (work) => this.#run(work),
      source: this.#source,
      store: (name) => host.store(name, hash(name)),
      query: query === "" ? undefined : hash(query),
      hear: host.hear,
      quiet: () => this.#quiet(),
    });
    const lock = (what: string) => `headwater-${what} ${host.cache} ${name}`;
    this.#locks = { sync: lock("sync"), fill: lock("fill"), cache: `headwater-cache ${host.cache}` };
  }

  /** Serves what is on disk; without that, fetches first. */
  async open(): Promise<ReplicaStatus> {
    const { restored, error } = await typed(() => this.#holding.restore());
    this.#lastError = error;
    if (!restored) await this.#sync(true);
    return this.#status();
  }

  /**
   * One at a time for each source: what one tab has fetched the next finds there. Other sources need not wait; only
   * to drop what nobody needs any more takes being alone, because what they have just fetched no record names yet.
   */
  sync(): Promise<SyncReport> {
    return this.#sync(false);
  }

  async #sync(isFirst: boolean): Promise<SyncReport> {
    this.#syncs += 1;
    try {
      return await this.#inTurn(() => this.#syncNow(isFirst));
    } finally {
      this.#syncs -= 1;
    }
  }

  async #syncNow(isFirst: boolean): Promise<SyncReport> {
    try {
      const report = await shared(this.#locks.cache, () => typed(() => this.#holding.sync(isFirst)));
      this.#lastError = undefined;
      this.#lastSyncMs = Date.now();
      return report;
    } catch (thrown) {
      this.#lastError = HeadwaterError.from(thrown);
      throw this.#lastError;
    } finally {
      await ifAlone(this.#locks.cache, () => this.#holding.tidy());
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    return inTurn(this.#locks.sync, work, this.#end.signal);
  }

  /** Writes down what came for searches, which do not wait for it. Never fails. */
  keep(): Promise<void> {
    return this.#holding.keep();
  }

  /**
   * Fetches what is not here while nobody searches, and then serves all of it; until that, or until it has to wait for better
   * times. One tab at a time: the next one finds what this one has kept.
   */
  async fill(): Promise<void> {
    if (this.#holding.toFill === undefined) return;
    await inTurn(this.#locks.fill, () => typed(() => this.#fill()), this.#end.signal);
  }

  async #fill(): Promise<void> {
    for (let version = this.#holding.toFill; version !== undefined; version = this.#holding.toFill) {
      const wanted = version;
      // What names its blobs, so that nobody drops them.
      await this.keep();
      const filled = await this.#holding.gather(wanted, (work) => this.#inTurn(work));
      if (filled === "paused") return;
      if (filled === "outdated") continue;
      await this.#inTurn(async () => {
        if (this.#holding.toFill === wanted) await shared(this.#locks.cache, () => this.#holding.swap(wanted));
      });
      await ifAlone(this.#locks.cache, () => this.#holding.tidy());
    }
  }

  /** Searches, so that what the queries need is here and kept, and goes through all that pass a filter. */
  async prefetch(queries: readonly EncodedQuery[], filtered?: string): Promise<Prefetched> {
    const before = this.#holding.fetchedBytes;
    await this.#searchAll(queries, false);
    if (filtered !== undefined) await this.#goThrough(filtered);
    await this.keep();
    return { fetchedBytes: this.#holding.fetchedBytes - before };
  }

  /** Page after page of one version; of the next one from the start, when that is served meanwhile. */
  async #goThrough(query: string): Promise<void> {
    for (let page: string | undefined = query, anew = 0; page !== undefined; ) {
      try {
        const { next } = await this.#search(page);
        page = next === undefined ? undefined : JSON.stringify({ ...(JSON.parse(query) as object), after: next });
      } catch (thrown) {
        if (HeadwaterError.from(thrown).code !== "version_not_held" || anew === MOST_ANEW) throw thrown;
        anew += 1;
        page = query;
      }
    }
  }

  /** What the replica lacks of `minLsn` may have been published since: it syncs once and looks again. */
  async search([query, vector]: EncodedQuery, partial: boolean): Promise<Answer> {
    try {
      return await this.#search(query, vector);
    } catch (thrown) {
      const error = HeadwaterError.from(thrown);
      if (partial && error.code === "parts_missing") return this.#searchPartly(error, lesser(query, vector));
      if (error.code !== "behind") throw error;
      await this.sync();
      return this.#search(query, vector);
    }
  }

  /** The first of these that can be answered by what is here and what is kept. */
  async #searchPartly(why: HeadwaterError, queries: readonly Less[]): Promise<Answer> {
    for (const { query, vector, leftOut } of queries) {
      try {
        return { ...(await this.#search(query, vector, "kept")), leftOut };
      } catch (thrown) {
        if (HeadwaterError.from(thrown).code !== "parts_missing") throw thrown;
      }
    }
    throw why;
  }

  /**
   * All of one version, unless one of them asks for operations that have to be fetched first, or versions follow one
   * another faster than parts of them come.
   */
  async searchBatch(queries: readonly EncodedQuery[], partial: boolean): Promise<Answer[]> {
    const answers = await this.#searchAll(queries, partial);
    const isOfOne = answers.every(({ version }) => version === answers[0]?.version);
    return isOfOne || this.#holding.parts === undefined ? answers : this.#searchAll(queries, partial);
  }

  async #searchAll(queries: readonly EncodedQuery[], partial: boolean): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (const [index, query] of queries.entries()) {
      try {
        answers.push(await this.search(query, partial));
      } catch (thrown) {
        throw aboutQuery(index, thrown);
      }
    }
    return answers;
  }

  async #search(query: string, vector?: Float32Array, from?: "kept"): Promise<Answer> {
    const answer = await this.#ask((replica) => replica.search(query, vector) as Answer, from);
    answer.hits.forEach(shorten);
    return answer;
  }

  suggest(request: string): Promise<Suggestions> {
    return this.#ask((replica) => replica.suggest(request) as Suggestions);
  }

  get(id: string): Promise<Point | null> {
    return this.#ask((replica) => (replica.get(id) as Point | undefined) ?? null);
  }

  /** Asks the engine; where parts that it needs are not here, brings them and asks again; or only those that are kept. */
  async #ask<T>(work: (replica: WasmReplica) => T, from?: "kept"): Promise<T> {
    const { parts } = this.#holding;
    if (parts === undefined) return this.#run(work);
    // What searches under way have used must stay, or they would fetch each other's parts for ever.
    if (this.#asking === 0) this.#run((replica) => replica.idle());
    this.#asking += 1;
    let isAnew = false;
    try {
      for (let rounds = 0; ; rounds += 1) {
        try {
          return this.#run(work);
        } catch (thrown) {
          const error = HeadwaterError.from(thrown);
          if (error.code !== "parts_missing" || rounds === MOST_ROUNDS) throw error;
          try {
            // At once: what another search does not find here is that search's to say.
            await parts.bring(false, from);
          } catch (thrown) {
            if (isAnew || !(await this.#isReplaced(thrown))) throw thrown;
            isAnew = true;
          }
        }
      }
    } finally {
      this.#asking -= 1;
      if (this.#asking === 0) this.#waiting.splice(0).forEach((go) => go());
    }
  }

  /** Whether parts could not be had because the source has another version by now and has dropped the one that is served. */
  async #isReplaced(thrown: unknown): Promise<boolean> {
    if (HeadwaterError.from(thrown).code !== "bad_response") return false;
    const report = await this.sync().catch(() => undefined);
    return report?.changed ?? false;
  }

  /** When no search is under way. */
  async #quiet(): Promise<void> {
    while (this.#asking > 0) await new Promise<void>((resolve) => void this.#waiting.push(resolve));
  }

  /** Whether it is kept is known once it was tried. */
  async status(): Promise<ReplicaStatus> {
    await this.keep();
    return this.#status();
  }

  #status(): ReplicaStatus {
    const status = this.#run((replica) => replica.status() as ReplicaStatus);
    const standing = this.#lastError?.flatten() ?? status.lastError;
    const { failure, filledBytes } = this.#holding;
    return {
      ...status,
      state: this.#syncs > 0 ? "syncing" : standing === null ? "ready" : isRefusal(standing.code) ? "refused" : "offline",
      heldBytes: Math.max(status.heldBytes, filledBytes),
      kept: failure === undefined,
      lastSyncMs: this.#lastSyncMs,
      lastError: standing ?? failure?.flatten() ?? null,
    };
  }

  /** Ends what is under way with the source, and what waits for its turn. */
  stop(): void {
    this.#end.abort(new HeadwaterError("closed", "this replica was closed"));
    this.#source.stop();
  }

  free(): void {
    // Of an engine that has stopped nothing can be called any more; it goes as a whole.
    if (this.#instance.trap === undefined) this.#run((replica) => replica.free());
  }

  #run<T>(work: (replica: WasmReplica) => T): T {
    return guarded(this.#instance, () => work(this.#replica));
  }
}

/** Scores are floats of 32 bits: as a server writes them. */
function shorten(hit: Hit): void {
  hit.score = shortest(hit.score);
  for (const part of hit.parts ?? []) {
    part.adds = shortest(part.adds);
    if (part.score !== undefined) part.score = shortest(part.score);
  }
  hit.group?.hits.forEach(shorten);
}

/** The instance that new replicas get: that of the others, unless a trap has ended it. */
function instanceOf(module: WebAssembly.Module): Instance {
  if (current !== undefined && current.trap === undefined) return current;
  try {
    if (current === undefined) initSync({ module });
    else __wbg_reset_state();
  } catch (cause) {
    throw new HeadwaterError("over_budget", `the engine cannot be started here: ${messageOf(cause)}`, false, { cause });
  }
  return (current = {});
}

/** Calls the engine. After a trap its memory is in no known state: nothing in it is called again. */
function guarded<T>(instance: Instance, work: () => T): T {
  if (instance.trap !== undefined) throw instance.trap;
  try {
    return work();
  } catch (thrown) {
    if (!isTrap(thrown)) throw HeadwaterError.from(thrown);
    const message = `the engine has stopped (${messageOf(thrown)}), perhaps for want of memory; close this replica and open it again`;
    throw (instance.trap = new HeadwaterError("internal", message, false, { cause: thrown }));
  }
}

/** What WebAssembly throws by itself, and what runtimes throw when its stack or memory is exhausted. */
function isTrap(thrown: unknown): boolean {
  return thrown instanceof WebAssembly.RuntimeError || ["RangeError", "InternalError"].includes(nameOf(thrown));
}

/** Whether the source was heard, and what it offered cannot be taken. Everything else may pass by itself. */
function isRefusal(code: Code): boolean {
  return !(["unreachable", "bad_response", "not_ready", "conflict", "closed", "parts_missing"] as Code[]).includes(code);
}

async function typed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw HeadwaterError.from(thrown);
  }
}
