/**
 * Brings what a replica in parts wants: ranges of blobs, and of the page lists that prove them.
 *
 *     wants ── what is kept is read ──────────────────────────────────────────┐
 *          └── what lies near together becomes one request ── many at a time ─┴─ cut ── the engine proves and takes each ── kept
 *
 * Owns: which bytes are read from the store, and which are fetched. Does not own: what is kept, and requests (`objects.ts`).
 */
import type { WantedPart } from "#wasm";
import type { Boot } from "./boot.js";
import { HeadwaterError } from "./error.js";
import type { Run } from "./follow.js";
import { Objects } from "./objects.js";
import type { Stretch } from "./objects.js";
import { Pieces } from "./pieces.js";
import type { Bytes } from "./pieces.js";
import type { KeptRanges } from "./ranges.js";
import { NoRanges } from "./source.js";
import type { Source } from "./source.js";

/** Bytes between two ranges that are fetched along, because a request of its own would take longer. */
const GAP_BYTES = 8 * 1024;

/** Bytes that are here, by what names they were kept, and of which objects they came in pieces. */
interface Cut {
  bytes: Uint8Array;
  names: string[];
  inPieces: string[];
}

/** Something wanted, and where it is to be had. */
interface Asked {
  want: WantedPart;
  own: Bytes;
  groups: Bytes | undefined;
}

/** What was to be fetched, and why not all of it came. */
interface Gathered {
  runs: Bytes[];
  failed?: { error: unknown } | undefined;
}

export class Parts {
  readonly #run: Run;
  readonly #ranges: KeptRanges;
  readonly #pieces: Pieces;
  readonly #objects: Objects;
  #isOver = false;
  /** What is at hand before anything is asked for, while a version is opened. */
  #boot: Boot | undefined;

  constructor(run: Run, source: Source, ranges: KeptRanges) {
    this.#run = run;
    this.#ranges = ranges;
    this.#pieces = new Pieces(() => source.pieces());
    this.#objects = new Objects(source, this.#pieces);
  }

  /** Bytes that came from the source. */
  get fetchedBytes(): number {
    return this.#objects.fetchedBytes;
  }

  /** So many came by other ways. */
  addFetched(bytes: number): void {
    this.#objects.fetchedBytes += bytes;
  }

  set boot(boot: Boot | undefined) {
    this.#boot = boot;
    if (boot !== undefined) this.#pieces.told(boot.pieces);
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
    const lacking = all.filter((run) => this.#boot?.bytes(run.path, run.start, run.end) === undefined);
    const found: Stretch[] = [];
    const { runs, failed } = from === "kept" ? await this.#read(lacking, found) : await this.#gather(lacking, found);
    if (this.#isOver && !ofNext) return;
    const taken = asked.filter((one) => this.#takeFrom(found, ofNext, one));
    if (from === "kept" && taken.length === 0) throw new HeadwaterError("parts_missing", "parts of the collection that this needs are not kept", true);
    for (const run of runs) this.#put(run, cut(found, run));
    if (failed !== undefined && !(await this.#isKeptByNow(failed.error, runs))) throw failed.error;
  }

  async #read(lacking: readonly Bytes[], found: Stretch[]): Promise<Gathered> {
    const names = new Set(lacking.flatMap((run) => this.#ranges.cover(run) ?? []));
    found.push(...(await this.#ranges.read([...names])));
    return { runs: [] };
  }

  /** Reads and fetches what is lacking, and says what was to be fetched; once more, where by then it is known that there are no ranges. */
  async #gather(lacking: readonly Bytes[], found: Stretch[]): Promise<Gathered> {
    await this.#pieces.ready();
    for (;;) {
      const left = lacking.filter((run) => cut(found, run) === undefined);
      const here = left.flatMap((run) => this.#ranges.cover(run) ?? []);
      const asked = joined(left.filter((run) => this.#ranges.cover(run) === undefined));
      const planned = new Map(asked.flatMap((run) => this.#pieces.of(run) ?? [run]).map((run) => [`${run.path} ${run.start}`, run]));
      const runs = [...planned.values()].filter((run) => !this.#ranges.has(run));
      const names = new Set([...here, ...[...planned.values()].flatMap((run) => this.#ranges.cover(run) ?? [])]);
      const [kept, failed] = await Promise.all([this.#ranges.read([...names]), this.#objects.fetchEach(runs, found)]);
      found.push(...kept);
      if (!(failed?.error instanceof NoRanges) || !(await this.#pieces.areInstead())) return { runs, failed };
    }
  }

  /** Keeps what came, unless it is a piece of an object whose pieces are not right; one that cannot be kept is held. */
  #put(run: Bytes, part: Cut | undefined): void {
    if (part === undefined || (part.inPieces.length > 0 && !this.#pieces.has(run.path, run.total))) return;
    this.#ranges.put(run, part.bytes);
    if (run.piece !== undefined && !this.#ranges.has(run)) this.#pieces.hold(run.piece, part.bytes);
  }

  /** Whether the engine has taken it. */
  #takeFrom(found: readonly Stretch[], ofNext: boolean, { want, own, groups }: Asked): boolean {
    const part = (run: Bytes): Cut | undefined => {
      const bytes = this.#boot?.bytes(run.path, run.start, run.end);
      return bytes === undefined ? cut(found, run) : { bytes, names: [], inPieces: [] };
    };
    const [bytes, proof] = [part(own), groups === undefined ? { bytes: new Uint8Array(), names: [], inPieces: [] } : part(groups)];
    if (bytes === undefined || proof === undefined) return false;
    const kept = [...bytes.names, ...proof.names];
    const inPieces = [...bytes.inPieces, ...proof.inPieces];
    try {
      this.#take(ofNext, want, bytes.bytes, proof.bytes, own.path);
      return true;
    } catch (thrown) {
      if (kept.length + inPieces.length === 0 || !["hash_mismatch", "corrupt"].includes(HeadwaterError.from(thrown).code)) throw thrown;
      for (const name of kept) this.#ranges.drop(name);
      // What was kept may be what is wrong: then the pieces are right, and are asked for again.
      if (kept.length === 0) inPieces.forEach((path) => this.#pieces.fail(path));
      return false;
    }
  }

  /** Whether another tab has fetched some of it, where this one cannot. */
  async #isKeptByNow(error: unknown, runs: readonly Bytes[]): Promise<boolean> {
    if (HeadwaterError.from(error).code !== "unreachable") return false;
    await this.#ranges.look();
    return runs.some((run) => this.#ranges.cover(run) !== undefined);
  }

  /** Keeps what a boot object brought. */
  keep(boot: Boot): void {
    for (const { path, start, bytes } of boot.parts()) this.#ranges.put({ path, start, end: start + bytes.length }, bytes);
  }

  /** Lets objects go that were fetched as a whole, and doubts: of the next version other objects are wanted. */
  forget(): void {
    this.#objects.forget();
    this.#pieces.forget();
  }

  #take(ofNext: boolean, want: WantedPart, bytes: Uint8Array, proof: Uint8Array, path: string): void {
    try {
      this.#run((replica) => replica.takePart(ofNext, want, bytes, proof));
    } catch (thrown) {
      if (HeadwaterError.from(thrown).code === "hash_mismatch") this.#objects.doubt(path);
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

/** The bytes of a run, of one of these that has them all, or of several put together. */
function cut(found: readonly Stretch[], { path, start, end }: Bytes): Cut | undefined {
  const of = found.filter((one) => one.path === path);
  const told = (many: Stretch[], bytes: Uint8Array) => ({
    bytes,
    names: many.flatMap(({ name }) => name ?? []),
    inPieces: many.some(({ isPiece }) => isPiece) ? [path] : [],
  });
  const one = of.find((one) => one.start <= start && end <= endOf(one));
  if (one !== undefined) return told([one], one.bytes.subarray(start - one.start, end - one.start));
  const many: Stretch[] = [];
  for (let at = start; at < end; at = endOf(many.at(-1)!)) {
    const next = of.find((one) => one.start <= at && at < endOf(one));
    if (next === undefined) return undefined;
    many.push(next);
  }
  const bytes = new Uint8Array(end - start);
  for (const one of many) {
    const from = Math.max(start, one.start);
    bytes.set(one.bytes.subarray(from - one.start, end - one.start), from - start);
  }
  return told(many, bytes);
}

const endOf = ({ start, bytes }: Stretch) => start + bytes.length;

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
