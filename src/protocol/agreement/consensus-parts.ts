/** What an attempt's agreement is made of. */
import type { PeerId } from '../../crypto/peer-id.ts';
import type { Chain } from '../chain/chain.ts';
import type { Collection } from '../round/collection.ts';
import type { Outbox } from '../outbox.ts';
import type { PendingChanges } from '../chain/pending-changes.ts';
import type { Presence } from '../round/presence.ts';
import type { Opened } from './abandonment.ts';
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
  /** Why the attempt runs, where it is not the first, and the one value that it may decide then. */
  readonly opened?: Opened;
}
