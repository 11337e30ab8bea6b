/**
 * A replica as programs hold it: calls, events, syncs in the background.
 *
 * Owns: the transport and the timer. Does not own: the engine behind the transport.
 */
import { ASYNC_DISPOSE, PATIENCE_MS, abortable } from "./collection.js";
import type { CallOptions, OpenOptions, Prefetch, Prefetched, Replica, ReplicaEvents, SearchOptions } from "./collection.js";
import { HeadwaterError } from "./error.js";
import type { Progress, ReplicaStatus, Suggest, Suggestions, SyncReport } from "./generated.js";
import { checkName, checkPrefetch, refused, searchOptionsOf, signalOf } from "./options.js";
import type { Answer, AnyPayload, Point } from "./payload.js";
import { eachOf, encodeApart, encodeQuery, encodeSuggest, idOf } from "./query.js";
import type { QueryInput } from "./query.js";
import type { CallName, Calls, Hold, Transport } from "./rpc.js";

const SYNC_EVERY_MS = 60_000;
/** Between what came for a search and its writing down: what comes for the next ones is written with it. */
const KEEP_AFTER_MS = 100;
/** Some hundred searches by meaning, or some dozens by words, of a collection the size of WordNet. */
const PARTS_BYTES = 64 * 2 ** 20;
/** Points that are fetched beforehand at a time. */
const PAGE = 1000;

/** One for each call of `on`: a function that was given twice hears twice, and either is ended alone. */
type Listeners = { [K in keyof ReplicaEvents]: Set<{ hear: (value: ReplicaEvents[K]) => void }> };

export class ReplicaHandle<P extends object = AnyPayload> implements Replica<P> {
  readonly #transport: Transport;
  readonly #everyMs: number;
  readonly #listeners: Listeners = { status: new Set(), progress: new Set() };
  readonly #wake = () => void this.#syncQuietly();
  readonly #look = () => {
    if (Date.now() - this.#triedMs >= this.#everyMs) this.#wake();
  };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #keepTimer: ReturnType<typeof setTimeout> | undefined;
  /** How it is held, where that may be in parts. */
  #hold: Exclude<Hold, "all"> | undefined;
  #filling = false;
  #triedMs = Date.now();
  #syncing: Promise<SyncReport> | undefined;
  #ending: Promise<void> | undefined;

  constructor(transport: Transport, options: OpenOptions) {
    this.#transport = transport;
    this.#everyMs = options.syncEveryMs ?? SYNC_EVERY_MS;
    if (options.onProgress !== undefined) this.on("progress", options.onProgress);
  }

  /** @internal Where the engine's progress arrives. */
  hear(progress: Progress): void {
    this.#tell("progress", progress);
  }

  /** @internal Opens it; on failure nothing of it is left. From then on it follows its source by itself. */
  async open(url: string, options: OpenOptions): Promise<this> {
    const { patienceMs = PATIENCE_MS, memoryBudgetBytes = Infinity, whenExpired = "serve", signal } = options;
    const { partsBytes = PARTS_BYTES } = options;
    const hold: Hold = options.hold ?? "by-size";
    this.#hold = hold === "all" ? undefined : hold;
    const trust = [options.trust].flat();
    const setup = { url, trust, patienceMs, memoryBudgetBytes, serveExpired: whenExpired !== "refuse", hold, partsBytes };
    try {
      signal?.throwIfAborted();
      const status = await abortable(this.#call("open", setup), signal);
      // What was restored from disk is brought up to date at once; what has just been fetched is.
      this.#follow(status.lastSyncMs === null);
      this.#keepSoon();
      void this.#fill();
      return this;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async search(query: QueryInput, options?: SearchOptions): Promise<Answer<P>> {
    const { signal, partial = false } = searchOptionsOf(options);
    return abortable(this.#ask("search", encodeApart(query), partial) as Promise<Answer<P>>, signal);
  }

  async searchBatch(queries: readonly QueryInput[], options?: SearchOptions): Promise<Answer<P>[]> {
    const { signal, partial = false } = searchOptionsOf(options);
    return abortable(this.#ask("searchBatch", eachOf(queries, encodeApart), partial), signal) as Promise<Answer<P>[]>;
  }

  async suggest(request: Suggest, options?: CallOptions): Promise<Suggestions> {
    const signal = signalOf(options);
    return abortable(this.#ask("suggest", encodeSuggest(request)), signal);
  }

  async get(id: string, options?: CallOptions): Promise<Point<P> | null> {
    const signal = signalOf(options);
    const known = idOf(id);
    // Asked all the same when it is of no point: what is closed or has failed says so.
    const found = abortable(this.#ask("get", known ?? "") as Promise<Point<P> | null>, signal);
    return known === undefined ? found.then(() => null) : found;
  }

  async prefetch(what: Prefetch, options?: CallOptions): Promise<Prefetched> {
    const signal = signalOf(options);
    checkPrefetch(what);
    const { queries, filter } = what;
    // As a query of its own, so that it is checked and written as filters are.
    const filtered = filter && encodeQuery({ filter, topK: PAGE, after: "start" });
    return abortable(this.#call("prefetch", queries === undefined ? [] : eachOf(queries, encodeApart), filtered), signal);
  }

  async status(options?: CallOptions): Promise<ReplicaStatus> {
    const signal = signalOf(options);
    return abortable(this.#call("status"), signal);
  }

  async sync(options?: CallOptions): Promise<SyncReport> {
    const signal = signalOf(options);
    this.#syncing ??= this.#sync().finally(() => (this.#syncing = undefined));
    return abortable(this.#syncing, signal);
  }

  on<K extends keyof ReplicaEvents>(event: K, listener: (value: ReplicaEvents[K]) => void): () => void {
    checkName("event", event, Object.keys(this.#listeners));
    if (typeof listener !== "function") throw refused(`what listens to ${event} is a function, not ${typeof listener}`);
    const mine = { hear: listener };
    if (this.#ending === undefined) this.#listeners[event].add(mine);
    return () => void this.#listeners[event].delete(mine);
  }

  close(): Promise<void> {
    if (this.#ending === undefined) {
      clearTimeout(this.#timer);
      clearTimeout(this.#keepTimer);
      globalThis.removeEventListener?.("online", this.#wake);
      globalThis.document?.removeEventListener("visibilitychange", this.#look);
      for (const listeners of Object.values(this.#listeners)) listeners.clear();
      this.#ending = this.#transport.end();
    }
    return this.#ending;
  }

  [ASYNC_DISPOSE](): Promise<void> {
    return this.close();
  }

  async #call<K extends CallName>(call: K, ...parameters: Calls[K]["arguments"]): Promise<Calls[K]["result"]> {
    if (this.#ending !== undefined) throw new HeadwaterError("closed", "this replica was closed; open it again");
    return this.#transport.call(call, ...parameters);
  }

  /** A call for which parts may come. */
  async #ask<K extends CallName>(call: K, ...parameters: Calls[K]["arguments"]): Promise<Calls[K]["result"]> {
    try {
      return await this.#call(call, ...parameters);
    } finally {
      this.#keepSoon();
    }
  }

  /** As a call, so that a page that is left knows of it (`transport.ts`). */
  #keepSoon(): void {
    if (this.#hold === undefined || this.#keepTimer !== undefined || this.#ending !== undefined) return;
    this.#keepTimer = setTimeout(() => {
      this.#keepTimer = undefined;
      void this.#call("keep").catch(() => undefined);
    }, KEEP_AFTER_MS);
    // In Node what waits is written when the replica is closed.
    (this.#keepTimer as { unref?: () => void }).unref?.();
  }

  /** That it fails, or has to wait, makes nothing wrong: after the next sync it is tried again. */
  async #fill(): Promise<void> {
    if (this.#hold === undefined || this.#hold === "as-needed" || this.#filling) return;
    this.#filling = true;
    await this.#call("fill").catch(() => undefined);
    this.#filling = false;
    const status = await this.#call("status").catch(() => undefined);
    if (status === undefined) return;
    if (status.whole) this.#hold = undefined;
    this.#tell("status", status);
  }

  async #sync(): Promise<SyncReport> {
    this.#triedMs = Date.now();
    const work = this.#call("sync");
    const told = this.#tellStatus();
    try {
      return await work;
    } finally {
      await told;
      await this.#tellStatus();
      void this.#fill();
    }
  }

  /** Its failure is that of the call before it. */
  async #tellStatus(): Promise<void> {
    const status = await this.#call("status").catch(() => undefined);
    if (status !== undefined) this.#tell("status", status);
  }

  #follow(isBehind: boolean): void {
    if (this.#everyMs <= 0) return;
    globalThis.addEventListener?.("online", this.#wake);
    globalThis.document?.addEventListener("visibilitychange", this.#look);
    if (isBehind) this.#wake();
    else this.#rest();
  }

  #rest(): void {
    clearTimeout(this.#timer);
    if (this.#ending !== undefined) return;
    this.#timer = setTimeout(this.#wake, this.#everyMs);
    // In Node a timer must not keep the program alive.
    (this.#timer as { unref?: () => void }).unref?.();
  }

  /** A sync that nobody waits for: its failure stands in the status. */
  async #syncQuietly(): Promise<void> {
    clearTimeout(this.#timer);
    // Nobody looks at a hidden page; it catches up when it is shown.
    if (globalThis.document?.visibilityState !== "hidden") await this.sync().catch(() => undefined);
    this.#rest();
  }

  /** A listener that throws stops neither the others nor the sync; the runtime reports it as with its own events. */
  #tell<K extends keyof ReplicaEvents>(event: K, value: ReplicaEvents[K]): void {
    const listeners = this.#listeners[event];
    // Who begins to listen meanwhile hears the next one, who has stopped hears nothing: as with the runtime's events.
    for (const listener of [...listeners]) {
      if (!listeners.has(listener)) continue;
      const { hear } = listener;
      try {
        hear(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
