/**
 * Agreement in one attempt of one round: Tendermint (Buchman, Kwon, Milosevic, arXiv 1807.04938, Algorithm 1; line
 * numbers at the rules). A member of the attempt's committee runs one; the paper's height is (round, anchor, attempt)
 * and its round is the view.
 *
 * Departures: what is proposed is a list, and the value that votes name is the digest of what follows from it, so a
 * rule that needs id(v) waits for the aggregate. A proposal of an earlier value carries its quorum of prevotes
 * (line 28) instead of leaving it to gossip. A fresh value must not censor (docs/protocol.md). A view that a quorum
 * left with nil in both phases ends at once, not after timeoutPrecommit (line 47), which grows by less than the others
 * (view-timeouts.ts). Two more are in proposing.ts.
 */
import type { PeerId } from '../../crypto/peer-id.ts';
import type { Decision } from '../../messages/decision.ts';
import type { Proposal, Value } from '../../messages/proposal.ts';
import type { Vote, VotePhase } from '../../messages/vote.ts';
import type { Digest } from '../../crypto/hash.ts';
import { Assessments, type Assessment } from './assessments.ts';
import { VIEWS_AHEAD, VIEWS_BEHIND } from '../limits.ts';
import type { ConsensusParts } from './consensus-parts.ts';
import { Relay } from './relay.ts';
import { pinnedOf } from './pinned-value.ts';
import type { Pinned } from '../saved-state.ts';
import { awaitQuorum, silentMembers } from './missing-quorum.ts';
import { handOver, omittedBy } from './omissions.ts';
import { Proposing } from './proposing.ts';
import { contentDigest } from '../verification/statements.ts';
import { Tally, type Added } from './tally.ts';
import { leavingMs, timeoutMs } from './view-timeouts.ts';

type Step = 'propose' | 'prevote' | 'precommit';

export class Consensus {
  readonly tally: Tally;
  readonly assessments: Assessments;
  private readonly parts: ConsensusParts;
  private readonly proposing: Proposing;
  private readonly relay: Relay;
  private readonly proposals = new Map<number, Proposal>();
  private currentView = 0;
  private step: Step = 'propose';
  private prevoteTimer = false;
  private precommitTimer = false;
  private sawPolka = false;

  constructor(parts: ConsensusParts) {
    this.parts = parts;
    this.proposing = new Proposing(parts);
    this.relay = new Relay(parts.outbox, parts.committee);
    this.tally = new Tally(parts.committee, parts.outbox.verifier.rules);
    this.assessments = new Assessments(parts.outbox, parts.chain);
  }

  get view(): number {
    return this.currentView;
  }

  get proposer(): PeerId {
    return this.proposing.proposerOf(this.currentView);
  }

  proposalAt(view: number): Proposal | undefined {
    return this.proposals.get(view);
  }

  /** Starts where the journal left off: at view 0, or after a restart at the newest view that was voted in. */
  start(): void {
    const { journal, attempt, opened } = this.parts;
    for (const pinned of [journal.memory.locked, journal.memory.valid]) {
      if (pinned === undefined || journal.memory.attempt !== attempt) continue;
      this.acceptKnown(pinned.value, pinned.outcome);
    }
    this.acceptHeld(opened?.held);
    this.startView(journal.memory.attempt === attempt ? journal.memory.view : 0);
  }

  private acceptHeld(held: Decision | undefined): void {
    if (held !== undefined) this.acceptKnown(held.value, held.outcome);
  }

  private acceptKnown(value: Value, outcome: Pinned['outcome']): void {
    const seed = this.parts.outbox.verifier.value(this.parts.chain, value);
    if (seed.ok) this.assessments.accept(value, outcome, seed.value);
  }

  /**
   * Leaves the view for a later one and says so to those who stay in it: what made this peer leave may be known to it
   * alone, and others wait in each phase for as many votes as there are honest members. Nil binds to nothing (line 61).
   */
  private goOn(view: number): void {
    if (this.step === 'propose') this.vote('prevote', null);
    if (this.step === 'prevote') this.vote('precommit', null);
    this.startView(view);
  }

  /** Lines 11 to 21. */
  private startView(view: number): void {
    const { outbox, journal, attempt, chain } = this.parts;
    this.currentView = view;
    this.step = 'propose';
    this.prevoteTimer = this.precommitTimer = this.sawPolka = false;
    journal.enter(attempt, view);
    this.tally.forgetBelow(view);
    for (const known of this.proposals.keys()) if (known < view - VIEWS_BEHIND) this.proposals.delete(known);
    const pinned = [journal.memory.locked, journal.memory.valid].flatMap((pin) => (pin ? [pin.value] : []));
    const { opened } = this.parts;
    const held = opened?.held === undefined ? [] : [opened.held.value];
    this.assessments.retain([...[...this.proposals.values()].map(({ value }) => value), ...pinned, ...held]);
    if (view > 0) {
      this.proposing.closeCollection(false);
      outbox.report({ event: 'view-changed', round: chain.round, attempt, view });
    }
    outbox.cancelTimer('precommit');
    outbox.cancelTimer('quorum');
    this.proposing.awaitContributions();
    this.proposing.awaitProposal(view);
    this.maybePropose();
    this.evaluate();
  }

  /** The proposer speaks once in its view. */
  private maybePropose(): void {
    const view = this.currentView;
    if (this.proposer === this.parts.outbox.self && !this.proposals.has(view)) this.proposing.propose(view);
  }

  /** The deadline for contributions. */
  collected(): void {
    const wasOpen = !this.parts.collection.isClosed;
    this.proposing.closeCollection(true);
    this.closed(wasOpen);
  }

  /** A contribution's body was fetched, or who is waited for has changed. */
  contributed(): void {
    const wasOpen = !this.parts.collection.isClosed;
    this.proposing.awaitContributions();
    this.closed(wasOpen);
  }

  private closed(wasOpen: boolean): void {
    if (wasOpen && this.parts.collection.isClosed) {
      if (this.step === 'propose') this.proposing.awaitProposal(this.currentView);
      this.maybePropose();
    }
    if (this.step === 'propose') this.evaluate();
  }

  /** Whether a proposal of this view would be looked at. */
  expects(view: number): boolean {
    return view <= this.currentView + VIEWS_AHEAD && view >= this.currentView - VIEWS_BEHIND;
  }

  /** From its view's proposer; the first of its view. */
  propose(proposal: Proposal): void {
    this.proposals.set(proposal.view, proposal);
    this.acceptHeld(proposal.held);
    this.evaluate();
  }

  addVote(vote: Vote): Added {
    return this.tally.add(vote, this.currentView);
  }

  verified(content: Digest, outcome: Pinned['outcome'] | undefined, fault?: string): void {
    const values = [...this.proposals.values()].map(({ value }) => value);
    const value = values.find((candidate) => contentDigest(candidate) === content);
    this.assessments.verified(value, content, outcome, fault);
    const current = this.proposals.get(this.currentView)?.value;
    if (fault === 'unavailable' && this.step === 'propose' && value !== undefined && value === current) {
      this.vote('prevote', null);
    }
    this.evaluate();
  }

  /** Lines 57 and 61. */
  phaseExpired(): void {
    if (this.step === 'propose') {
      const { chain, presence } = this.parts;
      if (!this.proposals.has(this.currentView)) presence.wasSilent(this.proposer, chain.round);
      this.vote('prevote', null);
    } else if (this.step === 'prevote') this.vote('precommit', null);
    this.evaluate();
  }

  /** Line 65. */
  precommitExpired(): void {
    this.goOn(this.currentView + 1);
  }

  private vote(phase: VotePhase, value: Digest | null): void {
    const { outbox, journal } = this.parts;
    this.step = phase;
    outbox.cancelTimer('phase');
    const vote = journal.vote(phase, value);
    outbox.persistAndPublish(journal.memory, vote);
    awaitQuorum(this.parts, phase, this.currentView);
  }

  /** The votes of this step were waited for: who is silent, where the attempt is better given up; else they are waited for again. */
  quorumExpired(): readonly PeerId[] | undefined {
    return this.step === 'propose'
      ? undefined
      : silentMembers(this.parts, this.tally, this.step, this.currentView);
  }

  /** Applies every rule that holds until none does. The last thing that a step does: a decision ends the round. */
  evaluate(): void {
    const { outbox, journal } = this.parts;
    const { timing } = outbox.config;
    // line 55: one honest member at least is in a later view
    const ahead = this.tally.viewAhead(this.currentView);
    if (ahead !== undefined) return this.goOn(ahead);

    const view = this.currentView;
    const proposal = this.proposals.get(view);
    if (this.step === 'propose' && proposal !== undefined) this.judge(proposal); // lines 22 and 28
    if (this.step === 'prevote' && !this.prevoteTimer && this.tally.isQuorate('prevote', view)) {
      this.prevoteTimer = true; // line 34
      outbox.setTimer('phase', timeoutMs(timing, 'prevote', view));
    }
    if (proposal !== undefined && this.step !== 'propose' && !this.sawPolka) {
      const known = this.assess(proposal);
      if (known.state === 'valid' && this.tally.hasQuorum('prevote', view, known.digest)) {
        this.sawPolka = true; // line 36
        const polka = this.tally.certificate('prevote', view, known.digest);
        const pinned = pinnedOf(proposal, known, polka);
        if (this.step === 'prevote') {
          journal.pinLocked(pinned);
          this.vote('precommit', known.digest);
        } else {
          journal.pinValid(pinned);
          outbox.put({ type: 'store', memory: journal.memory, then: [] });
        }
      }
    }
    if (this.step === 'prevote' && this.tally.hasQuorum('prevote', view, null)) this.vote('precommit', null); // line 44
    // a quorum of nil in both phases: no quorum can have prevoted for a value here, so nothing is worth waiting for
    if (this.tally.hasQuorum('prevote', view, null) && this.tally.hasQuorum('precommit', view, null)) {
      return this.goOn(view + 1);
    }
    if (!this.precommitTimer && this.tally.isQuorate('precommit', view)) {
      this.precommitTimer = true; // line 47
      outbox.setTimer('precommit', leavingMs(timing, view));
    }
    this.decide();
  }

  /** Line 49: a quorum of precommits in any view that is remembered. */
  private decide(): void {
    for (const [view, proposal] of this.proposals) {
      if (!this.tally.isQuorate('precommit', view)) continue;
      const known = this.assess(proposal);
      if (known.state !== 'valid' || !this.tally.hasQuorum('precommit', view, known.digest)) continue;
      const { opening } = proposal;
      return this.parts.onDecided({
        kind: 'decision',
        value: proposal.value,
        outcome: known.outcome,
        certificate: this.tally.certificate('precommit', view, known.digest),
        ...(opening === undefined ? {} : { opening }),
      });
    }
  }

  private assess(proposal: Proposal): Assessment {
    return this.assessments.of(proposal.value, [proposal.proposer, ...this.parts.committee]);
  }

  private judge(proposal: Proposal): void {
    const { outbox, journal } = this.parts;
    const { polka } = proposal;
    const omitted = omittedBy(this.parts, proposal);
    if (omitted === undefined) return;
    if (omitted.length > 0) {
      this.vote('prevote', null);
      return handOver(this.parts, omitted, this.proposing.proposerOf(this.currentView + 1));
    }
    const known = this.assess(proposal);
    if (known.state === 'pending') return;
    const allowed =
      known.state === 'valid' &&
      (polka === undefined || polka.value === known.digest) &&
      outbox.verifier.rules.lockAllows(journal.memory.locked, known.digest, polka?.view);
    this.vote('prevote', allowed ? known.digest : null);
  }

  /** A member repeats a vote: it may miss what others said. */
  help(voter: PeerId, view: number): void {
    if (view <= this.currentView) this.relay.help(voter, this.tally.votesAt(view), this.proposals.get(view));
  }

  rebroadcast(): void {
    this.assessments.retry();
    const seen =
      this.step === 'precommit' && this.sawPolka ? this.proposals.get(this.currentView) : undefined;
    this.relay.rebroadcast(this.parts.journal.memory, seen);
  }
}
