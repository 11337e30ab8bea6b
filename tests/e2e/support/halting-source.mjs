/**
 * Stands between a replica and its source, and stops at one moment of one request for something to be done there.
 *
 * Owns: which request of the armed ones stops, and whether the source is away. Does not own: what is answered, which is the
 * source's.
 */
import { once } from "node:events";
import http from "node:http";

/** When a request stops: nothing is answered yet, half of the body is, all of it is. */
export const MOMENTS = ["before", "halfway", "after"];

/** Headers that are not passed on. */
const OF_A_CONNECTION = new Set(["connection", "keep-alive", "transfer-encoding"]);

export async function startHaltingSource() {
  const source = new HaltingSource();
  await source.listen();
  return source;
}

class HaltingSource {
  #server = http.createServer((request, response) => void this.#answer(request, response).catch(() => response.destroy()));
  #behind;
  #away = false;
  #halt;
  /** What was asked for since it was armed: "head", "manifests" or "blobs" a request. */
  asked = [];

  async listen() {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  /** Answers with what stands behind this URL of a collection, under one of its own that always is the same. */
  stand(behind) {
    this.#behind = new URL(behind);
    this.#away = false;
    this.#halt = undefined;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}${this.#behind.pathname}`;
  }

  /**
   * The request of this number, from 0 on, stops at this moment, and never goes on. Resolves once it has stopped, with what it
   * asked for.
   */
  haltAt(number, moment) {
    this.asked = [];
    return new Promise((resolve) => {
      this.#halt = { number, moment, resolve };
    });
  }

  /** Whoever asks is hung up on, until it `stand`s again. */
  goAway() {
    this.#away = true;
    this.#server.closeAllConnections();
  }

  async stop() {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(request, response) {
    if (this.#away) {
      response.destroy();
      return;
    }
    const [, kind] = request.url.match(/\/(head|manifests|blobs)(?:\/|$)/) ?? [];
    // What a browser asks before it asks is no step of a sync.
    const number = request.method === "OPTIONS" ? -1 : this.asked.push(kind) - 1;
    const halt = this.#halt?.number === number ? this.#halt : undefined;
    if (halt?.moment === "before") {
      halt.resolve(kind);
      return;
    }
    const { range } = request.headers;
    const found = await fetch(new URL(request.url, this.#behind), { method: request.method, headers: range ? { range } : {} });
    const body = Buffer.from(await found.arrayBuffer());
    for (const [name, value] of found.headers) if (!OF_A_CONNECTION.has(name)) response.setHeader(name, value);
    response.writeHead(found.status, { "content-length": body.length });
    if (halt?.moment === "halfway") {
      response.write(body.subarray(0, body.length >> 1), () => halt.resolve(kind));
      return;
    }
    response.end(body, () => halt?.resolve(kind));
  }
}
