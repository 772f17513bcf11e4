/**
 * What an adversary that holds a peer's keys says in place of what its machine would say. Signatures are the peer's
 * own and right; what is signed is not.
 */
import { bodyDigest } from '../src/crypto/body-digest.ts';
import { digestOf } from '../src/crypto/hash.ts';
import type { PeerId } from '../src/crypto/peer-id.ts';
import type { SignatureScheme } from '../src/crypto/schemes.ts';
import { bytesOf } from '../src/foundation/bytes.ts';
import type { SeededRandom } from '../src/foundation/seeded-random.ts';
import type { UnverifiedAbandon } from '../src/messages/abandon.ts';
import type { UnverifiedContribution } from '../src/messages/contribution.ts';
import type { Evidence } from '../src/messages/evidence.ts';
import type { UnverifiedProposal, Value } from '../src/messages/proposal.ts';
import type { RosterChange } from '../src/messages/roster-change.ts';
import type { UnverifiedVote } from '../src/messages/vote.ts';
import type { ProtocolConfig } from '../src/protocol/config.ts';
import { inChangeOrder } from '../src/protocol/chain/roster-changes.ts';
import {
  abandonBytes,
  contentDigest,
  contributionBytes,
  joinBytes,
  leaveBytes,
  proposalBytes,
  voteBytes,
} from '../src/protocol/verification/statements.ts';

export const NEVER = '00'.repeat(32);

export class Forgery {
  private readonly self: PeerId;
  private readonly config: ProtocolConfig;
  private readonly keys: SignatureScheme;
  private readonly random: SeededRandom;

  constructor(self: PeerId, config: ProtocolConfig, keys: SignatureScheme, random: SeededRandom) {
    this.self = self;
    this.config = config;
    this.keys = keys;
    this.random = random;
  }

  private get experiment(): string {
    return this.config.experiment;
  }

  anyDigest(): string {
    return digestOf('adversary', this.random.nextUint32());
  }

  vote(at: UnverifiedVote, value: string | null): UnverifiedVote {
    const signature = this.keys.sign(voteBytes(this.experiment, at, value));
    return { ...at, voter: this.self, value, signature };
  }

  propose(message: UnverifiedProposal, changed: Partial<Value>): UnverifiedProposal {
    const unsigned = { ...message.value, ...changed };
    const signature = this.keys.sign(proposalBytes(this.experiment, unsigned, contentDigest(unsigned)));
    return { ...message, value: { ...unsigned, signature }, signature };
  }

  /** With a beacon proof that is nobody's. */
  withFalseBeacon(message: UnverifiedProposal): UnverifiedProposal {
    return this.propose(message, { beaconProof: bytesOf(Uint32Array.of(this.random.nextUint32())) });
  }

  /** With an accusation of some peer that nothing proves. */
  withFalseEvidence(message: UnverifiedProposal): UnverifiedProposal {
    const { peers } = this.config.genesis;
    const victim = peers[this.random.nextBelow(peers.length)] as PeerId;
    const slot = { about: 'contribution', round: 0, anchor: NEVER } as const;
    const statement = {
      about: 'contribution',
      digest: NEVER,
      byteLength: 1,
      signature: message.signature,
    } as const;
    const second = { ...statement, byteLength: 2 };
    return this.propose(message, {
      changes: [{ kind: 'evidence', peer: victim, slot, first: statement, second }],
    });
  }

  /** With joins and leaves of identities that the adversary has the keys of, chosen by itself. */
  withSeatChanges(
    message: UnverifiedProposal,
    wishes: readonly { readonly peer: PeerId; readonly keys: SignatureScheme; readonly seated: boolean }[],
  ): UnverifiedProposal {
    const { round, changes } = message.value;
    const own = wishes.map(({ peer, keys, seated }): RosterChange => {
      const bytes = (seated ? leaveBytes : joinBytes)(this.experiment, peer, round);
      return { kind: seated ? 'leave' : 'join', peer, round, signature: keys.sign(bytes) };
    });
    const theirs = changes.filter(({ peer }) => !own.some((change) => change.peer === peer));
    return this.propose(message, { changes: [...theirs, ...own].sort(inChangeOrder) });
  }

  contribute(at: UnverifiedContribution, body: Uint8Array): UnverifiedContribution {
    const { body: _body, ...rest } = at;
    const unsigned = { ...rest, worker: this.self, digest: bodyDigest(body), byteLength: body.length };
    const signature = this.keys.sign(contributionBytes(this.experiment, unsigned));
    const inline = body.length <= this.config.inlineBytes ? { body } : {};
    return { ...unsigned, signature, ...inline };
  }

  /** Another worker's contribution under the own name. */
  copy(message: UnverifiedContribution): UnverifiedContribution {
    const unsigned = { ...message, worker: this.self };
    return { ...unsigned, signature: this.keys.sign(contributionBytes(this.experiment, unsigned)) };
  }

  abandons({ round, attempt, anchor }: UnverifiedProposal): UnverifiedAbandon[] {
    return [null, { attempt, value: this.anyDigest() }].map((holds) => {
      const at = { round, attempt, anchor };
      const signature = this.keys.sign(abandonBytes(this.experiment, at, holds));
      return { kind: 'abandon', ...at, peer: this.self, holds, signature };
    });
  }

  /** Two statements of which the voter signed one at most, in both orders. */
  accusations(vote: UnverifiedVote): Evidence[] {
    const { phase, round, attempt, view, anchor, voter, value, signature } = vote;
    const slot = { about: 'vote', phase, round, attempt, view, anchor } as const;
    const first = { about: 'vote', value, signature } as const;
    const second = { about: 'vote', value: this.anyDigest(), signature } as const;
    return [
      { kind: 'evidence', peer: voter, slot, first, second },
      { kind: 'evidence', peer: voter, slot, first: second, second: first },
    ];
  }
}
