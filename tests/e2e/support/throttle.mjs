/**
 * A proxy before a real server that can hold answers to requests for blobs and boot objects half sent, as a bad connection does.
 *
 * Owns: the answers it holds.
 */
import { once } from "node:events";
import http from "node:http";

export async function startThrottle(upstream) {
  const throttle = new Throttle(upstream);
  await throttle.listen();
  return throttle;
}

class Throttle {
  #upstream;
  #holding = false;
  #held = [];
  #server = http.createServer((request, response) => this.#pass(request, response));

  constructor(upstream) {
    this.#upstream = new URL(upstream);
  }

  async listen() {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  get held() {
    return this.#held.length;
  }

  holdBlobs() {
    this.#holding = true;
  }

  release() {
    this.#holding = false;
    for (const finish of this.#held.splice(0)) finish();
  }

  async stop() {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  #pass(request, response) {
    const { hostname, port } = this.#upstream;
    const passed = http.request(
      { hostname, port, path: request.url, method: request.method, headers: { ...request.headers, host: this.#upstream.host }, agent: false },
      (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        if (this.#holding && /\/(blobs\/|boot$)/.test(request.url)) this.#hold(answer, response);
        else answer.pipe(response);
      },
    );
    passed.on("error", () => response.destroy());
    response.on("close", () => passed.destroy());
    request.pipe(passed);
  }

  /** Lets the first bytes through and keeps the rest back. */
  #hold(answer, response) {
    answer.once("data", (bytes) => {
      answer.pause();
      response.write(bytes.subarray(0, bytes.length >> 1));
      this.#held.push(() => {
        response.write(bytes.subarray(bytes.length >> 1));
        answer.pipe(response);
        answer.resume();
      });
    });
  }
}
