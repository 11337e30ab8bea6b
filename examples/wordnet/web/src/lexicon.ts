/** WordNet's own words: its parts of speech, and the 45 files its lexicographers kept, in plain English. */
import type { Filter } from "headwater";

export interface PartOfSpeech {
  /** The value in the address and in `data-pos`. */
  readonly key: string;
  readonly label: string;
  /** The values of the payload field `pos` it covers. */
  readonly covers: readonly string[];
}

export const PARTS_OF_SPEECH: readonly PartOfSpeech[] = [
  { key: "noun", label: "Nouns", covers: ["noun"] },
  { key: "verb", label: "Verbs", covers: ["verb"] },
  // WordNet calls an adjective that leans on another one a satellite; to a reader both are adjectives.
  { key: "adjective", label: "Adjectives", covers: ["adjective", "satellite"] },
  { key: "adverb", label: "Adverbs", covers: ["adverb"] },
];

export interface LexfileGroup {
  readonly label: string;
  readonly files: ReadonlyArray<readonly [name: string, label: string]>;
}

export const LEXFILES: readonly LexfileGroup[] = [
  {
    label: "Nouns",
    files: [
      ["noun.act", "acts and actions"], ["noun.animal", "animals"], ["noun.artifact", "man-made objects"],
      ["noun.attribute", "attributes"], ["noun.body", "body parts"], ["noun.cognition", "thought"],
      ["noun.communication", "communication"], ["noun.event", "natural events"], ["noun.feeling", "feelings"],
      ["noun.food", "food and drink"], ["noun.group", "groups"], ["noun.location", "places"],
      ["noun.motive", "motives"], ["noun.object", "natural objects"], ["noun.person", "people"],
      ["noun.phenomenon", "natural phenomena"], ["noun.plant", "plants"], ["noun.possession", "possessions"],
      ["noun.process", "processes"], ["noun.quantity", "quantities"], ["noun.relation", "relations"],
      ["noun.shape", "shapes"], ["noun.state", "states of affairs"], ["noun.substance", "substances"],
      ["noun.time", "time"], ["noun.Tops", "top-level terms"],
    ],
  },
  {
    label: "Verbs",
    files: [
      ["verb.body", "grooming and the body"], ["verb.change", "change"], ["verb.cognition", "thinking"],
      ["verb.communication", "telling and asking"], ["verb.competition", "competing"],
      ["verb.consumption", "eating and drinking"], ["verb.contact", "touching and hitting"],
      ["verb.creation", "making"], ["verb.emotion", "feeling"], ["verb.motion", "moving"],
      ["verb.perception", "sensing"], ["verb.possession", "having and giving"], ["verb.social", "social life"],
      ["verb.stative", "being"], ["verb.weather", "weather"],
    ],
  },
  {
    label: "Adjectives and adverbs",
    files: [
      ["adj.all", "descriptive adjectives"], ["adj.pert", "relational adjectives"],
      ["adj.ppl", "participial adjectives"], ["adv.all", "adverbs"],
    ],
  },
];

const LABELS: ReadonlyMap<string, string> = new Map(LEXFILES.flatMap((group) => group.files));

export function lexfileLabel(name: string): string {
  return LABELS.get(name) ?? name;
}

export function isLexfile(name: string): boolean {
  return LABELS.has(name);
}

/** How a hit's own part of speech is written beside its headword. */
export function posLabel(pos: string): string {
  return pos === "satellite" ? "adjective" : pos;
}

/** Whether a lexicographer file holds entries of a part of speech; nothing chosen agrees with everything. */
export function isWithin(lexfile: string, pos: string): boolean {
  return lexfile === "" || pos === "" || pos.startsWith(lexfile.split(".", 1)[0] ?? "");
}

export function isPartOfSpeech(key: string): boolean {
  return PARTS_OF_SPEECH.some((part) => part.key === key);
}

/** The filter for what was chosen; nothing chosen is no filter. */
export function filterFor(pos: string, lexfile: string): Filter | undefined {
  const covers = PARTS_OF_SPEECH.find((part) => part.key === pos)?.covers;
  const [only, ...more] = covers ?? [];
  const byPos = only === undefined ? {} : { pos: more.length === 0 ? only : { $in: [only, ...more] } };
  const byFile = lexfile === "" ? {} : { lexfile };
  const filter = { ...byPos, ...byFile };
  return Object.keys(filter).length === 0 ? undefined : filter;
}
