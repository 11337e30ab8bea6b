/** A small part of WordNet at an origin of its own, for tests that write, kill and damage. */
import { join } from "node:path";
import { writeFile } from "node:fs/promises";
import { call } from "./http.mjs";
import { freshFolder, headwaterBin, wordnetModel, wordnetPoints, wordnetSchema } from "./places.mjs";
import { prepared } from "./prepared.mjs";
import { record } from "./replay.mjs";
import { headwater, publishToEdge, startEdge, startOrigin, trustOf } from "./servers.mjs";
import { MODEL, wordnetLines } from "./wordnet.mjs";

const COLLECTION = "excerpt";
const OTHER = "others";
/** Every so many synsets one is taken, so that all kinds of words are among them. */
const EVERY = 40;

const lines = await wordnetLines();
const taken = (offset) => lines.filter((_, i) => i % EVERY === offset);
const held = taken(0);
const further = taken(1).map((line) => JSON.parse(line));

export const excerpt = {
  /** Points that it starts with. */
  count: held.length,
  get ids() {
    return held.map((line) => JSON.parse(line).id);
  },
  /** Points that it does not hold yet. */
  newer: (count) => further.slice(0, count),
};

export async function startExcerpt() {
  const folder = await prepared("excerpt", [headwaterBin, wordnetPoints, wordnetSchema, wordnetModel], load);
  const data = join(folder, "origin");
  const origin = await startOrigin({ data });
  return new Excerpt(origin, await trustOf(data));
}

class Excerpt {
  #origin;

  constructor(origin, trust) {
    this.#origin = origin;
    this.name = COLLECTION;
    this.trust = trust;
    this.url = origin.url;
    this.collection = `${origin.url}/v1/collections/${COLLECTION}`;
  }

  upsert(points) {
    return call("PUT", `${this.collection}/points`, { points });
  }
  remove(ids) {
    return call("POST", `${this.collection}/points/delete`, { ids });
  }
  publish() {
    return call("POST", `${this.collection}/publish`);
  }
  /** What another collection of the same origin publishes. */
  recordOther() {
    return record(`${this.url}/v1/collections/${OTHER}`);
  }
  /** An edge that serves what is published here, once it has been told to `update()`. */
  async startEdge() {
    const edge = await startEdge({ persist: await freshFolder("edge"), trust: this.trust, headTtlMs: 0 });
    const update = () => publishToEdge(COLLECTION, this.#origin, edge);
    await update();
    return { collection: this.collection.replace(this.url, edge.url), update, stop: () => edge.stop() };
  }
  kill() {
    return this.#origin.kill();
  }
  restart() {
    return this.#origin.restart();
  }
  stop() {
    return this.#origin.stop();
  }
}

async function load(folder) {
  const origin = await startOrigin({ data: join(folder, "origin") });
  try {
    const at = ["--url", origin.url];
    await headwater("model", "add", wordnetModel, "--name", MODEL, ...at);
    for (const [name, points] of [[COLLECTION, held], [OTHER, taken(2).slice(0, 100)]]) {
      const file = join(folder, `${name}.ndjson`);
      await writeFile(file, points.join("\n"));
      await headwater("create", name, "--schema", wordnetSchema, ...at);
      await headwater("import", file, "--collection", name, ...at);
      await headwater("publish", "--collection", name, ...at);
    }
  } finally {
    await origin.stop();
  }
}
