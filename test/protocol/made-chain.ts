/**
 * Certified rounds made by hand with the simulator's keys: any committee, attempt and list, so that a test says what
 * each peer signed instead of waiting for a run in which it does.
 */
import { proposerOf } from '../../src/committee/sampling.ts';
import { beaconInput, nextSeed } from '../../src/crypto/beacon.ts';
import { digestOf, type Digest } from '../../src/crypto/hash.ts';
import type { PeerId } from '../../src/crypto/peer-id.ts';
import { present } from '../../src/foundation/assert.ts';
import type { Held, UnverifiedAbandon, UnverifiedOpening } from '../../src/messages/abandon.ts';
import type { Decision, Outcome, UnverifiedDecision } from '../../src/messages/decision.ts';
import type { Value } from '../../src/messages/proposal.ts';
import type { UnverifiedCertificate, UnverifiedVote, VotePhase } from '../../src/messages/vote.ts';
import { committeeOf, extendChain, genesisChain, type Chain } from '../../src/protocol/chain/chain.ts';
import type { ProtocolConfig } from '../../src/protocol/config.ts';
import {
  abandonBytes,
  contentDigest,
  contributionBytes,
  proposalBytes,
  valueDigest,
  voteBytes,
} from '../../src/protocol/verification/statements.ts';
import { fakeRandomness, fakeSignatures } from '../../simulations/fake-schemes.ts';

export interface MadeDecision {
  /** The state before the round. */
  readonly before: Chain;
  readonly decision: Decision;
  /** What the votes name. */
  readonly value: Digest;
  readonly after: Chain;
}

export interface DecisionOptions {
  readonly attempt?: number;
  /** Whose contributions the value lists; default: the first of the cohort. */
  readonly workers?: readonly PeerId[];
  /** How many members sign, in the committee's order; default: more than two thirds. */
  readonly signers?: number;
  /** Two decisions of one round with different names have different outcomes. */
  readonly name?: string;
  /** Why the attempt may run. */
  readonly opening?: UnverifiedOpening;
  /** The decision of an earlier attempt that the opening forces: its value is decided again. */
  readonly forced?: MadeDecision;
}

export function voteOf(
  config: ProtocolConfig,
  { round, anchor }: Chain,
  voter: PeerId,
  at: { readonly phase: VotePhase; readonly attempt: number; readonly view: number },
  value: Digest | null,
): UnverifiedVote {
  const slot = { ...at, round, anchor };
  const signature = fakeSignatures(voter).sign(voteBytes(config.experiment, slot, value));
  return { kind: 'vote', ...slot, voter, value, signature };
}

/** The first `count` members of an attempt's committee vote for a value. */
export function certificateOf(
  config: ProtocolConfig,
  chain: Chain,
  value: Digest,
  count: number,
  at: { readonly phase: VotePhase; readonly attempt: number; readonly view: number },
): UnverifiedCertificate {
  const committee = committeeOf(config, chain, at.attempt);
  const signers = new Uint8Array(Math.ceil(committee.length / 8));
  const signatures = committee.slice(0, count).map((voter, bit) => {
    signers[bit >> 3] = (signers[bit >> 3] ?? 0) | (1 << (bit & 7));
    return voteOf(config, chain, voter, at, value).signature;
  });
  const { round, anchor } = chain;
  return { ...at, round, anchor, value, signers, signatures };
}

function valueOf(config: ProtocolConfig, chain: Chain, attempt: number, workers: readonly PeerId[]): Value {
  const { experiment } = config;
  const { round, anchor, seed } = chain;
  const author = proposerOf(committeeOf(config, chain, attempt), 0);
  const at = { round, attempt, view: 0, anchor };
  const unsigned: Value = {
    ...at,
    author,
    contributions: [...workers].sort().map((worker) => {
      const listed = { digest: digestOf('made-body', round, worker), byteLength: 4 };
      const bytes = contributionBytes(experiment, { round, anchor, ...listed });
      return { worker, ...listed, signature: fakeSignatures(worker).sign(bytes) };
    }),
    changes: [],
    beaconProof: fakeRandomness(author).prove(beaconInput(experiment, seed, round)).proof,
    signature: new Uint8Array(),
  };
  const signature = fakeSignatures(author).sign(proposalBytes(experiment, at, contentDigest(unsigned)));
  return { ...unsigned, signature };
}

export function decide(config: ProtocolConfig, before: Chain, options: DecisionOptions = {}): MadeDecision {
  const { attempt = 0, name = '', opening, forced } = options;
  const committee = committeeOf(config, before, attempt);
  const workers = options.workers ?? before.roster.drawable.slice(0, 1);
  const value = forced?.decision.value ?? valueOf(config, before, attempt, workers);
  const outcome: Outcome = forced?.decision.outcome ?? {
    updateDigest: digestOf('made-update', before.round, name),
    updateByteLength: 4,
    applicationDigest: digestOf('made-state', before.round, name),
  };
  const following = nextSeed(before.seed, before.round, value.beaconProof);
  const digest = valueDigest(value, outcome, following);
  const signers = options.signers ?? Math.floor((2 * committee.length) / 3) + 1;
  const at = { phase: 'precommit', attempt, view: 0 } as const;
  const signed: UnverifiedDecision = {
    kind: 'decision',
    value,
    outcome,
    certificate: certificateOf(config, before, digest, signers, at),
    ...(opening === undefined ? {} : { opening }),
  };
  const decision = signed as Decision; // as a quorum would sign it, under the simulator's schemes
  return { before, decision, value: digest, after: extendChain(config, before, decision, following) };
}

/** So many rounds, one on top of the other. */
export function decideMany(
  config: ProtocolConfig,
  rounds: number,
  from: Chain = genesisChain(config),
  options: DecisionOptions = {},
): MadeDecision[] {
  const made: MadeDecision[] = [];
  let chain = from;
  for (let i = 0; i < rounds; i++) {
    const next = decide(config, chain, options);
    made.push(next);
    chain = next.after;
  }
  return made;
}

export function abandonOf(
  config: ProtocolConfig,
  { round, anchor }: Chain,
  peer: PeerId,
  attempt: number,
  holds: Held | null,
): UnverifiedAbandon {
  const at = { round, attempt, anchor };
  const signature = fakeSignatures(peer).sign(abandonBytes(config.experiment, at, holds));
  return { kind: 'abandon', ...at, peer, holds, signature };
}

/** These peers abandoned an attempt; those that are named hold a decision. */
export function openingOf(
  config: ProtocolConfig,
  chain: Chain,
  attempt: number,
  peers: readonly PeerId[],
  holders: ReadonlyMap<PeerId, Held> = new Map(),
): UnverifiedOpening {
  const statements = [...peers].sort().map((peer) => {
    const { holds, signature } = abandonOf(config, chain, peer, attempt, holders.get(peer) ?? null);
    return { peer, holds, signature };
  });
  const { round, anchor } = chain;
  return { round, attempt, anchor, statements };
}

export function heldOf({ decision, value }: MadeDecision): Held {
  return { attempt: decision.certificate.attempt, value };
}

export function last(made: readonly MadeDecision[]): MadeDecision {
  return present(made.at(-1), 'a round');
}
