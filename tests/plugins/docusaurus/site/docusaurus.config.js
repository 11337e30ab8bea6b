export default {
  title: "The observatory",
  url: "https://observatory.example",
  baseUrl: "/handbook/",
  onBrokenLinks: "throw",
  presets: [["classic", { docs: { routeBasePath: "/", sidebarPath: "./sidebars.js" }, blog: false }]],
  plugins: [["headwater-docusaurus", { exclude: ["drafts/**"] }]],
  themeConfig: { navbar: { title: "The observatory", items: [{ to: "/", label: "Zanzibar start" }] } },
};
