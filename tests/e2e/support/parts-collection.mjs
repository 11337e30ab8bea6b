/** A collection that is laid out for ranges, at a real origin, and what stands between it and its replicas: it counts, and lies. */
import { createServer } from "node:http";
import { open } from "headwater";
import { call } from "./http.mjs";
import { freshFolder } from "./places.mjs";
import { startOrigin } from "./servers.mjs";

const DIM = 64;
const POINTS = 6000;
const SCHEMA = {
  vectors: { v: { dim: DIM, layout: "ranges" } },
  text: { body: { language: "en" } },
  fields: { kind: "keyword", n: "integer" },
};
const WORDS = ["river", "mountain", "forest", "winter", "harvest", "lantern", "voyage"];
/** Around three hundred centres. */
export const vector = (n) => Float32Array.from({ length: DIM }, (_, d) => Math.sin((n % 300) * 7919 + d * 104_729) + 0.4 * Math.sin(n * 31 + d * 17));
export const point = (n) => ({
  id: `p${n}`,
  vectors: { v: [...vector(n)] },
  payload: { body: [0, 1, 2].map((i) => WORDS[(n + i * i * (1 + (n % 4))) % WORDS.length]).join(" "), kind: `k${n % 9}`, n },
});
export const QUERIES = [
  { vector: vector(77), topK: 10, efSearch: 10 },
  { vector: vector(4100), filter: { kind: "k3" } },
  { vector: vector(5), facets: { kind: {} }, topK: 3 },
  { match: "winter lantern" },
  { match: { query: "harvst", fuzzy: true }, highlight: true },
  { vector: vector(900), match: "river", topK: 5 },
  { filter: { n: { $gte: 5990 } }, sort: [{ n: "desc" }] },
  { like: "p17", topK: 4 },
];

/** For pages of other origins. */
const CORS = { "access-control-allow-origin": "*", "access-control-allow-headers": "range", "access-control-max-age": "600" };

/** Between a replica and its source: counts, and does what a source may do wrong. */
export async function between(url, port = 0) {
  const asked = { all: [], bytes: 0, atOnce: 0, most: 0, lie: undefined, whole: false, boot: true };
  const server = createServer(async (request, response) => {
    if (request.method === "OPTIONS") return response.writeHead(204, CORS).end();
    asked.atOnce += 1;
    asked.most = Math.max(asked.most, asked.atOnce);
    const { range } = request.headers;
    asked.all.push({ path: request.url, range });
    if (!asked.boot && request.url.endsWith("/boot")) {
      asked.atOnce -= 1;
      return response.writeHead(404, CORS).end();
    }
    const answer = await fetch(new URL(request.url, url), { headers: range === undefined || asked.whole ? {} : { range } });
    const body = Buffer.from(await answer.arrayBuffer());
    asked.bytes += body.length;
    const headers = Object.fromEntries(["content-range", "content-type"].map((name) => [name, answer.headers.get(name)]).filter(([, value]) => value !== null));
    const told = { status: answer.status, headers, body };
    asked.lie?.(told, { path: request.url, range });
    response.writeHead(told.status, { ...told.headers, ...CORS, "content-length": told.body.length });
    response.end(told.body);
    asked.atOnce -= 1;
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { asked, url: `http://127.0.0.1:${server.address().port}`, stop: () => new Promise((resolve) => server.close(resolve).closeAllConnections()) };
}

export const told = ({ hits, total, facets }) => ({ hits, total, facets });

/** The collection, published; a replica that holds all of it; and what opens others that hold parts, each with a folder of its own. */
export async function startParts() {
  const origin = await startOrigin({ data: await freshFolder("js-parts") });
  const path = "/v1/collections/parts";
  const [trust] = (await call("PUT", `${origin.url}${path}`, SCHEMA)).trust;
  for (let from = 0; from < POINTS; from += 1000) {
    await call("PUT", `${origin.url}${path}/points`, { points: Array.from({ length: 1000 }, (_, i) => point(from + i)) });
  }
  await call("POST", `${origin.url}${path}/publish`);
  const parts = {
    origin,
    path,
    trust,
    proxy: await between(origin.url),
    whole: await open(`${origin.url}${path}`, { trust, cacheDir: await freshFolder("js-parts-kept"), syncEveryMs: 0 }),
    opened: async (options = {}) => {
      const cacheDir = options.cacheDir ?? (await freshFolder("js-parts-ranges"));
      return open(`${parts.proxy.url}${path}`, { trust, hold: "as-needed", syncEveryMs: 0, cacheDir, ...options });
    },
    /** Changes points, in a new version. */
    publish: async (...points) => {
      await call("PUT", `${origin.url}${path}/points`, { points });
      return call("POST", `${origin.url}${path}/publish`);
    },
    /** Does something while the source is out of reach; then it is there again, at the same place. */
    away: async (work) => {
      const { port } = new URL(parts.proxy.url);
      await parts.proxy.stop();
      try {
        await work();
      } finally {
        parts.proxy = await between(origin.url, Number(port));
      }
    },
    stop: async () => {
      await parts.whole.close();
      await parts.proxy.stop();
      await origin.stop();
    },
  };
  return parts;
}
