/**
 * IndexedDB: one database for all sources of a page's origin, shared by its tabs.
 *
 *     blobs     key: hash in hex     value: Uint8Array
 *     replicas  key: source URL      value: the record as JSON text
 */
import type { Store } from "./cache.js";
import { HeadwaterError, messageOf, nameOf } from "./error.js";

const NAME = "headwater";
const VERSION = 1;
const BLOBS = "blobs";
const REPLICAS = "replicas";
const STORES = [BLOBS, REPLICAS];
/** A database that has not opened by then will not: another tab stands in its way, or the browser has lost it. */
const PATIENCE_MS = 10_000;

export class IndexedDb implements Store {
  readonly #database: IDBDatabase;
  readonly #source: string;

  private constructor(database: IDBDatabase, source: string) {
    this.#database = database;
    this.#source = source;
  }

  static async open(source: string): Promise<IndexedDb> {
    const database = await opened();
    // A later version of this library may need to change the stores: do not stand in its way.
    database.onversionchange = () => database.close();
    return new IndexedDb(database, source);
  }

  async record(): Promise<string | undefined> {
    return recordOf(await this.#read(REPLICAS, (store) => store.get(this.#source)));
  }

  /** One transaction: what was looked at is what is there when the record is written. */
  async swap(record: string, may: (kept: string | undefined, held: ReadonlySet<string>) => boolean): Promise<boolean> {
    return this.#change(async (replicas, blobs) => {
      const kept = recordOf(await answered(replicas.get(this.#source)));
      const held = new Set(namesOf(await answered(blobs.getAllKeys())));
      const is = may(kept, held);
      if (is) await answered(replicas.put(record, this.#source));
      return is;
    });
  }

  async blob(hash: string): Promise<Uint8Array | undefined> {
    const found: unknown = await this.#read(BLOBS, (store) => store.get(hash));
    return found instanceof Uint8Array ? found : undefined;
  }

  async putBlob(hash: string, bytes: Uint8Array): Promise<void> {
    await this.#change((_, blobs) => answered(blobs.put(bytes, hash)));
  }

  async hashes(): Promise<Set<string>> {
    return new Set(namesOf(await this.#read(BLOBS, (store) => store.getAllKeys())));
  }

  async tidy(needs: (record: string) => readonly string[]): Promise<void> {
    await this.#change(async (replicas, blobs) => {
      const records = (await answered(replicas.getAll())).map(recordOf).filter((record) => record !== undefined);
      const needed = new Set(records.flatMap(needs));
      const dropped = namesOf(await answered(blobs.getAllKeys())).filter((hash) => !needed.has(hash));
      for (const hash of dropped) await answered(blobs.delete(hash));
    });
  }

  #read<T>(name: string, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    return answered(ask(this.#database.transaction(name).objectStore(name)));
  }

  /** Done when the browser has committed: for want of space it may still abort when all requests have succeeded. */
  async #change<T>(work: (replicas: IDBObjectStore, blobs: IDBObjectStore) => Promise<T>): Promise<T> {
    const transaction = this.#database.transaction(STORES, "readwrite");
    const committed = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new DOMException("the browser aborted", "AbortError"));
    });
    try {
      const [result] = await Promise.all([work(transaction.objectStore(REPLICAS), transaction.objectStore(BLOBS)), committed]);
      return result;
    } catch (thrown) {
      // What the transaction ended with says more than what its last request was told.
      if (transaction.error !== null) throw transaction.error;
      try {
        transaction.abort();
      } catch {
        // It was over already.
      }
      throw thrown;
    }
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
    request.onupgradeneeded = () => {
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
      if (!isOurs) return fail(`has a database named ${JSON.stringify(NAME)} that is not this library's`);
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

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new DOMException("a request failed", "UnknownError"));
  });
}

const recordOf = (value: unknown) => (typeof value === "string" ? value : undefined);
const namesOf = (keys: IDBValidKey[]) => keys.filter((key) => typeof key === "string");
