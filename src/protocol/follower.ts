/**
 * Where the peer stands on the chain: adopts decisions in order, catches up, steps back, recovers. What it holds of
 * the past is bounded by the settlement depth.
 */
import type { Digest } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { UnverifiedAbandon } from '../messages/abandon.ts';
import type { UnverifiedDecision } from '../messages/decision.ts';
import type { OpeningMessage } from '../messages/message.ts';
import { isConfirmedByChain } from './adoption.ts';
import { Amnesia } from './amnesia.ts';
import { Announcer } from './announcer.ts';
import { CatchUp } from './catch-up.ts';
import {
  cohortOf,
  committeeOf,
  expectedCommittee,
  genesisChain,
  isLastAttempt,
  type Chain,
} from './chain.ts';
import type { Desk } from './desk.ts';
import { EarlyMessages } from './early-messages.ts';
import type { MessageFault } from './fault.ts';
import type { Timer } from './input.ts';
import { MAX_RESTORES, SETTLEMENT_ROUNDS } from './limits.ts';
import { Memories } from './memories.ts';
import { hasSeat, peersIn } from './roster.ts';
import { RoundPlay } from './round-play.ts';
import type { SavedState } from './saved-state.ts';
import { Seat } from './seat.ts';
import { Timeline } from './timeline.ts';
import { newestHeld } from './verifier.ts';

type Mode =
  | { readonly is: 'idle' | 'playing' | 'finished' }
  | {
      readonly is: 'adopting';
      readonly decision: UnverifiedDecision;
      readonly next: Chain;
      readonly value: Digest;
      readonly served: boolean;
      readonly sources: readonly PeerId[];
    }
  /** The application is being brought to a state of the timeline. */
  | { readonly is: 'rebuilding' }
  /** Without the model: decisions are checked and stored, not applied. */
  | { readonly is: 'following' };

export class Follower {
  readonly timeline: Timeline;
  readonly early = new EarlyMessages();
  readonly seat: Seat;
  play: RoundPlay | undefined;
  private readonly desk: Desk;
  private readonly catchUp: CatchUp;
  private readonly memories: Memories;
  private readonly announcer: Announcer;
  private readonly amnesia = new Amnesia();
  private mode: Mode = { is: 'idle' };
  /** Values of rounds from the head on that are on the disk already. */
  private readonly stored = new Map<number, Digest>();
  private listening: boolean | undefined;
  private probing = false;
  private failedRestores = 0;
  /** The round before which the application stands. */
  private applied = 0;

  constructor(desk: Desk, wantsSeat: boolean, permit: Uint8Array | undefined) {
    this.desk = desk;
    this.timeline = new Timeline(genesisChain(desk.config));
    this.seat = new Seat(desk, wantsSeat, permit);
    this.catchUp = new CatchUp(desk.self);
    this.memories = new Memories(desk);
    this.announcer = new Announcer(desk, this.timeline);
  }

  private get head(): Chain {
    return this.timeline.head;
  }

  get isAdopting(): boolean {
    return this.mode.is === 'adopting';
  }

  /** Replays the stored decisions and asks for the application to be brought to where they end. */
  start(saved: SavedState): void {
    const { verifier } = this.desk;
    if (saved.amnesiac) this.amnesia.begin();
    this.memories.load(saved.memories);
    if (saved.chain !== undefined) this.timeline.restart(saved.chain);
    this.applied = this.head.round;
    for (const decision of saved.decisions) {
      const checked = verifier.decision(this.head, decision);
      if (!checked.ok) break; // a damaged record: what follows is had from the others
      this.timeline.push(decision, checked.value.value, checked.value.next);
    }
    this.desk.setTimer('catchUp', this.desk.config.timing.catchUpMs);
    this.rewind(this.head.round);
  }

  private rewind(round: number): void {
    this.mode = { is: 'rebuilding' };
    this.desk.put({ type: 'rewind', round });
  }

  /** Plays the head, unless its decision is here already. */
  private enterRound(): void {
    const { desk, head, timeline } = this;
    const { config } = desk;
    this.mode = { is: 'playing' };
    timeline.forgetBelow(head.round - SETTLEMENT_ROUNDS);
    this.memories.forgetBelow(head.round - SETTLEMENT_ROUNDS - 1);
    this.catchUp.forgetBelow(head.round);
    this.seat.pending.prune(head);
    if (this.amnesia.endsAt(head.round)) desk.put({ type: 'trustMemories' });
    desk.setTimer('catchUp', config.timing.catchUpMs);
    if (this.adoptKnown()) return;
    if (head.round >= config.rounds) {
      this.mode = { is: 'finished' };
      this.listen(false);
      desk.report({ event: 'finished', round: head.round });
      return;
    }
    const opened = this.memories.opened(head.anchor);
    const play = new RoundPlay({
      desk,
      chain: head,
      book: this.memories.book(head),
      pending: this.seat.pending,
      silent: this.amnesia.silences(head.round),
      ...(opened === undefined ? {} : { opened }),
      onEvidence: (evidence) => this.seat.onEvidence(evidence, head),
      onDecision: (decision) => {
        if (this.play === play) this.take(decision, [desk.self]);
      },
      onOpened: (now) => {
        this.memories.open(now);
        this.listen(committeeOf(config, head, now.opening.attempt + 1).includes(desk.self));
      },
    });
    this.play = play;
    this.listen(play.committee.includes(desk.self) || expectedCommittee(config, head).includes(desk.self));
    this.seat.ask(head);
    play.start();
  }

  private listen(committee: boolean): void {
    if (this.listening !== committee) this.desk.put({ type: 'listen', committee });
    this.listening = committee;
  }

  /** Adopts the head's decision where it waits here; true where it did. */
  private adoptKnown(): boolean {
    const decision = this.catchUp.at(this.head.round);
    if (decision === undefined) return false;
    const adopted = this.take(decision, []) === undefined;
    if (!adopted) this.probing = this.desk.verifier.decision(this.head, decision).ok ? this.probing : true;
    return adopted;
  }

  /** A decision on top of the head: adopted, followed, or kept until it may be adopted. */
  private take(decision: UnverifiedDecision, sources: readonly PeerId[]): MessageFault | undefined {
    const { desk, head } = this;
    const checked = desk.verifier.decision(head, decision);
    if (!checked.ok) return checked.fault;
    const { next, value } = checked.value;
    if (this.mode.is === 'following') {
      this.storeOnly(decision, value, next);
      return undefined;
    }
    if (this.mode.is !== 'playing') return 'duplicate';
    this.play?.abandonment.knows(decision);
    if (!this.mayAdopt(decision)) {
      this.catchUp.keep(decision, head.round);
      return 'stale';
    }
    const served = this.play?.served ?? false;
    this.play = undefined;
    desk.cancelRoundTimers();
    desk.put({ type: 'stopTraining' });
    const known = this.stored.get(head.round);
    const truncate = known !== undefined && known !== value;
    if (truncate) this.stored.clear();
    const committee = committeeOf(desk.config, head, decision.certificate.attempt);
    const all = [...new Set([...sources, decision.value.author, ...committee])];
    this.mode = { is: 'adopting', decision, next, value, served, sources: all };
    const checkpoint = next.round % desk.config.checkpointRounds === 0 ? { checkpoint: next } : {};
    const context = { round: head.round, seed: head.seed };
    desk.put({ type: 'adopt', context, decision, sources: all, truncate, ...checkpoint });
    return undefined;
  }

  private mayAdopt(decision: UnverifiedDecision): boolean {
    const { head, memories } = this;
    const { attempt, value } = decision.certificate;
    const voided = (memories.opened(head.anchor)?.opening.attempt ?? -1) >= attempt;
    if (!voided && this.stored.get(head.round) === value) return true; // adopted before
    const bound = memories.book(head).boundAttempt >= attempt;
    if (!voided && !bound) return true;
    if (bound && !voided && this.play?.abandonment.confirmed() !== undefined) return true;
    return isConfirmedByChain(this.desk.verifier, head, decision, (round) => this.catchUp.at(round));
  }

  adopted(round: number, applicationDigest: Digest): void {
    const { mode, desk } = this;
    if (mode.is !== 'adopting' || round !== this.head.round) return;
    const { decision, next, value } = mode;
    const before = this.head;
    this.timeline.push(decision, value, next);
    this.stored.delete(round);
    if (applicationDigest !== next.applicationDigest) {
      const expected = next.applicationDigest;
      desk.report({ event: 'diverged', round, expected, actual: applicationDigest });
      return this.rewind(next.round);
    }
    this.applied = next.round;
    desk.put({
      type: 'decide',
      decision: {
        round,
        attempt: decision.certificate.attempt,
        view: decision.certificate.view,
        anchor: before.anchor,
        stateDigest: next.anchor,
        outcome: decision.outcome,
        cohort: cohortOf(desk.config, before),
        committee: committeeOf(desk.config, before, decision.certificate.attempt),
        contributors: decision.value.contributions.map(({ worker }) => worker),
        rosterSize: next.roster.seats.length,
        served: mode.served,
      },
    });
    for (const peer of Seat.excludedBetween(before, next)) desk.report({ event: 'excluded', peer, round });
    this.announcer.adopted(before, decision);
    this.enterRound();
    if (this.catchUp.wantsMore) this.ask();
  }

  adoptFailed(round: number): void {
    if (this.mode.is !== 'adopting' || round !== this.head.round) return;
    this.catchUp.keep(this.mode.decision, round);
    this.mode = { is: 'playing' }; // the catch-up timer tries again
  }

  /** The application stands before `round`, or nothing worked. */
  rebuilt(round: number | undefined, applicationDigest: Digest): void {
    if (this.mode.is !== 'rebuilding') return;
    const chain = round === undefined ? undefined : this.timeline.before(round);
    if (chain === undefined || chain.applicationDigest !== applicationDigest) {
      this.failedRestores += 1;
      this.desk.report({ event: 'resyncing', round: this.head.round });
      this.mode = { is: 'following' };
      return;
    }
    this.failedRestores = 0;
    this.applied = chain.round;
    this.goTo(chain.round);
    this.enterRound();
  }

  /** Makes an earlier state the head; what was decided after it waits to be adopted again. */
  private goTo(round: number): void {
    for (const { chain, decision, value } of this.timeline.cutAt(round)) {
      this.stored.set(chain.round, value);
      this.catchUp.keep(decision, round);
    }
  }

  private storeOnly(decision: UnverifiedDecision, value: Digest, next: Chain): void {
    const { round, seed } = this.head;
    const known = this.stored.get(round);
    const truncate = known !== undefined && known !== value;
    if (known !== value) {
      this.desk.put({ type: 'storeDecision', context: { round, seed }, decision, truncate });
    }
    this.timeline.push(decision, value, next);
    this.stored.delete(round);
    // keep what a restored checkpoint would be replayed from: two checkpoint intervals
    const every = this.desk.config.checkpointRounds;
    const newest = next.round - (next.round % every);
    if (newest - every > this.applied) this.timeline.forgetBelow(newest - every);
    const following = this.catchUp.at(next.round);
    if (following !== undefined) this.take(following, []);
  }

  /** At the end of what others have: gets a checkpoint, or replays from where the application stands. */
  private stopFollowing(): void {
    const { desk, timeline } = this;
    const every = desk.config.checkpointRounds;
    const candidates: Chain[] = [];
    for (let round = this.head.round; round > Math.max(this.applied, timeline.oldest - 1); round--) {
      const chain = timeline.before(round);
      if (round % every === 0 && chain !== undefined) candidates.push(chain);
    }
    const replayable = timeline.oldest <= this.applied;
    if (replayable && (candidates.length === 0 || this.failedRestores >= MAX_RESTORES)) {
      return this.rewind(this.applied);
    }
    if (candidates.length === 0) return;
    this.mode = { is: 'rebuilding' };
    const sources = peersIn(this.head.roster).filter((peer) => peer !== desk.self);
    desk.put({ type: 'restore', candidates, sources });
  }

  onDecision(decision: UnverifiedDecision, from: PeerId): MessageFault | undefined {
    const { head, timeline } = this;
    const { round } = decision.value;
    this.announcer.heard(round);
    if (round > head.round) {
      if (!this.isAdopting || round > head.round + 1) this.notice(from);
      else this.catchUp.follow(from);
      return 'too-early';
    }
    if (round === head.round) {
      if (this.isAdopting) return 'duplicate';
      const fault = this.take(decision, [from]);
      if (fault === 'other-anchor') this.notice(from);
      return fault;
    }
    const past = timeline.at(round);
    if (past === undefined) return 'stale';
    const { attempt, value } = decision.certificate;
    if (value === past.value) return 'duplicate';
    const checked = this.desk.verifier.decision(past.chain, decision);
    if (!checked.ok) return checked.fault;
    const ours = past.decision.certificate.attempt;
    if (attempt === ours) this.desk.report({ event: 'fork', round });
    if (attempt <= ours) return 'stale';
    this.memories.openIfNewer(decision.opening);
    this.stepBack(round);
    this.catchUp.replace(decision);
    return undefined;
  }

  /** Plays an earlier round again: its decision was voided. */
  private stepBack(round: number): void {
    this.desk.report({ event: 'stepped-back', fromRound: this.head.round, toRound: round });
    this.play = undefined;
    this.desk.cancelRoundTimers();
    this.desk.put({ type: 'stopTraining' });
    this.goTo(round);
    this.catchUp.drop(round);
    this.rewind(round);
  }

  /** Somebody gave up an attempt of a round that is decided here: it is sent the decision, and our word that we hold it. */
  answerAbandon(message: UnverifiedAbandon): MessageFault | undefined {
    const past = this.timeline.at(message.round);
    this.announcer.hint(message.peer, message.round);
    if (past === undefined || past.chain.anchor !== message.anchor) return 'stale';
    const { desk } = this;
    const { attempt } = past.decision.certificate;
    if (message.holds !== null || attempt > message.attempt) return 'stale';
    if (this.amnesia.silences(message.round) || !hasSeat(past.chain.roster, desk.self)) return 'stale';
    if (!hasSeat(past.chain.roster, message.peer)) return 'not-in-roster';
    if (isLastAttempt(desk.config, past.chain, message.attempt)) return 'out-of-range';
    const checked = desk.verifier.abandon(message);
    if (!checked.ok) return checked.fault;
    const book = this.memories.book(past.chain);
    const statement = book.abandon(message.attempt, { attempt, value: past.value });
    const reply = { type: 'send', to: message.peer, message: statement } as const;
    desk.put({ type: 'store', memory: book.memory, then: [reply] });
    return undefined;
  }

  /** An attempt of a round that is decided here was opened: if that voids the decision, the round is played again. */
  openingOfThePast({ opening, held }: OpeningMessage): MessageFault | undefined {
    const past = this.timeline.at(opening.round);
    if (past === undefined || this.mode.is === 'following') return 'stale';
    if (past.decision.certificate.attempt > opening.attempt) return 'stale';
    const checked = this.desk.verifier.opening(past.chain, opening);
    if (!checked.ok) return checked.fault;
    const forced = newestHeld(checked.value);
    if (forced !== undefined) {
      if (held?.certificate.attempt !== forced.attempt) return 'bad-opening';
      const decision = this.desk.verifier.decision(past.chain, held);
      if (!decision.ok || decision.value.value !== forced.value) return 'bad-opening';
    }
    this.memories.open(held === undefined ? { opening } : { opening, held });
    this.stepBack(opening.round);
    return undefined;
  }

  /** A peer that speaks of rounds that are not decided here. */
  notice(peer: PeerId): void {
    this.catchUp.follow(peer);
    this.ask();
  }

  hint(peer: PeerId, round: number): void {
    this.announcer.hint(peer, round);
  }

  private ask(): void {
    if (this.catchUp.asked !== undefined || this.mode.is === 'idle') return;
    const peer = this.catchUp.next(peersIn(this.head.roster));
    if (peer === undefined) return;
    this.catchUp.asked = peer;
    const fromRound = this.probing ? Math.max(0, this.head.round - SETTLEMENT_ROUNDS) : this.head.round;
    this.probing = false;
    this.desk.put({ type: 'catchUp', peer, fromRound });
  }

  caughtUp(peer: PeerId, decisions: readonly UnverifiedDecision[] | undefined, head: number): void {
    this.catchUp.asked = undefined;
    if (decisions === undefined) return;
    const before = this.head.round;
    const until = head <= before ? this.amnesia.heardFrom(peer, this.head) : undefined;
    if (until !== undefined) this.desk.report({ event: 'silent', untilRound: until });
    const far = head > before + 2 * this.desk.config.checkpointRounds;
    if (far && this.mode.is === 'playing' && decisions.length > 0) this.startFollowing();
    for (const decision of decisions) {
      const { round } = decision.value;
      if (round < this.head.round) this.onDecision(decision, peer);
      else this.catchUp.keep(decision, this.head.round);
    }
    this.catchUp.moreAt(peer, head > before + decisions.length);
    if (this.mode.is === 'playing') this.adoptKnown();
    else if (this.mode.is === 'following') {
      const known = this.catchUp.at(this.head.round);
      if (known !== undefined) this.take(known, []);
      if (this.mode.is === 'following') {
        if (this.head.round > before && head > this.head.round) this.notice(peer);
        else this.stopFollowing();
      }
    } else if (this.probing) this.ask();
  }

  private startFollowing(): void {
    this.desk.report({ event: 'resyncing', round: this.head.round });
    this.play = undefined;
    this.desk.cancelRoundTimers();
    this.desk.put({ type: 'stopTraining' });
    this.mode = { is: 'following' };
  }

  timedOut(timer: Timer): void {
    if (timer === 'announce') return this.announcer.timedOut();
    if (timer === 'catchUp') {
      this.desk.setTimer('catchUp', this.desk.config.timing.catchUpMs);
      if (this.mode.is === 'playing' && this.adoptKnown()) return;
      return this.ask();
    }
    if (timer === 'rebroadcast') this.seat.ask(this.head);
    this.play?.timedOut(timer);
  }

  sizes(): Record<string, number> {
    return {
      ...this.play?.sizes(),
      early: this.early.size,
      ahead: this.catchUp.size,
      pending: this.seat.pending.size,
      memories: this.memories.size,
      hints: this.announcer.size,
      timeline: this.timeline.length,
      stored: this.stored.size,
    };
  }
}
