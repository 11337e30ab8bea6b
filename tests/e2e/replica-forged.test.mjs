/**
 * Bytes that are named by their true hashes and signed by the trusted key, and still wrong: an origin gone
 * mad, or a key in the wrong hands. A replica refuses them by a code, or serves them; it never crashes on
 * them, never hangs, and never gives up what it held.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { FORGERIES, modelOf, segmentOf } from "../conformance/lies.mjs";
import { forgeModel, forgeSegment } from "./support/forge.mjs";
import { RUNTIMES, startSiege } from "./support/siege.mjs";

/** Codes by which damaged bytes may be refused. */
const DAMAGE = ["corrupt", "format_unsupported", "model_invalid", "model_unsupported", "limit_exceeded", "over_budget"];

/** A generator of its own, so that every run makes the same damage. */
function random(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Some bytes overwritten: the more often near the front, where the tables are. */
function mangled(bytes, seed) {
  const next = random(seed);
  const copy = Buffer.from(bytes);
  for (let n = 0; n < 4; n += 1) copy[next(2) === 0 ? next(Math.min(4096, copy.length)) : next(copy.length)] = next(256);
  return next(4) === 0 ? copy.subarray(0, next(copy.length)) : copy;
}

describe("a replica and well-signed nonsense", { timeout: 240_000 }, () => {
  let siege;

  before(async () => {
    siege = await startSiege();
  }, { timeout: 120_000 });
  after(() => siege?.stop());

  for (const runtime of RUNTIMES) {
    describe(`in ${runtime}`, () => {
      for (const { name, recording, ...lie } of FORGERIES) {
        it(`${name}: ${lie.code}`, { timeout: 30_000 }, async () => {
          const told = { ...lie, recording: recording(siege.recordings.newer) };
          await siege.firstOpenIsRefused(runtime, told);
          await siege.servesOn(runtime, told);
        });
      }
    });
  }

  it("sixty segments and models with mangled bytes, in Node", { timeout: 120_000 }, async () => {
    const { older } = siege.recordings;
    const outcomes = {};
    for (let seed = 1; seed <= 60; seed += 1) {
      const forged = seed % 4 === 0 ? forgeModel(older, mangled(modelOf(older), seed)) : forgeSegment(older, mangled(segmentOf(older), seed));
      const code = await siege.survives("node", forged, DAMAGE);
      outcomes[code] = (outcomes[code] ?? 0) + 1;
    }
    assert.ok(outcomes.corrupt > 10, JSON.stringify(outcomes));
  });
});
