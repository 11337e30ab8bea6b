/** Tools that read the package's `exports` as runtimes, bundlers and compilers do. */
import { install, pack, run } from "./install.mjs";

export const checks = [
  { name: "publint", long: true, run: async () => run(await install("published"), "publint", ["run", "--strict", await pack()]) },
  // Modules only: `require` of one works in every Node that the package is for, and older compilers take `types`.
  { name: "attw", long: true, run: async () => run(await install("published"), "attw", [await pack(), "--profile", "esm-only", "--exclude-entrypoints", "./wasm"]) },
];
