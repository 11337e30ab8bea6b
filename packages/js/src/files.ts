/**
 * What Node keeps, as files. A file is written beside its place, synced and renamed: what has a name is whole.
 *
 *     blobs/{hash in hex}
 *     replicas/{hash of the source's URL}     the record as JSON text
 *
 * Owns: the files of its folder. Several processes may share one; who replaces what is the engine's affair.
 */
import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Store } from "./cache.js";

/** A file that has been partial for longer was left behind by a process that died. */
const PARTIAL_FOR_MS = 60 * 60 * 1000;
const PARTIAL = ".partial-";

export class Files implements Store {
  readonly #blobs: string;
  readonly #replicas: string;
  readonly #record: string;

  /** `name` is that of the source: a URL is no file name, its hash is. */
  constructor(folder: string, name: string) {
    this.#blobs = join(folder, "blobs");
    this.#replicas = join(folder, "replicas");
    this.#record = join(this.#replicas, name);
  }

  record(): Promise<string | undefined> {
    return read(this.#record).then((bytes) => bytes?.toString());
  }

  async swap(record: string, may: (kept: string | undefined, held: ReadonlySet<string>) => boolean): Promise<boolean> {
    const is = may(await this.record(), await this.hashes());
    if (is) await write(this.#record, Buffer.from(record));
    return is;
  }

  blob(hash: string): Promise<Uint8Array | undefined> {
    return read(join(this.#blobs, hash));
  }

  putBlob(hash: string, bytes: Uint8Array): Promise<void> {
    return write(join(this.#blobs, hash), bytes);
  }

  async hashes(): Promise<Set<string>> {
    return new Set(await namesIn(this.#blobs));
  }

  async tidy(needs: (record: string) => readonly string[]): Promise<void> {
    const held = await namesIn(this.#blobs);
    const needed = new Set<string>();
    for (const name of await namesIn(this.#replicas)) {
      const record = await read(join(this.#replicas, name));
      for (const hash of record === undefined ? [] : needs(record.toString())) needed.add(hash);
    }
    for (const hash of held) {
      if (!needed.has(hash)) await rm(join(this.#blobs, hash), { force: true });
    }
  }
}

function read(path: string): Promise<Buffer | undefined> {
  return readFile(path).catch(orIfMissing(undefined));
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  const partial = join(dirname(path), PARTIAL + randomUUID());
  try {
    await makeFolder(dirname(path));
    await writeSynced(partial, bytes);
    await rename(partial, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw error;
  }
}

/**
 * Not by the option `recursive`: where a folder that is there says of every new one that it is missing, as `/proc` does,
 * Node asks for the one and the other in turn for ever.
 */
async function makeFolder(path: string): Promise<void> {
  const make = () => mkdir(path).catch(orIf("EEXIST", undefined));
  const parent = dirname(path);
  if (parent === path) return make();
  const isMade = await make().then(() => true, orIf("ENOENT", false));
  if (isMade) return;
  await makeFolder(parent);
  await make();
}

async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(orIfMissing([]));
  const partial = names.filter((name) => name.startsWith(PARTIAL));
  // A folder that is only read may keep them.
  await Promise.all(partial.map((name) => removeIfOld(join(folder, name)).catch(() => undefined)));
  return names.filter((name) => !name.startsWith("."));
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
  return orIf("ENOENT", instead);
}

function orIf<T>(code: string, instead: T): (error: unknown) => T {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code === code) return instead;
    throw error;
  };
}
