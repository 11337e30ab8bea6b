/** Who listens to a replica, and what becomes of it when listeners throw, end, or begin in the middle. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { after, before, beforeEach, describe, it } from "node:test";
import { nearest, recordVersions, startSource } from "./support.mjs";

describe("listeners of a replica", { timeout: 60_000 }, () => {
  let versions, source, replica;

  before(async () => {
    versions = await recordVersions();
    source = await startSource();
  });
  after(async () => {
    await replica?.close();
    await source?.stop();
  });
  beforeEach(async () => {
    await replica?.close();
    source.replay.serve(versions[0]);
    replica = await source.open(await source.freshFolder());
  });

  /** What a program prints that opens a replica, follows it, and has listeners that throw; and how it ends. */
  async function run(first) {
    const cacheDir = JSON.stringify(await source.freshFolder());
    const program = `
      ${first}
      import { open } from ${JSON.stringify(import.meta.resolve("headwater"))};
      const onProgress = () => { throw new Error("of onProgress"); };
      const options = { trust: ${JSON.stringify(source.signer.trust)}, syncEveryMs: 0, cacheDir: ${cacheDir}, onProgress };
      const replica = await open(${JSON.stringify(source.replay.url)}, options);
      const heard = [];
      replica.on("status", () => { throw undefined; });
      replica.on("status", async () => { throw new Error("of a promise"); });
      replica.on("status", ({ state }) => heard.push(state));
      await replica.sync();
      console.log(heard.join(), (await replica.status()).state);
      await replica.close();`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program], { stdio: ["ignore", "pipe", "pipe"] });
    const [out, complaints, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
    return { lines: out.trim().split("\n"), complaints, code };
  }

  it("that throw: the replica opens and follows, the others hear, and the program is told of each", async () => {
    const { lines, code, complaints } = await run(`
      process.on("uncaughtException", (error) => console.log("uncaught", error?.message));
      process.on("unhandledRejection", (error) => console.log("unhandled", error?.message));`);
    assert.equal(code, 0, complaints);
    const told = ["uncaught of onProgress", "uncaught undefined", "unhandled of a promise"];
    assert.deepEqual(new Set(lines), new Set([...told, "syncing,ready ready"]));
  });

  it("that throw in a program that does not listen for that: it ends as by any exception that nobody caught", async () => {
    const { lines, code, complaints } = await run("");
    assert.deepEqual([lines, code], [[""], 1]);
    assert.match(complaints, /Error: of onProgress\n +at .*onProgress/, "it names who threw");
  });

  it("that end each other hear no more, and those that begin hear the next", async () => {
    const heard = [];
    const endFirst = replica.on("status", () => {
      heard.push("first");
      endLast();
    });
    const endLast = replica.on("status", () => heard.push("last"));
    // Each time it hears it ends and begins anew: that is once for each event.
    let again = replica.on("status", hearAgain);
    function hearAgain() {
      heard.push("again");
      again();
      again = replica.on("status", hearAgain);
    }
    await replica.sync();
    assert.deepEqual(heard, ["first", "again", "first", "again"]);
    endFirst();
    again();
    await replica.sync();
    assert.equal(heard.length, 4);
  });

  it("that are one function given twice are ended one by one", async () => {
    let heard = 0;
    const hear = () => (heard += 1);
    const [end] = [replica.on("status", hear), replica.on("status", hear)];
    await replica.sync();
    assert.equal(heard, 4);
    end();
    end();
    await replica.sync();
    assert.equal(heard, 6);
  });

  it("that close it hear nothing more, nor do those behind them", async () => {
    const heard = [];
    replica.on("progress", () => {
      heard.push("progress");
      void replica.close();
    });
    replica.on("progress", () => heard.push("behind"));
    assert.equal(await nearest(replica, 7), "p7");
    const error = await replica.sync().catch((thrown) => thrown);
    assert.equal(error.code, "closed");
    assert.deepEqual(heard, ["progress"]);
  });
});
