/** The pages of each site, in the Markdown that all generators take: two have a sentence in common, one is to be left out. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

const CLOTH = "Wipe the glass with a soft cloth.";

const PAGES = {
  index: ["The observatory", "Open to visitors in clear nights. See [telescopes](guide/telescopes.md)."],
  "guide/telescopes": [
    "Telescopes",
    `How to look at the sky.

${"Be patient: eyes need half an hour to get used to the dark.\n\n".repeat(12)}## Mirrors

A concave mirror gathers the light of faint stars.

## Care of a telescope

${CLOTH}
`,
  ],
  "guide/binoculars": ["Binoculars", `Two eyes see more than one.\n\n## Care of binoculars\n\n${CLOTH}`],
  "drafts/eclipse": ["Eclipse", "Nobody is to find this yet: parallax."],
};

/** Writes them below a folder. `titled` says whether the generator makes the heading of the page from its front matter. */
export async function writePages(folder, { titled = false } = {}) {
  for (const [name, [title, body]] of Object.entries(PAGES)) {
    const file = join(folder, `${name}.md`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, titled ? `---\ntitle: ${title}\n---\n\n${body}\n` : `# ${title}\n\n${body}\n`);
  }
}
