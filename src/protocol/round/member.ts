/**
 * This peer on the committee of an attempt: takes in what the other members say. Each is looked at in the order of
 * cost (place on the committee, slot, signature, certificates) and reaches the agreement only once it is verified.
 */
import { proposerOf } from '../../committee/sampling.ts';
import type { PeerId } from '../../crypto/peer-id.ts';
import { equalBytes } from '../../foundation/bytes.ts';
import type { Evidence } from '../../messages/evidence.ts';
import type { UnverifiedProposal } from '../../messages/proposal.ts';
import type { Certificate, UnverifiedVote } from '../../messages/vote.ts';
import type { Auditor } from '../agreement/auditor.ts';
import { proposalConflict, voteConflict } from '../agreement/conflict.ts';
import { Consensus } from '../agreement/consensus.ts';
import type { ConsensusParts } from '../agreement/consensus-parts.ts';
import type { MessageFault } from '../fault.ts';
import { checkProposal } from '../verification/opening-check.ts';
import { contentDigest } from '../verification/statements.ts';

export interface MemberParts extends ConsensusParts {
  readonly auditor: Auditor;
  readonly onEvidence: (evidence: Evidence) => void;
  /** A member has signed something. */
  readonly onHeard: (peer: PeerId) => void;
}

export class Member {
  readonly consensus: Consensus;
  private readonly parts: MemberParts;

  constructor(parts: MemberParts) {
    this.parts = parts;
    this.consensus = new Consensus(parts);
  }

  /** undefined: the vote was taken in and should be passed on. Its attempt is this one. */
  onVote(message: UnverifiedVote): MessageFault | undefined {
    const { consensus } = this;
    const { outbox, committee, onEvidence, onHeard } = this.parts;
    if (!committee.includes(message.voter)) return 'not-in-committee';
    const known = consensus.tally.find(message.voter, message.view, message.phase);
    if (known?.value === message.value) {
      // a word under its name that it did not sign is no call for help
      if (equalBytes(known.signature, message.signature)) consensus.help(message.voter, message.view);
      return 'duplicate';
    }
    const checked = outbox.verifier.vote(message);
    if (!checked.ok) return checked.fault;
    onHeard(message.voter);
    const added = consensus.addVote(checked.value);
    if (typeof added === 'object') {
      onEvidence(voteConflict(outbox.config.experiment, added.conflictsWith, checked.value));
      return 'equivocation';
    }
    if (added !== 'duplicate') consensus.evaluate();
    return added === 'new' ? undefined : added === 'far' ? 'stale' : 'duplicate';
  }

  /** undefined: the proposal was taken in and should be passed on. Its attempt is this one. */
  onProposal(message: UnverifiedProposal): MessageFault | undefined {
    const { consensus } = this;
    const { outbox, chain, committee, collection, auditor, onEvidence, onHeard } = this.parts;
    const { view, proposer, value } = message;
    if (!consensus.expects(view)) return view > consensus.view ? 'too-early' : 'stale';
    if (proposer !== proposerOf(committee, view)) return 'not-the-proposer';
    const known = consensus.proposalAt(view);
    if (known !== undefined && contentDigest(known.value) === contentDigest(value)) return 'duplicate';
    const signed = outbox.verifier.proposalSignatures(message);
    if (!signed.ok) return signed.fault;
    if (known !== undefined) {
      onEvidence(proposalConflict(outbox.config.experiment, known, signed.value));
      return 'equivocation';
    }
    onHeard(proposer);
    const checked = checkProposal(outbox.verifier, chain, signed.value);
    if (!checked.ok) return checked.fault;
    if (checked.value.polka !== undefined) this.audit(checked.value.polka);
    auditor.value(value, collection);
    consensus.propose(checked.value);
    return undefined;
  }

  /** A certificate of this attempt: whoever voted otherwise here is convicted. */
  audit(certificate: Certificate): void {
    this.parts.auditor.certificate(certificate, this.consensus.tally);
  }
}
