/** Where hits lead. What they say of it comes from an index, and a page must not open whatever that names. */

/**
 * The URL that a hit names, relative to the site, when it is a page of the same site: of http or https, of the same origin, and
 * without a user's name. Scripts (`javascript:`), data and other hosts are no such URLs.
 */
export function linkOf(url: unknown, site: URL): string | undefined {
  if (typeof url !== "string" || !URL.canParse(url, site)) return undefined;
  const link = new URL(url, site);
  const isSame = link.origin === site.origin && link.protocol === site.protocol && link.username === "" && link.password === "";
  return isSame ? link.href : undefined;
}
