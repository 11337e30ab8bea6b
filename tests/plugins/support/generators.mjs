/**
 * The generators: how each is installed, and makes its site with its plugin.
 *
 * Owns: `target/plugins/<generator>`. What npm installed stays there from run to run; the plugins are packed and installed anew.
 */
import { appendFile, cp, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child } from "../../e2e/support/child.mjs";
import { QUIET, installLocked, npm, pack } from "../../e2e/support/npm.mjs";
import { headwaterBin, packageDist, root, target } from "../../e2e/support/places.mjs";
import { writePages } from "./pages.mjs";

const HERE = fileURLToPath(new URL("../", import.meta.url));
const BUILD_MS = 600_000;
/** Programs of Python packages, in the environment that `cargo xtask` makes. */
const PYTHON_BIN = process.env.HEADWATER_PYTHON_BIN ?? join(target, "xtask", "venv-plugins", "bin");
/** A command that was built without the npm package's scripts is told where they are. */
const ENV = { HEADWATER_BIN: headwaterBin, HEADWATER_PACKAGE: packageDist, CI: "1", ASTRO_TELEMETRY_DISABLED: "1", NO_UPDATE_NOTIFIER: "1" };

/** What its themes load from elsewhere, and do without. */
const FROM_ELSEWHERE = /ERR_NAME_NOT_RESOLVED|ERR_INTERNET_DISCONNECTED|hljs is not defined/;

/** By name; `long` ones are left out of a short run. `tolerates`: what pages complain of without the plugin as well. */
export const GENERATORS = [
  { name: "vitepress", start: () => ofNpm({ tool: "vitepress", plugin: "headwater-vitepress", pages: ".", args: ["build"], output: ".vitepress/dist", serve: ["dev"] }) },
  { name: "docusaurus", long: true, start: () => ofNpm({ tool: "docusaurus", plugin: "headwater-docusaurus", pages: "docs", args: ["build"], output: "build", serve: ["start", "--no-open"] }) },
  { name: "starlight", long: true, start: () => ofNpm({ tool: "astro", plugin: "headwater-astro", pages: "src/content/docs", titled: true, args: ["build"], output: "dist", serve: ["dev"] }) },
  { name: "mkdocs", tolerates: FROM_ELSEWHERE, start: () => ofMkdocs("mkdocs") },
  { name: "mkdocs with readthedocs", tolerates: FROM_ELSEWHERE, start: () => ofMkdocs("readthedocs") },
  { name: "mkdocs with material", tolerates: FROM_ELSEWHERE, start: () => ofMkdocs("material") },
  { name: "mdbook", start: ofMdbook },
];

async function ofNpm({ tool, plugin, pages, titled, args, output, serve }) {
  const folder = join(target, "plugins", tool);
  await installLocked(join(HERE, tool), folder);
  for (const name of ["headwater-build", plugin]) await rm(join(folder, "node_modules", name), { recursive: true, force: true });
  await npm(["install", "--no-save", "--no-package-lock", ...QUIET, await pack("headwater-build"), await pack(plugin)], folder);
  const site = await fresh(join(folder, "site"));
  await cp(join(HERE, tool, "site"), site, { recursive: true });
  await writePages(join(site, pages), { titled });
  // Docusaurus wants a manifest beside its configuration, and not one that says "module".
  await writeFile(join(site, "package.json"), '{ "private": true }\n');
  return made({ site, output, program: join(folder, "node_modules", ".bin", tool), args, serve });
}

async function ofMkdocs(theme) {
  const site = await fresh(join(target, "plugins", `mkdocs-${theme}`));
  await cp(join(HERE, "mkdocs"), site, { recursive: true });
  // Scripts of this theme need the search that the box takes the place of.
  if (theme === "mkdocs") await appendFile(join(site, "mkdocs.yml"), "  - search\n");
  await writePages(join(site, "docs"));
  const plugin = join(root, "packages", "mkdocs");
  await new Child("pip", join(PYTHON_BIN, "pip"), ["install", "--quiet", "--no-deps", "--no-build-isolation", "--force-reinstall", "--disable-pip-version-check", plugin]).finished(BUILD_MS);
  return made({ site, output: "site", program: join(PYTHON_BIN, "mkdocs"), args: ["build", "--quiet", "--strict"], serve: ["serve"], env: { THEME: theme } });
}

async function ofMdbook() {
  const site = await fresh(join(target, "plugins", "mdbook"));
  await cp(join(HERE, "mdbook", "book.toml"), join(site, "book.toml"));
  await writePages(join(site, "src"));
  await cp(join(HERE, "mdbook", "SUMMARY.md"), join(site, "src", "SUMMARY.md"));
  // book.toml names the command as users have it: by its name, on the PATH.
  const bin = join(site, "bin");
  await mkdir(bin);
  await symlink(headwaterBin, join(bin, "headwater"));
  const env = { PATH: `${bin}${delimiter}${process.env.PATH}` };
  return made({ site, output: "book/html", program: join(PYTHON_BIN, "mdbook"), args: ["build"], env });
}

function made({ site, output, program, args, serve, env = {} }) {
  const start = (args, more = {}) => new Child(`${program} ${args.join(" ")}`, program, args, { cwd: site, env: { ...ENV, ...env, ...more } });
  return {
    site,
    output: join(site, output),
    /** Builds the site, and returns what was said. */
    build: () => start(args).finished(BUILD_MS),
    /** The same, whatever comes of it. */
    tryBuild: (more) => start(args, more).outcome(BUILD_MS),
    serve: serve && ((port) => start([...serve, ...portOf(program, port)])),
  };
}

const portOf = (program, port) => (program.endsWith("mkdocs") ? ["--dev-addr", `127.0.0.1:${port}`] : ["--port", `${port}`, "--host", "127.0.0.1"]);

async function fresh(folder) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  return folder;
}
