/**
 * Folders that take long to make and depend on nothing but their inputs: made once, kept under a name
 * that is the hash of those inputs, and copied for each use so that no test finds another's traces.
 */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { cp, mkdir, readFile, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { freshFolder, workDir } from "./places.mjs";

/** `make(folder)` fills the folder, unless a former run did so from the same inputs. Returns a copy. */
export async function prepared(name, inputs, make) {
  const key = await hashOf(inputs);
  const kept = join(workDir, `${name}-${key}`);
  if (!(await exists(kept))) {
    const making = await freshFolder(name);
    await make(making);
    await forget(name);
    await rename(making, kept);
  }
  const copy = await freshFolder(name);
  await cp(kept, copy, { recursive: true, mode: constants.COPYFILE_FICLONE });
  return copy;
}

/** What was made from other inputs is of no use any more. */
async function forget(name) {
  await mkdir(workDir, { recursive: true });
  for (const entry of await readdir(workDir)) {
    if (new RegExp(`^${name}-[0-9a-f]{16}$`).test(entry)) await rm(join(workDir, entry), { recursive: true, force: true });
  }
}

async function hashOf(paths) {
  const hash = createHash("sha256");
  for (const path of paths) await addTo(hash, path);
  return hash.digest("hex").slice(0, 16);
}

async function addTo(hash, path) {
  if (!(await stat(path)).isDirectory()) {
    hash.update(await readFile(path));
    return;
  }
  for (const entry of (await readdir(path)).sort()) await addTo(hash, join(path, entry));
}

async function exists(path) {
  return stat(path).then(() => true, () => false);
}
