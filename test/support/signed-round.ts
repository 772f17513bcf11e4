/**
 * A round's value and decision, signed by hand under whatever schemes the keys of a test are of: what `made-chain.ts`
 * (the simulator's keys) and `certified-history.ts` (real ones) are made of.
 */
import { proposerOf } from '../../src/committee/sampling.ts';
import { beaconInput, nextSeed } from '../../src/crypto/beacon.ts';
import type { Digest } from '../../src/crypto/hash.ts';
import type { PeerId } from '../../src/crypto/peer-id.ts';
import type { SignatureScheme, VerifiableRandomness } from '../../src/crypto/schemes.ts';
import type { UnverifiedOpening } from '../../src/messages/abandon.ts';
import type { ListedContribution } from '../../src/messages/contribution.ts';
import type { Decision, Outcome, UnverifiedDecision } from '../../src/messages/decision.ts';
import type { Value } from '../../src/messages/proposal.ts';
import type { RosterChange } from '../../src/messages/roster-change.ts';
import type { UnverifiedCertificate, VotePhase } from '../../src/messages/vote.ts';
import { committeeOf, extendChain, type Chain } from '../../src/protocol/chain/chain.ts';
import type { ProtocolConfig } from '../../src/protocol/config.ts';
import {
  contentDigest,
  contributionBytes,
  proposalBytes,
  valueDigest,
  voteBytes,
} from '../../src/protocol/verification/statements.ts';

/** The keys of everyone. */
export interface Keyring {
  signatures(peer: PeerId): Pick<SignatureScheme, 'sign'>;
  randomness(peer: PeerId): Pick<VerifiableRandomness, 'prove'>;
}

/** Who signs, under which configuration, on top of which state. */
export interface Signing {
  readonly config: ProtocolConfig;
  readonly keys: Keyring;
  readonly chain: Chain;
}

export interface VoteSlot {
  readonly phase: VotePhase;
  readonly attempt: number;
  readonly view: number;
}

/** The value of an attempt's first proposer. `tamper` spoils it before it is signed. */
export function signValue(
  { config, keys, chain }: Signing,
  attempt: number,
  listed: readonly Omit<ListedContribution, 'signature'>[],
  changes: readonly RosterChange[] = [],
  tamper: (value: Value) => Value = (value) => value,
): Value {
  const { experiment } = config;
  const { round, anchor, seed } = chain;
  const author = proposerOf(committeeOf(config, chain, attempt), 0);
  const at = { round, attempt, view: 0, anchor };
  const unsigned = tamper({
    ...{ ...at, author, changes, signature: new Uint8Array() },
    contributions: listed.map((one) => ({
      ...one,
      signature: keys.signatures(one.worker).sign(contributionBytes(experiment, { round, anchor, ...one })),
    })),
    beaconProof: keys.randomness(author).prove(beaconInput(experiment, seed, round)).proof,
  });
  const bytes = proposalBytes(experiment, at, contentDigest(unsigned));
  return { ...unsigned, signature: keys.signatures(author).sign(bytes) };
}

/** The first `count` members of an attempt's committee vote for a value. */
export function signCertificate(
  { config, keys, chain }: Signing,
  value: Digest,
  count: number,
  slot: VoteSlot,
): UnverifiedCertificate {
  const committee = committeeOf(config, chain, slot.attempt);
  const at = { ...slot, round: chain.round, anchor: chain.anchor };
  const bytes = voteBytes(config.experiment, at, value);
  const signers = new Uint8Array(Math.ceil(committee.length / 8));
  const signatures = committee.slice(0, count).map((voter, bit) => {
    signers[bit >> 3] = (signers[bit >> 3] ?? 0) | (1 << (bit & 7));
    return keys.signatures(voter).sign(bytes);
  });
  return { ...at, value, signers, signatures };
}

/** The decision that so many precommits make of a value, and the state after it. */
export function signDecision(
  signing: Signing,
  value: Value,
  outcome: Outcome,
  {
    attempt,
    signers,
    opening,
  }: { attempt: number; signers: number; opening?: UnverifiedOpening | undefined },
): { readonly decision: Decision; readonly value: Digest; readonly after: Chain } {
  const { config, keys, chain } = signing;
  const { round, seed } = chain;
  const { output } = keys.randomness(value.author).prove(beaconInput(config.experiment, seed, round));
  const following = nextSeed(seed, round, output);
  const digest = valueDigest(value, outcome, following);
  const signed: UnverifiedDecision = {
    ...{ kind: 'decision', value, outcome },
    certificate: signCertificate(signing, digest, signers, { phase: 'precommit', attempt, view: 0 }),
    ...(opening === undefined ? {} : { opening }),
  };
  const decision = signed as Decision; // as so many members sign it
  return { decision, value: digest, after: extendChain(config, chain, decision, following) };
}
