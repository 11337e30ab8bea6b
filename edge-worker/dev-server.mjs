/**
 * Runs the built Worker in workerd, through miniflare, with an R2 bucket kept in a folder.
 *
 *   node edge-worker/dev-server.mjs --port 8787 --persist DIR --trust KEY --token TOKEN
 *        [--budget-bytes N] [--head-ttl-ms N] [--host 127.0.0.1] [--bundle target/edge]
 *
 * Prints one line of JSON when it answers: {"ready":true,"url":"http://127.0.0.1:8787"}.
 * Stops on SIGTERM and SIGINT.
 */
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { startEdge } from "./run.mjs";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "8787" },
    host: { type: "string", default: "127.0.0.1" },
    persist: { type: "string" },
    trust: { type: "string", multiple: true },
    token: { type: "string" },
    "budget-bytes": { type: "string" },
    "head-ttl-ms": { type: "string" },
    bundle: { type: "string", default: fileURLToPath(new URL("../target/edge", import.meta.url)) },
  },
});

const edge = await startEdge({
  bundle: values.bundle,
  host: values.host,
  port: Number(values.port),
  persist: values.persist,
  trust: values.trust,
  token: values.token,
  budgetBytes: values["budget-bytes"],
  headTtlMs: values["head-ttl-ms"],
});

let stopping;
for (const signal of ["SIGTERM", "SIGINT"]) {
  // Miniflare's own listener ends the process at once; workerd would not finish what it writes.
  process.removeAllListeners(signal);
  process.on(signal, () => {
    stopping ??= edge.stop().then(() => process.exit(0));
  });
}
process.stdout.write(`${JSON.stringify({ ready: true, url: edge.url })}\n`);
