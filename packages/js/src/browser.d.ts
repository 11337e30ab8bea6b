/** `dist/browser.js`, by the name under which it lies beside `dist/search-box.js`: what `index.ts` becomes. */
export * from "./index.js";
