/** Scores: floats of 32 bits, in the decimals that servers write. */

/**
 * @internal A score as servers write it: the shortest decimal that is this 32-bit float, so that 0.9 is not
 * 0.8999999761581421. Six digits are kept by every such float, nine are enough for all. Of two that are equally near, such as
 * 1.1289062 and 1.1289063 to 1.12890625, the even one: `toPrecision` takes the greater.
 */
export function shortest(score: number): number {
  for (let digits = 6; digits < 9; digits += 1) {
    const greater = score.toPrecision(digits);
    const lesser = /^([^e]*)5(e.*)?$/.exec(score.toPrecision(digits + 1));
    const isBetween = lesser !== null && Number(lesser[0]) === score;
    const even = isBetween && /[02468]\.?$/.test(lesser[1]!) ? lesser[1]! + (lesser[2] ?? "") : greater;
    if (Math.fround(Number(even)) === score) return Number(even);
  }
  return Number(score.toPrecision(9));
}
