/**
 * The package as a user has it: packed, and installed beside a bundler of the version that its lock file names.
 *
 * Owns: `target/bundlers/<tool>`. The bundlers stay there from run to run, the package is installed anew by every one.
 */
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child } from "../../e2e/support/child.mjs";
import { freshFolder, root, target } from "../../e2e/support/places.mjs";

const HERE = fileURLToPath(new URL("../", import.meta.url));
const INSTALL_MS = 300_000;
const QUIET = ["--no-audit", "--no-fund", "--loglevel=error"];

let packed;

/** The tarball that would be published. */
export function pack() {
  packed ??= (async () => {
    const folder = await freshFolder("bundlers-package");
    await npm(["pack", "--pack-destination", folder, "--workspace", "headwater"], root);
    const [file] = (await readdir(folder)).filter((name) => name.endsWith(".tgz"));
    return join(folder, file);
  })();
  return packed;
}

/** A folder with the tool, the package and the application; returns its path. */
export async function install(tool, application = "app") {
  const folder = join(target, "bundlers", tool);
  const [manifest, lock] = ["package.json", "package-lock.json"].map((file) => join(HERE, tool, file));
  const key = createHash("sha256").update(await readFile(manifest)).update(await readFile(lock)).digest("hex");
  const stamp = join(folder, "installed");
  if ((await readFile(stamp, "utf8").catch(() => "")) !== key) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await Promise.all([cp(manifest, join(folder, "package.json")), cp(lock, join(folder, "package-lock.json"))]);
    await npm(["ci", ...QUIET], folder);
    await writeFile(stamp, key);
  }
  // Of this version there is one already, of another build. Some also keep what they made of it.
  for (const kept of ["headwater", ".vite", ".cache"]) await rm(join(folder, "node_modules", kept), { recursive: true, force: true });
  await npm(["install", "--no-save", "--no-package-lock", ...QUIET, await pack()], folder);
  const copy = join(folder, "application");
  await rm(copy, { recursive: true, force: true });
  // What only this tool has comes on top.
  for (const from of [application, `${tool}/application`]) await cp(join(HERE, from), copy, { recursive: true }).catch(unlessMissing);
  return copy;
}

/** Runs a program that npm installed beside an application. */
export function run(application, program, args, env = {}) {
  return start(application, program, args, env).finished(INSTALL_MS);
}

/** The same, not awaited. */
export function start(application, program, args, env = {}) {
  const bin = join(application, "..", "node_modules", ".bin", program);
  return new Child(`${program} ${args.join(" ")}`, bin, args, { cwd: application, env: { ...env, ...QUIET_TOOLS } });
}
const QUIET_TOOLS = { NEXT_TELEMETRY_DISABLED: "1", NEXT_IGNORE_INCORRECT_LOCKFILE: "1", CI: "1" };

function unlessMissing(error) {
  if (error.code !== "ENOENT") throw error;
}

function npm(args, cwd) {
  return new Child(`npm ${args[0]}`, process.platform === "win32" ? "npm.cmd" : "npm", args, { cwd }).finished(INSTALL_MS);
}
