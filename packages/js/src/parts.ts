/**
 * Brings what a replica in parts wants: ranges of blobs, and of the page lists that prove them.
 *
 *     wants ── what lies near together becomes one request ── many at a time ── cut ── the engine proves and takes each
 *
 * Where an answer is all of an object though a range was asked for, the source has no ranges of it: it is not asked for again.
 *
 * Owns: requests under way. What two searches want at once is fetched once.
 */
import type { WantedPart } from "#wasm";
import type { Boot } from "./boot.js";
import { HeadwaterError } from "./error.js";
import type { Run } from "./follow.js";
import type { Source } from "./source.js";

/** Bytes between two ranges that are fetched along, because a request of its own would take longer. */
const GAP_BYTES = 8 * 1024;
/** Requests at a time. Over HTTP/1.1 browsers make six of them at a time; one round of a search has seldom more than this. */
const AT_ONCE = 24;

/** A run of bytes of an object of the source. */
interface Bytes {
  path: string;
  start: number;
  end: number;
  /** Bytes of the object. */
  total: number;
}

export class Parts {
  readonly #run: Run;
  readonly #source: Source;
  readonly #underWay = new Map<string, Promise<Uint8Array>>();
  /** Objects of which the source has no ranges, as an answer showed; each is fetched once. */
  readonly #whole = new Map<string, Uint8Array>();
  /** Objects of which other bytes came than those that were wanted: an HTTP cache may have kept them. */
  readonly #doubtful = new Set<string>();
  /** Bytes that came. */
  fetchedBytes = 0;
  /** What is at hand before anything is asked for, while a version is opened. */
  boot: Boot | undefined;

  constructor(run: Run, source: Source) {
    this.#run = run;
    this.#source = source;
  }

  /**
   * Fetches what the engine wants of the version on its way, or of the one that is served, and gives it that. What came
   * is kept though other requests fail. Fails with `parts_missing` where the source cannot be reached.
   */
  async bring(ofNext: boolean): Promise<void> {
    const wants = this.#run((replica) => replica.wants(ofNext));
    try {
      if (wants.length === 0) throw new HeadwaterError("internal", "the engine misses parts, and does not say which");
      const asked = wants.map((want) => ({ want, own: ownOf(want), groups: groupsOf(want) }));
      const atHand = ({ path, start, end }: Bytes) => this.boot?.bytes(path, start, end);
      const lacking = asked.flatMap(({ own, groups }) => (groups === undefined ? [own] : [own, groups])).filter((run) => atHand(run) === undefined);
      const runs = joined(lacking);
      const found = new Map<Bytes, { bytes: Uint8Array; from: number }>();
      const failed = await eachOf(runs, AT_ONCE, async (run) => void found.set(run, await this.#fetch(run)));
      const cut = (wanted: Bytes) => {
        const { path, start, end } = wanted;
        const held = atHand(wanted);
        if (held !== undefined) return held;
        const run = runs.find((run) => run.path === path && run.start <= start && end <= run.end);
        const came = run && found.get(run);
        return came?.bytes.subarray(start - came.from, end - came.from);
      };
      for (const { want, own, groups } of asked) {
        const [bytes, proof] = [cut(own), groups === undefined ? new Uint8Array() : cut(groups)];
        if (bytes !== undefined && proof !== undefined) this.#take(ofNext, want, bytes, proof, own.path);
      }
      if (failed !== undefined) throw failed.error;
    } catch (thrown) {
      const error = HeadwaterError.from(thrown);
      if (error.code !== "unreachable") throw error;
      throw new HeadwaterError("parts_missing", `parts of the collection that this needs are not here, and ${error.message}`, true, { cause: error });
    } finally {
      this.#free(wants);
    }
  }

  /** Lets objects go that were fetched as a whole, and doubts: of the next version other objects are wanted. */
  forget(): void {
    this.#whole.clear();
    this.#doubtful.clear();
  }

  #take(ofNext: boolean, want: WantedPart, bytes: Uint8Array, proof: Uint8Array, path: string): void {
    try {
      this.#run((replica) => replica.takePart(ofNext, want, bytes, proof));
    } catch (thrown) {
      if (HeadwaterError.from(thrown).code === "hash_mismatch") {
        // Which of the two is wrong, nobody knows.
        [path, path.replace("/blobs/", "/pages/")].forEach((path) => this.#doubtful.add(path));
        this.#whole.delete(path);
      }
      throw thrown;
    }
  }

  #free(wants: readonly WantedPart[]): void {
    try {
      this.#run(() => wants.forEach((want) => want.free()));
    } catch {
      // The engine has stopped: what it held goes with it.
    }
  }

  /** The bytes of a run, or of the whole object where the source has no ranges. */
  async #fetch(run: Bytes): Promise<{ bytes: Uint8Array; from: number }> {
    const { path, start, end } = run;
    const whole = this.#whole.get(path);
    if (whole !== undefined) return { bytes: whole, from: 0 };
    const bytes = await this.#once(`${path} ${start} ${end}`, () => this.#count(run));
    if (bytes.length === end - start) return { bytes, from: start };
    this.#whole.set(path, bytes);
    return { bytes, from: 0 };
  }

  async #count({ path, start, end, total }: Bytes): Promise<Uint8Array> {
    const bytes = await this.#source.part(path, { from: start, exactly: end - start, total }, this.#doubtful.has(path));
    this.fetchedBytes += bytes.length;
    return bytes;
  }

  /** What is asked for twice is fetched once. */
  #once(key: string, work: () => Promise<Uint8Array>): Promise<Uint8Array> {
    let bytes = this.#underWay.get(key);
    if (bytes === undefined) {
      bytes = work().finally(() => this.#underWay.delete(key));
      this.#underWay.set(key, bytes);
    }
    return bytes;
  }
}

const PAGE_BYTES = 65_536;
const GROUP_BYTES = 4096;

function ownOf({ hash, ofList, start, end, bytes }: WantedPart): Bytes {
  return ofList ? { path: `/pages/${hash}`, start, end, total: listBytes(bytes) } : { path: `/blobs/${hash}`, start, end, total: bytes };
}

function groupsOf({ hash, bytes, groups: [start = 0, end = 0] }: WantedPart): Bytes | undefined {
  return end > start ? { path: `/pages/${hash}`, start, end, total: listBytes(bytes) } : undefined;
}

/** Bytes of the page list of a blob: FORMAT.md, "Page lists". */
function listBytes(bytes: number): number {
  return 32 * (Math.ceil(bytes / PAGE_BYTES) + Math.ceil(bytes / GROUP_BYTES));
}

/** What lies near together as one. */
function joined(runs: readonly Bytes[]): Bytes[] {
  const all: Bytes[] = [];
  for (const run of [...runs].sort((a, b) => (a.path === b.path ? a.start - b.start : a.path < b.path ? -1 : 1))) {
    const last = all.at(-1);
    if (last !== undefined && last.path === run.path && run.start <= last.end + GAP_BYTES) last.end = Math.max(last.end, run.end);
    else all.push({ ...run });
  }
  return all;
}

/** Does work for each, so many at a time, until one fails; what is under way then still ends. Returns the first failure. */
async function eachOf<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<{ error: unknown } | undefined> {
  const left = items.values();
  let failed: { error: unknown } | undefined;
  const one = async () => {
    for (const item of left) {
      if (failed !== undefined) return;
      await work(item).catch((error: unknown) => void (failed ??= { error }));
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, one));
  return failed;
}
