/**
 * How a replica comes to its snapshot. What is fetched and kept is brought to the engine, which checks it
 * (`wasm/src/follow.rs`).
 *
 *     boot      source: boot ── head, manifest, ranges, each checked ──> a version in parts
 *     restore   cache: record ── head, manifest, blobs, each checked again ──> snapshot, no network
 *     sync      source: head ── manifest ── missing blobs, each checked ── cache ── snapshot ── record ── swap
 *
 * A stop at any step leaves the last good version, on disk and in memory.
 */
import { Replica as WasmReplica } from "#wasm";
import { shown } from "./address.js";
import { BOOT_BYTES, Boot } from "./boot.js";
import type { Cache, Kept } from "./cache.js";
import { HeadwaterError } from "./error.js";
import type { Phase, Progress, SyncReport } from "./generated.js";
import type { Parts } from "./parts.js";
import type { Source } from "./source.js";

/** How often a sync starts over when another tab or process got in its way. */
const MAX_CONFLICTS = 3;

/** Calls the engine; throws nothing but a `HeadwaterError`. */
export type Run = <T>(work: (replica: WasmReplica) => T) => T;

/** What the engine says of a head that it accepted. */
interface Offer {
  manifest: { hash: string; bytes: number };
  manifestLimit: number;
  version: number;
  keyList: number;
  served: boolean;
  same: boolean;
}

/** A blob of a manifest; what is not wanted the engine has in memory already. */
interface Planned {
  hash: string;
  bytes: number;
  wanted: boolean;
}

export class Follower {
  readonly #run: Run;
  readonly #source: Source;
  readonly #cache: Cache;
  readonly #hear: (progress: Progress) => void;
  /** Where only parts are held. */
  readonly #parts: Parts | undefined;
  /** At first too: a tab or process that was killed may have left something behind. */
  #isUntidy = true;

  constructor(run: Run, source: Source, cache: Cache, hear: (progress: Progress) => void, parts?: Parts) {
    this.#run = run;
    this.#parts = parts;
    this.#source = source;
    this.#cache = cache;
    this.#hear = hear;
  }

  /** Opens what the cache holds. Returns why not, or that there is nothing. */
  async restore(): Promise<{ restored: boolean; error?: HeadwaterError }> {
    if (this.#parts !== undefined) return { restored: await this.#boot(this.#parts) };
    let found = await this.#cache.kept();
    let error: HeadwaterError | undefined;
    while (found !== undefined) {
      this.#remember(found);
      try {
        await this.#reopen(found);
        return { restored: true };
      } catch (thrown) {
        // Damaged, or signed by a key that is no longer trusted: a sync puts it right or says why not.
        error = HeadwaterError.from(thrown);
      } finally {
        this.#dropNext();
      }
      // Or another tab has gone on to a newer version meanwhile, and dropped what only this one needs.
      const newer = await this.#cache.kept();
      found = newer !== undefined && !isLevel(newer, found) ? newer : undefined;
    }
    return { restored: false, ...(error !== undefined && { error }) };
  }

  /**
   * Opens what the source has ready for readers in parts: one request instead of four that wait for each other. Where it has no such
   * thing, or there is something wrong with it, a sync does without, or says what is wrong with the source.
   */
  async #boot(parts: Parts): Promise<boolean> {
    try {
      this.#progress("head", 0, 0);
      const bytes = await this.#source.boot(BOOT_BYTES);
      parts.fetchedBytes += bytes.length;
      const boot = new Boot(bytes);
      const { version } = this.#accept(boot.head);
      await this.#openParts(parts, boot.manifest, version, boot);
      return true;
    } catch {
      return false;
    } finally {
      this.#dropNext();
    }
  }

  /** Follows the source to its newest version. */
  async sync(): Promise<SyncReport> {
    this.#cache.tryAgain();
    for (let conflicts = 0; ; conflicts += 1) {
      try {
        return await this.#syncOnce();
      } catch (thrown) {
        const error = HeadwaterError.from(thrown);
        if (error.code !== "conflict" || conflicts === MAX_CONFLICTS) throw error;
      } finally {
        this.#dropNext();
      }
    }
  }

  /** Drops blobs that no version needs any more. Nobody may be writing to the cache meanwhile. */
  async tidy(): Promise<void> {
    if (!this.#isUntidy) return;
    await this.#cache.tidy(({ manifest }) => this.#run(() => WasmReplica.needs(manifest)));
    this.#isUntidy = false;
  }

  async #reopen(kept: Kept): Promise<void> {
    this.#run((replica) => replica.accept(kept.head, true));
    const blobs = this.#run((replica) => replica.plan(kept.manifest) as Planned[]);
    const total = bytesOf(blobs);
    let done = 0;
    for (const { hash, bytes } of blobs) {
      this.#progress("verify", done, total);
      const found = await this.#cache.blob(hash);
      if (found === undefined) throw new HeadwaterError("corrupt", `blob ${hash} is missing from the cache`);
      this.#run((replica) => replica.take(hash, found));
      done += bytes;
    }
    this.#progress("open", done, total);
    this.#run((replica) => replica.open());
    this.#run((replica) => replica.serve());
    this.#progress("ready", done, total);
  }

  async #syncOnce(): Promise<SyncReport> {
    const kept = await this.#cache.kept();
    if (kept !== undefined) this.#remember(kept);
    this.#progress("head", 0, 0);
    const head = await this.#source.head(this.#run(() => WasmReplica.headLimit()));
    const offer = this.#accept(head);
    if (offer.served) {
      if (!offer.same) await this.#renew(kept, head, offer);
      return { changed: false, version: offer.version, fetchedBlobs: 0, fetchedBytes: 0, reusedBlobs: 0 };
    }
    this.#progress("manifest", 0, offer.manifest.bytes);
    const manifest = await this.#source.manifest(offer.manifest.hash, offer.manifestLimit);
    if (this.#parts !== undefined) return this.#openParts(this.#parts, manifest, offer.version);
    const blobs = this.#run((replica) => replica.plan(manifest) as Planned[]);
    const report = await this.#gather(blobs, offer.version);
    const total = report.fetchedBytes;
    this.#progress("open", total, total);
    this.#run((replica) => replica.open());
    await this.#swap({ head, manifest, highestVersion: offer.version, keyList: offer.keyList });
    this.#isUntidy = true;
    this.#run((replica) => replica.serve());
    this.#progress("ready", total, total);
    return report;
  }

  /** Serves a version as soon as its fronts are here; searches bring the rest. */
  async #openParts(parts: Parts, manifest: string, version: number, boot?: Boot): Promise<SyncReport> {
    this.#run((replica) => replica.planParts(manifest));
    const before = parts.fetchedBytes;
    parts.forget();
    parts.boot = boot;
    try {
      while (!this.#run((replica) => replica.openParts())) {
        this.#progress("blobs", parts.fetchedBytes - before, 0);
        await parts.bring(true);
      }
    } finally {
      parts.boot = undefined;
    }
    this.#run((replica) => replica.serve());
    const fetchedBytes = parts.fetchedBytes - before;
    this.#progress("ready", fetchedBytes, fetchedBytes);
    return { changed: true, version, fetchedBlobs: 0, fetchedBytes, reusedBlobs: 0 };
  }

  #accept(head: string): Offer {
    try {
      return this.#run((replica) => replica.accept(head, false) as Offer);
    } catch (thrown) {
      const error = HeadwaterError.from(thrown);
      if (error.code !== "bad_response") throw error;
      throw new HeadwaterError("bad_response", `${shown(this.#source.address.href)}: ${error.message}`, false, { cause: error });
    }
  }

  /**
   * Brings together the bytes that opening asks for. What the cache has is checked again; what it has not, or not
   * whole, is fetched and kept.
   */
  async #gather(blobs: readonly Planned[], version: number): Promise<SyncReport> {
    const held = await this.#cache.hashes();
    const missing = blobs.filter(({ hash }) => !held.has(hash));
    for (const blob of blobs.filter(({ hash, wanted }) => wanted && held.has(hash))) {
      const bytes = await this.#cache.blob(blob.hash);
      if (bytes === undefined || !this.#isWhole(blob.hash, bytes)) missing.push(blob);
    }
    const report = { changed: true, version, fetchedBlobs: 0, fetchedBytes: 0, reusedBlobs: blobs.length - missing.length };
    let total = bytesOf(missing);
    // What opening asks for comes first: by then it is known whether the rest could be kept.
    for (const { hash, bytes, wanted } of missing.sort((a, b) => Number(b.wanted) - Number(a.wanted))) {
      if (!wanted && !this.#cache.wants(hash)) {
        report.reusedBlobs += 1;
        total -= bytes;
        continue;
      }
      const before = report.fetchedBytes;
      const found = await this.#source.blob(hash, bytes, (loaded) => this.#progress("blobs", before + loaded, total));
      this.#run((replica) => replica.take(hash, found));
      await this.#cache.putBlob(hash, found);
      report.fetchedBlobs += 1;
      report.fetchedBytes += bytes;
    }
    return report;
  }

  #isWhole(hash: string, bytes: Uint8Array): boolean {
    try {
      this.#run((replica) => replica.take(hash, bytes));
      return true;
    } catch (thrown) {
      if (HeadwaterError.from(thrown).code === "hash_mismatch") return false;
      throw thrown;
    }
  }

  /** Keeps a head that was signed anew for the version that is served already. */
  async #renew(kept: Kept | undefined, head: string, { manifest, keyList }: Offer): Promise<void> {
    if (kept === undefined || this.#run(() => WasmReplica.hash(kept.manifest)) !== manifest.hash) return;
    await this.#swap({ ...kept, head, keyList });
  }

  /**
   * Not when another tab or process has gone further, or has dropped something that is needed between the writing of a
   * blob and the naming of it.
   */
  async #swap(next: Kept): Promise<void> {
    const needs = this.#run(() => WasmReplica.needs(next.manifest));
    const may = (now: Kept | undefined, held: ReadonlySet<string>) => !isAhead(now, next) && needs.every((hash) => held.has(hash));
    if (!(await this.#cache.swap(next, may))) {
      throw new HeadwaterError("conflict", "another tab or process changed the same cache; sync again", true);
    }
  }

  /** Another tab or process may be ahead: what it has seen counts here too. */
  #remember({ highestVersion, keyList }: Kept): void {
    this.#run((replica) => replica.remember(highestVersion, keyList));
  }

  /** What a sync that failed has taken is given back; after one that went well there is nothing. */
  #dropNext(): void {
    try {
      this.#run((replica) => replica.dropNext());
    } catch {
      // The engine has stopped, which the call before has said already.
    }
  }

  #progress(phase: Phase, loadedBytes: number, totalBytes: number): void {
    this.#hear({ phase, loadedBytes, totalBytes });
  }
}

const bytesOf = (blobs: readonly Planned[]) => blobs.reduce((sum, { bytes }) => sum + bytes, 0);
const isLevel = (one: Kept, other: Kept) => one.highestVersion === other.highestVersion && one.keyList === other.keyList;
const isAhead = (now: Kept | undefined, next: Kept) =>
  now !== undefined && (now.highestVersion > next.highestVersion || now.keyList > next.keyList);
