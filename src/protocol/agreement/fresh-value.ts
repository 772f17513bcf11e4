/** A proposer's own value: what it has collected, the changes that wait, and its share in the next seed. */
import { beaconInput } from '../../crypto/beacon.ts';
import type { ListedContribution } from '../../messages/contribution.ts';
import type { Value } from '../../messages/proposal.ts';
import type { RosterChange } from '../../messages/roster-change.ts';
import type { Chain } from '../chain/chain.ts';
import type { Outbox } from '../outbox.ts';
import { contentDigest, proposalBytes } from '../verification/statements.ts';

export function freshValue(
  outbox: Outbox,
  chain: Chain,
  at: { readonly attempt: number; readonly view: number },
  contributions: readonly ListedContribution[],
  changes: readonly RosterChange[],
): Value {
  const { experiment } = outbox.config;
  const unsigned = {
    round: chain.round,
    attempt: at.attempt,
    view: at.view,
    anchor: chain.anchor,
    author: outbox.self,
    contributions,
    changes,
    beaconProof: outbox.keys.randomness.prove(beaconInput(experiment, chain.seed, chain.round)).proof,
  };
  const content = contentDigest({ ...unsigned, signature: new Uint8Array() });
  return { ...unsigned, signature: outbox.sign(proposalBytes(experiment, unsigned, content)) };
}
