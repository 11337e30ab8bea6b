/** Links of the repository as links of the site: to its pages; what leads to other files becomes plain text. */
import { posix } from "node:path";

/** The anchors that documents of the repository use: those that its host makes of headings. */
export const anchorOf = (heading) => heading.trim().toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").replace(/\s/g, "-");

/** A plugin of markdown-it. */
export const linksOfSite = (chapters) => (markdown) => {
  const links = new Map(chapters.flatMap(({ pages }) => pages.map(({ file, link }) => [file, link])));
  markdown.core.ruler.push("links-of-site", ({ tokens, env }) => {
    const here = posix.dirname(env.path === undefined ? env.relativePath : fileOf(env, links));
    for (const { children } of tokens) if (children !== null) follow(children, here, links);
  });
};

/** VitePress names a page by its place in the site, which for some is not the file's. */
function fileOf({ relativePath }, links) {
  const link = `/${relativePath.replace(/(^|\/)index\.md$/, "$1").replace(/\.md$/, "")}`;
  return [...links].find(([, found]) => found === link)?.[0] ?? relativePath;
}

function follow(tokens, here, links) {
  const open = [];
  for (const token of tokens) {
    if (token.type === "link_open") open.push(resolve(token, here, links));
    else if (token.type !== "link_close") continue;
    const isLink = token.type === "link_open" ? open.at(-1) : open.pop();
    if (!isLink) Object.assign(token, { tag: "span", attrs: null });
  }
}

/** Whether the link leads somewhere in the site, or out of the repository. */
function resolve(token, here, links) {
  const href = token.attrGet("href");
  if (/^([a-z]+:|#)/.test(href)) return true;
  const [path, anchor] = href.split("#");
  const file = posix.join(here, decodeURI(path));
  const link = links.get(file) ?? links.get(posix.join(file, "README.md"));
  if (link !== undefined) token.attrSet("href", anchor === undefined ? link : `${link}#${anchor}`);
  return link !== undefined;
}
