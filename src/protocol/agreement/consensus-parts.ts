/** What an attempt's agreement is made of. */
import type { PeerId } from '../../crypto/peer-id.ts';
import type { Chain } from '../chain/chain.ts';
import type { Collection } from '../round/collection.ts';
import type { Outbox } from '../outbox.ts';
import type { PendingChanges } from '../chain/pending-changes.ts';
import type { Presence } from '../round/presence.ts';
import type { UnverifiedDecision } from '../../messages/decision.ts';
import type { Opened } from '../../messages/opening.ts';
import type { SignedJournal } from './signed-journal.ts';

export interface ConsensusParts {
  readonly outbox: Outbox;
  readonly chain: Chain;
  readonly attempt: number;
  readonly committee: readonly PeerId[];
  readonly journal: SignedJournal;
  readonly collection: Collection;
  readonly pending: PendingChanges;
  readonly presence: Presence;
  /** The first round since this peer was started: others may be starting as well. */
  readonly isFirst: boolean;
  /** Why the attempt runs, where it is not the first, and the one value that it may decide then. */
  readonly opened?: Opened;
  /** A quorum of precommits is here. Called last in a step: it ends the round, and with it this agreement. */
  readonly onDecided: (decision: UnverifiedDecision) => void;
}
