/** A Starlight plugin: the box in place of Pagefind's. */
import headwater from "./index.js";

/** @param {import("headwater-build").BuildOptions} [options] */
export default function headwaterStarlight(options) {
  return {
    name: "headwater-astro",
    hooks: {
      /** @param {{ config: { components?: Record<string, string> }, updateConfig: (config: object) => void, addIntegration: (integration: any) => void }} setup */
      "config:setup"({ config, updateConfig, addIntegration }) {
        updateConfig({ pagefind: false, components: { Search: "headwater-astro/Search.astro", ...config.components } });
        addIntegration(headwater(options));
      },
    },
  };
}
