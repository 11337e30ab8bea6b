/**
 * Signs heads with a key of the test's own, so that a source can be hostile and well signed at once.
 * Written from FORMAT.md with Node's own ed25519: a second opinion on the layout that is signed.
 */
import { generateKeyPairSync, sign } from "node:crypto";
import { signedLines } from "../../format/reader.mjs";

export function newSigner() {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = Buffer.from(publicKey.export({ format: "jwk" }).x, "base64url");
  const key = `ed25519:${raw.toString("hex")}`;
  return {
    trust: key,
    /** `head` as a replica receives it: the head, the key, the signature. */
    sign(head) {
      return { head, key, signature: sign(null, Buffer.from(signedLines(head)), privateKey).toString("hex") };
    },
  };
}
