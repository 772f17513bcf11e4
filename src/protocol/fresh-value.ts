/** A proposer's own value: what it has collected, the changes that wait, and its share in the next seed. */
import { beaconInput } from '../crypto/beacon.ts';
import type { ListedContribution } from '../messages/contribution.ts';
import type { Value } from '../messages/proposal.ts';
import type { RosterChange } from '../messages/roster-change.ts';
import type { Chain } from './chain.ts';
import type { Desk } from './desk.ts';
import { contentDigest, proposalBytes } from './statements.ts';

export function freshValue(
  desk: Desk,
  chain: Chain,
  at: { readonly attempt: number; readonly view: number },
  contributions: readonly ListedContribution[],
  changes: readonly RosterChange[],
): Value {
  const { experiment } = desk.config;
  const unsigned = {
    round: chain.round,
    attempt: at.attempt,
    view: at.view,
    anchor: chain.anchor,
    author: desk.self,
    contributions,
    changes,
    beaconProof: desk.keys.randomness.prove(beaconInput(experiment, chain.seed, chain.round)).proof,
  };
  const content = contentDigest({ ...unsigned, signature: new Uint8Array() });
  return { ...unsigned, signature: desk.sign(proposalBytes(experiment, unsigned, content)) };
}
