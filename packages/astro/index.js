/** An Astro integration: builds the search after the pages. `Search.astro` is the box, wherever a layout puts it. */
import { fileURLToPath } from "node:url";
import { AFTER_BUILD, buildSearch } from "headwater-build";

/** @param {import("headwater-build").BuildOptions} [options] */
export default function headwater(options = {}) {
  let root = "";
  return {
    name: "headwater-astro",
    hooks: {
      /** @param {{ config: { root: URL } }} done */
      "astro:config:done"({ config }) {
        root = fileURLToPath(config.root);
      },
      "astro:server:start": () => console.log(AFTER_BUILD),
      /** @param {{ dir: URL }} built */
      "astro:build:done": ({ dir }) => buildSearch(fileURLToPath(dir), options, root),
    },
  };
}
