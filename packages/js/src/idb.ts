/**
 * IndexedDB: one database for all sources of a page's origin, shared by its tabs.
 *
 * Opens it; what is written and read there of blobs and records is the engine's (`wasm/src/idb_store.rs`).
 */
import { IdbStore } from "#wasm";
import type { Needs, Store } from "./cache.js";
import { HeadwaterError, messageOf, nameOf } from "./error.js";
import { IdbRanges, RANGES, USED } from "./idb-ranges.js";

const NAME = "headwater";
/** 2 since there are ranges. */
const VERSION = 2;
const BLOBS = "blobs";
const REPLICAS = "replicas";
const STORES = [BLOBS, REPLICAS, RANGES, USED];
/** A database that has not opened by then will not: another tab stands in its way, or the browser has lost it. */
const PATIENCE_MS = 10_000;

/** The engine's store (`wasm/src/idb_store.rs`) over a database that has been opened. */
export class IndexedDb implements Store {
  readonly #store: IdbStore;
  readonly ranges: IdbRanges;

  private constructor(database: IDBDatabase, source: string) {
    this.#store = new IdbStore(database, source);
    this.ranges = new IdbRanges(database);
  }

  static async open(source: string): Promise<IndexedDb> {
    const database = await opened();
    // A later version of this library may need to change the stores: do not stand in its way.
    database.onversionchange = () => database.close();
    return new IndexedDb(database, source);
  }

  /** Whether this origin has kept anything before, as far as can be told without opening it. */
  static async isThere(): Promise<boolean> {
    return (await indexedDB.databases()).some(({ name }) => name === NAME);
  }

  async record(): Promise<string | undefined> {
    return recordOf(await this.#store.record());
  }

  swap(record: string, may: (kept: string | undefined, held: ReadonlySet<string>) => boolean): Promise<boolean> {
    return this.#store.swap(record, (kept: unknown, held: string[]) => may(recordOf(kept), new Set(held)));
  }

  async blob(hash: string): Promise<Uint8Array | undefined> {
    return (await this.#store.blob(hash)) as Uint8Array | undefined;
  }

  putBlob(hash: string, bytes: Uint8Array): Promise<void> {
    return this.#store.putBlob(hash, bytes);
  }

  async hashes(): Promise<Set<string>> {
    return new Set((await this.#store.hashes()) as string[]);
  }

  async tidy(needs: (record: string) => Needs): Promise<void> {
    const ofRanges = new Set<string>();
    await this.#store.tidy((record: string) => {
      const { blobs, ranges } = needs(record);
      for (const hash of ranges) ofRanges.add(hash);
      return blobs;
    });
    await this.ranges.keepOnly(ofRanges);
  }
}

function opened(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const refuse = (error: unknown) => {
      isOver = true;
      clearTimeout(timer);
      reject(error);
    };
    const fail = (why: string, cause?: unknown) =>
      refuse(new HeadwaterError("storage_failed", `this collection cannot be kept: IndexedDB ${why}`, true, { cause }));
    const timer = setTimeout(() => fail(`does not open within ${PATIENCE_MS} ms`), PATIENCE_MS);
    const request = asked(refuse, fail);
    if (request === undefined) return;
    const failForeign = () => fail(`has a database named ${JSON.stringify(NAME)} that is not this library's`);
    request.onupgradeneeded = ({ oldVersion }) => {
      const names = request.result.objectStoreNames;
      if (oldVersion > 0 && ![BLOBS, REPLICAS].every((name) => names.contains(name))) {
        failForeign();
        return request.transaction?.abort();
      }
      for (const name of STORES) {
        if (!request.result.objectStoreNames.contains(name)) request.result.createObjectStore(name);
      }
    };
    request.onblocked = () => fail("is held by another tab that has an older version of this library; close it");
    request.onerror = () => {
      const { error } = request;
      if (nameOf(error) === "QuotaExceededError") refuse(error);
      else if (nameOf(error) === "VersionError") fail("was written by a newer version of this library; reload the page", error);
      else fail(`does not open: ${messageOf(error)}`, error);
    };
    request.onsuccess = () => {
      const database = request.result;
      const isOurs = STORES.every((name) => database.objectStoreNames.contains(name));
      if (isOver || !isOurs) database.close();
      if (!isOurs) return failForeign();
      clearTimeout(timer);
      resolve(database);
    };
  });
}

/** Where IndexedDB is denied, naming it may throw already. */
function asked(refuse: (error: unknown) => void, fail: (why: string, cause: unknown) => void): IDBOpenDBRequest | undefined {
  try {
    const factory = globalThis.indexedDB as IDBFactory | null | undefined;
    if (factory !== undefined && factory !== null) return factory.open(NAME, VERSION);
    const message = "this collection cannot be kept: there is no IndexedDB here; private windows of some browsers have none";
    refuse(new HeadwaterError("unsupported_runtime", message));
  } catch (cause) {
    fail(`is denied here, as where cookies are blocked: ${messageOf(cause)}`, cause);
  }
  return undefined;
}

const recordOf = (value: unknown) => (typeof value === "string" ? value : undefined);
