/**
 * A source that lies: a replica takes nothing from it that it has not verified, says by a code what was
 * wrong, and goes on answering from the last good snapshot. Each lie is told to Node and to Chromium.
 */
import { after, before, describe, it } from "node:test";
import { DEFECTS, KEYS, SILENCES } from "../conformance/lies.mjs";
import { RUNTIMES, startSiege } from "./support/siege.mjs";

describe("a replica and a source that lies", { timeout: 300_000 }, () => {
  let siege;

  before(async () => {
    siege = await startSiege();
  }, { timeout: 120_000 });
  after(() => siege?.stop());

  for (const runtime of RUNTIMES) {
    describe(`in ${runtime}`, () => {
      for (const { name, ...lie } of [...DEFECTS, ...SILENCES]) {
        it(`${name}: ${lie.code}`, { timeout: 30_000 }, async () => {
          const told = { ...lie, recording: siege.recordings.newer };
          await siege.firstOpenIsRefused(runtime, told);
          await siege.servesOn(runtime, told);
        });
      }

      for (const { name, first, ...lie } of KEYS.lies) {
        it(`${name}: ${lie.code}`, { timeout: 30_000 }, async () => {
          const told = { ...lie, recording: siege.recordings.newer };
          const { trust, truth } = KEYS;
          if (first !== null) await siege.firstOpenIsRefused(runtime, { ...told, code: first }, trust);
          await siege.servesOn(runtime, told, { trust, truth });
        });
      }

      it("an older head than one seen before: head_rolled_back", { timeout: 30_000 }, async () => {
        const { older, newer } = siege.recordings;
        await siege.servesOn(runtime, { code: "head_rolled_back", state: "refused", recording: older }, { held: newer });
      });

      it("the manifest of another collection: manifest_mismatch", { timeout: 30_000 }, async () => {
        const { newer, other } = siege.recordings;
        const recording = { ...other, head: { ...newer.head, manifest: other.head.manifest } };
        const lie = { code: "manifest_mismatch", state: "refused", recording };
        await siege.firstOpenIsRefused(runtime, lie);
        await siege.servesOn(runtime, lie);
      });
    });
  }
});
