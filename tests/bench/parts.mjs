/**
 * What a replica in parts fetches until its first answer and for the next ones, and how long that takes: all of WordNet, laid
 * out for ranges, at a real origin behind a line of 40 ms and 50 Mbit/s, read by the package in Node. Prints JSON lines.
 */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompressSync, constants } from "node:zlib";
import { open } from "headwater";
import { call } from "../e2e/support/http.mjs";
import { freshFolder, packageDist, wordnetModel, wordnetPoints, wordnetSchema } from "../e2e/support/places.mjs";
import { headwater, startOrigin } from "../e2e/support/servers.mjs";
import { MODEL, sampleQueries } from "../e2e/support/wordnet.mjs";

const LATENCY_MS = 40;
const BYTES_PER_MS = 50e6 / 8 / 1e3;
/** Fresh replicas, and queries that one of them is asked. */
const [COLD, NEXT] = [20, 100];
const SETTINGS = [{ efSearch: 10 }, { efSearch: 15 }, { efSearch: 20 }, { efSearch: 30 }, {}];
const COLLECTION = "wordnet";
const run = promisify(execFile);

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const mean = (numbers) => sum(numbers) / numbers.length;
const middle = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

/** A line between a replica and its source: each answer comes later, and all share its width. Counts what passes. */
async function startLine(url) {
  const line = { asked: [], bytes: 0 };
  let free = 0;
  const server = createServer(async (request, response) => {
    line.asked.push(performance.now());
    const { range } = request.headers;
    const answer = await fetch(new URL(request.url, url), { headers: range === undefined ? {} : { range } });
    const body = Buffer.from(await answer.arrayBuffer());
    line.bytes += body.length;
    const now = performance.now();
    free = Math.max(now + LATENCY_MS, free) + body.length / BYTES_PER_MS;
    const headers = ["content-range", "content-type"].flatMap((name) => (answer.headers.has(name) ? [[name, answer.headers.get(name)]] : []));
    setTimeout(() => {
      response.writeHead(answer.status, { ...Object.fromEntries(headers), "content-length": body.length });
      response.end(body);
    }, free - now);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => new Promise((resolve) => server.close(resolve).closeAllConnections());
  return Object.assign(line, { url: `http://127.0.0.1:${server.address().port}`, stop });
}

/** Bytes, requests, rounds and time that something takes. What is asked for within half of the latency is one round. */
async function measured(line, work) {
  Object.assign(line, { asked: [], bytes: 0 });
  const started = performance.now();
  const result = await work();
  const ms = performance.now() - started;
  const rounds = line.asked.filter((at, i) => i === 0 || at - line.asked[i - 1] > LATENCY_MS / 2).length;
  return { result, took: { bytes: line.bytes, requests: line.asked.length, rounds, ms } };
}

const means = (all) => Object.fromEntries(["bytes", "requests", "rounds", "ms"].map((key) => [key, mean(all.map((took) => took[key]))]));
const brotli = (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }).length;

const data = await freshFolder("bench-parts");
const origin = await startOrigin({ data });
const at = ["--url", origin.url];
const schema = JSON.parse(await readFile(wordnetSchema, "utf8"));
for (const vector of Object.values(schema.vectors)) vector.layout = "ranges";
const schemaFile = join(data, "schema.json");
await writeFile(schemaFile, JSON.stringify(schema));
await headwater("model", "add", wordnetModel, "--name", MODEL, ...at);
await headwater("create", COLLECTION, "--schema", schemaFile, ...at);
await headwater("import", wordnetPoints, "--collection", COLLECTION, ...at);
await headwater("publish", "--collection", COLLECTION, ...at);
const path = `/v1/collections/${COLLECTION}`;
const { trust } = await call("GET", `${origin.url}${path}`);
const options = { trust: trust[0], syncEveryMs: 0 };
const whole = await open(`${origin.url}${path}`, { ...options, cacheDir: await freshFolder("bench-parts-kept") });
const line = await startLine(origin.url);
/** Each with nothing kept yet. */
const inParts = async () => open(`${line.url}${path}`, { ...options, hold: "as-needed", cacheDir: await freshFolder("bench-parts-ranges") });

const files = ["headwater_bg.wasm", "worker.js", "browser.js"];
const program = Object.fromEntries(await Promise.all(files.map(async (name) => [name, brotli(await readFile(join(packageDist, name)))])));
const { bytes, points } = await whole.status();
console.log(JSON.stringify({ points, bytes, program, latencyMs: LATENCY_MS, megabitsPerSecond: 50 }));

const texts = await sampleQueries(COLD + NEXT);
const truths = new Map();
for (const text of texts) truths.set(text, new Set((await whole.search({ text, exact: true, topK: 10, fields: [] })).hits.map(({ id }) => id)));
const recallOf = (text, { hits }) => hits.filter(({ id }) => truths.get(text).has(id)).length / truths.get(text).size;

for (const setting of SETTINGS) {
  const [opening, first, next, firstRecalls, recalls] = [[], [], [], [], []];
  for (const text of texts.slice(0, COLD)) {
    const { result: replica, took } = await measured(line, inParts);
    opening.push(took);
    const answer = await measured(line, () => replica.search({ text, topK: 10, ...setting }));
    first.push(answer.took);
    firstRecalls.push(recallOf(text, answer.result));
    await replica.close();
  }
  const replica = await inParts();
  for (const text of texts.slice(COLD)) {
    const answer = await measured(line, () => replica.search({ text, topK: 10, ...setting }));
    next.push(answer.took);
    recalls.push(recallOf(text, answer.result));
  }
  await replica.close();
  const row = { ...setting, opening: means(opening), first: { ...means(first), recall: mean(firstRecalls) } };
  console.log(JSON.stringify({ ...row, next: { ...means(next), recall: mean(recalls), middleMs: middle(next.map(({ ms }) => ms)) } }));
}
const OTHERS = { words: (text) => ({ match: text.split(" ").slice(0, 2).join(" ") }), both: (text) => ({ text, match: text, efSearch: 15 }) };
for (const [name, query] of Object.entries(OTHERS)) {
  const replica = await inParts();
  const all = [];
  for (const text of texts.slice(COLD)) all.push((await measured(line, () => replica.search({ ...query(text), topK: 10 }))).took);
  await replica.close();
  console.log(JSON.stringify({ query: name, first: all[0], next: means(all.slice(1)) }));
}
const MEMORY = { meaning: (text) => ({ text, topK: 10 }), words: OTHERS.words, both: OTHERS.both };
for (const [name, query] of Object.entries(MEMORY)) {
  const folder = await freshFolder("bench-parts-memory");
  const queriesFile = join(folder, "queries.json");
  await writeFile(queriesFile, JSON.stringify(texts.slice(COLD).map(query)));
  const script = fileURLToPath(new URL("parts-memory.mjs", import.meta.url));
  const { stdout } = await run(process.execPath, [script, `${origin.url}${path}`, trust[0], join(folder, "kept"), queriesFile]);
  console.log(JSON.stringify({ memory: name, ...JSON.parse(stdout) }));
}
await whole.close();
await line.stop();
await origin.stop();
