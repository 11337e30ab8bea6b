/** Programs outside of pages: the same package in Node as it is, in bundles for Node, and in other runtimes. Each prints what it found. */
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Child } from "../../e2e/support/child.mjs";
import { install, run } from "./install.mjs";

const RUN_MS = 120_000;

export const programs = [
  { name: "Node, as it is installed", start: async (args) => node(join(await install("none"), "program.mjs"), args) },
  { name: "Node, a bundle by esbuild (cjs)", start: (args) => esbuild("program.cjs", ["--format=cjs"], args) },
  { name: "Node, a bundle by esbuild (esm)", long: true, start: (args) => esbuild("program-esm.mjs", ["--format=esm"], args) },
  { name: "Node, a bundle by webpack", long: true, start: webpack },
  { name: "Node, a bundle by Vite", long: true, start: vite },
  { name: "Deno", long: true, start: async (args) => installed("deno", ["run", "--allow-all", "program.mjs"], args) },
  { name: "Bun", long: true, start: async (args) => installed("bun", ["program.mjs"], args) },
  { name: "Bun, one executable", long: true, start: executable },
];

async function esbuild(out, options, args) {
  const application = await install("esbuild");
  await run(application, "esbuild", ["program.mjs", "--bundle", "--platform=node", "--log-level=error", `--outfile=${out}`, ...options]);
  return node(join(application, out), args);
}

async function webpack(args) {
  const application = await install("webpack");
  const options = ["--mode", "production", "--target", "node", "--entry", "./program.mjs", "--output-path", "program"];
  await run(application, "webpack", ["build", ...options, "--output-filename", "main.cjs"]);
  return node(join(application, "program", "main.cjs"), args);
}

/** For servers Vite leaves packages outside of the bundle, unless it is told to take them in. */
async function vite(args) {
  const application = await install("vite7");
  await writeFile(join(application, "vite.config.mjs"), "export default { ssr: { noExternal: true } };");
  await run(application, "vite", ["build", "--ssr", "program.mjs", "--outDir", "program", "--logLevel", "warn"]);
  return node(join(application, "program", "program.js"), args);
}

async function installed(tool, command, args) {
  const application = await install(tool);
  return run(application, tool, [...command, ...args]);
}

async function executable(args) {
  const application = await install("bun");
  await run(application, "bun", ["build", "program.mjs", "--compile", "--outfile=program"]);
  return new Child("program", join(application, "program"), args, { cwd: dirname(application) }).finished(RUN_MS);
}

function node(file, args) {
  return new Child(`node ${file}`, process.execPath, [file, ...args]).finished(RUN_MS);
}
