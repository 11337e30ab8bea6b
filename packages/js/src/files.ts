/**
 * What Node keeps, as files. A file is written beside its place, synced and renamed: what has a name is whole.
 *
 * Owns: the files of its folder. Several processes may share one; who replaces what is the engine's affair.
 */
import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { HostStore } from "./engine.js";

/** A file that has been partial for longer was left behind by a process that died. */
const PARTIAL_FOR_MS = 60 * 60 * 1000;
const PARTIAL = ".partial-";
/** How operating systems say that there is no room. */
const FULL = ["ENOSPC", "EDQUOT"];

export class Files implements HostStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return readFile(this.#path(key)).catch(orIfMissing(undefined));
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const path = this.#path(key);
    const partial = join(dirname(path), PARTIAL + randomUUID());
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeSynced(partial, bytes);
      await rename(partial, path);
      await syncFolder(dirname(path));
    } catch (error) {
      await rm(partial, { force: true }).catch(() => undefined);
      throw isFull(error) ? Object.assign(new Error(error.message), { name: "QuotaExceededError" }) : error;
    }
  }

  async delete(key: string): Promise<void> {
    await rm(this.#path(key), { force: true });
  }

  async keys(prefix: string): Promise<string[]> {
    const folder = this.#path(prefix);
    const names = await readdir(folder).catch(orIfMissing([]));
    const partial = names.filter((name) => name.startsWith(PARTIAL));
    await Promise.all(partial.map((name) => removeIfOld(join(folder, name))));
    return names.filter((name) => !name.startsWith("."));
  }

  #path(key: string): string {
    return join(this.#folder, ...key.split("/"));
  }
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the names in a folder last through a power cut, on systems where a folder can be synced. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r").catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

async function removeIfOld(path: string): Promise<void> {
  const { mtimeMs } = await stat(path).catch(orIfMissing({ mtimeMs: Infinity }));
  if (Date.now() - mtimeMs > PARTIAL_FOR_MS) await rm(path, { force: true });
}

function orIfMissing<T>(instead: T): (error: unknown) => T {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return instead;
    throw error;
  };
}

function isFull(error: unknown): error is Error {
  return FULL.includes((error as NodeJS.ErrnoException).code ?? "");
}
