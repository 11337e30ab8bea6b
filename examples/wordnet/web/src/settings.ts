/** `/config.json`: where the collection is served, and whose signature to trust. */

export interface Settings {
  /** The collection at the origin. */
  readonly collection: string;
  /** The same collection at the edge, where the demo runs one. */
  readonly edge: string | undefined;
  /** The public key that signs the collection's head. */
  readonly trust: string;
}

export async function loadSettings(): Promise<Settings> {
  const answer = await fetch("/config.json");
  if (!answer.ok) throw new Error(`/config.json answered ${answer.status}`);
  const raw: unknown = await answer.json();
  if (typeof raw !== "object" || raw === null) throw new Error("/config.json is not an object");
  const fields = raw as Record<string, unknown>;
  const { collection, edge, trust } = fields;
  if (!isHttpUrl(collection)) throw new Error("/config.json: “collection” must be an http(s) URL");
  if (edge !== undefined && edge !== null && !isHttpUrl(edge)) throw new Error("/config.json: “edge” must be an http(s) URL");
  if (typeof trust !== "string" || trust === "") throw new Error("/config.json: “trust” must be a public key");
  return { collection, edge: edge ?? undefined, trust };
}

function isHttpUrl(value: unknown): value is string {
  return typeof value === "string" && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}
