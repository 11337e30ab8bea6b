/** A VitePress configuration with search: built after the pages, the box where the default theme's search stands. */
import { fileURLToPath } from "node:url";
import { AFTER_BUILD, buildSearch } from "headwater-build";

/** The theme's part that is replaced, in the way VitePress has for parts of its theme. */
const REPLACED = /^.*\/VPNavBarSearch\.vue$/;

/**
 * What is used here of a configuration.
 *
 * @typedef {object} Config
 * @property {{ plugins?: any[] }} [vite]
 * @property {(context: any) => any} [transformHead]
 * @property {(site: any) => any} [buildEnd]
 */

/**
 * Adds search to a configuration.
 *
 * @template {Config} C
 * @param {C} config
 * @param {import("headwater-build").BuildOptions} [options]
 * @returns {C}
 */
export function withHeadwater(config, options = {}) {
  return {
    ...config,
    vite: { ...config.vite, plugins: [...(config.vite?.plugins ?? []), boxInPlace()] },
    // Only a build asks for it.
    async transformHead(context) {
      const src = `${context.siteConfig.site.base}headwater/search.js`;
      return [...((await config.transformHead?.(context)) ?? []), ["script", { type: "module", src }]];
    },
    async buildEnd(site) {
      await config.buildEnd?.(site);
      await buildSearch(site.outDir, options, site.root);
    },
  };
}

function boxInPlace() {
  return {
    name: "headwater",
    config: () => ({ resolve: { alias: [{ find: REPLACED, replacement: fileURLToPath(new URL("./theme/box.js", import.meta.url)) }] } }),
    configureServer: () => console.log(AFTER_BUILD),
  };
}
