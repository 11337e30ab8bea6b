/** The dev server as `cargo xtask demo` and people run it. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { spawn } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { ask } from "../../tests/e2e/support/http.mjs";
import { newSigner } from "../../tests/e2e/support/head-signer.mjs";
import { edgeBundle, freshFolder } from "../../tests/e2e/support/places.mjs";

const SCRIPT = fileURLToPath(new URL("../dev-server.mjs", import.meta.url));

async function start(...args) {
  const child = spawn(process.execPath, [SCRIPT, "--port", "0", "--bundle", edgeBundle, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface(child.stdout), "line");
  return { child, ...JSON.parse(line) };
}

async function stop({ child }, signal) {
  const exit = once(child, "exit");
  child.kill(signal);
  return (await exit)[0];
}

describe("dev-server.mjs", { timeout: 60_000 }, () => {
  it("says when it is ready, keeps its bucket and stops when asked", async () => {
    const persist = await freshFolder("edge-dev");
    const trust = newSigner().trust;
    const blob = Buffer.from("kept");
    // BLAKE3 of the four bytes.
    const hash = "5e6f1a1a18575bd6705c9f36b25b50795525dc34e37f11bcbf0ff4bb1ff690e5";
    const first = await start("--persist", persist, "--trust", trust, "--token", "t");
    assert.equal(first.ready, true);
    const url = (server) => `${server.url}/v1/collections/kept/blobs/${hash}`;
    const put = await fetch(url(first), { method: "PUT", body: blob, headers: { authorization: "Bearer t" } });
    assert.equal(put.status, 204, await put.text());
    assert.equal(await stop(first, "SIGTERM"), 0);
    const second = await start("--persist", persist, "--trust", trust);
    assert.equal((await ask("GET", url(second))).text, "kept");
    assert.equal(await stop(second, "SIGINT"), 0);
  });

  it("says in a line what is wrong with its options, and what they are", async () => {
    const run = async (...args) => {
      const child = spawn(process.execPath, [SCRIPT, ...args], { stdio: ["ignore", "pipe", "pipe"] });
      const [out, err, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
      return { out, err, status };
    };
    const help = await run("--help");
    assert.deepEqual([help.status, help.err], [0, ""]);
    assert.match(help.out, /--trust KEY/);
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const trust = newSigner().trust;
    const secret = `ed25519-secret:${"0123456789abcdef".repeat(4)}`;
    for (const [args, says] of [
      [["--prot", "8787"], /--prot.*--help lists/s],
      [["stray"], /stray.*--help lists/s],
      [[], /--trust is missing/],
      [["--trust", secret], /--trust is a private key/],
      [["--trust", trust, "--port", "eight"], /--port "eight" is no whole number/],
      [["--trust", trust, "--port", "70000"], /65535/],
      [["--trust", trust, "--budget-bytes", "64 MB"], /--budget-bytes/],
      [["--trust", trust, "--port", String(taken.address().port)], /is taken by another program/],
      [["--trust", trust, "--port", "0", "--bundle", "./nowhere"], /cargo xtask build edge/],
    ]) {
      const { out, err, status } = await run(...args);
      assert.deepEqual([status, out], [1, ""], `${args}: ${err}`);
      assert.match(err, says);
      assert.doesNotMatch(err, /\n\s+at |0123456789abcdef/);
    }
    taken.close();
  });

  it("reports a setting that cannot be meant", async () => {
    const server = await start("--trust", "not a key");
    const answer = await ask("GET", `${server.url}/healthz`);
    assert.deepEqual([answer.status, answer.json.code], [500, "key_untrusted"]);
    assert.equal(await stop(server, "SIGTERM"), 0);
  });
});
