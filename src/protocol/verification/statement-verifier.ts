/**
 * What one peer signs by itself: contributions, votes, proposals, words of abandonment, joins, leaves, and the pairs
 * that convict. Whether a statement is of use on a chain, `Verifier` says. Answers are remembered per message object,
 * which is sound because messages are immutable and an answer depends on the message, its anchor's chain and the
 * experiment only; a simulation shares one verifier between its machines.
 */
import type { ProtocolConfig } from '../config.ts';
import type { MessageFault } from '../fault.ts';
import {
  abandonBytes,
  contentDigest,
  contributionBytes,
  joinBytes,
  leaveBytes,
  permitBytes,
  proposalBytes,
  statementBytes,
  voteBytes,
} from './statements.ts';
import { bodyDigest } from '../../crypto/body-digest.ts';
import type { PeerId } from '../../crypto/peer-id.ts';
import type { SignatureScheme, VerifiableRandomness } from '../../crypto/schemes.ts';
import type { Abandon, UnverifiedAbandon, UnverifiedOpening } from '../../messages/abandon.ts';
import type { ContributionMessage, UnverifiedContribution } from '../../messages/contribution.ts';
import type { Evidence } from '../../messages/evidence.ts';
import type { SignedProposal, UnverifiedProposal, Value } from '../../messages/proposal.ts';
import type { RosterChange } from '../../messages/roster-change.ts';
import type { UnverifiedVote, Vote } from '../../messages/vote.ts';

export type Checked<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: MessageFault };

export const refused = (fault: MessageFault): { readonly ok: false; readonly fault: MessageFault } => ({
  ok: false,
  fault,
});

export interface VerifierSchemes {
  readonly signatures: Pick<SignatureScheme, 'verify'>;
  readonly randomness: Pick<VerifiableRandomness, 'verify'>;
}

export class StatementVerifier {
  readonly config: ProtocolConfig;
  protected readonly schemes: VerifierSchemes;
  private readonly memo = new WeakMap<object, Checked<unknown>>();

  constructor(config: ProtocolConfig, schemes: VerifierSchemes) {
    this.config = config;
    this.schemes = schemes;
  }

  protected once<T>(message: object, check: () => Checked<T>): Checked<T> {
    // one object is only ever asked about by one of the checks, so what is remembered is of its type
    let known = this.memo.get(message) as Checked<T> | undefined;
    if (known === undefined) this.memo.set(message, (known = check()));
    return known;
  }

  protected signed(peer: PeerId, bytes: Uint8Array, signature: Uint8Array): boolean {
    return this.schemes.signatures.verify(peer, bytes, signature);
  }

  contribution(message: UnverifiedContribution): Checked<ContributionMessage> {
    return this.once(message, () => {
      const { body, byteLength, digest } = message;
      const bytes = contributionBytes(this.config.experiment, message);
      if (!this.signed(message.worker, bytes, message.signature)) return refused('bad-signature');
      if (body !== undefined && (body.length !== byteLength || bodyDigest(body) !== digest)) {
        return refused('bad-digest');
      }
      return { ok: true, value: message as ContributionMessage };
    });
  }

  vote(message: UnverifiedVote): Checked<Vote> {
    return this.once(message, () => {
      const bytes = voteBytes(this.config.experiment, message, message.value);
      if (!this.signed(message.voter, bytes, message.signature)) return refused('bad-signature');
      return { ok: true, value: message as Vote };
    });
  }

  abandon(message: UnverifiedAbandon): Checked<Abandon> {
    return this.once(message, () => {
      const bytes = abandonBytes(this.config.experiment, message, message.holds);
      if (!this.signed(message.peer, bytes, message.signature)) return refused('bad-signature');
      return { ok: true, value: message as Abandon };
    });
  }

  /** That a value's author has signed it; nothing about whether the value is any good. */
  authorship(value: Value): Checked<Value> {
    const bytes = proposalBytes(this.config.experiment, value, contentDigest(value));
    return this.signed(value.author, bytes, value.signature) ? { ok: true, value } : refused('bad-signature');
  }

  /** That the first of an opening's statements is signed; the opening itself is checked on its chain. */
  firstStatement(opening: UnverifiedOpening): Checked<UnverifiedOpening> {
    const [first] = opening.statements;
    if (first === undefined) return refused('bad-opening');
    const bytes = abandonBytes(this.config.experiment, opening, first.holds);
    return this.signed(first.peer, bytes, first.signature)
      ? { ok: true, value: opening }
      : refused('bad-signature');
  }

  /** The proposer's signature and the author's; not whether the value is any good. */
  proposalSignatures(message: UnverifiedProposal): Checked<SignedProposal> {
    return this.once(message, () => {
      const { experiment } = this.config;
      const { value } = message;
      const content = contentDigest(value);
      if (!this.signed(message.proposer, proposalBytes(experiment, message, content), message.signature)) {
        return refused('bad-signature');
      }
      if (!this.signed(value.author, proposalBytes(experiment, value, content), value.signature)) {
        return refused('bad-signature');
      }
      return { ok: true, value: message as SignedProposal };
    });
  }

  change(change: RosterChange): MessageFault | undefined {
    switch (change.kind) {
      case 'evidence':
        return this.evidence(change);
      case 'leave': {
        const bytes = leaveBytes(this.config.experiment, change.peer, change.round);
        return this.signed(change.peer, bytes, change.signature) ? undefined : 'bad-signature';
      }
      case 'join': {
        const bytes = joinBytes(this.config.experiment, change.peer, change.round);
        if (!this.signed(change.peer, bytes, change.signature)) return 'bad-signature';
        return this.admits(change.peer, change.permit) ? undefined : 'not-admitted';
      }
    }
  }

  private admits(peer: PeerId, permit: Uint8Array | undefined): boolean {
    const { admission, genesis, experiment } = this.config;
    if (admission.policy === 'open' || genesis.peers.includes(peer)) return true;
    if (admission.policy === 'genesis' || permit === undefined) return false;
    return this.signed(admission.owner, permitBytes(experiment, peer), permit);
  }

  /** Two different statements of one peer in one slot, both with its signature; undefined means that it convicts. */
  evidence(evidence: Evidence): MessageFault | undefined {
    const { slot, first, second, peer } = evidence;
    const a = statementBytes(this.config.experiment, slot, first);
    const b = statementBytes(this.config.experiment, slot, second);
    if (a === undefined || b === undefined || Buffer.compare(a, b) >= 0) return 'bad-evidence';
    return this.signed(peer, a, first.signature) && this.signed(peer, b, second.signature)
      ? undefined
      : 'bad-evidence';
  }
}
