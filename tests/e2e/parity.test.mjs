/** One core, four runtimes: the same ids and the same score bits for the same question. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as headwater from "headwater";
import { ask } from "./support/http.mjs";
import { launchChromium } from "./support/browser.mjs";
import { startPageHost } from "./support/page-host.mjs";
import { NodeReplica, replicaInPage } from "./support/replicas.mjs";
import { freshFolder } from "./support/places.mjs";
import { sampleQueries, startWordnet } from "./support/wordnet.mjs";

const TEXTS = 200;
const AT_ONCE = 4;
/** Replicas in parts fetch dozens of ranges for each question, so they get one of so many. */
const PARTS_EVERY = 9;
/** Some answers have fewer hits than others. */
const ANY = -1;
const FILTERS = {
  "no filter": undefined,
  "a keyword": { pos: "noun" },
  "a number and keywords": { senses: { $gte: 2 }, lexfile: { $in: ["noun.animal", "noun.person", "verb.motion", "adj.all"] } },
};
/** Every fifth text is also asked exactly, and of a filter so narrow that no graph is walked. */
const NARROW = { lexfile: "verb.weather" };

describe("parity of origin, edge in workerd, Node and Chromium", { timeout: 240_000 }, () => {
  let wordnet, host, chromium, runtimes;

  before(async () => {
    wordnet = await startWordnet();
    host = await startPageHost();
    chromium = await launchChromium();
    const inNode = new NodeReplica(headwater, { cacheDir: await freshFolder("parity-node") });
    await inNode.open(wordnet.collection, { trust: wordnet.trust });
    const inPage = await replicaInPage(chromium, host.url);
    await inPage.open(wordnet.collection, { trust: wordnet.trust });
    const inParts = { trust: wordnet.trust, hold: "as-needed" };
    const partsInNode = new NodeReplica(headwater, { cacheDir: await freshFolder("parity-parts") });
    await partsInNode.open(wordnet.collection, inParts);
    const partsInPage = await replicaInPage(chromium, host.url);
    await partsInPage.open(wordnet.collection, inParts);
    runtimes = [
      { name: "origin", searchAll: (queries) => searchOver(wordnet.collection, queries) },
      { name: "edge", searchAll: (queries) => searchOver(wordnet.edgeCollection, queries) },
      { name: "node", searchAll: (queries) => inNode.searchAll(queries), close: () => inNode.close() },
      { name: "browser", searchAll: (queries) => inPage.searchAll(queries), close: () => inPage.close() },
      { name: "node", every: PARTS_EVERY, searchAll: (queries) => partsInNode.searchAll(queries), close: () => partsInNode.close() },
      { name: "browser", every: PARTS_EVERY, searchAll: (queries) => partsInPage.searchAll(queries), close: () => partsInPage.close() },
    ];
  }, { timeout: 200_000 });

  after(async () => {
    for (const runtime of runtimes ?? []) await runtime.close?.();
    await chromium?.close();
    await host?.stop();
    await wordnet?.stop();
  });

  for (const [name, filter] of Object.entries(FILTERS)) {
    it(`${TEXTS} texts with ${name}`, { timeout: 120_000 }, async () => {
      const queries = (await sampleQueries(TEXTS)).map((text) => ({ text, topK: 10, fields: ["pos", "lexfile", "senses"], ...(filter && { filter }) }));
      await assertParity(runtimes, queries, wordnet.points);
    });
  }

  it("exact searches, and a filter that leaves few points", { timeout: 120_000 }, async () => {
    const texts = (await sampleQueries(TEXTS)).filter((_, i) => i % 5 === 0);
    const exact = texts.map((text) => ({ text, exact: true, fields: [] }));
    const narrow = texts.map((text) => ({ text, filter: NARROW, fields: ["pos", "lexfile", "senses"] }));
    await assertParity(runtimes, [...exact, ...narrow], wordnet.points);
  });

  it("words, misspelt and unfinished ones, and phrases", { timeout: 120_000 }, async () => {
    const texts = await sampleQueries(TEXTS);
    const plain = texts.map((match) => ({ match, highlight: true }));
    const typed = texts.slice(0, 60).map((query) => ({ match: { query: query.slice(0, 12), prefix: true, fuzzy: true }, highlight: true }));
    const phrases = texts.slice(0, 60).map((text) => ({ match: { query: text.split(" ").slice(0, 2).join(" "), mode: "phrase" }, topK: 40 }));
    const filtered = texts.slice(0, 60).map((query) => ({ match: { query, mode: "all" }, filter: { pos: "verb" } }));
    await assertParity(runtimes, [...plain, ...typed, ...phrases, ...filtered], wordnet.points, ANY);
  });

  it("meaning and words in one, fused either way", { timeout: 120_000 }, async () => {
    const texts = (await sampleQueries(TEXTS)).slice(0, 80);
    const fused = texts.map((text, i) => ({ text, match: text, explain: true, ...(i % 2 === 1 && { fusion: { method: "rrf", vector: 0.5 } }) }));
    await assertParity(runtimes, fused, wordnet.points);
  });

  it("orders, one hit a value, points like another, several parts, counts", { timeout: 120_000 }, async () => {
    const texts = (await sampleQueries(TEXTS)).slice(0, 40);
    const fields = ["pos", "lexfile", "senses"];
    const [{ hits: known }] = await runtimes[0].searchAll([{ text: texts[0], topK: texts.length, fields: [] }]);
    const asked = texts.flatMap((text, i) => [
      { match: text, sort: [{ senses: "desc" }, "lexfile"], facets: ["pos", "senses"], fields },
      { text, collapse: "lexfile", topK: 12, fields },
      { match: text, collapse: "pos", filter: { lexfile: { $prefix: "noun." }, senses: { $in: [1, 2, 3] } }, fields },
      { like: known[i].id, match: [text, { query: "small", boost: 0.2, fields: { gloss: 1 } }], explain: true, fields },
      { filter: { lexfile: { $contains: "mal" }, senses: { $gt: i } }, sort: { senses: "asc" }, facets: { lexfile: { top: 3 } }, fields },
    ]);
    await assertParity(runtimes, asked, wordnet.points, ANY);
  });

  it("vectors as well as texts, and all hits of a long answer", { timeout: 60_000 }, async () => {
    const vectors = Array.from({ length: 10 }, (_, seed) => Array.from({ length: 256 }, (_, i) => Math.sin(seed * 977 + i * 31.7)));
    await assertParity(runtimes, vectors.map((vector) => ({ vector, topK: 100, fields: [] })), wordnet.points, 100);
  });
});

/** `topK`: how many hits every answer has. */
async function assertParity(runtimes, queries, points, topK = 10) {
  const answers = await Promise.all(
    runtimes.map(async ({ searchAll, every = 1 }) => {
      const found = await searchAll(queries.filter((_, q) => q % every === 0));
      return queries.map((_, q) => (q % every === 0 ? found[q / every] : undefined));
    }),
  );
  assert.ok(answers[0].filter((answer) => answer.hits.length > 0).length * 2 > queries.length, "most are found");
  for (const [q, query] of queries.entries()) {
    const asked = JSON.stringify({ ...query, vector: query.vector && "…" });
    const [first, ...others] = answers.map((of) => of[q]);
    if (topK !== ANY) assert.equal(first.hits.length, topK, `${topK} hits for ${asked}`);
    assert.ok(first.hits.every(({ payload }) => passes(payload, query.filter)), `hits that pass ${asked}`);
    for (const [i, other] of others.entries()) {
      if (other === undefined) continue;
      assert.deepEqual(withBits(other), withBits(first), `${runtimes[i + 1].name} and ${runtimes[0].name} for ${asked}`);
      assert.deepEqual(other.facets, first.facets, `counts of ${runtimes[i + 1].name} for ${asked}`);
      assert.equal(other.version, first.version);
    }
    for (const [i, answer] of [first, ...others].entries()) if (answer !== undefined) assert.equal(answer.answeredBy, runtimes[i].name);
  }
  assert.ok(points > 100_000, "parity is asked of the whole of WordNet");
}

function withBits({ hits }) {
  const bits = ({ vector, match, score, adds }) => [vector, match, score !== undefined && bitsOf(score), bitsOf(adds)];
  return hits.map(({ id, score, highlights, parts = [] }) => [id, bitsOf(score), highlights, parts.map(bits)]);
}

function bitsOf(score) {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, score);
  assert.equal(view.getFloat32(0), Math.fround(score));
  return view.getUint32(0).toString(16).padStart(8, "0");
}

/** The few operators that these filters use, written a second time. */
function passes(payload, filter = {}) {
  return Object.entries(filter).every(([field, condition]) => {
    if (typeof condition !== "object") return payload[field] === condition;
    const value = payload[field];
    const { $gte = value, $gt = -1, $in = [value], $prefix = "", $contains = "" } = condition;
    return value >= $gte && (typeof value === "string" || value > $gt) && $in.includes(value) && String(value).startsWith($prefix) && String(value).includes($contains);
  });
}

/** Answers in the order of the queries, asked a few at a time over HTTP. */
async function searchOver(collection, queries) {
  const answers = new Array(queries.length);
  let next = 0;
  const askOn = async () => {
    for (let i = next++; i < queries.length; i = next++) {
      const answer = await ask("POST", `${collection}/search`, queries[i]);
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.headers.get("x-headwater-answered-by"), answer.json.answeredBy);
      assert.equal(answer.headers.get("x-headwater-version"), String(answer.json.version));
      answers[i] = answer.json;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, askOn));
  return answers;
}
