/**
 * All that this peer signs in one round on one anchor. Each slot is signed once: asked again, also after a restart,
 * the journal gives the statement that is there. The peer never votes in an earlier view than its newest, so votes of
 * two views are all that has to be kept.
 */
import { assert } from '../../foundation/assert.ts';
import type { Digest } from '../../crypto/hash.ts';
import type { Held, UnverifiedAbandon } from '../../messages/abandon.ts';
import type { UnverifiedContribution } from '../../messages/contribution.ts';
import type { UnverifiedDecision } from '../../messages/decision.ts';
import type { UnverifiedOpened } from '../../messages/opening.ts';
import type { UnverifiedProposal, Value } from '../../messages/proposal.ts';
import type { UnverifiedCertificate, UnverifiedVote, VotePhase } from '../../messages/vote.ts';
import type { Outbox } from '../outbox.ts';
import type { Pinned, RoundMemory } from '../saved-state.ts';
import {
  abandonBytes,
  contentDigest,
  contributionBytes,
  proposalBytes,
  voteBytes,
} from '../verification/statements.ts';

export class SignedJournal {
  private readonly outbox: Outbox;
  private current: RoundMemory;

  constructor(outbox: Outbox, memory: RoundMemory) {
    this.outbox = outbox;
    this.current = memory;
  }

  static blank(outbox: Outbox, round: number, anchor: Digest): SignedJournal {
    return new SignedJournal(outbox, { round, anchor, abandons: [], attempt: 0, view: 0, votes: [] });
  }

  get memory(): RoundMemory {
    return this.current;
  }

  contribute(digest: Digest, byteLength: number): UnverifiedContribution {
    const { round, anchor, contribution } = this.current;
    if (contribution !== undefined) return contribution;
    const signature = this.outbox.sign(
      contributionBytes(this.outbox.config.experiment, { round, anchor, digest, byteLength }),
    );
    const worker = this.outbox.self;
    const made = { kind: 'contribution', round, anchor, worker, digest, byteLength, signature } as const;
    this.current = { ...this.current, contribution: made };
    return made;
  }

  /** Moves to a view; false where the peer has been in a later one already. */
  enter(attempt: number, view: number): boolean {
    const at = this.current;
    if (attempt < at.attempt || (attempt === at.attempt && view < at.view)) return false;
    if (attempt > at.attempt) {
      // locks belong to one committee's agreement: the next attempt has its own
      const { locked: _locked, valid: _valid, proposal: _proposal, ...rest } = at;
      this.current = { ...rest, attempt, view, votes: [] };
    } else if (view > at.view) {
      const { proposal: _proposal, ...rest } = at;
      this.current = { ...rest, view, votes: at.votes.filter((vote) => vote.view + 1 >= view) };
    }
    return true;
  }

  /** The vote in the view that was entered; one that was cast before stands. */
  vote(phase: VotePhase, value: Digest | null): UnverifiedVote {
    const { round, anchor, attempt, view, votes } = this.current;
    const cast = votes.find((vote) => vote.view === view && vote.phase === phase);
    if (cast !== undefined) return cast;
    const at = { phase, round, attempt, view, anchor };
    const signature = this.outbox.sign(voteBytes(this.outbox.config.experiment, at, value));
    const made: UnverifiedVote = { kind: 'vote', ...at, voter: this.outbox.self, value, signature };
    this.current = { ...this.current, votes: [...votes, made] };
    return made;
  }

  /** The proposal in the view that was entered; one that was made before stands. */
  propose(
    value: Value,
    polka: UnverifiedCertificate | undefined,
    opened: UnverifiedOpened | undefined,
  ): UnverifiedProposal {
    const { round, anchor, attempt, view, proposal } = this.current;
    if (proposal !== undefined) return proposal;
    const at = { round, attempt, view, anchor };
    const made: UnverifiedProposal = {
      kind: 'proposal',
      ...at,
      proposer: this.outbox.self,
      value,
      ...(polka === undefined ? {} : { polka }),
      ...opened,
      signature: this.outbox.sign(proposalBytes(this.outbox.config.experiment, at, contentDigest(value))),
    };
    this.current = { ...this.current, proposal: made };
    return made;
  }

  /** `decision` is what it holds, where that is not in the ledger. */
  abandon(attempt: number, holds: Held | null, decision?: UnverifiedDecision): UnverifiedAbandon {
    const { round, anchor, abandons } = this.current;
    const said = abandons.find((statement) => statement.attempt === attempt);
    if (said !== undefined) return said;
    const at = { round, attempt, anchor };
    const signature = this.outbox.sign(abandonBytes(this.outbox.config.experiment, at, holds));
    const made: UnverifiedAbandon = { kind: 'abandon', ...at, peer: this.outbox.self, holds, signature };
    this.current = { ...this.current, abandons: [...abandons, made] };
    if (decision !== undefined) {
      const { body: _body, ...held } = decision;
      this.current = { ...this.current, held };
    }
    return made;
  }

  /** The newest attempt that the peer abandoned without holding a decision: it is bound not to adopt one of it. */
  get boundAttempt(): number {
    return this.current.abandons.reduce(
      (newest, { attempt, holds }) => (holds === null ? Math.max(newest, attempt) : newest),
      -1,
    );
  }

  pinLocked(pinned: Pinned): void {
    assert(pinned.view === this.current.view, 'a lock is of the current view');
    this.current = { ...this.current, locked: pinned, valid: pinned };
  }

  pinValid(pinned: Pinned): void {
    this.current = { ...this.current, valid: pinned };
  }
}
