/** Seeds as they are written on every command line: `7`, `1,5,9`, or `1..3`, which is 1, 2 and 3. */
import { invalidField } from '../../src/foundation/operator-error.ts';

const SEEDS_RULE = 'be like 7, 1..3 (both ends included) or 1,5,9';

/** First and last seed of a range, both played; of one number the same twice. Undefined where it is no range. */
export function parseSeedRange(text: string): { readonly first: number; readonly last: number } | undefined {
  const [, from, to] = /^(\d{1,15})(?:\.\.(\d{1,15}))?$/.exec(text) ?? [];
  if (from === undefined) return undefined;
  const [first, last] = [Number(from), Number(to ?? from)];
  return first <= last ? { first, last } : undefined;
}

/** All seeds, each once; throws an OperatorError. */
export function parseSeeds(text: string, flag: string, most: number): number[] {
  const range = parseSeedRange(text);
  const seeds = range === undefined ? listed(text) : undefined;
  if (range === undefined && seeds === undefined) throw invalidField(flag, SEEDS_RULE, text);
  const count = range === undefined ? (seeds?.length ?? 0) : range.last - range.first + 1;
  if (count > most) throw invalidField(flag, `name at most ${most} seeds`, text);
  if (range !== undefined) return Array.from({ length: count }, (_, i) => range.first + i);
  const twice = seeds?.find((seed, i) => seeds.indexOf(seed) !== i);
  if (twice !== undefined) throw invalidField(flag, `name each seed once, not ${twice} twice`, text);
  return seeds ?? [];
}

function listed(text: string): number[] | undefined {
  return /^\d{1,15}(,\d{1,15})+$/.test(text) ? text.split(',').map(Number) : undefined;
}
