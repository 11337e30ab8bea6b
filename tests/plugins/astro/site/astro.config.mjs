import starlight from "@astrojs/starlight";
import { defineConfig } from "astro/config";
import headwater from "headwater-astro/starlight";

export default defineConfig({
  site: "https://observatory.example",
  base: "/handbook",
  integrations: [
    starlight({
      title: "The observatory",
      sidebar: [{ label: "Zanzibar corner", items: ["guide/telescopes", "guide/binoculars"] }],
      plugins: [headwater({ exclude: ["drafts/**"] })],
    }),
  ],
});
