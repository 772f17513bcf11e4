/**
 * Which checkpoints stay when a new one is written. The newest two, so that one may be damaged; and one from which any
 * round can be replayed that a peer may have to step back to. For the latter the oldest one above it stays as well,
 * which takes its place later. So at most four, however often they are taken.
 */
import { SETTLEMENT_ROUNDS } from '../protocol/limits.ts';

export const MOST_CHECKPOINTS_KEPT = 4;

/** Of rounds in any order, those whose checkpoints stay; `reach` is how far back a peer may step. */
export function keptCheckpoints(rounds: readonly number[], reach = SETTLEMENT_ROUNDS): Set<number> {
  const descending = [...new Set(rounds)].sort((a, b) => b - a);
  const [newest = 0] = descending;
  const base = descending.find((round) => round <= newest - reach) ?? descending.at(-1);
  const next = descending.filter((round) => base !== undefined && round > base).at(-1);
  return new Set([...descending.slice(0, 2), base, next].filter((round) => round !== undefined));
}
