/**
 * What a source may do wrong, and the code by which every reader refuses it: replicas in Node and browsers, the edge, and
 * `headwater verify`. Each lie says what is done to a true recording of a published version.
 *
 * `recording` makes another version of it, well named and well signed; `defect` changes or withholds single answers (see
 * `replay.mjs`). `state` is that of a replica that serves an older version meanwhile.
 */
import { forge, forgeModel, forgeSegment } from "../e2e/support/forge.mjs";
import { newRoot, newSigner } from "../e2e/support/head-signer.mjs";

const GIB = 1024 ** 3;
const THEIRS = newSigner();

const flipped = (bytes, at = bytes.length >> 1) => {
  const changed = Buffer.from(bytes);
  changed[at] ^= 1;
  return changed;
};
export const segmentOf = ({ manifest, blobs }) => blobs.get(manifest.segments[0].blob.hash);
export const modelOf = ({ manifest, blobs }) => blobs.get(manifest.models[0].blob.hash);

/** Bytes that are not what they are named, and heads that nobody may follow. */
export const DEFECTS = [
  { name: "a truncated blob", code: "hash_mismatch", state: "refused", defect: { blob: (bytes) => bytes.subarray(0, bytes.length - 100) } },
  { name: "a flipped bit in a blob", code: "hash_mismatch", state: "refused", defect: { blob: (bytes) => flipped(bytes) } },
  { name: "a blob that is too long", code: "hash_mismatch", state: "refused", defect: { blob: (bytes) => Buffer.concat([bytes, Buffer.alloc(4096)]) } },
  { name: "a flipped bit in the manifest", code: "hash_mismatch", state: "refused", defect: { manifest: (bytes) => flipped(bytes) } },
  {
    name: "a head changed after it was signed",
    code: "signature_invalid",
    state: "refused",
    defect: { head: (head, signer) => ({ ...signer.sign(head), head: { ...head, lsn: head.lsn + 1 } }) },
  },
  { name: "the signature of another key", code: "key_untrusted", state: "refused", defect: { head: (head) => THEIRS.sign(head) } },
  {
    name: "another key's signature under the trusted key's name",
    code: "signature_invalid",
    state: "refused",
    defect: { head: (head, signer) => ({ ...THEIRS.sign(head), key: signer.trust }) },
  },
  {
    name: "a head of another collection",
    code: "manifest_mismatch",
    state: "refused",
    defect: { head: (head, signer) => signer.sign({ ...head, collection: "others" }) },
  },
  {
    name: "an expired head",
    code: "head_expired",
    state: "refused",
    defect: { head: (head, signer) => signer.sign({ ...head, expiresMs: Date.now() - 1000 }) },
  },
];

/** Answers that are none. */
export const SILENCES = [
  { name: "a web page instead of a head", code: "bad_response", state: "offline", defect: { answerHead: html } },
  { name: "a head without an end", code: "bad_response", state: "offline", defect: { answerHead: endless } },
  { name: "a hang-up in the middle of a blob", code: "unreachable", state: "offline", defect: { answerBlob: hangUp } },
  { name: "silence in the middle of a blob", code: "unreachable", state: "offline", defect: { answerBlob: fallSilent } },
  { name: "silence instead of a head", code: "unreachable", state: "offline", defect: { answerHead: () => true } },
  { name: "a server error", code: "unreachable", state: "offline", defect: { answerHead: (response) => response.writeHead(502).end("bad gateway") } },
  { name: "a blob that is not there", code: "bad_response", state: "offline", defect: { answerBlob: (response) => response.writeHead(404).end() } },
];

/** Bytes that are named by their true hashes and signed by the trusted key, and still wrong: an origin gone mad, or a key in the wrong hands. */
export const FORGERIES = [
  { name: "a segment of noise", code: "corrupt", recording: (r) => forgeSegment(r, Buffer.alloc(100_000, "noise")) },
  { name: "an empty segment", code: "corrupt", recording: (r) => forgeSegment(r, Buffer.alloc(0)) },
  { name: "half a segment", code: "corrupt", recording: (r) => forgeSegment(r, segmentOf(r).subarray(0, segmentOf(r).length >> 1)) },
  { name: "a model in place of a segment", code: "corrupt", recording: (r) => forgeSegment(r, modelOf(r)) },
  { name: "a model of noise", code: "model_invalid", recording: (r) => forgeModel(r, Buffer.alloc(100_000, "noise")) },
  { name: "a manifest of a later format", code: "format_unsupported", recording: (r) => forge(r, (m) => ({ ...m, formatVersion: 99 })) },
  { name: "a manifest that names one segment twice", code: "corrupt", recording: (r) => forge(r, (m) => ({ ...m, segments: [m.segments[0], m.segments[0]] })) },
  {
    name: "a manifest that counts other points than its segment",
    code: "corrupt",
    recording: (r) => forge(r, (m) => ({ ...m, segments: m.segments.map((s) => ({ ...s, points: s.points + 1 })) })),
  },
  {
    name: "a blob larger than any may be",
    code: "corrupt",
    recording: (r) => forge(r, (m) => ({ ...m, segments: m.segments.map((s) => ({ ...s, blob: { ...s.blob, bytes: 3 * GIB } })) })),
  },
  {
    name: "a blob said to be much larger than it is",
    code: "hash_mismatch",
    recording: (r) => forge(r, (m) => ({ ...m, segments: m.segments.map((s) => ({ ...s, blob: { ...s.blob, bytes: GIB } })) })),
  },
].map((lie) => ({ state: "refused", ...lie }));

/** Of a root key: whoever trusts it follows the keys of its list, and no others. */
const ROOT = newRoot();
const FORMER = newSigner();
const withKeys = (keys) => ({ head: (head, signer) => ({ ...signer.sign(head), keys: keys(signer) }) });
const byFormer = (keys) => ({ head: (head, signer) => ({ ...FORMER.sign(head), keys: keys(signer) }) });

/** Key lists: `truth` is what a replica that trusts the root key has accepted before. */
export const KEYS = {
  trust: ROOT.trust,
  truth: withKeys((signer) => ROOT.list({ version: 2, online: [signer, FORMER] })),
  lies: [
    { name: "no key list", code: "head_rolled_back", first: "key_untrusted", defect: withKeys(() => undefined) },
    { name: "an older key list", code: "head_rolled_back", first: null, defect: withKeys((signer) => ROOT.list({ version: 1, online: [signer] })) },
    { name: "a key that the list does not name", code: "key_untrusted", defect: withKeys(() => ROOT.list({ version: 3, online: [FORMER] })) },
    {
      name: "a key that the list revokes",
      code: "key_revoked",
      defect: byFormer((signer) => ROOT.list({ version: 3, online: [signer], revoked: [FORMER] })),
    },
    {
      name: "a list that names one key more than was signed",
      code: "signature_invalid",
      defect: byFormer((signer) => {
        const keys = ROOT.list({ version: 3, online: [signer] });
        return { ...keys, list: { ...keys.list, online: [signer.trust, FORMER.trust] } };
      }),
    },
    {
      name: "a list by another root key",
      code: "head_rolled_back",
      first: "key_untrusted",
      defect: withKeys((signer) => newRoot().list({ version: 9, online: [signer] })),
    },
    {
      name: "a list that has expired",
      code: "head_expired",
      defect: withKeys((signer) => ROOT.list({ version: 3, online: [signer], expiresMs: Date.now() - 1000 })),
    },
  ].map((lie) => ({ state: "refused", first: lie.code, ...lie })),
};

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
