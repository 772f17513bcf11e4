/**
 * One round on one anchor, as this peer plays it: as a worker, as a committee member, and as one of the roster that
 * waits for the round's decision. Ends when the machine adopts a decision, its own or another's.
 */
import type { PeerId } from '../../crypto/peer-id.ts';
import type { UnverifiedAbandon } from '../../messages/abandon.ts';
import type { UnverifiedContribution } from '../../messages/contribution.ts';
import type { UnverifiedDecision } from '../../messages/decision.ts';
import type { Evidence } from '../../messages/evidence.ts';
import type { Opened, UnverifiedOpened } from '../../messages/opening.ts';
import type { UnverifiedProposal } from '../../messages/proposal.ts';
import type { Certificate, UnverifiedVote } from '../../messages/vote.ts';
import type { Abandonment } from '../agreement/abandonment.ts';
import { Auditor } from '../agreement/auditor.ts';
import { cohortOf, type Chain } from '../chain/chain.ts';
import { Attempts } from './attempts.ts';
import { Collection } from './collection.ts';
import { contributionConflict } from '../agreement/conflict.ts';
import { attemptMs } from '../agreement/view-timeouts.ts';
import type { Consensus } from '../agreement/consensus.ts';
import type { Outbox } from '../outbox.ts';
import type { MessageFault } from '../fault.ts';
import { Greetings } from './greetings.ts';
import type { Input, Timer } from '../input.ts';
import { Member } from './member.ts';
import type { OwnGradient } from './own-gradient.ts';
import type { PendingChanges } from '../chain/pending-changes.ts';
import type { Presence } from './presence.ts';
import type { SignedJournal } from '../agreement/signed-journal.ts';
import { Worker } from './worker.ts';

export interface RoundParts {
  readonly outbox: Outbox;
  readonly chain: Chain;
  readonly journal: SignedJournal;
  readonly pending: PendingChanges;
  readonly presence: Presence;
  /** Signs nothing: the disk was lost and what was signed before is not known. */
  readonly silent: boolean;
  /** The first since the peer was started: others came within reach in it, or will. */
  readonly isFirst: boolean;
  /** The newest attempt that is known to be open. */
  readonly opened?: Opened;
  readonly onEvidence: (evidence: Evidence) => void;
  readonly onDecision: (decision: UnverifiedDecision) => void;
  readonly onOpened: (opened: Opened) => void;
}

/** undefined: the message was taken in and should be passed on. */
type Refusal = MessageFault | undefined;

export class RoundState {
  readonly cohort: readonly PeerId[];
  private readonly parts: RoundParts;
  private readonly collection: Collection;
  private readonly worker: Worker;
  private readonly auditor: Auditor;
  private readonly startedMs: number;
  private readonly greetings: Greetings;
  private readonly attempts: Attempts;
  /** Of the attempt that is on, where this peer is on its committee and has not given it up. */
  private member: Member | undefined;
  /** Whether this peer has served on any committee of the round. */
  served = false;

  constructor(parts: RoundParts) {
    const { outbox, chain, presence, silent } = parts;
    this.parts = parts;
    this.startedMs = outbox.nowMs;
    this.greetings = new Greetings(outbox);
    this.cohort = cohortOf(outbox.config, chain);
    const waits = presence.waitsIn(chain, this.cohort, silent ? outbox.self : undefined);
    const { minContributions, timing } = outbox.config;
    this.collection = new Collection(this.cohort, waits, { ...timing, minContributions });
    this.worker = new Worker(outbox, chain, parts.journal, parts.silent);
    this.auditor = new Auditor(outbox.verifier, parts.onEvidence);
    this.attempts = new Attempts({
      ...parts,
      auditor: this.auditor,
      onLeft: () => this.leave(),
      onEntered: (opened) => this.enter(opened),
      onConfirmed: (decision) => parts.onDecision(decision),
    });
  }

  get attempt(): number {
    return this.attempts.attempt;
  }

  get committee(): readonly PeerId[] {
    return this.attempts.committee;
  }

  get abandonment(): Abandonment {
    return this.attempts.abandonment;
  }

  private get consensus(): Consensus | undefined {
    return this.member?.consensus;
  }

  /** Whose proposal this peer waits for, as a member of the committee. */
  get proposer(): PeerId | undefined {
    const { consensus } = this;
    if (consensus === undefined || consensus.proposalAt(consensus.view) !== undefined) return undefined;
    return consensus.proposer;
  }

  start(): void {
    this.worker.start(this.cohort);
    this.startAttempt();
    this.parts.outbox.setTimer('rebroadcast', this.parts.outbox.config.timing.rebroadcastMs);
  }

  /** How the own gradient fared, now that the round is decided; undefined where the peer computed none. */
  ownGradient(): OwnGradient | undefined {
    const own = this.worker.gradientMs;
    if (own === undefined) return undefined;
    const elapsed = this.parts.outbox.nowMs - this.startedMs;
    const collectionMs = this.collection.tookMs ?? elapsed;
    return { gradientMs: own.ms, isDone: own.isDone, collectionMs };
  }

  /** Somebody who was away is back, or at work: it is waited for. */
  presenceChanged(): void {
    this.consensus?.contributed();
  }

  trained(input: Extract<Input, { type: 'trained' }>): void {
    this.worker.trained(input);
  }

  private startAttempt(): void {
    const { outbox, chain, journal, pending, presence, isFirst, silent, onEvidence, onDecision } = this.parts;
    const { attempt, committee, collection, attempts } = this;
    this.leave();
    if (!attempts.isLast) outbox.setTimer('attempt', attemptMs(outbox.config));
    if (silent || attempts.isLeft || journal.memory.attempt > attempt || !committee.includes(outbox.self))
      return;
    this.served = true;
    const { opened } = attempts;
    collection.start(outbox.nowMs);
    this.member = new Member({
      ...{ outbox, chain, attempt, committee, journal, collection, pending, presence, isFirst },
      ...(opened === undefined ? {} : { opened }),
      ...{ auditor: this.auditor, onEvidence, onDecided: onDecision },
      onHeard: (peer) => this.heard(peer),
    });
    this.member.consensus.start();
  }

  onContribution(message: UnverifiedContribution): Refusal {
    const { outbox, chain } = this.parts;
    if (this.member === undefined) return 'not-serving';
    if (!this.collection.expects(message.worker)) return 'not-in-cohort';
    if (message.byteLength > outbox.config.maxContributionBytes) return 'too-large';
    const known = this.collection.header(message.worker);
    const same = known?.digest === message.digest && known.byteLength === message.byteLength;
    if (same && !this.collection.wants(message.worker)) return 'duplicate';
    const checked = outbox.verifier.contribution(message);
    if (!checked.ok) return checked.fault;
    if (known !== undefined && !same) {
      this.parts.onEvidence(contributionConflict(outbox.config.experiment, message, known, message));
      return 'equivocation';
    }
    this.collection.add(checked.value);
    this.heard(message.worker);
    const sources = [message.worker, ...this.committee];
    const context = { round: chain.round, seed: chain.seed };
    outbox.put({ type: 'fetch', context, contribution: checked.value, sources });
    this.presenceChanged();
    return undefined;
  }

  onVote(message: UnverifiedVote): Refusal {
    const { member } = this;
    if (member === undefined) return 'not-serving';
    return this.faultOfAttempt(message.attempt) ?? member.onVote(message);
  }

  onProposal(message: UnverifiedProposal): Refusal {
    const unopened = this.attempts.onProposal(message);
    if (unopened !== undefined) return unopened;
    const { member } = this;
    if (member === undefined) return 'not-serving';
    return this.faultOfAttempt(message.attempt) ?? member.onProposal(message);
  }

  private faultOfAttempt(attempt: number): 'stale' | 'too-early' | undefined {
    if (attempt === this.attempt) return undefined;
    return attempt < this.attempt ? 'stale' : 'too-early';
  }

  /** A certificate of this round: whoever voted otherwise here is convicted. */
  audit(certificate: Certificate): void {
    if (certificate.attempt === this.attempt) this.member?.audit(certificate);
  }

  onAbandon(message: UnverifiedAbandon): Refusal {
    const fault = this.attempts.onAbandon(message);
    if (fault === undefined) this.parts.presence.heard(message.peer, this.parts.chain.round);
    return fault;
  }

  onOpening(message: UnverifiedOpened): Refusal {
    return this.attempts.onOpening(message);
  }

  /** The attempt is over here, given up or followed by the next: this peer votes in it no more. */
  private leave(): void {
    const { outbox } = this.parts;
    this.member = undefined;
    for (const timer of ['phase', 'precommit', 'quorum', 'attempt'] as const) outbox.cancelTimer(timer);
  }

  private enter(opened: Opened): void {
    const { presence, chain, onOpened } = this.parts;
    onOpened(opened);
    presence.onlyTheseSpoke(opened.opening.statements, this.committee, chain.round);
    this.startAttempt();
    this.worker.attemptOpened(this.attempt);
    if (this.member !== undefined) this.parts.outbox.publish({ kind: 'opening', ...opened });
  }

  timedOut(timer: Timer): void {
    switch (timer) {
      case 'collect':
        return this.consensus?.collected();
      case 'phase':
        return this.consensus?.phaseExpired();
      case 'precommit':
        return this.consensus?.precommitExpired();
      case 'quorum':
        return this.quorumMissed();
      case 'attempt':
        this.attempts.abandon();
        return this.attempts.goOn();
      case 'rebroadcast':
        return this.rebroadcast();
      default:
        return;
    }
  }

  /** Too few of the committee have voted in time: it is given up where the next one can be had. */
  private quorumMissed(): void {
    const silent = this.attempts.isLast ? undefined : this.consensus?.quorumExpired();
    if (silent === undefined) return;
    this.attempts.abandon(silent);
    this.attempts.goOn();
  }

  private rebroadcast(): void {
    const { outbox } = this.parts;
    outbox.setTimer('rebroadcast', outbox.config.timing.rebroadcastMs);
    this.worker.rebroadcast();
    this.attempts.rebroadcast();
    this.consensus?.rebroadcast();
    this.attempts.goOn();
  }

  /** A peer of the round signed something. Who is heard for the first time after a start may have missed us. */
  private heard(peer: PeerId): void {
    const { chain, presence, isFirst } = this.parts;
    presence.heard(peer, chain.round);
    if (isFirst && !this.greetings.has(peer)) this.greet(peer);
  }

  /** A peer has come within reach. */
  greet(peer: PeerId): void {
    const { attempt, committee, opened } = this.attempts;
    this.greetings.greet(peer, { memory: this.parts.journal.memory, attempt, committee, opened });
  }

  fetched(input: Extract<Input, { type: 'fetched' }>): void {
    const { worker, digest, fault } = input;
    const afterMs = this.collection.fetched(worker, digest, fault, this.parts.outbox.nowMs);
    if (afterMs !== undefined) this.parts.presence.came(worker, afterMs);
    this.consensus?.contributed();
  }

  verified(input: Extract<Input, { type: 'verified' }>): void {
    this.consensus?.verified(input.value, input.outcome, input.fault);
  }

  /** What a stranger could make grow in here, by name, for the bound on memory. */
  sizes(): Record<string, number> {
    return {
      votes: this.consensus?.tally.size ?? 0,
      values: this.consensus?.assessments.size ?? 0,
      contributions: this.collection.size,
      abandons: this.abandonment.size,
      greeted: this.greetings.size,
    };
  }
}
