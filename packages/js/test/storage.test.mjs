/**
 * A place for files that cannot be used: a replica that can have its bytes answers all the same, and says that
 * nothing is kept.
 */
import assert from "node:assert/strict";
import fs from "node:fs/promises";
import { mkdir, readFile, readdir, rm, rmdir, stat, utimes, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join, relative } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { failure, keptBlobs, nearest, recordVersions, startSource } from "./support.mjs";

const keptOf = (replica) => replica.status().then(({ state, kept, lastError }) => [state, kept, lastError?.code ?? null]);

describe("a replica in Node whose folder cannot be used", { timeout: 60_000 }, () => {
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
  const blobsAsked = () => source.replay.asked.filter((kind) => kind === "blobs").length;

  const PLACES = {
    "is a file": async (path) => {
      await writeFile(path, "here");
      return path;
    },
    "lies in a file": async (path) => {
      await writeFile(path, "here");
      return join(path, "below");
    },
    "lies in what is no folder of files": async () => "/proc/version/headwater",
    "lies where new folders are said to be missing": async () => "/proc/headwater",
    "lies deep where new folders are said to be missing": async () => "/proc/headwater/kept/here",
    "is a device": async () => "/dev/full",
    "has a file where the blobs belong": async (path) => {
      await mkdir(path);
      await writeFile(join(path, "blobs"), "here");
      return path;
    },
    "has a folder where the record belongs": async (path) => {
      await (await source.open(path)).close();
      const [name] = await readdir(join(path, "replicas"));
      await rm(join(path, "replicas", name));
      await mkdir(join(path, "replicas", name, "in the way"), { recursive: true });
      return path;
    },
  };
  for (const [what, make] of Object.entries(PLACES)) {
    it(`it ${what}: opens, answers, follows, and says so`, async () => {
      const place = await make(join(folder, "kept"));
      source.replay.serve(versions[0]);
      const replica = await source.open(place);
      assert.deepEqual(await keptOf(replica), ["ready", false, "storage_failed"]);
      assert.equal(await nearest(replica, 7), "p7");
      const asked = blobsAsked();

      source.replay.serve(versions[1]);
      const report = await replica.sync();
      assert.deepEqual([report.changed, report.version], [true, 2]);
      assert.equal(await nearest(replica, 1007), "p1007");
      assert.ok(blobsAsked() < versions[1].blobs.size || asked === 0, "the difference only is fetched");
      assert.deepEqual(await keptOf(replica), ["ready", false, "storage_failed"]);
      assert.equal((await replica.sync()).changed, false);

      source.replay.serve(versions[0]);
      await assert.rejects(replica.sync(), failure("head_rolled_back"), "what was seen is remembered while it lasts");
      assert.deepEqual(await keptOf(replica), ["refused", false, "head_rolled_back"]);
      await replica.close();
    });
  }

  it("it is well: says that all is kept", async () => {
    const replica = await source.open(folder);
    assert.deepEqual(await keptOf(replica), ["ready", true, null]);
    await replica.close();
    const again = await source.open(folder);
    assert.deepEqual(await keptOf(again), ["ready", true, null]);
    await again.close();
  });

  it("it can be used again later: the next version is kept", async () => {
    const place = join(folder, "kept");
    await writeFile(place, "in the way");
    const replica = await source.open(place);
    assert.deepEqual(await keptOf(replica), ["ready", false, "storage_failed"]);
    await rm(place);
    source.replay.serve(versions[1]);
    await replica.sync();
    assert.deepEqual(await keptOf(replica), ["ready", true, null]);
    await replica.close();
    source.replay.serve(versions[1], { answerHead: (response) => response.writeHead(503).end() });
    const again = await source.open(place);
    assert.equal(await nearest(again, 1007), "p1007");
    await again.close();
  });

  it("it goes while the replica is open: what it has it serves, and the next version is kept whole", async () => {
    const place = join(folder, "kept");
    const replica = await source.open(place);
    await rm(place, { recursive: true });
    assert.equal(await nearest(replica, 7), "p7");
    source.replay.serve(versions[1]);
    await replica.sync();
    assert.deepEqual(await keptOf(replica), ["ready", true, null]);
    await replica.close();
    source.replay.serve(versions[1], { answerHead: (response) => response.writeHead(503).end() });
    const again = await source.open(place);
    assert.deepEqual([await nearest(again, 7), await nearest(again, 1007)], ["p7", "p1007"]);
    await again.close();
  });

  it("it is named relative to the program's folder: it stays where it is when the program goes elsewhere", async () => {
    const place = join(folder, "deep", "kept");
    const replica = await source.open(relative(process.cwd(), place));
    const before = process.cwd();
    try {
      process.chdir(folder);
      source.replay.serve(versions[1]);
      await replica.sync();
    } finally {
      process.chdir(before);
    }
    assert.deepEqual(await keptOf(replica), ["ready", true, null]);
    assert.equal((await keptBlobs(place)).length, versions[1].blobs.size);
    assert.deepEqual(await readdir(folder), ["deep"]);
    await replica.close();
  });

  it("it is named relative to a folder that was removed: opens, answers, and says so", async () => {
    const [before, gone] = [process.cwd(), join(folder, "gone")];
    await mkdir(gone);
    try {
      process.chdir(gone);
      await rmdir(gone);
      const replica = await source.open("kept");
      assert.deepEqual(await keptOf(replica), ["ready", false, "storage_failed"]);
      assert.match((await replica.status()).lastError.detail, /"cacheDir" can name a folder, by its whole path/);
      assert.equal(await nearest(replica, 7), "p7");
      await replica.close();
    } finally {
      process.chdir(before);
    }
  });

  it("it is not named, and the environment may not be looked at, as in Deno: opens, answers, and says so", async () => {
    const { env } = process;
    const refuse = () => assert.fail("requires access");
    try {
      Object.defineProperty(process, "env", { configurable: true, get: refuse });
      const replica = await source.open(undefined);
      assert.deepEqual(await keptOf(replica), ["ready", false, "storage_failed"]);
      assert.match((await replica.status()).lastError.detail, /requires access; the option "cacheDir"/);
      await replica.close();
    } finally {
      Object.defineProperty(process, "env", { configurable: true, enumerable: true, writable: true, value: env });
    }
  });

  /** A disk that is mounted to be read only, as the file system says it. */
  const withReadOnlyDisk = async (work) => {
    const kept = { ...fs };
    const refuse = () => Promise.reject(Object.assign(new Error("EROFS: read-only file system"), { code: "EROFS" }));
    const open = (path, flags, ...rest) => (flags === "r" ? kept.open(path, flags, ...rest) : refuse());
    Object.assign(fs, { mkdir: refuse, open, rename: refuse, rm: refuse });
    syncBuiltinESMExports();
    try {
      return await work();
    } finally {
      Object.assign(fs, kept);
      syncBuiltinESMExports();
    }
  };

  it("it can only be read: what it has is served without being fetched, what is newer is not kept", async () => {
    await (await source.open(folder)).close();
    // Left by a process that died long ago: it cannot be removed, and is in nobody's way.
    const left = join(folder, "blobs", ".partial-left");
    await writeFile(left, "half");
    await utimes(left, 1, 1);
    await withReadOnlyDisk(async () => {
      source.replay.serve(versions[0]);
      const replica = await source.open(folder);
      assert.deepEqual(await keptOf(replica), ["ready", true, null]);
      // The same version under a head that was signed anew.
      assert.equal((await replica.sync()).changed, false);
      assert.equal(blobsAsked(), 0);
      assert.deepEqual(await keptOf(replica), ["ready", false, "storage_failed"]);
      source.replay.serve(versions[1]);
      await replica.sync();
      assert.ok(blobsAsked() < versions[1].blobs.size, "the difference only is fetched");
      assert.equal(await nearest(replica, 1007), "p1007");
      assert.deepEqual(await keptOf(replica), ["ready", false, "storage_failed"]);
      assert.match((await replica.status()).lastError.detail, /cannot be kept.*read-only/);
      await replica.close();
    });
    assert.equal((await stat(left)).size, 4);
    source.replay.serve(versions[0]);
    await (await source.open(folder)).close();
    assert.equal(blobsAsked(), 0, "what was kept is whole");
  });

  /** A disk with no room left for blobs, as the file system says it: after the first `most` bytes. */
  const withFullDisk = async (most, work) => {
    const probe = await fs.open(join(folder, "probe"), "w");
    const { writeFile: write } = Object.getPrototypeOf(probe);
    const prototype = Object.getPrototypeOf(probe);
    await probe.close();
    let room = most;
    prototype.writeFile = function (bytes, ...rest) {
      room -= bytes.length;
      if (room < 0) return Promise.reject(Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" }));
      return write.call(this, bytes, ...rest);
    };
    try {
      return await work();
    } finally {
      prototype.writeFile = write;
    }
  };

  it("it is full: opens and answers, and what was kept before stays whole", async () => {
    await (await source.open(folder)).close();
    const [name] = await readdir(join(folder, "replicas"));
    const record = await readFile(join(folder, "replicas", name), "utf8");
    await withFullDisk(100, async () => {
      source.replay.serve(versions[1]);
      const replica = await source.open(folder);
      await replica.sync();
      assert.equal(await nearest(replica, 1007), "p1007");
      const { state, kept, lastError } = await replica.status();
      assert.deepEqual([state, kept, lastError.code], ["ready", false, "storage_full"]);
      assert.match(lastError.detail, /space/);
      await replica.close();
    });
    assert.equal(await readFile(join(folder, "replicas", name), "utf8"), record);
    source.replay.serve(versions[1], { answerHead: (response) => response.writeHead(503).end() });
    const again = await source.open(folder);
    assert.equal((await again.status()).version, 1);
    assert.equal(await nearest(again, 7), "p7");
    await again.close();
  });

  it("it is full from the start: opens and answers", async () => {
    await withFullDisk(0, async () => {
      const replica = await source.open(folder);
      assert.deepEqual(await keptOf(replica), ["ready", false, "storage_full"]);
      assert.equal(await nearest(replica, 7), "p7");
      await replica.close();
    });
  });

  it("its record is not what it was: fetched anew, and kept", async () => {
    await (await source.open(folder)).close();
    const [name] = await readdir(join(folder, "replicas"));
    for (const record of ["", "null", "[]", '{"head":7,"manifest":"","highestVersion":1}', '{"head":"","manifest":"","highestVersion":-1}', '{"head":"","manifest":"","highestVersion":1e300}', "\u0000"]) {
      await writeFile(join(folder, "replicas", name), record);
      const replica = await source.open(folder);
      assert.equal(await nearest(replica, 7), "p7");
      assert.deepEqual(await keptOf(replica), ["ready", true, null], record);
      await replica.close();
    }
  });
});
