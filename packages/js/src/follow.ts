/**
 * How a replica comes to its snapshot. What is fetched and kept is brought to the engine, which checks it
 * (`wasm/src/follow.rs`).
 *
 *     boot      source: boot ── head, manifest, ranges, each checked ──> a version in parts
 *     restore   cache: record ── head, manifest, blobs or ranges, each checked again ──> snapshot, no network
 *     sync      source: head ── manifest ── missing blobs, each checked ── cache ── snapshot ── record ── swap
 *     fill      of what is served in parts: missing blobs, each checked ── cache ── snapshot ── record ── swap
 *
 * A stop at any step leaves the last good version, on disk and in memory. Of a version in parts the record is written later, by
 * `keep`, because searches do not wait for it.
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

/** A version, as it was received. */
export type Version = Pick<Kept, "head" | "manifest" | "highestVersion" | "keyList">;

/** A blob of a manifest; what is not wanted the engine has in memory already. */
export interface Planned {
  hash: string;
  bytes: number;
  wanted: boolean;
}

export class Follower {
  readonly #run: Run;
  readonly #source: Source;
  readonly #cache: Cache;
  readonly #hear: (progress: Progress) => void;
  readonly #parts: Parts | undefined;
  /** What is served in parts, and whether its record is written. */
  #inParts: Version | undefined;
  #isRecorded = false;
  /** At first too: a tab or process that was killed may have left something behind. */
  #isUntidy = true;

  /** With `parts` only parts of a version are held. */
  constructor(run: Run, source: Source, cache: Cache, hear: (progress: Progress) => void, parts?: Parts) {
    this.#run = run;
    this.#parts = parts;
    this.#source = source;
    this.#cache = cache;
    this.#hear = hear;
  }

  /** Opens what the cache holds. Returns why not, or that there is nothing. */
  async restore(): Promise<{ restored: boolean; error?: HeadwaterError }> {
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
   * thing, or there is something wrong with it, a sync does without, or says what is wrong with the source. A version that has no
   * more bytes than `small` is left to a sync, which then need not ask for its head and manifest.
   */
  async boot(parts: Parts, small: number): Promise<boolean> {
    try {
      this.#progress("head", 0, 0);
      const bytes = await this.#source.boot(BOOT_BYTES);
      parts.addFetched(bytes.length);
      const boot = new Boot(bytes);
      const { head, manifest } = boot;
      const { version, keyList, manifest: named } = this.#accept(head);
      if (small > 0 && bytesOf(this.#run((replica) => replica.plan(manifest) as Planned[])) <= small) {
        this.#source.know({ head, manifest, hash: named.hash });
        return false;
      }
      await this.#openParts(parts, { head, manifest, highestVersion: version, keyList }, boot);
      return true;
    } catch {
      return false;
    } finally {
      this.#dropNext();
    }
  }

  /**
   * Follows the source to its newest version. Fails with what `isTooMuch` returns, before anything of it is fetched, where that
   * is something.
   */
  async sync(isTooMuch?: (bytes: number) => unknown): Promise<SyncReport> {
    this.#cache.tryAgain();
    for (let conflicts = 0; ; conflicts += 1) {
      try {
        return await this.#syncOnce(isTooMuch);
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

  /** What is served, where that is in parts. */
  get inParts(): Version | undefined {
    return this.#inParts;
  }

  /** Writes down what is served in parts, and whether the rest is on its way. That it cannot be makes nothing wrong. */
  async keep(inParts: "alone" | "filling"): Promise<void> {
    const version = this.#inParts;
    if (version === undefined || this.#isRecorded) return;
    this.#isRecorded = true;
    await this.#cache.swap({ ...version, inParts }, (now) => !isAhead(now, version));
  }

  /** The blobs of what is served in parts. Nobody may be syncing meanwhile. */
  planned({ manifest }: Version): Planned[] {
    try {
      this.#run((replica) => replica.fill());
      return this.#run((replica) => replica.plan(manifest) as Planned[]);
    } finally {
      this.#dropNext();
    }
  }

  /** Serves all of what is served in parts, by what the cache has; what that lacks is fetched. Calls `served` the moment it is. */
  async fill(version: Version, served: () => void): Promise<void> {
    try {
      this.#run((replica) => replica.fill());
      const blobs = this.#run((replica) => replica.plan(version.manifest) as Planned[]);
      await this.#gather(blobs, version.highestVersion);
      this.#run((replica) => replica.open());
      await this.#swap(version);
      this.#isUntidy = true;
      this.#run((replica) => replica.serve());
      served();
      this.#progress("ready", bytesOf(blobs), bytesOf(blobs));
    } finally {
      this.#dropNext();
    }
  }

  async #reopen(kept: Kept): Promise<void> {
    const { version } = this.#run((replica) => replica.accept(kept.head, true) as Offer);
    if (this.#parts !== undefined) {
      await this.#openParts(this.#parts, { ...kept, highestVersion: Math.max(version, kept.highestVersion) });
      this.#isRecorded = true;
      return;
    }
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

  async #syncOnce(isTooMuch?: (bytes: number) => unknown): Promise<SyncReport> {
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
    const next = { head, manifest, highestVersion: offer.version, keyList: offer.keyList };
    if (this.#parts !== undefined) return this.#openParts(this.#parts, next);
    const blobs = this.#run((replica) => replica.plan(manifest) as Planned[]);
    const tooMuch = isTooMuch?.(bytesOf(blobs));
    if (tooMuch !== undefined) throw tooMuch;
    const report = await this.#gather(blobs, offer.version);
    const total = report.fetchedBytes;
    this.#progress("open", total, total);
    this.#run((replica) => replica.open());
    await this.#swap(next);
    this.#isUntidy = true;
    this.#run((replica) => replica.serve());
    this.#progress("ready", total, total);
    return report;
  }

  /** Serves a version as soon as its fronts are here; searches bring the rest. */
  async #openParts(parts: Parts, next: Version, boot?: Boot): Promise<SyncReport> {
    this.#run((replica) => replica.planParts(next.manifest));
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
    if (boot !== undefined) parts.keep(boot);
    this.#inParts = { head: next.head, manifest: next.manifest, highestVersion: next.highestVersion, keyList: next.keyList };
    this.#isRecorded = false;
    this.#isUntidy = true;
    const fetchedBytes = parts.fetchedBytes - before;
    this.#progress("ready", fetchedBytes, fetchedBytes);
    return { changed: true, version: next.highestVersion, fetchedBlobs: 0, fetchedBytes, reusedBlobs: 0 };
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
    if (this.#inParts !== undefined) {
      this.#inParts = { ...this.#inParts, head, keyList };
      this.#isRecorded = false;
      return;
    }
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
