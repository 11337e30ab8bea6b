/**
 * Worker and engine as plain JavaScript, for where their files cannot be had: the lazy chunk of `start.ts`, and where Node reads its
 * engine, which so needs no file that a bundler would have to find. Both are made by the build.
 */
/** `headwater_bg.wasm`, gzipped, in base64. */
export { default as engine } from "#engine";
/** `worker.js` as a classic script. */
export { default as worker } from "#worker";
