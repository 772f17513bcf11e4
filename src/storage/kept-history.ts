/**
 * How much of the past a store keeps. Updates, and contributions where all of them are kept, are dropped from the oldest
 * round on; certificates stay, so that the history can be checked from genesis for ever. What a step back or a restart
 * replays from is kept whatever the limit says.
 */

export type KeepLimit =
  | { readonly kind: 'all' }
  /** Of this many newest rounds. */
  | { readonly kind: 'rounds'; readonly rounds: number }
  /** So many bytes of bodies together. */
  | { readonly kind: 'bytes'; readonly bytes: number };

export interface Keep {
  readonly limit: KeepLimit;
  /** Newest rounds that are kept at least: those who are behind ask for their updates one by one. */
  readonly leastRounds: number;
}

export const KEEP_ALL: Keep = { limit: { kind: 'all' }, leastRounds: 0 };

/** Rounds that are looked at in one write, so that a limit that was lowered does not hold up the round that is played. */
export const MAX_ROUNDS_DROPPED_AT_ONCE = 64;

/**
 * The round below which bodies may go whatever the limit is; `next` is the round after the newest decided one. Nothing
 * goes where there is no checkpoint to begin with.
 */
export function spareBelow(keep: Keep, checkpoints: readonly number[], next: number): number {
  return Math.max(0, Math.min(next - keep.leastRounds, ...(checkpoints.length === 0 ? [0] : checkpoints)));
}
