/**
 * Packages as users have them: those of this repository packed as for a registry, and tools of others in the versions that a lock
 * file names.
 */
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Child } from "./child.mjs";
import { freshFolder, root } from "./places.mjs";

const INSTALL_MS = 600_000;
export const QUIET = ["--no-audit", "--no-fund", "--loglevel=error"];

const packed = new Map();

/** The tarball of a package that would be published. */
export function pack(name) {
  if (!packed.has(name)) packed.set(name, packNow(name));
  return packed.get(name);
}

async function packNow(name) {
  const folder = await freshFolder(`packed-${name}`);
  await npm(["pack", "--pack-destination", folder, "--workspace", name], root);
  const [file] = (await readdir(folder)).filter((file) => file.endsWith(".tgz"));
  return join(folder, file);
}

/** Has a folder hold what the manifest and lock of another folder name, unless it does. */
export async function installLocked(from, folder) {
  const [manifest, lock] = ["package.json", "package-lock.json"].map((file) => join(from, file));
  const key = createHash("sha256").update(await readFile(manifest)).update(await readFile(lock)).digest("hex");
  const stamp = join(folder, "installed");
  if ((await readFile(stamp, "utf8").catch(() => "")) === key) return;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await Promise.all([cp(manifest, join(folder, "package.json")), cp(lock, join(folder, "package-lock.json"))]);
  await npm(["ci", ...QUIET], folder);
  await writeFile(stamp, key);
}

export function npm(args, cwd) {
  return new Child(`npm ${args[0]}`, process.platform === "win32" ? "npm.cmd" : "npm", args, { cwd }).finished(INSTALL_MS);
}
