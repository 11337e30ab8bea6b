/**
 * Runs the built Worker in workerd, through miniflare, with an R2 bucket kept in a folder.
 *
 * Prints one line of JSON when it answers: {"ready":true,"url":"http://127.0.0.1:8787"}.
 * Stops on SIGTERM and SIGINT.
 */
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const HELP = `Runs the built edge Worker in workerd, with its bucket in a folder.

  node edge-worker/dev-server.mjs --persist ./edge-data --trust "$(headwater keys show --data ./data)" --token dev

  --trust KEY        public key of the origin, as \`headwater keys show\` prints it; several, or separated by commas
  --token TOKEN      what \`headwater publish --to\` sends to publish here (HEADWATER_EDGE_TOKEN); without it nobody can
  --persist FOLDER   where the bucket is kept; without it, it is gone when the server stops
  --port PORT        8787; 0 takes a free one
  --host HOST        127.0.0.1
  --budget-bytes N   bytes of snapshots in memory
  --head-ttl-ms N    how long an answer may come from memory without asking the bucket for the head
  --bundle FOLDER    the built Worker: target/edge, as \`cargo xtask build edge\` makes it
  --help
`;

/** Says what is wrong, in a line, and ends. */
function fail(message) {
  process.stderr.write(`dev-server: ${message}\n`);
  process.exit(1);
}

function options() {
  try {
    return parseArgs({
      options: {
        port: { type: "string", default: "8787" },
        host: { type: "string", default: "127.0.0.1" },
        persist: { type: "string" },
        trust: { type: "string", multiple: true },
        token: { type: "string", default: process.env.HEADWATER_EDGE_TOKEN },
        "budget-bytes": { type: "string" },
        "head-ttl-ms": { type: "string" },
        bundle: { type: "string", default: fileURLToPath(new URL("../target/edge", import.meta.url)) },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    return fail(`${error.message}; --help lists the options`);
  }
}

function whole(name, text, most) {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text) || Number(text) > most) fail(`--${name} ${JSON.stringify(text)} is no whole number up to ${most}`);
  return Number(text);
}

/** Fails when the address is taken: workerd would say so with a stack trace. */
async function claim(host, port) {
  const server = createServer().listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    const why = error.code === "EADDRINUSE" ? "is taken by another program; take another --port" : `cannot be listened at (${error.code})`;
    fail(`${host}:${port} ${why}`);
  }
  server.close();
  await once(server, "close");
}

const values = options();
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const port = whole("port", values.port, 65_535);
const budgetBytes = whole("budget-bytes", values["budget-bytes"], Number.MAX_SAFE_INTEGER);
const headTtlMs = whole("head-ttl-ms", values["head-ttl-ms"], Number.MAX_SAFE_INTEGER);
const trust = (values.trust ?? []).flatMap((keys) => keys.split(",")).map((key) => key.trim()).filter((key) => key !== "");
if (trust.length === 0) fail("--trust is missing: the public key of the origin, as `headwater keys show` prints it");
// Never repeated: it is a secret.
if (trust.some((key) => key.startsWith("ed25519-secret:"))) fail("--trust is a private key; `headwater keys show` prints the public one");
await claim(values.host, port);

let edge;
try {
  const { startEdge } = await import("./run.mjs");
  edge = await startEdge({ bundle: values.bundle, host: values.host, port, persist: values.persist, trust, token: values.token, budgetBytes, headTtlMs });
} catch (error) {
  fail(error.code === "ERR_MODULE_NOT_FOUND" ? "miniflare is missing; install it: npm ci in the repository" : error.message);
}

let stopping;
for (const signal of ["SIGTERM", "SIGINT"]) {
  // Miniflare's own listener ends the process at once; workerd would not finish what it writes.
  process.removeAllListeners(signal);
  process.on(signal, () => {
    stopping ??= edge.stop().then(() => process.exit(0));
  });
}
process.stdout.write(`${JSON.stringify({ ready: true, url: edge.url })}\n`);
