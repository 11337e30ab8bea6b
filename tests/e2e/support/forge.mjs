/** Makes well-named, well-signed versions that no honest origin would publish. */
import { blake3 } from "@noble/hashes/blake3";

/** The name and length under which bytes are kept. */
export function blobRef(bytes) {
  return { hash: Buffer.from(blake3(bytes)).toString("hex"), bytes: bytes.length };
}

/** The recording with another manifest and more blobs, all of them named by their true hashes. */
export function forge(recording, change, blobs = []) {
  const manifest = change(structuredClone(recording.manifest)) ?? recording.manifest;
  const manifestBytes = Buffer.from(JSON.stringify(manifest));
  return {
    head: { ...recording.head, manifest: blobRef(manifestBytes) },
    manifest,
    manifestBytes,
    blobs: new Map([...recording.blobs, ...blobs.map((bytes) => [blobRef(bytes).hash, bytes])]),
  };
}

/** The recording with the bytes of its first segment replaced. */
export function forgeSegment(recording, bytes) {
  return forge(
    recording,
    (manifest) => {
      manifest.segments[0].blob = blobRef(bytes);
      return manifest;
    },
    [bytes],
  );
}

/** The recording with the bytes of its first model replaced. */
export function forgeModel(recording, bytes) {
  return forge(
    recording,
    (manifest) => {
      manifest.models[0].blob = blobRef(bytes);
      return manifest;
    },
    [bytes],
  );
}
