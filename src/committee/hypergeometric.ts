/**
 * The upper tail of the hypergeometric distribution, by the recurrence of its terms outwards from the mode: each term
 * is the one before it times a ratio of small integers, and the sum of all terms is 1. So no term overflows, no digits
 * cancel, and only + - * / are used: every machine computes the same bits. The relative error is below
 * 3 * 2^-53 per step of the recurrence; terms below 1e-300 of the largest one vanish.
 */
import { assert } from '../foundation/assert.ts';

/** The chance of `atLeast` or more marked items in `drawn` items out of `total`, `marked` of them marked. */
export function hypergeometricTail(total: number, marked: number, drawn: number, atLeast: number): number {
  for (const count of [total, marked, drawn]) {
    assert(Number.isSafeInteger(count) && count >= 0 && count < 2 ** 26, `hypergeometric count ${count}`);
  }
  assert(marked <= total && drawn <= total, `${marked} marked and ${drawn} drawn of ${total}`);
  const least = Math.max(0, drawn - (total - marked));
  const most = Math.min(marked, drawn);
  if (atLeast <= least) return 1;
  if (atLeast > most) return 0;
  const mode = Math.min(most, Math.max(least, Math.floor(((drawn + 1) * (marked + 1)) / (total + 2))));

  let [below, above] = [0, 0];
  const add = (x: number, term: number) => {
    if (x >= atLeast) above += term;
    else below += term;
  };
  add(mode, 1);
  let term = 1;
  for (let x = mode; x < most && term > 0; x++) {
    term *= ((marked - x) * (drawn - x)) / ((x + 1) * (total - marked - drawn + x + 1));
    add(x + 1, term);
  }
  term = 1;
  for (let x = mode; x > least && term > 0; x--) {
    term *= (x * (total - marked - drawn + x)) / ((marked - x + 1) * (drawn - x + 1));
    add(x - 1, term);
  }
  return above / (below + above);
}
