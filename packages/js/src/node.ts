/** Headwater in Node: the same replica, with files in place of IndexedDB and the engine in this thread. */
import { createHash } from "node:crypto";
import { homedir, tmpdir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { Address } from "./address.js";
import type { OpenOptions, Replica } from "./collection.js";
import { Engine } from "./engine.js";
import type { Host } from "./engine.js";
import { HeadwaterError, messageOf } from "./error.js";
import { Files } from "./files.js";
import { ReplicaHandle } from "./handle.js";
import { checkOpen } from "./options.js";
import type { AnyPayload } from "./payload.js";
import type { CallName, Calls, Transport } from "./rpc.js";

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
 * Opens a replica of the collection at `url`, from its files when they are there. `open<Word>(…)` says what payloads
 * are, for the compiler.
 */
export async function open<P extends object = AnyPayload>(url: string | URL, options: OpenOptions): Promise<Replica<P>> {
  checkOpen(options, "node");
  const { href, name } = new Address(url);
  const folder = folderOf(options.cacheDir, name);
  const host: Host = {
    module: await engineModule(),
    inNode: true,
    cache: typeof folder === "string" ? folder : "nowhere",
    async store(_, hash) {
      if (typeof folder === "string") return new Files(folder, hash);
      throw folder;
    },
    hear: (progress) => replica.hear(progress),
  };
  const replica = new ReplicaHandle<P>(new DirectTransport(host), options);
  // Who opens one in Node, at a server or in a script, asks many queries: it waits once instead of often, and has the room.
  return replica.open(href, { ...options, hold: options.hold ?? "all" });
}

/** Where files are kept, whatever folder the program goes to later; or why that cannot be known. */
function folderOf(cacheDir: string | undefined, name: string): string | HeadwaterError {
  try {
    return resolve(cacheDir ?? join(cacheHome(), "headwater", createHash("sha256").update(name).digest("hex").slice(0, 16)));
  } catch (cause) {
    // The current folder was removed, or Deno was not allowed to look at the environment.
    const message = `this collection cannot be kept: ${messageOf(cause)}; the option "cacheDir" can name a folder, by its whole path`;
    return new HeadwaterError("storage_failed", message, true, { cause });
  }
}

function cacheHome(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  // The specification of the one says to ignore what is relative.
  for (const home of [XDG_CACHE_HOME, LOCALAPPDATA]) if (home !== undefined && isAbsolute(home)) return home;
  try {
    return join(homedir(), ".cache");
  } catch {
    // A user without a home, as some containers have.
    return tmpdir();
  }
}

let compiled: Promise<WebAssembly.Module> | undefined;

/**
 * Compiled once, however many replicas there are. From a module and not from the file: where that is, bundlers for servers (Next,
 * webpack, esbuild) and those that make one executable (Deno, Bun) do not know.
 */
async function engineModule(): Promise<WebAssembly.Module> {
  compiled ??= import("./inline.js").then(({ engine }) => WebAssembly.compile(gunzipSync(Buffer.from(engine, "base64"))));
  try {
    return await compiled;
  } catch (cause) {
    compiled = undefined;
    throw new HeadwaterError("unsupported_runtime", `the engine does not start here: ${messageOf(cause)}`, false, { cause });
  }
}

/** Calls the engine in this thread. */
class DirectTransport implements Transport {
  readonly #host: Host;
  readonly #running = new Set<Promise<unknown>>();
  #engine: Engine | undefined;
  #ended = false;

  constructor(host: Host) {
    this.#host = host;
  }

  async call<K extends CallName>(call: K, ...parameters: Calls[K]["arguments"]): Promise<Calls[K]["result"]> {
    const running = this.#answer(call, parameters);
    this.#running.add(running);
    try {
      const result = await running;
      if (this.#ended) throw new HeadwaterError("closed", "this replica was closed");
      return result;
    } finally {
      this.#running.delete(running);
    }
  }

  /** The engine's memory goes when its last call has ended: a sync may still be writing. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#engine?.stop();
    await Promise.allSettled(this.#running);
    await this.#engine?.keep();
    this.#engine?.free();
  }

  async #answer<K extends CallName>(call: K, parameters: Calls[K]["arguments"]): Promise<Calls[K]["result"]> {
    if (call === "open") {
      this.#engine = new Engine(...(parameters as Calls["open"]["arguments"]), this.#host);
      return this.#engine.open();
    }
    if (this.#engine === undefined) throw new HeadwaterError("not_ready", "open the replica first");
    const method = this.#engine[call as Exclude<CallName, "open">] as (...rest: unknown[]) => Promise<Calls[K]["result"]>;
    return method.apply(this.#engine, parameters);
  }
}
