/**
 * Which checkpoints stay when a new one is written. The newest two, so that one may be damaged; and one from which any
 * round can be replayed that a peer may have to step back to. For the latter the oldest one above it stays as well,
 * which takes its place later. One that somebody fetches stays too, so that a slow line has time for it. So at most five,
 * however often they are taken.
 */
import { SETTLEMENT_ROUNDS } from '../protocol/limits.ts';

export const MOST_CHECKPOINTS_KEPT = 5;
/** Who has asked for no piece of a checkpoint for so long does not fetch it any more. */
export const SERVED_STAYS_MS = 60_000;
/** Decisions below its newest checkpoint that a peer checks again when it starts; more where checkpoints are further apart. */
const MAX_LOOKED_BACK_ROUNDS = 256;

/**
 * Of rounds in any order, those whose checkpoints stay; `served` is the one that somebody fetches, `reach` how far back a
 * peer may step.
 */
export function keptCheckpoints(
  rounds: readonly number[],
  served?: number,
  reach = SETTLEMENT_ROUNDS,
): Set<number> {
  const descending = [...new Set(rounds)].sort((a, b) => b - a);
  const [newest = 0] = descending;
  const base = descending.find((round) => round <= newest - reach) ?? descending.at(-1);
  const next = descending.filter((round) => base !== undefined && round > base).at(-1);
  const fetched = descending.find((round) => round === served);
  return new Set([...descending.slice(0, 2), base, next, fetched].filter((round) => round !== undefined));
}

/**
 * The checkpoint that a restart's history begins with, `head` being the round after the last decided one: from where
 * every round is known again that the others may ask about, since a peer that decided one may be the only one left
 * that can show it. Newest where that is too far, as it is for who came late. `interval`: rounds between checkpoints.
 */
export function historyStart(
  rounds: readonly number[],
  head: number,
  interval: number,
  reach = SETTLEMENT_ROUNDS,
): number | undefined {
  const descending = [...rounds].sort((a, b) => b - a);
  const [newest] = descending;
  if (newest === undefined) return undefined;
  const base = descending.find((round) => round <= head - reach) ?? descending.at(-1);
  return base !== undefined && newest - base <= Math.max(MAX_LOOKED_BACK_ROUNDS, interval) ? base : newest;
}
