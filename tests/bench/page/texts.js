/**
 * Full-text engines in the page, over the same texts: built, asked every sentence, and asked as one types. `modules` says
 * where each library is.
 */
const TOP_K = 10;
const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const share = (sorted, at) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))];

/** How many sentences a slow engine is asked, and how often. */
const SLOW = { sentences: 100, rounds: 1 };
const FAST = { sentences: 2000, rounds: 3 };

/** Builds with `make`; `ask(text)` gives positions, `type(text)` those of an unfinished last word. */
async function measured(engine, { texts, sentences }, { make, bytes, effort = SLOW }) {
  let started = performance.now();
  const index = await make(texts);
  const row = { engine, buildSeconds: (performance.now() - started) / 1e3 };
  const asked = sentences.slice(0, effort.sentences);
  const rates = [];
  const ratesOfFirst = [];
  let reciprocal = 0;
  // So that those who are asked all can be compared with those who are not.
  let reciprocalOfFirst = 0;
  for (let round = 0; round < effort.rounds; round += 1) {
    started = performance.now();
    for (const [i, { text, answer }] of asked.entries()) {
      const hits = await index.ask(text);
      if (i === SLOW.sentences - 1) ratesOfFirst.push(SLOW.sentences / ((performance.now() - started) / 1e3));
      if (round === 0) {
        const rank = hits.indexOf(answer);
        if (rank >= 0) reciprocal += 1 / (rank + 1);
        if (rank >= 0 && i < SLOW.sentences) reciprocalOfFirst += 1 / (rank + 1);
      }
    }
    rates.push(asked.length / ((performance.now() - started) / 1e3));
  }
  Object.assign(row, { queriesPerSecond: median(rates), queriesPerSecondOfFirst: median(ratesOfFirst), mrr10: reciprocal / asked.length, mrr10OfFirst: reciprocalOfFirst / SLOW.sentences, sentences: asked.length });
  if (index.type !== undefined) {
    const took = [];
    for (const { text } of sentences.slice(0, 50)) {
      const typed = text.slice(0, 16);
      for (let end = 1; end <= typed.length; end += 1) {
        const before = performance.now();
        await index.type(typed.slice(0, end));
        took.push(performance.now() - before);
      }
    }
    took.sort((a, b) => a - b);
    Object.assign(row, { typedP50Ms: share(took, 0.5), typedP99Ms: share(took, 0.99) });
  }
  row.bytes = await bytes?.(index);
  return row;
}

const jsonBytes = (value) => new TextEncoder().encode(JSON.stringify(value)).length;

export async function headwater(engine, set, module, [manifest, segment]) {
  const of = (fuzzy) => ({
    effort: FAST,
    bytes: () => segment.length,
    make: () => {
      const index = module.Engine.load(manifest, segment);
      return {
        ask: (text) => [...index.matching(text, TOP_K, false, false)],
        type: (text) => index.matching(text, TOP_K, true, fuzzy),
      };
    },
  });
  return [await measured(engine, set, of(false)), await measured(`${engine}, misspelt words as well`, set, of(true))];
}

export async function minisearch(engine, set, { default: MiniSearch }) {
  const make = (texts) => {
    const index = new MiniSearch({ fields: ["t"] });
    index.addAll(texts.map((t, id) => ({ id, t })));
    const ask = (text, options) => index.search(text, options).slice(0, TOP_K).map(({ id }) => id);
    return { index, ask: (text) => ask(text, {}), type: (text) => ask(text, { prefix: (_, i, terms) => i === terms.length - 1 }) };
  };
  return [await measured(engine, set, { make, bytes: ({ index }) => jsonBytes(index) })];
}

/** Texts that an app has at hand, and words that are asked one by one. */
const AT_HAND = { texts: 20_000, words: 300, rounds: 5 };

/** Indexes texts in the page; then single words, misspelt ones and beginnings. `ask(word, kind)` gives hits. */
function atHand(engine, { texts }, build) {
  const some = texts.slice(0, AT_HAND.texts);
  const seconds = [];
  let index;
  for (let round = 0; round < AT_HAND.rounds; round += 1) {
    index?.free?.();
    const started = performance.now();
    index = build(some);
    seconds.push((performance.now() - started) / 1e3);
  }
  const known = new Set(some.flatMap((text) => text.toLowerCase().match(/[a-z]+/g) ?? []));
  const long = [...known].filter((word) => word.length >= 6).sort();
  const words = Array.from({ length: AT_HAND.words }, (_, i) => long[Math.floor((i * long.length) / AT_HAND.words)]);
  // The letter in the middle becomes the next one.
  const misspelt = words.map((word) => {
    const middle = word.length >> 1;
    return word.slice(0, middle) + String.fromCharCode(97 + ((word.charCodeAt(middle) - 96) % 26)) + word.slice(middle + 1);
  });
  const asked = { exact: words, misspelt: misspelt.filter((word) => !known.has(word)), unfinished: words.map((word) => word.slice(0, 4)) };
  const row = { engine, atHand: some.length, indexSeconds: median(seconds) };
  for (const [kind, all] of Object.entries(asked)) {
    const took = [];
    let found = 0;
    for (let round = 0; round < AT_HAND.rounds; round += 1) {
      const started = performance.now();
      for (const word of all) found += index.ask(word, kind) > 0 ? 1 : 0;
      took.push(((performance.now() - started) / all.length) * 1e3);
    }
    Object.assign(row, { [`${kind}Us`]: median(took), [`${kind}Found`]: found / (all.length * AT_HAND.rounds) });
  }
  return [row];
}

export const headwaterAtHand = (engine, set, module) =>
  atHand(engine, set, (texts) => {
    const index = module.Engine.buildTexts(texts);
    return { ask: (word, kind) => index.matching(word, TOP_K, kind === "unfinished", kind === "misspelt").length, free: () => index.free() };
  });

export const minisearchAtHand = (engine, set, { default: MiniSearch }) =>
  atHand(engine, set, (texts) => {
    const index = new MiniSearch({ fields: ["t"] });
    index.addAll(texts.map((t, id) => ({ id, t })));
    const options = { exact: {}, misspelt: { fuzzy: 0.2 }, unfinished: { prefix: true } };
    return { ask: (word, kind) => index.search(word, options[kind]).slice(0, TOP_K).length };
  });

export async function lunr(engine, set, { default: library }) {
  const make = (texts) => {
    const index = library(function () {
      this.ref("id");
      this.field("t");
      texts.forEach((t, id) => this.add({ id, t }));
    });
    const ask = (text) =>
      index.query((query) => {
        for (const token of library.tokenizer(text)) query.term(token.toString(), {});
      });
    return { index, ask: (text) => ask(text).slice(0, TOP_K).map(({ ref }) => Number(ref)) };
  };
  return [await measured(engine, set, { make, bytes: ({ index }) => jsonBytes(index) })];
}

export async function orama(engine, set, { create, insertMultiple, save, search }) {
  const make = async (texts) => {
    const index = create({ schema: { t: "string" } });
    await insertMultiple(index, texts.map((t, id) => ({ id: String(id), t })), 5_000);
    const ask = async (term) => (await search(index, { term, limit: TOP_K, threshold: 1 })).hits.map(({ id }) => Number(id));
    return { index, ask, type: ask };
  };
  return [await measured(engine, set, { make, bytes: ({ index }) => jsonBytes(save(index).index) })];
}

export async function flexsearch(engine, set, { default: { Index } }) {
  const make = (texts) => {
    const index = new Index({ tokenize: "strict" });
    texts.forEach((t, id) => index.add(id, t));
    // It finds texts that have all words; with "suggest" those that lack some as well, as the others do.
    return { index, ask: (text) => index.search(text, { limit: TOP_K, suggest: true }) };
  };
  const bytes = async ({ index }) => {
    let total = 0;
    await index.export((_, part) => {
      total += part?.length ?? 0;
    });
    return total;
  };
  return [await measured(engine, set, { make, bytes, effort: { sentences: 2000, rounds: 1 } })];
}
