/** What a member remembers of a value that a quorum prevoted for (Tendermint's lockedValue and validValue). */
import type { UnverifiedOpened } from '../../messages/opening.ts';
import type { Proposal } from '../../messages/proposal.ts';
import type { Certificate } from '../../messages/vote.ts';
import type { Digest } from '../../crypto/hash.ts';
import type { Pinned } from '../saved-state.ts';

/** `valid`: what is known of the proposal's value. */
export function pinnedOf(
  proposal: Proposal,
  valid: { readonly digest: Digest; readonly outcome: Pinned['outcome'] },
  polka: Certificate,
): Pinned {
  const { view, value } = proposal;
  const opened = openedOf(proposal);
  return { view, digest: valid.digest, value, outcome: valid.outcome, polka, ...(opened && { opened }) };
}

/** The opening that allows a proposal's value, as it is kept beside a lock: without the update that `held` may carry. */
function openedOf({ opening, held: decision }: Proposal): UnverifiedOpened | undefined {
  if (opening === undefined) return undefined;
  if (decision === undefined) return { opening };
  const { body: _body, ...held } = decision;
  return { opening, held };
}
