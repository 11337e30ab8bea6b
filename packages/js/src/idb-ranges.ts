/**
 * Ranges in IndexedDB: their bytes in one store, and when each was used in another, so that the times can be read without the bytes.
 *
 *     ranges  key: name     value: Uint8Array
 *     used    key: name     value: milliseconds since 1970
 *
 * In JavaScript, unlike blobs and records: the engine has no bytes to spare for it, and there is nothing here to check.
 */
import type { Change, RangeStore } from "./ranges.js";
import { hashOf } from "./ranges.js";

export const RANGES = "ranges";
export const USED = "used";

export class IdbRanges implements RangeStore {
  readonly #database: IDBDatabase;

  constructor(database: IDBDatabase) {
    this.#database = database;
  }

  async names(): Promise<Map<string, number>> {
    const transaction = this.#database.transaction([RANGES, USED], "readonly");
    const [names, used, times] = await Promise.all([
      answered(transaction.objectStore(RANGES).getAllKeys()),
      answered(transaction.objectStore(USED).getAllKeys()),
      answered(transaction.objectStore(USED).getAll()),
    ]);
    const known = new Map(used.map((name, index) => [name, Number(times[index]) || 0]));
    return new Map(names.flatMap((name) => (typeof name === "string" ? [[name, known.get(name) ?? 0]] : [])));
  }

  read(names: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    const ranges = this.#database.transaction(RANGES, "readonly").objectStore(RANGES);
    return Promise.all(
      names.map(async (name) => {
        const value: unknown = await answered(ranges.get(name));
        return value instanceof Uint8Array ? value : undefined;
      }),
    );
  }

  change({ put, drop, used }: Change): Promise<void> {
    const transaction = this.#database.transaction([RANGES, USED], "readwrite");
    const [ranges, times] = [transaction.objectStore(RANGES), transaction.objectStore(USED)];
    for (const name of drop) {
      ranges.delete(name);
      times.delete(name);
    }
    for (const [name, bytes] of put) ranges.put(bytes, name);
    for (const [name, time] of used) times.put(time, name);
    return committed(transaction);
  }

  /** Drops those of other blobs than these. */
  async keepOnly(hashes: ReadonlySet<string>): Promise<void> {
    const names = [...(await this.names()).keys()];
    const drop = names.filter((name) => !hashes.has(hashOf(name) ?? ""));
    if (drop.length > 0) await this.change({ put: new Map(), drop, used: new Map() });
  }
}

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** For want of space a browser may still abort when all requests have succeeded. */
function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new DOMException("the browser aborted", "AbortError"));
  });
}
