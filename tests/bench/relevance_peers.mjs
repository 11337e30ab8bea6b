/**
 * Libraries from npm over the corpora of `cargo xtask bench relevance`. Prints, for each set and way, the ranks of what
 * was wanted, as JSON lines; `headwater-bench relevance-rows` makes rows of them.
 *
 *   node tests/bench/relevance_peers.mjs minisearch|orama|flexsearch <folder of the corpora> tune|report|all
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const [library, folder, half] = process.argv.slice(2);
const TOP_K = 10;
/** How many sentences a slow engine is asked, and how many unfinished words, each with all its beginnings. */
const SENTENCES = 100;
const UNFINISHED = 40;
/** After this time a set is asked no further. */
const AT_MOST_MS = 30_000;
const { dependencies: version } = JSON.parse(await readFile(new URL("package.json", import.meta.url), "utf8"));
const linesOf = async (file) => (await readFile(file, "utf8")).trimEnd().split("\n").map((line) => JSON.parse(line));

/** Each of its fields is a text, with the boost that the schema gives it. */
async function corpusIn(name) {
  const schema = JSON.parse(await readFile(join(folder, name, "schema.json"), "utf8"));
  const boosts = Object.fromEntries(Object.entries(schema.text).map(([field, { boost = 1 }]) => [field, boost]));
  const text = (value) => [value ?? ""].flat().join(", ");
  const points = (await linesOf(join(folder, name, "points.ndjson"))).map(({ id, payload }) => {
    const fields = Object.keys(boosts).map((field) => [field, text(payload[field])]);
    return { id, ...Object.fromEntries(fields) };
  });
  const questions = await linesOf(join(folder, name, "questions.ndjson"));
  const sets = Map.groupBy?.(questions, ({ set }) => set) ?? grouped(questions);
  return { name, boosts, points, sets: [...sets].map(([set, all]) => [set, all.filter((q) => half === "all" || q.half === half)]) };
}

function grouped(questions) {
  const sets = new Map();
  for (const question of questions) sets.set(question.set, [...(sets.get(question.set) ?? []), question]);
  return sets;
}

/** The first ones: sets stand in an order without meaning, the beginnings of one word together. */
function sampled(questions, most) {
  const wants = new Set();
  const end = questions.findIndex(({ want }) => wants.add(want).size > most);
  return end < 0 ? questions : questions.slice(0, end);
}

/** Asks `ways`, each a name and a function from a text to ids: whole sets, or samples of those that take long. */
async function asked(engine, corpus, ways, isSlow = true) {
  for (const [set, all] of corpus.sets) {
    const isLong = ["sentences", "descriptions"].includes(set);
    const most = isLong ? SENTENCES : all.some((q) => q.unfinished) ? UNFINISHED : Infinity;
    const questions = isSlow ? sampled(all, most) : all;
    for (const [way, ask] of Object.entries(ways)) {
      const started = performance.now();
      const ranks = [];
      for (const [n, { text, want, right }] of questions.entries()) {
        if (performance.now() - started > AT_MOST_MS && want !== questions[n - 1].want) break;
        const ids = await ask(text);
        ranks.push(ids.slice(0, TOP_K).findIndex((id) => right.includes(id)) + 1);
      }
      const usPerQuery = ((performance.now() - started) * 1e3) / ranks.length;
      console.log(JSON.stringify({ engine, corpus: corpus.name, set, way, ranks, usPerQuery }));
    }
  }
}

async function minisearch(corpus) {
  const { default: MiniSearch } = await import("minisearch");
  const index = new MiniSearch({ fields: Object.keys(corpus.boosts) });
  index.addAll(corpus.points);
  const ask = (options) => (text) => index.search(text, { boost: corpus.boosts, ...options }).map(({ id }) => id);
  await asked(`MiniSearch ${version.minisearch}`, corpus, { default: ask({}), "prefix, fuzzy .2": ask({ prefix: true, fuzzy: 0.2 }) });
}

async function orama(corpus) {
  const { create, insertMultiple, search } = await import("@orama/orama");
  const fields = Object.keys(corpus.boosts);
  const index = create({ schema: Object.fromEntries(fields.map((field) => [field, "string"])) });
  await insertMultiple(index, corpus.points, 5_000);
  const ask = (options) => async (term) =>
    (await search(index, { term, limit: TOP_K, boost: corpus.boosts, threshold: 1, ...options })).hits.map(({ id }) => id);
  await asked(`Orama ${version["@orama/orama"]}`, corpus, { default: ask({}), "tolerance 1": ask({ tolerance: 1 }) });
}

/** It knows no boosts: all fields in one. With "suggest" it also finds texts that lack some of the words. */
async function flexsearch(corpus) {
  const { default: { Index } } = await import("flexsearch");
  const index = new Index({ tokenize: "forward" });
  const fields = Object.keys(corpus.boosts);
  corpus.points.forEach((point, n) => index.add(n, fields.map((field) => point[field]).join(": ")));
  const ask = (text) => index.search(text, { limit: TOP_K, suggest: true }).map((n) => corpus.points[n].id);
  await asked(`FlexSearch ${version.flexsearch}`, corpus, { "one field, beginnings of words": ask }, false);
}

const libraries = { minisearch, orama, flexsearch };
for (const name of (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort())
  await libraries[library](await corpusIn(name));
