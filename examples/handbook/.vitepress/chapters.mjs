/** The documents in the order of a reader, and where each is in the site. */
const page = (text, file) => ({ text, file, link: `/${file.replace(/(^|\/)README\.md$/, "$1").replace(/\.md$/, "")}` });

export const chapters = [
  {
    text: "Start",
    pages: [page("What it is", "README.md"), page("In browsers and Node", "packages/js/README.md"), page("At the edge", "edge-worker/README.md"), page("Operating", "docs/operating.md")],
  },
  {
    text: "Sites",
    pages: [
      page("Search for a site", "docs/sites.md"),
      page("The search box", "docs/search-box.md"),
      page("Docusaurus", "packages/docusaurus/README.md"),
      page("VitePress", "packages/vitepress/README.md"),
      page("Astro and Starlight", "packages/astro/README.md"),
      page("MkDocs", "packages/mkdocs/README.md"),
      page("Other programs", "packages/build/README.md"),
    ],
  },
  {
    text: "Searching",
    pages: [page("Points", "docs/points.md"), page("Queries", "docs/query.md"), page("Ranking", "docs/ranking.md"), page("Words", "docs/words.md"), page("Vectors", "docs/vectors.md")],
  },
  {
    text: "Inside",
    pages: [page("Architecture", "ARCHITECTURE.md"), page("Protocol", "PROTOCOL.md"), page("Format", "FORMAT.md"), page("The demo's model", "examples/wordnet/model/README.md"), page("Contributing", "CONTRIBUTING.md")],
  },
  {
    text: "Measured",
    pages: [
      page("Benchmarks", "BENCHMARKS.md"),
      page("Engines", "benchmarks/engine.md"),
      page("In parts", "benchmarks/partial.md"),
      page("Planner", "benchmarks/planner.md"),
      page("Relevance", "benchmarks/relevance.md"),
      page("Texts", "benchmarks/text.md"),
      page("Changes", "CHANGELOG.md"),
    ],
  },
];
