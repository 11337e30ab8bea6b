/**
 * Fetches in the background what a replica in parts lacks of its version: blobs, each checked and kept as a whole, while nobody
 * searches. What is kept by then another visit finds, so that it goes on where this one ended.
 *
 * Does not own: which version that is, and its way into service.
 */
import { Replica as WasmReplica } from "#wasm";
import type { Cache } from "./cache.js";
import { HeadwaterError } from "./error.js";
import type { Planned, Run } from "./follow.js";
import type { Progress } from "./generated.js";
import type { Source } from "./source.js";

/** Bytes that are asked for at a time: a search that comes meanwhile shares the line with no more. */
const PIECE_BYTES = 2 * 2 ** 20;

/** How far it came: all is kept; it is not to go on now; or a newer version is served, so other blobs are wanted. */
export type Filled = "all" | "paused" | "outdated";

export class Filler {
  readonly #run: Run;
  readonly #source: Source;
  readonly #cache: Cache;
  readonly #hear: (progress: Progress) => void;
  /** Resolves when no search is under way. */
  readonly #quiet: () => Promise<void>;
  /** Bytes that are kept or have come of blobs. */
  loadedBytes = 0;

  constructor(run: Run, source: Source, cache: Cache, hear: (progress: Progress) => void, quiet: () => Promise<void>) {
    this.#run = run;
    this.#source = source;
    this.#cache = cache;
    this.#hear = hear;
    this.#quiet = quiet;
  }

  /** Fetches what the cache lacks of these, as long as they are wanted. */
  async gather(blobs: readonly Planned[], areWanted: () => boolean): Promise<Filled> {
    const held = await this.#cache.hashes();
    const total = blobs.reduce((sum, { bytes }) => sum + bytes, 0);
    this.loadedBytes = blobs.reduce((sum, { hash, bytes }) => sum + (held.has(hash) ? bytes : 0), 0);
    for (const { hash, bytes } of blobs.filter(({ hash }) => !held.has(hash))) {
      const found = await this.#fetch(hash, bytes, total, areWanted);
      if (typeof found === "string") return found;
      if (!this.#run(() => WasmReplica.isBlob(hash, found))) throw new HeadwaterError("hash_mismatch", `blob ${hash}: other bytes arrived`);
      await this.#cache.putBlob(hash, found);
      // Without a place for it, it would be fetched again at each visit.
      if (this.#cache.failure !== undefined) return "paused";
    }
    return this.#cache.failure === undefined ? "all" : "paused";
  }

  async #fetch(hash: string, bytes: number, total: number, areWanted: () => boolean): Promise<Uint8Array | Filled> {
    const before = this.loadedBytes;
    let blob: Uint8Array | undefined;
    for (let from = 0; from < bytes; ) {
      await this.#quiet();
      if (!areWanted()) return "outdated";
      if (savesData()) return "paused";
      const exactly = Math.min(PIECE_BYTES, bytes - from);
      const came = await this.#source.blobPart(hash, { from, exactly, total: bytes });
      if (came.length === bytes) blob = came;
      else (blob ??= roomFor(bytes)).set(came, from);
      from += came.length;
      this.loadedBytes = before + from;
      this.#hear({ phase: "fill", loadedBytes: this.loadedBytes, totalBytes: total });
    }
    return blob ?? new Uint8Array();
  }
}

/** Whether the reader has asked for less traffic. Not all browsers say. */
function savesData(): boolean {
  const { connection } = (globalThis.navigator ?? {}) as { connection?: { saveData?: boolean } };
  return connection?.saveData === true;
}

function roomFor(bytes: number): Uint8Array {
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    throw new HeadwaterError("over_budget", `a blob of ${bytes} bytes does not fit into this runtime's memory`, false, { cause });
  }
}
