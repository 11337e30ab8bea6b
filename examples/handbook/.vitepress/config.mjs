/** This project's documents as a site: the files where they are, their links turned into links of the site. */
import { withHeadwater } from "headwater-vitepress";
import { defineConfig } from "vitepress";
import { anchorOf, linksOfSite } from "./links.mjs";
import { chapters } from "./chapters.mjs";

const root = "../..";

export default withHeadwater(
  defineConfig({
    title: "Headwater",
    description: "Search that runs where the user is",
    lang: "en",
    head: [["link", { rel: "icon", href: "data:," }]],
    srcDir: root,
    srcExclude: ["target/**", "data/**", "packages/*/docs/**", "tests/**", "examples/handbook/**"],
    outDir: `${root}/target/handbook/project`,
    cacheDir: `${root}/target/handbook/cache`,
    rewrites: { "README.md": "index.md", ":folder(.*)/README.md": ":folder/index.md" },
    // Vite would look into these for more than documents.
    vite: { publicDir: false, server: { watch: { ignored: ["**/target/**"] } } },
    markdown: { anchor: { slugify: anchorOf }, config: linksOfSite(chapters) },
    themeConfig: {
      sidebar: chapters.map(({ text, pages }) => ({ text, items: pages.map(({ text, link }) => ({ text, link })) })),
      outline: [2, 3],
    },
  }),
);
