/**
 * Brings what a replica in parts wants: ranges of blobs, and of the page lists that prove them.
 *
 *     wants ── what is kept is read ──────────────────────────────────────────┐
 *          └── what lies near together becomes one request ── many at a time ─┴─ cut ── the engine proves and takes each ── kept
 *
 * Where an answer is all of an object though a range was asked for, the source has no ranges of it: it is not asked for again.
 *
 * Owns: requests under way. What two searches want at once is fetched once. Does not own: what is kept.
 */
import type { WantedPart } from "#wasm";
import type { Boot } from "./boot.js";
import { HeadwaterError } from "./error.js";
import type { Run } from "./follow.js";
import type { KeptRanges, Run as Stretch } from "./ranges.js";
import type { Source } from "./source.js";

/** Bytes between two ranges that are fetched along, because a request of its own would take longer. */
const GAP_BYTES = 8 * 1024;
/** Requests at a time. Over HTTP/1.1 browsers make six of them at a time; one round of a search has seldom more than this. */
const AT_ONCE = 24;

/** A run of bytes of an object of the source. */
interface Bytes extends Stretch {
  /** Bytes of the object. */
  total: number;
}

/** Bytes that are here; with a name, where they were kept. */
interface Cut {
  bytes: Uint8Array;
  name?: string | undefined;
}

/** The same, and of which object they are, from where on. */
interface Piece extends Cut {
  path: string;
  start: number;
}

/** Something wanted, and where it is to be had. */
interface Asked {
  want: WantedPart;
  own: Bytes;
  groups: Bytes | undefined;
}

export class Parts {
  readonly #run: Run;
  readonly #source: Source;
  readonly #ranges: KeptRanges;
  readonly #underWay = new Map<string, Promise<Uint8Array>>();
  /** Objects of which the source has no ranges, as an answer showed; each is fetched once. */
  readonly #whole = new Map<string, Uint8Array>();
  /** Objects of which other bytes came than those that were wanted: an HTTP cache may have kept them. */
  readonly #doubtful = new Set<string>();
  #isOver = false;
  /** Bytes that came from the source. */
  fetchedBytes = 0;
  /** What is at hand before anything is asked for, while a version is opened. */
  boot: Boot | undefined;

  constructor(run: Run, source: Source, ranges: KeptRanges) {
    this.#run = run;
    this.#source = source;
    this.#ranges = ranges;
  }

  /** All is here: what is still under way is of no use. */
  end(): void {
    this.#isOver = true;
  }

  /**
   * Brings what the engine wants of the version on its way, or of the one that is served, and gives it that. What came
   * is kept though other requests fail. Fails with `parts_missing` where the source cannot be reached, or is not to be asked and
   * nothing of it is kept.
   */
  async bring(ofNext: boolean, from?: "kept"): Promise<void> {
    const wants = this.#run((replica) => replica.wants(ofNext));
    try {
      if (wants.length === 0) throw new HeadwaterError("internal", "the engine misses parts, and does not say which");
      await this.#bring(ofNext, wants.map((want) => ({ want, own: ownOf(want), groups: groupsOf(want) })), from);
    } catch (thrown) {
      const error = HeadwaterError.from(thrown);
      if (this.#isOver && !ofNext) return;
      if (error.code !== "unreachable") throw error;
      throw new HeadwaterError("parts_missing", `parts of the collection that this needs are not here, and ${error.message}`, true, { cause: error });
    } finally {
      this.#free(wants);
    }
  }

  /**
   * What was kept and is damaged, or another tab has dropped, is not brought now: it is wanted again, and by then known to be
   * fetched.
   */
  async #bring(ofNext: boolean, asked: readonly Asked[], from?: "kept"): Promise<void> {
    const all = asked.flatMap(({ own, groups }) => (groups === undefined ? [own] : [own, groups]));
    const lacking = all.filter((run) => this.boot?.bytes(run.path, run.start, run.end) === undefined);
    const names = new Set(lacking.flatMap((run) => this.#ranges.find(run) ?? []));
    const runs = from === "kept" ? [] : joined(lacking.filter((run) => this.#ranges.find(run) === undefined));
    const pieces: Piece[] = [];
    const [kept, failed] = await Promise.all([
      this.#ranges.read([...names]),
      eachOf(runs, AT_ONCE, async (run) => void pieces.push(await this.#fetch(run))),
    ]);
    pieces.push(...kept);
    if (this.#isOver && !ofNext) return;
    const taken = asked.filter((one) => this.#takeFrom(pieces, ofNext, one));
    if (from === "kept" && taken.length === 0) throw new HeadwaterError("parts_missing", "parts of the collection that this needs are not kept", true);
    for (const run of runs) {
      const bytes = cut(pieces, run)?.bytes;
      if (bytes !== undefined) this.#ranges.put(run, bytes);
    }
    if (failed !== undefined && !(await this.#isKeptByNow(failed.error, runs))) throw failed.error;
  }

  /** Whether the engine has taken it. */
  #takeFrom(pieces: readonly Piece[], ofNext: boolean, { want, own, groups }: Asked): boolean {
    const piece = (run: Bytes): Cut | undefined => {
      const bytes = this.boot?.bytes(run.path, run.start, run.end);
      return bytes === undefined ? cut(pieces, run) : { bytes };
    };
    const [bytes, proof] = [piece(own), groups === undefined ? { bytes: new Uint8Array() } : piece(groups)];
    if (bytes === undefined || proof === undefined) return false;
    const kept = [bytes, proof].flatMap(({ name }) => name ?? []);
    try {
      this.#take(ofNext, want, bytes.bytes, proof.bytes, own.path);
      return true;
    } catch (thrown) {
      if (kept.length === 0 || !["hash_mismatch", "corrupt"].includes(HeadwaterError.from(thrown).code)) throw thrown;
      for (const name of kept) this.#ranges.drop(name);
      return false;
    }
  }

  /** Whether another tab has fetched some of it, where this one cannot. */
  async #isKeptByNow(error: unknown, runs: readonly Bytes[]): Promise<boolean> {
    if (HeadwaterError.from(error).code !== "unreachable") return false;
    await this.#ranges.look();
    return runs.some((run) => this.#ranges.find(run) !== undefined);
  }

  /** Keeps what a boot object brought. */
  keep(boot: Boot): void {
    for (const { path, start, bytes } of boot.parts()) this.#ranges.put({ path, start, end: start + bytes.length }, bytes);
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
  async #fetch(run: Bytes): Promise<Piece> {
    const { path, start, end } = run;
    const whole = this.#whole.get(path);
    if (whole !== undefined) return { path, start: 0, bytes: whole };
    const bytes = await this.#once(`${path} ${start} ${end}`, () => this.#count(run));
    if (bytes.length === end - start) return { path, start, bytes };
    this.#whole.set(path, bytes);
    return { path, start: 0, bytes };
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

/** Of pieces, the bytes of a run; with a name, where they were kept. */
function cut(pieces: readonly Piece[], { path, start, end }: Bytes): Cut | undefined {
  const piece = pieces.find((piece) => piece.path === path && piece.start <= start && end <= piece.start + piece.bytes.length);
  return piece && { bytes: piece.bytes.subarray(start - piece.start, end - piece.start), name: piece.name };
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
