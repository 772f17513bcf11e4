/**
 * Certified rounds made by hand with the simulator's keys: any committee, attempt and list, so that a test says what
 * each peer signed instead of waiting for a run in which it does.
 */
import { quorumOf } from '../../src/committee/sampling.ts';
import { digestOf, type Digest } from '../../src/crypto/hash.ts';
import type { PeerId } from '../../src/crypto/peer-id.ts';
import { present } from '../../src/foundation/assert.ts';
import type { Held, UnverifiedAbandon, UnverifiedOpening } from '../../src/messages/abandon.ts';
import type { Decision, Outcome } from '../../src/messages/decision.ts';
import type { UnverifiedCertificate, UnverifiedVote } from '../../src/messages/vote.ts';
import { committeeOf, genesisChain, type Chain } from '../../src/protocol/chain/chain.ts';
import type { ProtocolConfig } from '../../src/protocol/config.ts';
import { abandonBytes, voteBytes } from '../../src/protocol/verification/statements.ts';
import { fakeRandomness, fakeSignatures } from '../../simulations/fake-schemes.ts';
import {
  signCertificate,
  signDecision,
  signValue,
  type Keyring,
  type VoteSlot,
} from '../support/signed-round.ts';

const KEYS: Keyring = { signatures: fakeSignatures, randomness: fakeRandomness };

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
  at: VoteSlot,
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
  slot: VoteSlot,
): UnverifiedCertificate {
  return signCertificate({ config, keys: KEYS, chain }, value, count, slot);
}

export function decide(config: ProtocolConfig, before: Chain, options: DecisionOptions = {}): MadeDecision {
  const { attempt = 0, name = '', opening, forced } = options;
  const { round } = before;
  const signing = { config, keys: KEYS, chain: before };
  const workers = options.workers ?? before.roster.drawable.slice(0, 1);
  const listed = [...workers]
    .sort()
    .map((worker) => ({ worker, digest: digestOf('made-body', round, worker), byteLength: 4 }));
  const value = forced?.decision.value ?? signValue(signing, attempt, listed);
  const outcome: Outcome = forced?.decision.outcome ?? {
    updateDigest: digestOf('made-update', round, name),
    updateByteLength: 4,
    applicationDigest: digestOf('made-state', round, name),
  };
  const signers = options.signers ?? quorumOf(committeeOf(config, before, attempt).length);
  return { before, ...signDecision(signing, value, outcome, { attempt, signers, opening }) };
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
