/**
 * Where the peer stands on the chain: adopts decisions in order, catches up, steps back, recovers. What it holds of
 * the past is bounded by the settlement depth.
 */
import type { Digest } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { UnverifiedAbandon } from '../messages/abandon.ts';
import type { UnverifiedDecision } from '../messages/decision.ts';
import type { OpeningMessage } from '../messages/message.ts';
import type { RosterChange } from '../messages/roster-change.ts';
import { adoptEffect, mayAdopt } from './adoption.ts';
import { Amnesia } from './amnesia.ts';
import { Announcer } from './announcer.ts';
import { CatchUp } from './catch-up.ts';
import { genesisChain, type Chain } from './chain.ts';
import type { Desk } from './desk.ts';
import { DiskState } from './disk-state.ts';
import { EarlyMessages } from './early-messages.ts';
import { isBlameless, type MessageFault } from './fault.ts';
import type { Mode } from './follower-mode.ts';
import type { Timer } from './input.ts';
import { faultAtDoor, type Statement } from './door.ts';
import { MAX_DECISIONS_PER_ANSWER } from '../messages/request.ts';
import { SETTLEMENT_ROUNDS } from './limits.ts';
import { Memories } from './memories.ts';
import { PastRounds } from './past-rounds.ts';
import { Presence } from './presence.ts';
import { reportDecision } from './round-report.ts';
import { heardIn } from './roster.ts';
import type { RoundPlay } from './round-play.ts';
import type { SavedState } from './saved-state.ts';
import { Seat } from './seat.ts';
import { Stage } from './stage.ts';
import { Timeline } from './timeline.ts';

export class Follower {
  readonly timeline: Timeline;
  readonly early = new EarlyMessages();
  readonly seat: Seat;
  readonly announcer: Announcer;
  private readonly desk: Desk;
  private readonly catchUp: CatchUp;
  private readonly memories: Memories;
  private readonly amnesia = new Amnesia();
  private readonly presence: Presence;
  private readonly past: PastRounds;
  private readonly disk: DiskState;
  private readonly stage: Stage;
  private mode: Mode = { is: 'idle' };
  private saidUntrusted = false;

  constructor(desk: Desk, wantsSeat: boolean, permit: Uint8Array | undefined) {
    this.desk = desk;
    this.timeline = new Timeline(genesisChain(desk.config));
    this.presence = new Presence(desk.self, desk.config.timing);
    this.seat = new Seat(desk, wantsSeat, permit, this.presence);
    this.catchUp = new CatchUp(desk);
    this.memories = new Memories(desk);
    this.announcer = new Announcer(desk, this.timeline);
    this.disk = new DiskState(desk, this.timeline);
    this.past = new PastRounds(desk, this.timeline, this.memories, this.amnesia);
    const { memories, amnesia, seat, presence } = this;
    const onDecision = (decision: UnverifiedDecision): void => void this.take(decision, [desk.self]);
    this.stage = new Stage({ desk, memories, amnesia, seat, presence, onDecision });
  }

  private get head(): Chain {
    return this.timeline.head;
  }

  get play(): RoundPlay | undefined {
    return this.stage.play;
  }

  get isAdopting(): boolean {
    return this.mode.is === 'adopting';
  }

  /** Replays the stored decisions and asks for the application to be brought to where they end. */
  start(saved: SavedState): void {
    if (saved.amnesiac) this.amnesia.begin();
    this.memories.load(saved.memories);
    if (saved.chain !== undefined) this.timeline.restart(saved.chain);
    this.disk.applied = this.head.round;
    this.timeline.replay(this.desk.verifier, saved.decisions);
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
    this.presence.prune(head.roster);
    if (this.amnesia.endsAt(head.round)) desk.put({ type: 'trustMemories' });
    desk.setTimer('catchUp', config.timing.catchUpMs);
    if (this.adoptKnown()) return;
    if (head.round >= config.rounds) {
      this.mode = { is: 'finished' };
      this.stage.listen(false);
      desk.report({ event: 'finished', round: head.round });
      return;
    }
    this.stage.open(head);
  }

  /** Adopts the head's decision where it waits here; true where it did. */
  private adoptKnown(): boolean {
    const decision = this.catchUp.at(this.head.round);
    if (decision === undefined) return false;
    const adopted = this.take(decision, []) === undefined;
    if (!adopted && !this.desk.verifier.decision(this.head, decision).ok) this.catchUp.probe();
    return adopted;
  }

  /** A decision on top of the head: adopted, followed, or kept until it may be adopted. */
  private take(decision: UnverifiedDecision, sources: readonly PeerId[]): MessageFault | undefined {
    const { desk, head } = this;
    const checked = desk.verifier.decision(head, decision);
    if (!checked.ok) {
      if (checked.fault === 'untrusted') this.tellUntrusted();
      return checked.fault;
    }
    const { next, value } = checked.value;
    if (this.mode.is === 'following') {
      this.disk.follow(decision, value, next);
      const following = this.catchUp.at(next.round);
      return following === undefined ? undefined : this.take(following, []);
    }
    if (this.mode.is !== 'playing') return 'duplicate';
    this.play?.abandonment.knows(decision);
    const { play, disk, memories } = this;
    const knownBefore = disk.has(head.round, value);
    const later = (round: number): UnverifiedDecision | undefined => this.catchUp.at(round);
    if (!mayAdopt({ desk, head, memories, play, knownBefore, later }, decision)) {
      this.catchUp.keep(decision, head.round);
      return 'stale';
    }
    const served = play?.served ?? false;
    const own = play?.ownGradient();
    play?.audit(decision.certificate);
    this.stage.end();
    this.mode = { is: 'adopting', decision, next, value, served, own };
    const truncate = this.disk.replaces(head.round, value);
    const holders = [...sources, ...this.catchUp.answerer];
    desk.put(adoptEffect(desk.config, head, next, decision, holders, truncate));
    return undefined;
  }

  adopted(round: number, applicationDigest: Digest): void {
    const { mode, desk } = this;
    if (mode.is !== 'adopting' || round !== this.head.round) return;
    const { decision, next, value } = mode;
    const before = this.head;
    this.timeline.push(decision, value, next);
    if (applicationDigest !== next.applicationDigest) {
      const expected = next.applicationDigest;
      desk.report({ event: 'diverged', round, expected, actual: applicationDigest });
      return this.rewind(next.round);
    }
    this.disk.applied = next.round;
    reportDecision(desk, before, decision, next, mode);
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
      this.disk.rebuilt(undefined);
      this.desk.report({ event: 'resyncing', round: this.head.round });
      this.mode = { is: 'following' };
      return;
    }
    this.disk.rebuilt(chain.round);
    this.goTo(chain.round);
    this.enterRound();
  }

  /** Makes an earlier state the head; what was decided after it waits to be adopted again. */
  private goTo(round: number): void {
    const cut = this.timeline.cutAt(round);
    this.disk.keep(cut);
    for (const { decision } of cut) this.catchUp.keep(decision, round);
  }

  met(peer: PeerId): void {
    if (heardIn(this.head.roster).has(peer)) this.play?.greet(peer);
  }

  onChange(change: RosterChange): MessageFault | undefined {
    const fault = this.seat.onChange(change, this.head);
    if (fault === undefined && change.kind === 'join') this.play?.presenceChanged();
    return fault;
  }

  onDecision(decision: UnverifiedDecision, from: PeerId): MessageFault | undefined {
    const { head } = this;
    const { round, author } = decision.value;
    if (round > head.round) {
      const fault = this.onClaim(decision, author, from, this.isAdopting && round === head.round + 1);
      return fault ?? 'too-early';
    }
    if (round === head.round) {
      if (this.isAdopting) return 'stale';
      const fault = this.take(decision, [from]);
      return fault === 'other-anchor' ? (this.onClaim(decision, author, from) ?? fault) : fault;
    }
    this.announcer.heard(decision);
    const fault = this.past.faultOfDecision(decision);
    if (fault !== undefined) return fault;
    this.stepBack(round);
    this.catchUp.replace(decision);
    return undefined;
  }

  /** Plays an earlier round again: its decision was voided. */
  private stepBack(round: number): void {
    this.desk.report({ event: 'stepped-back', fromRound: this.head.round, toRound: round });
    this.stage.end();
    this.goTo(round);
    this.catchUp.drop(round);
    this.rewind(round);
  }

  answerAbandon(message: UnverifiedAbandon): MessageFault | undefined {
    return this.help(message, message.peer, message.round) ?? this.past.answerAbandon(message);
  }

  /** Somebody with a seat speaks of a round that is decided here: it is sent the decision. */
  help(message: Statement, author: PeerId, round: number): MessageFault | undefined {
    if (!this.announcer.wants(author, round)) return undefined;
    const fault = this.faultAtDoor(message);
    if (fault === undefined) this.announcer.hint(author, round);
    return fault;
  }

  faultAtDoor(message: Statement): MessageFault | undefined {
    return faultAtDoor(this.desk.verifier, this.head, message);
  }

  openingOfThePast(message: OpeningMessage): MessageFault | undefined {
    if (this.mode.is === 'following') return 'stale';
    const fault = this.past.faultOfOpening(message);
    if (fault === undefined) this.stepBack(message.opening.round);
    return fault;
  }

  /**
   * Somebody speaks of rounds, or of a state, that are not known here: at most one question an interval, to a peer with
   * a seat, and only where a peer with a seat has signed it. Nothing else comes of it. While the round before is being
   * adopted (`soon`), what comes next is no news.
   */
  onClaim(message: Statement, author: PeerId, from: PeerId, soon = false): MessageFault | undefined {
    if (this.desk.isRunning('claim')) return undefined;
    const fault = this.faultAtDoor(message);
    if (fault === 'not-in-roster') this.catchUp.meet(from);
    if (fault !== undefined) return fault;
    this.desk.setTimer('claim', this.desk.verifier.rules.claimIntervalMs);
    this.catchUp.follow(
      this.desk.verifier.rules.mayLead(heardIn(this.head.roster).has(from)) ? from : author,
    );
    if (!soon) this.ask();
    return undefined;
  }

  private ask(): void {
    if (this.mode.is !== 'idle') this.catchUp.ask(this.head);
  }

  /** An answer counts where it begins with a decision on top of the head; what it says of its own head moves nothing. */
  caughtUp(peer: PeerId, decisions: readonly UnverifiedDecision[] | undefined, head: number): void {
    const fits = decisions === undefined ? false : this.takeAnswer(peer, decisions, head);
    this.catchUp.answered(peer, decisions !== undefined && fits !== 'lie');
    if (decisions === undefined) return;
    const before = this.head.round;
    const until = head <= before ? this.amnesia.heardFrom(peer, this.head) : undefined;
    if (until !== undefined) this.desk.report({ event: 'silent', untilRound: until });
    this.catchUp.moreAt(peer, fits === 'fits' && head > before + decisions.length);
    if (this.mode.is === 'playing') this.adoptKnown();
    else if (this.mode.is === 'following') {
      const known = this.catchUp.at(this.head.round);
      if (known !== undefined) this.take(known, []);
      if (this.mode.is === 'following') {
        if (this.head.round > before && head > this.head.round) {
          this.catchUp.follow(peer);
          this.ask();
        } else if (this.disk.recover()) this.mode = { is: 'rebuilding' };
      }
    }
  }

  /** Keeps what an answer brought, where its first decision holds on the head; a first one that cannot hold is a lie. */
  private takeAnswer(
    peer: PeerId,
    decisions: readonly UnverifiedDecision[],
    head: number,
  ): 'fits' | 'lie' | 'nothing' {
    const { verifier, config } = this.desk;
    for (const decision of decisions) {
      if (decision.value.round >= this.head.round) break;
      const fault = this.onDecision(decision, peer);
      if (fault !== undefined && !isBlameless(fault)) return this.lied(peer);
    }
    const next = decisions.filter(({ value }) => value.round >= this.head.round);
    const [first] = next;
    if (first === undefined) return 'nothing';
    if (first.value.round !== this.head.round) return this.lied(peer);
    const far = 2 * config.checkpointRounds;
    if (this.mode.is === 'playing' && head > this.head.round + far) {
      const enough = Math.min(far + 1, MAX_DECISIONS_PER_ANSWER);
      if (verifier.rules.mayFollow(this.verifiedRun(next, enough), enough)) this.startFollowing();
    }
    const checked = verifier.decision(this.head, first);
    if (!checked.ok) {
      if (checked.fault === 'untrusted') this.tellUntrusted();
      if (checked.fault !== 'other-anchor') return this.lied(peer);
      this.catchUp.probe();
      return 'nothing';
    }
    for (const decision of next) this.catchUp.keep(decision, this.head.round);
    return 'fits';
  }

  /** Somebody has another history than the trusted one; said once, since all who have it go on offering it. */
  private tellUntrusted(): void {
    const { trusted } = this.desk.verifier;
    if (this.saidUntrusted || trusted === undefined) return;
    this.saidUntrusted = true;
    this.desk.report({ event: 'untrusted-history', ...trusted });
  }

  private lied(peer: PeerId): 'lie' {
    this.desk.blame(peer, 'answered with a decision that does not hold');
    return 'lie';
  }

  /** How many of the decisions hold one on top of the other, the head below them; looks at no more than `most`. */
  private verifiedRun(decisions: readonly UnverifiedDecision[], most: number): number {
    let chain = this.head;
    let count = 0;
    for (const decision of decisions.slice(0, most)) {
      const checked = this.desk.verifier.decision(chain, decision);
      if (!checked.ok) break;
      chain = checked.value.next;
      count += 1;
    }
    return count;
  }

  private startFollowing(): void {
    this.desk.report({ event: 'resyncing', round: this.head.round });
    this.stage.end();
    this.mode = { is: 'following' };
  }

  timedOut(timer: Timer): void {
    if (timer === 'announce') return this.announcer.timedOut();
    if (timer === 'catchUp') {
      this.desk.setTimer('catchUp', this.desk.config.timing.catchUpMs);
      this.catchUp.giveUp();
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
      ...this.catchUp.sizes(),
      pending: this.seat.pending.size,
      memories: this.memories.size,
      presence: this.presence.size,
      hints: this.announcer.size,
      timeline: this.timeline.length,
      stored: this.disk.size,
    };
  }
}
