/** A cache that is shared: by replicas of one process, by processes, and with those who died in the middle. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { spawn } from "node:child_process";
import { readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { until } from "../../../tests/e2e/support/wait.mjs";
import { failure, keptBlobs, nearest, recordVersions, startSource } from "./support.mjs";

const FOLLOWER = fileURLToPath(new URL("follower.mjs", import.meta.url));
const PROCESSES = 4;

describe("a cache that is shared", { timeout: 120_000 }, () => {
  let versions, source, folder;

  before(async () => {
    versions = await recordVersions();
    source = await startSource();
  });
  after(() => source?.stop());
  beforeEach(async () => {
    folder = await source.freshFolder();
    source.replay.serve(versions[0]);
  });

  /** A process that opens a replica, follows its source once, and says what it serves; `killed` in the middle. */
  const follower = () => {
    const child = spawn(process.execPath, [FOLLOWER, source.replay.url, source.signer.trust, folder], { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (said += text));
    return { child, said: () => said, ended: once(child, "exit").then(() => said.trim()) };
  };
  const offline = () => source.replay.serve(versions[2], { answerHead: (response) => response.writeHead(503).end() });

  it("by replicas that open at once: each blob is fetched once", async () => {
    const replicas = await Promise.all(Array.from({ length: 3 }, () => source.open(folder)));
    assert.equal(source.replay.asked.filter((kind) => kind === "blobs").length, versions[0].blobs.size);
    source.replay.serve(versions[1]);
    await Promise.all(replicas.map((replica) => replica.sync()));
    for (const replica of replicas) {
      assert.equal(await nearest(replica, 1007), "p1007");
      await replica.close();
    }
  });

  it("by processes: all serve the newest version, and it can be opened without the source", async () => {
    const first = await Promise.all(Array.from({ length: PROCESSES }, () => follower().ended));
    assert.deepEqual(first, Array(PROCESSES).fill("version 1"));
    source.replay.serve(versions[1]);
    const second = await Promise.all(Array.from({ length: PROCESSES }, () => follower().ended));
    assert.deepEqual(second, Array(PROCESSES).fill("version 2"));
    offline();
    const replica = await source.open(folder);
    assert.equal((await replica.status()).version, 2);
    assert.equal(await nearest(replica, 1007), "p1007");
    await replica.close();
  });

  it("with a process that was killed in mid-sync: the last good version is there", async () => {
    await follower().ended;
    let held = 0;
    source.replay.serve(versions[1], { answerBlob: () => (held += 1) });
    const dying = follower();
    await until("the sync asking for a blob", () => held > 0);
    dying.child.kill("SIGKILL");
    await dying.ended;
    offline();
    const replica = await source.open(folder);
    assert.equal((await replica.status()).version, 1);
    assert.equal(await nearest(replica, 7), "p7");
    await assert.rejects(replica.sync(), failure("unreachable", true));
    source.replay.serve(versions[1]);
    assert.equal((await replica.sync()).version, 2);
    await replica.close();
  });

  it("with what the dead left half written: it is taken away in time", async () => {
    await follower().ended;
    const left = join(folder, "blobs", ".partial-of-the-dead");
    const fresh = join(folder, "blobs", ".partial-of-the-living");
    await Promise.all([writeFile(left, "half"), writeFile(fresh, "half")]);
    const yesterday = Date.now() / 1000 - 86_400;
    await utimes(left, yesterday, yesterday);
    source.replay.serve(versions[1]);
    await follower().ended;
    assert.deepEqual((await readdir(join(folder, "blobs"))).filter((name) => name.startsWith(".")), [".partial-of-the-living"]);
  });

  it("with what other sources need", async () => {
    const replica = await source.open(folder);
    source.replay.serve(versions[0]);
    const other = new URL(source.replay.url);
    other.hostname = "localhost";
    const { open } = await import("headwater");
    const same = await open(other.href, { trust: source.signer.trust, syncEveryMs: 0, cacheDir: folder });
    source.replay.serve(versions[2]);
    await replica.sync();
    const names = (await keptBlobs(folder)).map(({ name }) => name).sort();
    assert.deepEqual(names, [...new Set([...versions[0].blobs.keys(), ...versions[2].blobs.keys()])].sort());
    await Promise.all([replica.close(), same.close()]);
  });
});
