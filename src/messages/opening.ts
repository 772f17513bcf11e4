/** An opening together with the decision that it forces: what admits an attempt and says which value it may decide. */
import type { Opening, UnverifiedOpening } from './abandon.ts';
import type { Decision, UnverifiedDecision } from './decision.ts';

export interface UnverifiedOpened {
  readonly opening: UnverifiedOpening;
  /** The decision that the opening's newest holder holds; absent where nobody holds any. */
  readonly held?: UnverifiedDecision;
}

/** On its way to the peers that did not collect it themselves. */
export interface OpeningMessage extends UnverifiedOpened {
  readonly kind: 'opening';
}

export interface Opened {
  readonly opening: Opening;
  readonly held?: Decision;
}
