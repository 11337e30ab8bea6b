/**
 * Signs heads and key lists with keys of the test's own, so that a source can be hostile and well signed at once.
 * Written from FORMAT.md with Node's own ed25519: a second opinion on the layout that is signed.
 */
import { generateKeyPairSync, sign } from "node:crypto";
import { keyListLines, signedLines } from "../../format/reader.mjs";

function newKey() {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = Buffer.from(publicKey.export({ format: "jwk" }).x, "base64url");
  const hex = (text) => sign(null, Buffer.from(text), privateKey).toString("hex");
  return { name: `ed25519:${raw.toString("hex")}`, sign: hex };
}

export function newSigner() {
  const key = newKey();
  return {
    trust: key.name,
    /** `head` as a replica receives it: the head, the key, the signature. */
    sign: (head) => ({ head, key: key.name, signature: key.sign(signedLines(head)) }),
  };
}

/** A root key: says which signers may sign. */
export function newRoot() {
  const key = newKey();
  return {
    trust: key.name,
    /** The signed list of these signers' keys. */
    list({ version, online, revoked = [], issuedMs = Date.now(), expiresMs }) {
      const names = (signers) => signers.map((signer) => signer.trust);
      const list = { version, online: names(online), revoked: names(revoked), issuedMs, ...(expiresMs !== undefined && { expiresMs }) };
      return { list, root: key.name, signature: key.sign(keyListLines(list)) };
    },
  };
}
