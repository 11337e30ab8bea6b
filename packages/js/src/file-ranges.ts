/**
 * Ranges as files, each under its name; the time of its last change says when it was used. They are not synced: after a power cut
 * some may be torn, which the engine notices as it would notice any other damage.
 */
import { randomUUID } from "node:crypto";
import { open, readFile, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "./folder.js";
import type { Change, RangeStore } from "./ranges.js";
import { hashOf } from "./ranges.js";

/** Files at a time. */
const AT_ONCE = 16;
/** A file that has been partial for longer was left behind by a process that died. */
const PARTIAL_FOR_MS = 60 * 60 * 1000;

export class FileRanges implements RangeStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async names(): Promise<Map<string, number>> {
    const names = await readdir(this.#folder).catch(() => []);
    const used = new Map<string, number>();
    await eachOf(names, async (name) => {
      const found = await stat(join(this.#folder, name)).catch(() => undefined);
      if (found === undefined) return;
      if (hashOf(name) !== undefined) used.set(name, found.mtimeMs);
      else if (Date.now() - found.mtimeMs > PARTIAL_FOR_MS) await rm(join(this.#folder, name), { force: true }).catch(() => undefined);
    });
    return used;
  }

  async read(names: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    const found = new Map<string, Uint8Array>();
    await eachOf(names, async (name) => {
      const bytes = await readFile(join(this.#folder, name)).catch(() => undefined);
      if (bytes !== undefined) found.set(name, bytes);
    });
    return names.map((name) => found.get(name));
  }

  async change({ put, drop, used }: Change): Promise<void> {
    await makeFolder(this.#folder);
    await eachOf(drop, (name) => rm(join(this.#folder, name), { force: true }));
    await eachOf([...put], ([name, bytes]) => this.#write(name, bytes));
    // Another process may have dropped it.
    await eachOf([...used], ([name, time]) => utimes(join(this.#folder, name), time / 1000, time / 1000).catch(() => undefined));
  }

  /** Drops those of other blobs than these. */
  async keepOnly(hashes: ReadonlySet<string>): Promise<void> {
    const names = await readdir(this.#folder).catch(() => []);
    await eachOf(names, async (name) => {
      const hash = hashOf(name);
      if (hash !== undefined && !hashes.has(hash)) await rm(join(this.#folder, name), { force: true });
    });
  }

  async #write(name: string, bytes: Uint8Array): Promise<void> {
    const partial = join(this.#folder, `.partial-${randomUUID()}`);
    try {
      const file = await open(partial, "wx");
      await file.writeFile(bytes).finally(() => file.close());
      await rename(partial, join(this.#folder, name));
    } catch (error) {
      await rm(partial, { force: true }).catch(() => undefined);
      throw error;
    }
  }
}

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const one = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, one));
}
