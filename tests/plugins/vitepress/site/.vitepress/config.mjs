import { withHeadwater } from "headwater-vitepress";
import { defineConfig } from "vitepress";

const items = [{ text: "Telescopes", link: "/guide/telescopes" }, { text: "Binoculars", link: "/guide/binoculars" }];

export default withHeadwater(
  defineConfig({
    title: "The observatory",
    base: "/handbook/",
    head: [["meta", { name: "author", content: "somebody" }]],
    themeConfig: { nav: [{ text: "Zanzibar start", link: "/" }], sidebar: [{ text: "Zanzibar corner", items }] },
  }),
  { exclude: ["drafts/**"] },
);
