/**
 * Ranges of objects that a replica in parts has fetched, kept between visits, by object and place. Objects are named by their
 * hash, so what is kept of one is right for every version that names it; nothing read back is trusted, the engine proves it again.
 *
 *     put ── waits in memory ── flush: one change of the store, with what was used and what has to go ──> kept
 *     find ── read, many at a time ──> bytes, or nothing: another tab may have dropped them
 *
 * No search waits for what is written. Of more bytes than the budget what was used longest ago goes, whichever collection it is of.
 *
 * Owns: what is known of the store's ranges, and those on their way to it. Does not own: what they are good for.
 */
import type { HeadwaterError } from "./error.js";
import { failureOf } from "./storage.js";

/** A run of bytes of an object of the source. */
export interface Run {
  /** As sources have it: `/blobs/{hash}` or `/pages/{hash}`. */
  path: string;
  start: number;
  end: number;
}

/** A change of what is kept, all of it at once or none. */
export interface Change {
  put: ReadonlyMap<string, Uint8Array>;
  drop: readonly string[];
  /** What was used, and when, in milliseconds since 1970. */
  used: ReadonlyMap<string, number>;
}

/** Where ranges are kept by name, for all sources. Any of it may fail. */
export interface RangeStore {
  /** The names of all, and when each was used last. */
  names(): Promise<Map<string, number>>;
  /** The bytes of these, where they are there. */
  read(names: readonly string[]): Promise<(Uint8Array | undefined)[]>;
  change(change: Change): Promise<void>;
}

/** Bytes that wait to be written at most: a store may be slower than the network. */
const MOST_WAITING_BYTES = 16 * 2 ** 20;

export class KeptRanges {
  readonly #open: () => Promise<RangeStore>;
  readonly #budgetBytes: number;
  #store: Promise<RangeStore> | undefined;
  #runs = new RunLists();
  /** When each was used last, as far as it is known here. */
  #used = new Map<string, number>();
  #waiting = new Map<string, Uint8Array>();
  #waitingBytes = 0;
  /** What a flush is writing. */
  #writing: ReadonlyMap<string, Uint8Array> = new Map();
  #drop = new Set<string>();
  #touched = new Map<string, number>();
  /** Bytes written since the store was last looked at; other tabs write, too. */
  #writtenBytes = 0;
  #failure: HeadwaterError | undefined;
  #flushing: Promise<void> = Promise.resolve();

  constructor(open: () => Promise<RangeStore>, budgetBytes: number) {
    this.#open = open;
    this.#budgetBytes = budgetBytes;
  }

  /** Why nothing more is kept. */
  get failure(): HeadwaterError | undefined {
    return this.#failure;
  }

  /** Looks what is kept, by this replica and by others. Never fails. */
  async look(): Promise<void> {
    const names = await this.#ask((store) => store.names());
    if (names === undefined) return;
    this.#used = new Map([...names, ...this.#touched]);
    this.#runs = new RunLists();
    this.#writtenBytes = 0;
    for (const name of [...names.keys(), ...this.#writing.keys(), ...this.#waiting.keys()]) {
      const run = this.#drop.has(name) ? undefined : runOf(name);
      if (run === undefined) continue;
      // Two tabs may have fetched the same in runs of other lengths.
      const other = this.#runs.find(run);
      if (other !== undefined && other !== name) this.#forget(name);
      for (const inside of this.#runs.add(run, name)) this.#forget(inside);
    }
  }

  /** Whether something that is kept has these bytes. */
  has(run: Run): boolean {
    return this.#runs.find(run) !== undefined;
  }

  /** The names of what is kept and together has these bytes. */
  cover(run: Run): string[] | undefined {
    return this.#runs.cover(run);
  }

  /** What is there of these, with the place where it begins. */
  async read(names: readonly string[]): Promise<(Run & { bytes: Uint8Array; name: string })[]> {
    if (names.length === 0) return [];
    const found = new Map([...this.#writing, ...this.#waiting]);
    const stored = names.filter((name) => !found.has(name));
    const read = stored.length === 0 ? [] : await this.#ask((store) => store.read(stored));
    // A store that cannot be read now may have all of them later.
    if (read === undefined) stored.forEach((name) => this.#runs.remove(name));
    read?.forEach((bytes, index) => bytes !== undefined && found.set(stored[index]!, bytes));
    return names.filter((name) => read !== undefined || found.has(name)).flatMap((name) => {
      const [run, bytes] = [runOf(name), found.get(name)];
      if (run === undefined || bytes?.length !== run.end - run.start) {
        this.drop(name);
        return [];
      }
      this.#touch(name);
      return [{ ...run, bytes, name }];
    });
  }

  /** Keeps bytes, soon. */
  put(run: Run, bytes: Uint8Array): void {
    const name = nameOf(run);
    // A source may say what it likes of where something stands.
    if (runOf(name) === undefined) return;
    const isTooMuch = this.#waitingBytes + bytes.length > MOST_WAITING_BYTES || bytes.length > this.#budgetBytes / 2;
    if (this.#failure !== undefined || isTooMuch || this.#runs.find(run) !== undefined) return;
    // Those that lie in it are not needed beside it.
    for (const inside of this.#runs.add(run, name)) this.#forget(inside);
    // A view would be stored with all of the buffer that it is a view of.
    this.#waiting.set(name, bytes.slice());
    this.#waitingBytes += bytes.length;
    this.#drop.delete(name);
    this.#touch(name);
  }

  /** Drops something that is damaged, or is not there. */
  drop(name: string): void {
    this.#runs.remove(name);
    this.#forget(name);
  }

  /** Writes what waits. Never fails: what cannot be kept is fetched again. */
  flush(): Promise<void> {
    return (this.#flushing = this.#flushing.then(() => this.#flush()));
  }

  async #flush(): Promise<void> {
    if (this.#failure !== undefined || this.#waiting.size + this.#drop.size + this.#touched.size === 0) return;
    if (this.#writtenBytes + this.#waitingBytes > this.#budgetBytes / 8) await this.look();
    this.#makeRoom();
    const change = { put: this.#waiting, drop: [...this.#drop], used: this.#touched };
    // What is put meanwhile waits for the next time.
    this.#writtenBytes += this.#waitingBytes;
    this.#writing = change.put;
    [this.#waiting, this.#waitingBytes, this.#drop, this.#touched] = [new Map(), 0, new Set(), new Map()];
    const isDone = await this.#ask((store) => store.change(change).then(() => true));
    this.#writing = new Map();
    if (isDone === true) return;
    for (const name of change.put.keys()) this.#runs.remove(name);
  }

  /** An eighth more than needed, so that not each flush must look for room. */
  #makeRoom(): void {
    let bytes = this.#runs.bytes;
    if (bytes <= this.#budgetBytes) return;
    const names = [...this.#runs.names()].sort((a, b) => (this.#used.get(a) ?? 0) - (this.#used.get(b) ?? 0));
    for (const name of names) {
      if (bytes <= this.#budgetBytes - this.#budgetBytes / 8) return;
      const { start, end } = runOf(name)!;
      bytes -= end - start;
      this.drop(name);
    }
  }

  #touch(name: string): void {
    const now = Date.now();
    this.#used.set(name, now);
    this.#touched.set(name, now);
  }

  #forget(name: string): void {
    this.#waitingBytes -= this.#waiting.get(name)?.length ?? 0;
    this.#waiting.delete(name);
    this.#touched.delete(name);
    this.#used.delete(name);
    this.#drop.add(name);
  }

  /** A store that is full is read all the same. */
  async #ask<T>(work: (store: RangeStore) => Promise<T>): Promise<T | undefined> {
    if (this.#failure !== undefined && this.#failure.code !== "storage_full") return undefined;
    try {
      return await work(await (this.#store ??= this.#open()));
    } catch (thrown) {
      this.#store = undefined;
      this.#failure = failureOf(thrown);
      return undefined;
    }
  }

  /** At the beginning of a sync: what failed is tried again. Not what was full, which would be filled again each time. */
  tryAgain(): void {
    if (this.#failure?.code !== "storage_full") this.#failure = undefined;
  }
}

/** Runs by path. None lies within another one: in the order of their starts, they are in that of their ends. */
class RunLists {
  readonly #lists = new Map<string, { start: number; end: number; name: string }[]>();
  bytes = 0;

  *names(): Iterable<string> {
    for (const list of this.#lists.values()) for (const { name } of list) yield name;
  }

  find({ path, start, end }: Run): string | undefined {
    const list = this.#lists.get(path) ?? [];
    const last = list[firstFrom(list, (one) => one.start > start) - 1];
    return last !== undefined && end <= last.end ? last.name : undefined;
  }

  /** The fewest that together have these bytes: each is the one that goes on farthest. */
  cover({ path, start, end }: Run): string[] | undefined {
    const list = this.#lists.get(path) ?? [];
    const names: string[] = [];
    for (let at = start; at < end; ) {
      const last = list[firstFrom(list, (one) => one.start > at) - 1];
      if (last === undefined || last.end <= at) return undefined;
      names.push(last.name);
      at = last.end;
    }
    return names;
  }

  /** Adds one, unless it lies within another. Returns the names of those that lie in it and are no more. */
  add(run: Run, name: string): string[] {
    if (this.find(run) !== undefined) return [];
    const { path, start, end } = run;
    const list = this.#lists.get(path) ?? [];
    this.#lists.set(path, list);
    const first = firstFrom(list, (one) => one.start >= start);
    const behind = Math.max(first, firstFrom(list, (one) => one.end > end));
    const inside = list.splice(first, behind - first, { start, end, name });
    this.bytes += end - start - inside.reduce((sum, one) => sum + one.end - one.start, 0);
    return inside.map((one) => one.name);
  }

  remove(name: string): void {
    const run = runOf(name);
    const list = this.#lists.get(run?.path ?? "");
    const at = list?.findIndex((one) => one.name === name) ?? -1;
    if (list === undefined || run === undefined || at < 0) return;
    list.splice(at, 1);
    this.bytes -= run.end - run.start;
  }
}

/** The place of the first for which this is so; from there on it is. */
function firstFrom<T>(list: readonly T[], is: (one: T) => boolean): number {
  let [from, to] = [0, list.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (is(list[middle]!)) to = middle;
    else from = middle + 1;
  }
  return from;
}

/** A name that is also one for a file. */
function nameOf({ path, start, end }: Run): string {
  return `${path.slice(1).replace("/", ".")}.${start}-${end}`;
}

const NAME = /^(blobs|pages)\.([0-9a-f]{64})\.(\d{1,15})-(\d{1,15})$/;

function runOf(name: string): Run | undefined {
  const [, kind, hash, start, end] = NAME.exec(name) ?? [];
  return kind === undefined ? undefined : { path: `/${kind}/${hash}`, start: Number(start), end: Number(end) };
}

/** The hash of the object that something is a range of. */
export function hashOf(name: string): string | undefined {
  return NAME.exec(name)?.[2];
}
