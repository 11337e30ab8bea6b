/** A Docusaurus plugin: builds the search after the pages, and puts the box where the theme's search stands. */
import { fileURLToPath } from "node:url";
import { AFTER_BUILD, buildSearch } from "headwater-build";

/**
 * @param {{ siteDir: string, baseUrl: string, i18n: { currentLocale: string, defaultLocale: string } }} context
 * @param {import("headwater-build").BuildOptions & { id?: string }} options
 */
export default function headwater({ siteDir, baseUrl, i18n: { currentLocale, defaultLocale } }, { id: _, ...options }) {
  const isBuild = process.env.NODE_ENV === "production";
  if (!isBuild) console.log(AFTER_BUILD);
  // Each locale is a site of its own, in a folder of its own, and one state belongs to one site.
  const of = currentLocale === defaultLocale ? "" : `-${currentLocale}`;
  const state = `${options.state ?? process.env.HEADWATER_STATE ?? ".headwater"}${of}`;
  return {
    name: "headwater-docusaurus",
    getThemePath: () => fileURLToPath(new URL("./theme", import.meta.url)),
    injectHtmlTags: () => ({
      headTags: isBuild ? [{ tagName: "script", attributes: { type: "module", src: `${baseUrl}headwater/search.js` } }] : [],
    }),
    /** @param {{ outDir: string }} built */
    postBuild: ({ outDir }) => buildSearch(outDir, { ...options, state }, siteDir),
  };
}
