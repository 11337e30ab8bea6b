/**
 * A source that serves recorded versions of a real collection, and lies on demand.
 *
 * Owns: the version it serves and its one defect. What it serves is what a real origin published; only
 * the head is signed anew, because a good liar has a good signature.
 */
import { once } from "node:events";
import http from "node:http";
import { call } from "./http.mjs";

/** Fetches everything that the head at `url` leads to. */
export async function record(url) {
  const signed = await call("GET", `${url}/head`);
  const manifestBytes = await bytesOf(`${url}/manifests/${signed.head.manifest.hash}`);
  const manifest = JSON.parse(manifestBytes);
  const named = [...manifest.models.map((m) => m.blob), ...manifest.segments.flatMap((s) => [s.blob, s.tombstones])];
  const blobs = new Map();
  for (const blob of named.filter(Boolean)) blobs.set(blob.hash, await bytesOf(`${url}/blobs/${blob.hash}`));
  return { head: signed.head, manifest, manifestBytes, blobs };
}

async function bytesOf(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return Buffer.from(await answer.arrayBuffer());
}

export async function startReplay(signer) {
  const replay = new Replay(signer);
  await replay.listen();
  return replay;
}

class Replay {
  #signer;
  #server = http.createServer((request, response) => this.#answer(request, response));
  #served;
  #defect = {};
  /** What was asked for since the last `serve`: "head", "manifests" or "blobs" a request. */
  asked = [];

  constructor(signer) {
    this.#signer = signer;
  }

  async listen() {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}/v1/collections/${this.#served.head.collection}`;
  }

  /**
   * Serves this recording from now on. `defect` may change the signed head (`head`), the body of a
   * manifest or blob (`manifest`, `blob`: bytes in, bytes out), or answer by itself
   * (`answerHead`, `answerBlob`: the response in, true when it was answered).
   */
  serve(recording, defect = {}) {
    this.#served = recording;
    this.#defect = defect;
    this.asked = [];
  }

  async stop() {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  #answer(request, response) {
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("access-control-allow-headers", "*");
    response.setHeader("cache-control", "no-store");
    if (request.method === "OPTIONS") {
      response.writeHead(204).end();
      return;
    }
    const [, kind, hash] = request.url.match(/^\/v1\/collections\/[^/]+\/(head|manifests|blobs)(?:\/(\w+))?/) ?? [];
    this.asked.push(kind);
    if (kind === "head") this.#answerHead(response);
    else if (kind === "manifests" && hash === this.#served.head.manifest.hash) this.#send(response, "manifest", this.#served.manifestBytes);
    else if (kind === "blobs" && this.#served.blobs.has(hash)) this.#answerBlob(response, this.#served.blobs.get(hash));
    else response.writeHead(404, { "content-type": "application/problem+json" }).end(
      JSON.stringify({ type: "urn:headwater:problem:not_found", title: "not found", status: 404, code: "not_found", detail: `no ${kind} ${hash} here`, retryable: false }),
    );
  }

  #answerHead(response) {
    if (this.#defect.answerHead?.(response)) return;
    const head = { ...this.#served.head, issuedMs: Date.now() };
    const signed = this.#defect.head?.(head, this.#signer) ?? this.#signer.sign(head);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(signed));
  }

  #answerBlob(response, bytes) {
    if (this.#defect.answerBlob?.(response, bytes)) return;
    this.#send(response, "blob", bytes);
  }

  #send(response, kind, bytes) {
    const body = this.#defect[kind]?.(bytes) ?? bytes;
    response.writeHead(200, {
      "content-type": kind === "manifest" ? "application/json" : "application/octet-stream",
      "content-length": body.length,
    });
    response.end(body);
  }
}
