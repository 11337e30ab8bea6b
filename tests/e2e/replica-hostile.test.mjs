/**
 * A source that lies: a replica takes nothing from it that it has not verified, says by a code what was
 * wrong, and goes on answering from the last good snapshot. Each lie is told to Node and to Chromium.
 */
import { after, before, describe, it } from "node:test";
import { newSigner } from "./support/head-signer.mjs";
import { RUNTIMES, startSiege } from "./support/siege.mjs";

const THEIRS = newSigner();

const flipped = (bytes, at) => {
  const changed = Buffer.from(bytes);
  changed[at] ^= 1;
  return changed;
};

/** What is done to a good answer, the code by which it is refused, and the state of a replica that serves meanwhile. */
const DEFECTS = [
  { name: "a truncated blob", code: "hash_mismatch", state: "refused", blob: (bytes) => bytes.subarray(0, bytes.length - 100) },
  { name: "a flipped bit in a blob", code: "hash_mismatch", state: "refused", blob: (bytes) => flipped(bytes, bytes.length >> 1) },
  { name: "a blob that is too long", code: "hash_mismatch", state: "refused", blob: (bytes) => Buffer.concat([bytes, Buffer.alloc(4096)]) },
  { name: "a flipped bit in the manifest", code: "hash_mismatch", state: "refused", manifest: (bytes) => flipped(bytes, bytes.length >> 1) },
  {
    name: "a head changed after it was signed",
    code: "signature_invalid",
    state: "refused",
    head: (head, signer) => ({ ...signer.sign(head), head: { ...head, lsn: head.lsn + 1 } }),
  },
  { name: "the signature of another key", code: "key_untrusted", state: "refused", head: (head) => THEIRS.sign(head) },
  {
    name: "another key's signature under the trusted key's name",
    code: "signature_invalid",
    state: "refused",
    head: (head, signer) => ({ ...THEIRS.sign(head), key: signer.trust }),
  },
  { name: "a head of another collection", code: "manifest_mismatch", state: "refused", head: (head, signer) => signer.sign({ ...head, collection: "others" }) },
  { name: "an expired head", code: "head_expired", state: "refused", head: (head, signer) => signer.sign({ ...head, expiresMs: Date.now() - 1000 }) },
  { name: "a web page instead of a head", code: "bad_response", state: "offline", answerHead: html },
  { name: "a head without an end", code: "bad_response", state: "offline", answerHead: endless },
  { name: "a hang-up in the middle of a blob", code: "unreachable", state: "offline", answerBlob: hangUp },
  { name: "silence in the middle of a blob", code: "unreachable", state: "offline", answerBlob: fallSilent },
  { name: "silence instead of a head", code: "unreachable", state: "offline", answerHead: () => true },
  { name: "a server error", code: "unreachable", state: "offline", answerHead: (response) => response.writeHead(502).end("bad gateway") },
  { name: "a blob that is not there", code: "bad_response", state: "offline", answerBlob: (response) => response.writeHead(404).end() },
];

describe("a replica and a source that lies", { timeout: 240_000 }, () => {
  let siege;

  before(async () => {
    siege = await startSiege();
  }, { timeout: 120_000 });
  after(() => siege?.stop());

  for (const runtime of RUNTIMES) {
    describe(`in ${runtime}`, () => {
      for (const { name, code, state, ...defect } of DEFECTS) {
        it(`${name}: ${code}`, { timeout: 30_000 }, async () => {
          const lie = { code, state, recording: siege.recordings.newer, defect };
          await siege.firstOpenIsRefused(runtime, lie);
          await siege.servesOn(runtime, lie);
        });
      }

      it("an older head than one seen before: head_rolled_back", { timeout: 30_000 }, async () => {
        const { older, newer } = siege.recordings;
        await siege.servesOn(runtime, { code: "head_rolled_back", state: "refused", recording: older }, newer);
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

function html(response) {
  response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Welcome to the hotel</title>");
  return true;
}

/** Sends white space, which is valid JSON as far as it goes, until the other side has had enough. */
function endless(response) {
  response.writeHead(200, { "content-type": "application/json" });
  const chunk = Buffer.alloc(64 * 1024, " ");
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on("drain", more);
  more();
  return true;
}

function fallSilent(response, bytes) {
  response.writeHead(200, { "content-type": "application/octet-stream", "content-length": bytes.length });
  response.write(bytes.subarray(0, bytes.length >> 1));
  return true;
}

function hangUp(response, bytes) {
  response.writeHead(200, { "content-type": "application/octet-stream", "content-length": bytes.length });
  response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
  return true;
}
