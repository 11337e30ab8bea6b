/** A small collection at a real origin, and the real Worker in workerd to publish it to. */
import { join } from "node:path";
import { freshFolder, edgeBundle, root } from "../../../tests/e2e/support/places.mjs";
import { call } from "../../../tests/e2e/support/http.mjs";
import { headwater, startOrigin, trustOf } from "../../../tests/e2e/support/servers.mjs";
import { startEdge } from "../../run.mjs";

export const TOKEN = "a token of the tests";
export const COLLECTION = "animals";
const MODEL = "static-minilm-256";
const POINTS = 600;
const KINDS = ["cat", "dog", "whale", "owl"];

const SCHEMA = {
  vectors: {
    meaning: { dim: 256, metric: "cosine", embed: { model: MODEL, from: ["gloss"] } },
    place: { dim: 8, metric: "l2" },
  },
  fields: { kind: "keyword", legs: "integer" },
};

/** The origin with its collection; `edge(options)` starts a Worker that trusts it. */
export async function startRiver() {
  const data = await freshFolder("edge-origin");
  const origin = await startOrigin({ data });
  const url = `${origin.url}/v1/collections/${COLLECTION}`;
  await headwater("model", "add", join(root, "examples", "wordnet", "model"), "--name", MODEL, "--url", origin.url);
  await call("PUT", url, SCHEMA);
  await call("PUT", `${url}/points`, { points: Array.from({ length: POINTS }, (_, n) => point(n)) });
  await call("POST", `${url}/publish`);
  return new River(origin, url, await trustOf(data));
}

class River {
  #origin;
  #edges = [];

  constructor(origin, collectionUrl, trust) {
    this.#origin = origin;
    this.collectionUrl = collectionUrl;
    this.trust = trust;
  }

  /** A Worker that trusts the origin and others, or only somebody else; asked with a head TTL of 0 unless told otherwise, so that each request looks at the bucket. */
  async edge({ trust = [], onlyTrust, ...options } = {}) {
    const trusted = onlyTrust === undefined ? [this.trust, ...trust] : [onlyTrust];
    const edge = await startEdge({ bundle: edgeBundle, trust: trusted, token: TOKEN, headTtlMs: 0, ...options });
    this.#edges.push(edge);
    return { ...edge, collectionUrl: `${edge.url}/v1/collections/${COLLECTION}` };
  }

  /** `headwater publish --to` the edge; its output. */
  publishTo(edge, token = TOKEN) {
    return headwater("publish", "--collection", COLLECTION, "--url", this.#origin.url, "--to", edge.url, "--to-token", token);
  }

  /** Changes some points and publishes at the origin only. */
  async nextVersion(from) {
    await call("PUT", `${this.collectionUrl}/points`, { points: [0, 1, 2].map((n) => point(from + n)) });
    return call("POST", `${this.collectionUrl}/publish`);
  }

  async stop() {
    await Promise.all(this.#edges.map((edge) => edge.stop()));
    await this.#origin.stop();
  }
}

export function point(n) {
  const kind = KINDS[n % KINDS.length];
  const place = Array.from({ length: 8 }, (_, i) => Math.sin(n * (i + 1)));
  return { id: `${kind}/${n} é`, vectors: { place }, payload: { kind, legs: n % 5, gloss: `the ${kind} number ${n} likes the number ${n * n}` } };
}

/** Puts bytes into the bucket behind the Worker's back. */
export function putDirectly(bucket, path, bytes) {
  // The binding's proxy takes an ArrayBuffer, not a view.
  return bucket.put(`${COLLECTION}/${path}`, new Uint8Array(bytes).buffer);
}

/** The same for a recorded version; `change` may alter a blob's bytes. */
export async function putRecording(bucket, recording, signedHead, change = (bytes) => bytes) {
  for (const [hash, bytes] of recording.blobs) await putDirectly(bucket, `blobs/${hash}`, change(bytes, hash));
  await putDirectly(bucket, `manifests/${recording.head.manifest.hash}`, recording.manifestBytes);
  await bucket.put(`${COLLECTION}/head`, JSON.stringify(signedHead));
}

export function flipped(bytes) {
  const copy = Buffer.from(bytes);
  copy[Math.floor(copy.length / 2)] ^= 1;
  return copy;
}
