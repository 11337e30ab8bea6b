/**
 * The package as a user has it: packed, and installed beside a bundler of the version that its lock file names.
 *
 * Owns: `target/bundlers/<tool>`. The bundlers stay there from run to run, the package is installed anew by every one.
 */
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child } from "../../e2e/support/child.mjs";
import { QUIET, installLocked, npm, pack as packPackage } from "../../e2e/support/npm.mjs";
import { target } from "../../e2e/support/places.mjs";

const HERE = fileURLToPath(new URL("../", import.meta.url));
const RUN_MS = 300_000;

/** The tarball that would be published. */
export function pack() {
  return packPackage("headwater");
}

/** A folder with the tool, the package and the application; returns its path. */
export async function install(tool, application = "app") {
  const folder = join(target, "bundlers", tool);
  await installLocked(join(HERE, tool), folder);
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
  return start(application, program, args, env).finished(RUN_MS);
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
