/** Runs `headwater build` over a folder of built pages. Which command: the option, HEADWATER_BIN, or the PATH's. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { isAbsolute, resolve } from "node:path";

/**
 * What `headwater build` is told; docs/sites.md of Headwater's repository says what each does. Paths are relative to the folder of
 * the site's configuration.
 *
 * @typedef {object} BuildOptions
 * @property {string} [command] The headwater command, when it is neither in HEADWATER_BIN nor on the PATH.
 * @property {string} [state] Folder of the private key and of what is built, `.headwater` when absent. Keep it, and do not publish it.
 * @property {string} [model] Folder of a model2vec model, for pages of all languages.
 * @property {string} [lang] Language of pages that declare none.
 * @property {string[]} [include] Only pages that match one of these patterns.
 * @property {string[]} [exclude] No pages that match one of these patterns.
 * @property {string} [rootSelector] CSS selector of the content, for pages that do not mark it.
 * @property {string} [pieces] Bytes of a piece, such as `64KiB`, for hosts that ignore ranges.
 * @property {string} [package] Folder of the npm package's `dist`, for a command that was built without it.
 */

/** @type {Record<Exclude<keyof BuildOptions, "command">, string>} */
const FLAGS = {
  state: "--state", model: "--model", lang: "--lang", include: "--include", exclude: "--exclude", rootSelector: "--root-selector",
  pieces: "--pieces", package: "--package",
};

/** What the server of a generator says, where no search is built. */
export const AFTER_BUILD = "headwater: the search box is in the built site; pages that are still being written have none";

/**
 * Makes a folder of built pages searchable: writes `headwater/` into it. What the command says, it says to this process's terminal.
 *
 * @param {string} site The folder of pages.
 * @param {BuildOptions} [options]
 * @param {string} [cwd] What relative paths are relative to.
 */
export async function buildSearch(site, options = {}, cwd = process.cwd()) {
  const args = ["build", site, ...argumentsOf(options)];
  const command = commandOf(options, cwd);
  const child = spawn(command, args, { cwd, stdio: ["ignore", "inherit", "inherit"] });
  const [code, signal] = await once(child, "close").catch((cause) => {
    throw new Error(startFailure(command, cause), { cause });
  });
  if (code !== 0) throw new Error(`\`headwater build\` ended with ${signal ?? `exit code ${code}`}; what it said stands above`);
}

/** @param {BuildOptions} options */
function argumentsOf(options) {
  return Object.entries(options).flatMap(([name, value]) => {
    if (value === undefined || name === "command") return [];
    const flag = Object.hasOwn(FLAGS, name) ? FLAGS[/** @type {keyof typeof FLAGS} */ (name)] : undefined;
    if (flag === undefined) throw new TypeError(`headwater has no option "${name}"; it has command, ${Object.keys(FLAGS).join(", ")}`);
    const values = flag === FLAGS.include || flag === FLAGS.exclude ? value : [value];
    if (!Array.isArray(values) || !values.every((each) => typeof each === "string")) {
      throw new TypeError(`headwater's option "${name}" is to be ${values === value ? "a list of texts" : "a text"}`);
    }
    return values.map((each) => `${flag}=${each}`);
  });
}

/** A name is looked for on the PATH, a path is one from the configuration's folder.
 * @param {BuildOptions} options
 * @param {string} cwd
 */
function commandOf({ command }, cwd) {
  const named = command ?? (process.env.HEADWATER_BIN || "headwater");
  return /[\\/]/.test(named) && !isAbsolute(named) ? resolve(cwd, named) : named;
}

/**
 * @param {string} command
 * @param {NodeJS.ErrnoException} cause
 */
function startFailure(command, cause) {
  const why = cause.code === "ENOENT" ? `there is no command ${command}` : `${command} cannot be run (${cause.message})`;
  return (
    `${why}: search is built by the headwater command. Name it with the option "command" or in HEADWATER_BIN, or have it on the PATH; ` +
    "`cargo xtask build origin` in a clone of Headwater's repository makes it, as target/release/headwater"
  );
}
