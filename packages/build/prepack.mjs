/** What a packed plugin has besides its sources: declarations of its types, and the licences. Runs in the plugin's folder. */
import { execFile } from "node:child_process";
import { copyFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = new URL("../../", import.meta.url);
const tsc = fileURLToPath(new URL("node_modules/typescript/bin/tsc", root));

await promisify(execFile)(process.execPath, [tsc, "--project", "."]).catch(({ stdout }) => {
  throw new Error(stdout);
});
for (const name of ["LICENSE-APACHE", "LICENSE-MIT"]) await copyFile(new URL(name, root), name);
