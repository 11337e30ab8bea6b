/**
 * What Node keeps, as files. A file is written beside its place, synced and renamed: what has a name is whole.
 *
 *     blobs/{hash in hex}
 *     replicas/{hash of the source's URL}     the record as JSON text
 *     ranges/{kind}.{hash}.{from}-{to}        bytes of a blob, or of its page list
 *
 * Owns: the files of its folder. Several processes may share one; who replaces what is the engine's affair.
 */
import { randomUUID } from "node:crypto";
import { open, readFile, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Needs, Store } from "./cache.js";
import { FileRanges } from "./file-ranges.js";
import { makeFolder, orIfMissing } from "./folder.js";

/** A file that has been partial for longer was left behind by a process that died. */
const PARTIAL_FOR_MS = 60 * 60 * 1000;
const PARTIAL = ".partial-";

export class Files implements Store {
  readonly #blobs: string;
  readonly #replicas: string;
  readonly #record: string;
  readonly ranges: FileRanges;

  /** `name` is that of the source: a URL is no file name, its hash is. */
  constructor(folder: string, name: string) {
    this.#blobs = join(folder, "blobs");
    this.#replicas = join(folder, "replicas");
    this.#record = join(this.#replicas, name);
    this.ranges = new FileRanges(join(folder, "ranges"));
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

  async tidy(needs: (record: string) => Needs): Promise<void> {
    const held = await namesIn(this.#blobs);
    const [needed, ofRanges] = [new Set<string>(), new Set<string>()];
    for (const name of await namesIn(this.#replicas)) {
      const record = await read(join(this.#replicas, name));
      if (record === undefined) continue;
      const { blobs, ranges } = needs(record.toString());
      for (const hash of blobs) needed.add(hash);
      for (const hash of ranges) ofRanges.add(hash);
    }
    for (const hash of held) {
      if (!needed.has(hash)) await rm(join(this.#blobs, hash), { force: true });
    }
    await this.ranges.keepOnly(ofRanges);
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
