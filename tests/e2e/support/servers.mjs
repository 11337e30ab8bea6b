/** The real origin and the real edge, started on free loopback ports and awaited until they are ready. */
import { createServer } from "node:net";
import { once } from "node:events";
import { Child } from "./child.mjs";
import { ask } from "./http.mjs";
import { edgeBundle, edgeDevServer, headwaterBin } from "./places.mjs";

const START_MS = 60_000;
/** Lets the tests' publisher write to the tests' edge. */
const EDGE_TOKEN = "tests";

/** `headwater serve` over a data folder; `restart()` takes the same port again. */
export async function startOrigin({ data, web }) {
  const port = await freePort();
  const args = ["serve", "--data", data, "--listen", `127.0.0.1:${port}`, ...(web === undefined ? [] : ["--web", web])];
  return startServer("headwater serve", `http://127.0.0.1:${port}`, headwaterBin, args, "/readyz");
}

/** The edge worker in workerd, with its bucket in a folder. */
export async function startEdge({ persist, trust, headTtlMs }) {
  const port = await freePort();
  const args = [edgeDevServer, "--port", `${port}`, "--persist", persist, "--trust", trust, "--token", EDGE_TOKEN, "--bundle", edgeBundle];
  if (headTtlMs !== undefined) args.push("--head-ttl-ms", `${headTtlMs}`);
  return startServer("edge worker", `http://127.0.0.1:${port}`, process.execPath, args, "/healthz");
}

/** Copies what is published at the origin into the edge's bucket. */
export function publishToEdge(collection, origin, edge) {
  return headwater("publish", "--collection", collection, "--url", origin.url, "--to", edge.url, "--to-token", EDGE_TOKEN);
}

/** The key that replicas of this data folder trust. */
export async function trustOf(data) {
  return (await headwater("keys", "show", "--data", data)).trim();
}

/** Runs a `headwater` command to its end and returns its output. */
export function headwater(...args) {
  return started(args).finished(300_000);
}

/** The same, whatever its exit code. */
export function tryHeadwater(...args) {
  return started(args).outcome(300_000);
}

function started(args) {
  return new Child(`headwater ${args.join(" ")}`, headwaterBin, args);
}

async function startServer(name, url, command, args, probe) {
  const server = new Server(name, url, command, args, probe);
  await server.restart();
  return server;
}

class Server {
  #name;
  #command;
  #args;
  #probe;
  #child;

  constructor(name, url, command, args, probe) {
    this.#name = name;
    this.url = url;
    this.#command = command;
    this.#args = args;
    this.#probe = probe;
  }

  async restart() {
    this.#child = new Child(this.#name, this.#command, this.#args);
    const isReady = async () => (await ask("GET", this.url + this.#probe)).status === 200;
    await this.#child.ready(`answering ${this.#probe}`, isReady, { timeoutMs: START_MS });
  }

  /** As a power cut would. */
  kill() {
    return this.#child.stop("SIGKILL");
  }

  stop() {
    return this.#child.stop();
  }
}

/** A port that was free a moment ago. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
