/**
 * Whose turn it is: tabs and workers by Web Locks, where there are any; otherwise those of this thread among
 * themselves.
 * Some pages have none to speak of: where storage is denied locks are denied as well.
 */
type Options = { mode: "exclusive" | "shared"; ifAvailable?: boolean };

/** One at a time. Who is not wanted any more before its turn has come waits no longer, and does not begin. */
export function inTurn<T>(name: string, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  let hasBegun = false;
  const begin = async () => {
    signal.throwIfAborted();
    hasBegun = true;
    return work();
  };
  const turn = locked(name, { mode: "exclusive" }, begin, () => {
    const line = lineOf(name);
    const mine = line.last.then(begin);
    line.last = mine.then(ignore, ignore);
    return waited(name, line, mine);
  }) as Promise<T>;
  return new Promise((resolve, reject) => {
    const leave = () => {
      if (!hasBegun) reject(signal.reason as Error);
    };
    signal.addEventListener("abort", leave, { once: true });
    turn.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}

/** Beside others that share, but not beside one that is alone. */
export function shared<T>(name: string, work: () => Promise<T>): Promise<T> {
  return locked(name, { mode: "shared" }, work, () => {
    const line = lineOf(name);
    return waited(name, line, line.last.then(work));
  }) as Promise<T>;
}

/** Alone, if nobody else is there; else not at all. */
export async function ifAlone(name: string, work: () => Promise<void>): Promise<void> {
  await locked(name, { mode: "exclusive", ifAvailable: true }, work, async () => {
    const line = lineOf(name);
    if (line.count > 0) return;
    const mine = work();
    line.last = mine.then(ignore, ignore);
    await waited(name, line, mine);
  });
}

async function locked<T>(name: string, options: Options, work: () => Promise<T>, without: () => Promise<T | void>): Promise<T | void> {
  const locks = (globalThis.navigator as Partial<Navigator> | undefined)?.locks;
  if (locks === undefined) return without();
  let isMine = false;
  try {
    return await locks.request(name, options, async (lock) => {
      isMine = true;
      return lock === null ? undefined : await work();
    });
  } catch (error) {
    if (isMine) throw error;
    return without();
  }
}

/** Who is in line in this thread, and what the next one waits for. */
interface Line {
  count: number;
  last: Promise<unknown>;
}

const lines = new Map<string, Line>();
const ignore = () => undefined;

function lineOf(name: string): Line {
  const line = lines.get(name) ?? { count: 0, last: Promise.resolve() };
  lines.set(name, line);
  return line;
}

async function waited<T>(name: string, line: Line, work: Promise<T>): Promise<T> {
  line.count += 1;
  try {
    return await work;
  } finally {
    line.count -= 1;
    if (line.count === 0) lines.delete(name);
  }
}
