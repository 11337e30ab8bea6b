/** The demo's data: every synset of WordNet once, and queries that are real example sentences. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { wordnetDir, wordnetPoints } from "./support/places.mjs";

const linesOf = async (path) => (await readFile(path, "utf8")).trimEnd().split("\n").map((line) => JSON.parse(line));
const points = await linesOf(wordnetPoints);
const byId = new Map(points.map((point) => [point.id, point.payload]));

test("WordNet has 117,791 synsets, each with an id of its own", () => {
  assert.equal(points.length, 117_791);
  assert.equal(byId.size, points.length);
});

test("each part of speech has as many synsets as WordNet 3.1 says", () => {
  const counts = {};
  for (const { pos } of byId.values()) counts[pos] = (counts[pos] ?? 0) + 1;
  const { noun, verb, adjective, satellite, adverb } = counts;
  assert.deepEqual([noun, verb, adjective + satellite, adverb], [82_192, 13_789, 18_185, 3_625]);
});

test("every synset has words and a gloss, and no marks of the dictionary's syntax in them", () => {
  for (const [id, { lemmas, gloss, examples, lexfile, senses }] of byId) {
    assert.ok(lemmas.length > 0 && lemmas.every((lemma) => lemma !== "" && !/[_()]/.test(lemma)), `${id}: ${lemmas}`);
    assert.ok(gloss !== "" && gloss === gloss.trim(), `${id}: ${gloss}`);
    assert.ok(examples.every((example) => example !== "" && !example.includes('"')), `${id}: ${examples}`);
    assert.match(lexfile, /^(noun|verb|adj|adv)\.[A-Za-z]+$/, id);
    assert.ok(Number.isInteger(senses) && senses >= 1, id);
  }
});

test("a synset that everybody knows", () => {
  assert.deepEqual(byId.get("noun-02124272"), {
    lemmas: ["cat", "true cat"],
    gloss: "feline mammal usually having thick soft fur and no ability to roar: domestic cats; wildcats",
    examples: [],
    pos: "noun",
    lexfile: "noun.animal",
    senses: 8,
    uses: 18,
  });
});

test("2,000 queries, each an example sentence of the synset that it names", async () => {
  const queries = await linesOf(join(wordnetDir, "queries.ndjson"));
  assert.equal(queries.length, 2_000);
  for (const { text, id } of queries) {
    assert.ok(byId.get(id)?.examples.includes(text), `${id}: ${text}`);
    assert.ok(text.split(/\s+/).length >= 5, text);
  }
});
