/** A synset as the page reads it out of a hit's payload. A payload is outside data: every field may be missing. */
import type { Highlight, Hit } from "headwater";

export interface Entry {
  readonly lemma: string;
  readonly synonyms: readonly string[];
  readonly gloss: string;
  readonly examples: readonly string[];
  readonly pos: string;
  readonly lexfile: string;
  /** Where the words of the search stand: in the headword and its synonyms, one by one, and in the gloss. */
  readonly marks: { readonly lemmas: ReadonlyArray<readonly Highlight[]>; readonly gloss: readonly Highlight[] };
}

export function entryOf(hit: Hit): Entry {
  const payload = (hit.payload ?? {}) as Record<string, unknown>;
  const [lemma = hit.id, ...synonyms] = strings(payload["lemmas"]);
  const { gloss, quoted } = splitGloss(text(payload["gloss"]));
  const examples = strings(payload["examples"]);
  const inLemmas = hit.highlights?.["lemmas"] ?? [];
  const lemmas = [lemma, ...synonyms].map((_, item) => inLemmas.filter((mark) => mark.item === item));
  return {
    lemma: spaced(lemma),
    synonyms: synonyms.map(spaced),
    gloss,
    examples: examples.length > 0 ? examples : quoted,
    pos: text(payload["pos"]),
    lexfile: text(payload["lexfile"]),
    marks: { lemmas, gloss: hit.highlights?.["gloss"] ?? [] },
  };
}

/** WordNet writes a gloss as `definition; "example"; "example"`. */
function splitGloss(gloss: string): { gloss: string; quoted: string[] } {
  const start = gloss.search(/;\s*"/);
  if (start < 0) return { gloss: gloss.trim(), quoted: [] };
  const quoted = [...gloss.slice(start).matchAll(/"([^"]+)"?/g)].map((match) => (match[1] ?? "").trim());
  return { gloss: gloss.slice(0, start).trim(), quoted: quoted.filter((example) => example !== "") };
}

function spaced(lemma: string): string {
  return lemma.replaceAll("_", " ");
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}
