/**
 * What a replica keeps between visits: blobs by hash, and the last good version of each source.
 *
 * **Invariant**: a record is written only after all blobs it names, and blobs are dropped only when no
 * record names them. So a stop at any moment leaves the last good version.
 */
import type { HeadwaterError } from "./error.js";
import type { RangeStore } from "./ranges.js";
import { failureOf } from "./storage.js";

/** Where bytes are kept, for one source; others may keep theirs at the same place. Any of it may fail. */
export interface Store {
  /** The record of the source. */
  record(): Promise<string | undefined>;
  /** Puts another record in its place, if that `may` be, given the one that is there and the hashes of all blobs. */
  swap(record: string, may: (kept: string | undefined, held: ReadonlySet<string>) => boolean): Promise<boolean>;
  blob(hash: string): Promise<Uint8Array | undefined>;
  putBlob(hash: string, bytes: Uint8Array): Promise<void>;
  /** The hashes of all blobs, those of other sources too. */
  hashes(): Promise<Set<string>>;
  /** Drops the blobs that no record needs, and ranges of those that no record of a version in parts needs. */
  tidy(needs: (record: string) => Needs): Promise<void>;
  /** What it keeps of blobs that are not there as a whole. */
  readonly ranges: RangeStore;
}

/** What a record needs, by hash. */
export interface Needs {
  /** What is there as a whole, or is to be. */
  blobs: readonly string[];
  /** Blobs of which there are ranges. */
  ranges: readonly string[];
}

/** The last good version of one source. */
export interface Kept {
  /** The signed head and the manifest, as they were received. */
  head: string;
  manifest: string;
  /** The highest version ever accepted from this source. */
  highestVersion: number;
  /** The highest version of a key list ever accepted from it. */
  keyList: number;
  /**
   * Of which query of the source's URL, as a hash: with another one it may be another collection. Absent where there
   * is none.
   */
  query?: string;
  /** Where only parts of it need be there: whether that is all, or its blobs are on their way. */
  inParts?: "alone" | "filling";
}

/** A damaged record is as good as none: the replica is fetched anew. */
function decode(record: string | undefined): Kept | undefined {
  try {
    const { head, manifest, highestVersion, keyList = 0, query, inParts } = JSON.parse(record ?? "") as Partial<Record<keyof Kept, unknown>>;
    if (typeof head !== "string" || typeof manifest !== "string" || !isWhole(highestVersion) || !isWhole(keyList)) return undefined;
    const how: Pick<Kept, "inParts"> = inParts === "alone" || inParts === "filling" ? { inParts } : {};
    return { head, manifest, highestVersion, keyList, ...how, ...(typeof query === "string" && { query }) };
  } catch {
    return undefined;
  }
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/**
 * A store that never fails: a replica that has its bytes answers, whether they can be kept or not. While the store
 * fails it stands in for it, so that a sync finds again what it has put; of blobs it remembers only the names.
 *
 * Owns: whether the version that is served is kept, and why not.
 */
export class Cache {
  readonly #open: () => Promise<Store>;
  readonly #query: string | undefined;
  #store: Promise<Store> | undefined;
  /** Whether the store is left alone for now. */
  #isAway = false;
  #failure: HeadwaterError | undefined;
  readonly #names = new Set<string>();
  #record: string | undefined;

  /** Of a source whose URL has a query, its hash is known. */
  constructor(open: () => Promise<Store>, query?: string) {
    this.#open = open;
    this.#query = query;
  }

  /** Why what is served is not kept. */
  get failure(): HeadwaterError | undefined {
    return this.#failure;
  }

  /**
   * At the beginning of a sync: what failed is tried again. Not what was full, which would be filled again each time.
   */
  tryAgain(): void {
    this.#isAway = this.#failure?.code === "storage_full";
  }

  async kept(): Promise<Kept | undefined> {
    this.#record = await this.#ask((store) => store.record(), () => this.#record);
    return this.#mine(this.#record);
  }

  /** That of another query is as good as none, and makes room: signatures come and go. */
  #mine(record: string | undefined): Kept | undefined {
    const kept = decode(record);
    return kept?.query === this.#query ? kept : undefined;
  }

  async swap(kept: Kept, may: (now: Kept | undefined, held: ReadonlySet<string>) => boolean): Promise<boolean> {
    const record = JSON.stringify({ ...kept, query: this.#query });
    const swapped = await this.#ask(
      async (store) => {
        const done = await store.swap(record, (now, held) => may(this.#mine(now), held));
        if (done) this.#failure = undefined;
        return done;
      },
      () => may(this.#mine(this.#record), this.#names),
    );
    if (swapped) this.#record = record;
    return swapped;
  }

  /** Forgets what is kept, which makes room at the next tidying. */
  async forget(): Promise<void> {
    this.#record = undefined;
    await this.#ask((store) => store.swap("", () => true).then(() => undefined), () => undefined);
  }

  async blob(hash: string): Promise<Uint8Array | undefined> {
    const bytes = await this.#ask((store) => store.blob(hash), () => undefined);
    if (bytes !== undefined) this.#names.add(hash);
    return bytes;
  }

  /**
   * Whether a blob that the engine has in memory is to be fetched all the same, to be kept. While the store fails it
   * counts as put.
   */
  wants(hash: string): boolean {
    if (this.#isAway) this.#names.add(hash);
    return !this.#isAway;
  }

  async putBlob(hash: string, bytes: Uint8Array): Promise<void> {
    this.#names.add(hash);
    await this.#ask((store) => store.putBlob(hash, bytes), () => undefined);
  }

  async hashes(): Promise<ReadonlySet<string>> {
    const held = await this.#ask((store) => store.hashes(), () => this.#names);
    for (const hash of held) this.#names.add(hash);
    return held;
  }

  /** That it cannot be tidied makes nothing of what is kept wrong. */
  async tidy(needs: (kept: Kept) => readonly string[]): Promise<void> {
    if (this.#isAway || this.#store === undefined) return;
    const store = await this.#store.catch(() => undefined);
    const needed = (record: string) => {
      const kept = decode(record);
      const own = kept === undefined ? [] : needs(kept);
      return { blobs: kept?.inParts === "alone" ? [] : own, ranges: kept?.inParts === undefined ? [] : own };
    };
    await store?.tidy(needed).catch(() => undefined);
  }

  async #ask<T>(work: (store: Store) => Promise<T>, instead: () => T): Promise<T> {
    if (this.#isAway) return instead();
    try {
      return await work(await (this.#store ??= this.#open()));
    } catch (thrown) {
      this.#isAway = true;
      // Opened anew next time: browsers close a database for good when a user clears a site's data.
      this.#store = undefined;
      this.#failure = failureOf(thrown);
      return instead();
    }
  }
}
