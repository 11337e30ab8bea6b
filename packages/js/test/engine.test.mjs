/**
 * The memory of the engine: given back by replicas that are closed; and when there is none, typed errors, an end, and
 * a new engine.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { forgeSegment } from "../../../tests/e2e/support/forge.mjs";
import { failure, nearest, recordVersions, startSource } from "./support.mjs";

const PAGE_BYTES = 65_536;

/** Every instance of the engine that is made from now on, with its memory. */
const memories = [];
const { Instance } = WebAssembly;
WebAssembly.Instance = new Proxy(Instance, {
  construct(target, given, as) {
    const instance = Reflect.construct(target, given, as);
    memories.push(instance.exports.memory);
    return instance;
  },
});

/** Takes all memory that there is to have: whatever the engine asks for next it does not get. */
function exhaust(memory) {
  for (let pages = 65_536; pages >= 1; pages >>= 1) {
    for (;;) {
      try {
        memory.grow(pages);
      } catch {
        break;
      }
    }
  }
}

describe("the engine's memory", { timeout: 120_000 }, () => {
  let versions, source;
  const open = async () => source.open(await source.freshFolder());
  const trapped = (error) => {
    assert.deepEqual([error.name, error.code, error.retryable], ["HeadwaterError", "internal", false]);
    assert.match(error.message, /the engine has stopped.*open it again/);
    assert.ok(error.cause instanceof WebAssembly.RuntimeError, `${error.cause}`);
    return true;
  };
  /** Larger than all that lies free in it. */
  const large = { match: "x".repeat(32 * 1024 * 1024) };

  before(async () => {
    versions = await recordVersions();
    source = await startSource();
    source.replay.serve(versions[0]);
  });
  after(() => {
    WebAssembly.Instance = Instance;
    return source?.stop();
  });

  it("is given back: opening, searching, failing and closing again and again does not let it grow", async () => {
    const folder = await source.freshFolder();
    const round = async () => {
      const replica = await source.open(folder);
      replica.on("status", () => undefined);
      await nearest(replica, 7);
      await assert.rejects(replica.search({ vector: [1] }), failure("dimension_mismatch"));
      source.replay.serve(versions[1], { blob: (bytes) => bytes.subarray(1) });
      await assert.rejects(replica.sync(), failure("hash_mismatch"));
      source.replay.serve(versions[0]);
      await replica.close();
    };
    for (let n = 0; n < 5; n += 1) await round();
    const before = memories[0].buffer.byteLength;
    for (let n = 0; n < 40; n += 1) await round();
    assert.deepEqual([memories.length, memories[0].buffer.byteLength], [1, before]);
  });

  it("is exhausted in a search: rejects from then on, can be closed, and the next replica is well", async () => {
    const [replica, other] = [await open(), await open()];
    assert.equal(memories.length, 1, "one instance serves both");
    exhaust(memories[0]);
    assert.equal(await nearest(replica, 7), "p7", "what it has suffices for a small search");
    await assert.rejects(replica.search(large), trapped);
    for (const late of [() => replica.search({ topK: 1 }), () => replica.get("p1"), () => replica.status(), () => replica.sync(), () => nearest(other, 7)]) {
      await assert.rejects(late(), trapped);
    }

    const next = await open();
    assert.equal(memories.length, 2, "an instance of its own");
    assert.equal(memories[1].buffer.byteLength < 1000 * PAGE_BYTES, true);
    assert.equal(await nearest(next, 7), "p7");
    await Promise.all([replica.close(), other.close()]);
    assert.equal(await nearest(next, 7), "p7", "closing the others does not touch it");
    await assert.rejects(replica.get("p1"), failure("closed"));
    const another = await open();
    assert.equal(memories.length, 2, "shared again");
    await Promise.all([next.close(), another.close()]);
  });

  it("is exhausted in a sync: that ends the sync only, until something traps", async () => {
    const replica = await open();
    exhaust(memories.at(-1));
    source.replay.serve(forgeSegment(versions[1], Buffer.alloc(16 * 1024 * 1024)));
    await assert.rejects(replica.sync(), failure("over_budget"));
    assert.equal(await nearest(replica, 7), "p7");
    await assert.rejects(replica.search(large), trapped);
    await assert.rejects(replica.sync(), trapped);
    await replica.close();
    source.replay.serve(versions[1]);
    const next = await open();
    assert.equal(await nearest(next, 1007), "p1007");
    await next.close();
  });
});
