/** How an answer came about, for those who want to know: the plan that it carries, in words. */
import type { Answer, SegmentPlan, Stages } from "headwater";
import { find, make } from "./elements.js";
import { bytes, count, engineTime } from "./figures.js";

/** Points of a block in a list of words. */
const BLOCK = 128;

export class How {
  readonly #box = find("#how", HTMLElement);
  readonly #steps = find("#how-steps", HTMLElement);

  show(answer: Answer): void {
    const steps = [...answer.plan.map(step), ...(answer.stages === undefined ? [] : timed(answer.stages))];
    this.#steps.replaceChildren(...steps.map((text) => make("li", "", text)));
    this.#box.hidden = answer.plan.length === 0;
  }

  hide(): void {
    this.#box.hidden = true;
  }
}

const STAGES: Readonly<Record<keyof Stages, string>> = {
  filter: "finding the entries that pass",
  prepare: "understanding the question",
  vectors: "searching by meaning",
  words: "searching by words",
  rank: "putting them in order",
  facets: "counting",
  hits: "reading the entries shown",
};

/** Where the time went; a clock that does not move says nothing. */
function timed(stages: Stages): string[] {
  const spent = Object.entries(STAGES).map(([stage, what]) => [what, stages[stage as keyof Stages]] as const);
  const parts = spent.filter(([, us]) => us > 0).map(([what, us]) => `${what} ${engineTime(us)}`);
  return parts.length === 0 ? [] : [`Time: ${parts.join(", ")}.`];
}

function step(plan: SegmentPlan): string {
  const { strategy, points, matches, expected, scanned, compared, blocks, blocksRead, scratchBytes } = plan;
  const guess = expected === matches ? "" : ` (${count(expected)} were expected to)`;
  const among = matches === points ? `${count(points)} entries` : `${count(matches)} of ${count(points)} entries that pass${guess}`;
  switch (strategy) {
    case "scan":
      return `By meaning, among ${among}: ${count(scanned)} short codes of those in the nearest clusters were looked at, and the ${count(compared)} most promising entries compared by longer ones. It took at most ${bytes(scratchBytes)} of memory beside the copy.`;
    case "graph":
      return `By meaning, among ${among}: a graph of neighbours was walked, and ${count(compared)} entries compared.`;
    case "postings":
      return `By words, among ${among}: of ${count(blocks)} blocks that list where the words stand, ${BLOCK} entries each, ${passedOver(blocks, blocksRead)}; ${count(compared)} entries were scored.`;
    case "exact":
      // Where a boost may bring any of them to the front, all that have the words are scored.
      return compared < matches ? `Of ${among}, the ${count(compared)} that have the words were all scored.` : `All ${among} were compared.`;
    case "empty":
      return `Nothing among ${count(points)} entries passes.`;
  }
}

function passedOver(blocks: number, read: number): string {
  if (read >= blocks) return "all were read";
  return `${count(read)} were read and the rest passed over, because nothing in them could have come this high`;
}
