/** How the peer's own gradient fared in a round, so that a peer that is too slow learns it from itself. */

/** Of the round whose decision is being adopted; milliseconds of the peer's own clock. */
export interface OwnGradient {
  /** From the round's start here until it was computed and stored; until the decision came, where it was not. */
  readonly gradientMs: number;
  readonly isDone: boolean;
  /** How long this member collected; where it did not serve, until the decision came. */
  readonly collectionMs: number;
}

/** Rounds in a row after which a peer says that its gradient comes too late: 1, 2, 4, 8, ... */
export function isWorthSaying(inARow: number): boolean {
  return Number.isInteger(Math.log2(inARow));
}
