/** What an attempt's agreement is made of. */
import type { PeerId } from '../crypto/peer-id.ts';
import type { UnverifiedOpening } from '../messages/abandon.ts';
import type { UnverifiedDecision } from '../messages/decision.ts';
import type { Chain } from './chain.ts';
import type { Collection } from './collection.ts';
import type { Desk } from './desk.ts';
import type { PendingChanges } from './pending-changes.ts';
import type { Presence } from './presence.ts';
import type { RoundBook } from './round-book.ts';

export interface ConsensusParts {
  readonly desk: Desk;
  readonly chain: Chain;
  readonly attempt: number;
  readonly committee: readonly PeerId[];
  readonly book: RoundBook;
  readonly collection: Collection;
  readonly pending: PendingChanges;
  readonly presence: Presence;
  /** Why the attempt runs, and the one value that it may decide then. */
  readonly opening?: UnverifiedOpening;
  readonly held?: UnverifiedDecision;
}
