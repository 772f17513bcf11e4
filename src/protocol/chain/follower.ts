/**
 * Where the peer stands on the chain: adopts decisions in order, catches up, steps back, recovers. What it holds of
 * the past is bounded by the settlement depth.
 */
import type { Digest } from '../../crypto/hash.ts';
import type { PeerId } from '../../crypto/peer-id.ts';
import type { UnverifiedAbandon } from '../../messages/abandon.ts';
import type { UnverifiedDecision } from '../../messages/decision.ts';
import type { OpeningMessage } from '../../messages/message.ts';
import type { RosterChange } from '../../messages/roster-change.ts';
import { adoptEffect, mayAdopt } from './adoption.ts';
import { Amnesia } from './amnesia.ts';
import { Announcer } from '../round/announcer.ts';
import { CatchUp } from './catch-up.ts';
import { genesisChain, type Chain } from './chain.ts';
import type { Claim } from './doubted-claims.ts';
import type { Outbox } from '../outbox.ts';
import { DiskState } from './disk-state.ts';
import { EarlyMessages } from '../round/early-messages.ts';
import { isBlameless, type MessageFault } from '../fault.ts';
import type { Mode } from './follower-mode.ts';
import type { Timer } from '../input.ts';
import { aboutOf, faultAtDoor, type Statement } from '../verification/door.ts';
import { MAX_DECISIONS_PER_ANSWER } from '../../messages/request.ts';
import { MAX_FAILED_ADOPTIONS, SETTLEMENT_ROUNDS } from '../limits.ts';
import { Memories } from './memories.ts';
import { PastRounds } from './past-rounds.ts';
import { Presence } from '../round/presence.ts';
import { reportDecision } from './round-report.ts';
import { heardIn } from './roster.ts';
import type { RoundState } from '../round/round-state.ts';
import type { SavedState } from '../saved-state.ts';
import { Membership } from './membership.ts';
import { HeadRound } from '../round/head-round.ts';
import { Timeline } from './timeline.ts';

export class Follower {
  readonly timeline: Timeline;
  readonly early = new EarlyMessages();
  readonly membership: Membership;
  readonly announcer: Announcer;
  private readonly outbox: Outbox;
  private readonly catchUp: CatchUp;
  private readonly memories: Memories;
  private readonly amnesia = new Amnesia();
  private readonly presence: Presence;
  private readonly past: PastRounds;
  private readonly disk: DiskState;
  private readonly headRound: HeadRound;
  private mode: Mode = { is: 'idle' };
  private saidUntrusted = false;
  /** Of the head's decision. */
  private failedAdoptions = 0;
  /** Rewinds and restores that are not answered yet; they are answered in order. */
  private rebuilds = 0;

  constructor(outbox: Outbox, wantsSeat: boolean, permit: Uint8Array | undefined) {
    this.outbox = outbox;
    this.timeline = new Timeline(genesisChain(outbox.config));
    this.presence = new Presence(outbox.self, outbox.config.timing);
    this.membership = new Membership(outbox, wantsSeat, permit, this.presence);
    this.catchUp = new CatchUp(outbox);
    this.memories = new Memories(outbox);
    this.announcer = new Announcer(outbox, this.timeline);
    this.disk = new DiskState(outbox, this.timeline);
    this.past = new PastRounds(outbox, this.timeline, this.memories, this.amnesia);
    const { memories, amnesia, membership, presence } = this;
    const onDecision = (decision: UnverifiedDecision): void => void this.take(decision, [outbox.self]);
    this.headRound = new HeadRound({ outbox, memories, amnesia, membership, presence, onDecision });
  }

  private get head(): Chain {
    return this.timeline.head;
  }

  get play(): RoundState | undefined {
    return this.headRound.play;
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
    this.timeline.replay(this.outbox.verifier, saved.decisions);
    this.outbox.setTimer('catchUp', this.outbox.config.timing.catchUpMs);
    this.rewind(this.head.round);
  }

  private rewind(round: number): void {
    this.outbox.put({ type: 'rewind', round });
    this.awaitRebuilt();
  }

  private awaitRebuilt(): void {
    this.rebuilds += 1;
    this.mode = { is: 'rebuilding' };
  }

  /** Plays the head, unless its decision is here already. */
  private enterRound(): void {
    const { outbox, head, timeline } = this;
    const { config } = outbox;
    this.mode = { is: 'playing' };
    this.failedAdoptions = 0;
    timeline.forgetBelow(head.round - SETTLEMENT_ROUNDS);
    this.memories.forgetBelow(head.round - SETTLEMENT_ROUNDS - 1);
    this.catchUp.reached(head);
    this.membership.pending.prune(head);
    this.presence.prune(head.roster);
    if (this.amnesia.endsAt(head.round)) outbox.put({ type: 'trustMemories' });
    outbox.setTimer('catchUp', config.timing.catchUpMs);
    if (this.adoptKnown()) return;
    if (head.round >= config.rounds) {
      this.mode = { is: 'finished' };
      this.headRound.listen(false);
      outbox.report({ event: 'finished', round: head.round });
      return;
    }
    this.headRound.open(head);
  }

  /** Adopts the head's decision where it waits here; true where it did. */
  private adoptKnown(): boolean {
    const decision = this.catchUp.at(this.head.round);
    if (decision === undefined) return false;
    const adopted = this.take(decision, []) === undefined;
    if (!adopted && !this.outbox.verifier.decision(this.head, decision).ok) this.catchUp.probe();
    return adopted;
  }

  /** A decision on top of the head: adopted, followed, or kept until it may be adopted. */
  private take(decision: UnverifiedDecision, sources: readonly PeerId[]): MessageFault | undefined {
    const { outbox, head } = this;
    const checked = outbox.verifier.decision(head, decision);
    if (!checked.ok) {
      if (checked.fault === 'untrusted') this.tellUntrusted();
      return checked.fault;
    }
    const { next, value } = checked.value;
    if (this.mode.is === 'following') {
      this.disk.follow(decision, value, next);
      this.catchUp.drop(head.round);
      const following = this.catchUp.at(next.round);
      return following === undefined ? undefined : this.take(following, []);
    }
    if (this.mode.is !== 'playing') return 'duplicate';
    this.play?.abandonment.knows(decision);
    const { play, disk, memories } = this;
    const knownBefore = disk.has(head.round, value);
    const later = (round: number): UnverifiedDecision | undefined => this.catchUp.at(round);
    if (!mayAdopt({ outbox, head, memories, play, knownBefore, later }, decision)) {
      this.catchUp.keep(decision, head.round);
      return 'stale';
    }
    const served = play?.served ?? false;
    const own = play?.ownGradient();
    play?.audit(decision.certificate);
    this.headRound.end();
    this.mode = { is: 'adopting', decision, next, value, served, own };
    const truncate = this.disk.replaces(head.round, value);
    const holders = [...sources, ...this.catchUp.answerer];
    outbox.put(adoptEffect(outbox.config, head, next, decision, holders, truncate));
    return undefined;
  }

  adopted(round: number, applicationDigest: Digest): void {
    const { mode, outbox } = this;
    if (mode.is !== 'adopting' || round !== this.head.round) return;
    const { decision, next, value } = mode;
    const before = this.head;
    this.timeline.push(decision, value, next);
    if (applicationDigest !== next.applicationDigest) {
      const expected = next.applicationDigest;
      outbox.report({ event: 'diverged', round, expected, actual: applicationDigest });
      return this.rewind(next.round);
    }
    this.disk.applied = next.round;
    reportDecision(outbox, before, decision, next, mode);
    this.announcer.adopted(before, decision);
    this.enterRound();
    if (this.catchUp.wantsMore) this.ask();
  }

  adoptFailed(round: number): void {
    if (this.mode.is !== 'adopting' || round !== this.head.round) return;
    this.catchUp.keep(this.mode.decision, round);
    this.failedAdoptions += 1;
    this.mode = { is: 'playing' }; // the catch-up timer tries again
  }

  /** The application stands before `round`, or nothing worked. */
  rebuilt(round: number | undefined, applicationDigest: Digest): void {
    if (this.mode.is !== 'rebuilding') return;
    this.rebuilds -= 1;
    if (this.rebuilds > 0) return; // the peer stepped back meanwhile: another state is on its way
    const chain = round === undefined ? undefined : this.timeline.before(round);
    if (chain === undefined || chain.applicationDigest !== applicationDigest) {
      this.disk.rebuilt(undefined);
      this.outbox.report({ event: 'resyncing', round: this.head.round, why: 'own-state' });
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
    this.catchUp.returned(round);
    for (const { decision } of cut) this.catchUp.keep(decision, round);
  }

  met(peer: PeerId): void {
    if (heardIn(this.head.roster).has(peer)) this.play?.greet(peer);
  }

  onChange(change: RosterChange): MessageFault | undefined {
    const fault = this.membership.onChange(change, this.head);
    if (fault === undefined && change.kind === 'join') this.play?.presenceChanged();
    return fault;
  }

  onDecision(decision: UnverifiedDecision, from: PeerId): MessageFault | undefined {
    const { head } = this;
    const { round, author } = decision.value;
    if (round > head.round) {
      const soon = this.isAdopting && round === head.round + 1;
      const fault = this.onClaim(decision, author, from, soon ? 'soon' : 'ahead');
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
    this.outbox.report({ event: 'stepped-back', fromRound: this.head.round, toRound: round });
    this.headRound.end();
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
    return faultAtDoor(this.outbox.verifier, this.head, message);
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
   * adopted (`soon`), what comes next is no news; of another state in this round (`other-state`) the rounds before tell.
   */
  onClaim(
    message: Statement,
    author: PeerId,
    from: PeerId,
    kind: 'ahead' | 'soon' | 'other-state' = 'ahead',
  ): MessageFault | undefined {
    if (this.outbox.isRunning('claim') || (kind === 'ahead' && this.catchUp.doubts(author))) return undefined;
    const fault = this.faultAtDoor(message);
    if (fault === 'not-in-roster') this.catchUp.meet(from);
    if (fault !== undefined) return fault;
    this.outbox.setTimer('claim', this.outbox.verifier.rules.claimIntervalMs);
    this.catchUp.follow(
      this.outbox.verifier.rules.mayLead(heardIn(this.head.roster).has(from)) ? from : author,
    );
    if (kind === 'other-state') this.catchUp.lookBack();
    if (kind !== 'soon') this.ask(kind === 'ahead' ? { author, round: aboutOf(message).round } : undefined);
    return undefined;
  }

  private ask(claim?: Claim): void {
    if (this.mode.is !== 'idle') this.catchUp.ask(this.head, claim);
  }

  /** An answer counts where it begins with a decision on top of the head; what it says of its own head moves nothing. */
  caughtUp(peer: PeerId, decisions: readonly UnverifiedDecision[] | undefined, head: number): void {
    const fits = decisions === undefined ? false : this.takeAnswer(peer, decisions, head);
    this.catchUp.answered(peer, decisions !== undefined && fits !== 'lie', fits === 'fits');
    if (decisions === undefined) return;
    const before = this.head.round;
    const until = head <= before ? this.amnesia.heardFrom(peer, this.head) : undefined;
    if (until !== undefined) this.outbox.report({ event: 'silent', untilRound: until });
    this.catchUp.moreAt(peer, fits === 'fits' && head > before + decisions.length);
    if (this.mode.is === 'playing') this.adoptKnown();
    else if (this.mode.is === 'following') {
      const known = this.catchUp.at(this.head.round);
      if (known !== undefined) this.take(known, []);
      if (this.mode.is === 'following') {
        if (this.head.round > before && head > this.head.round) {
          this.catchUp.follow(peer);
          this.ask();
        } else if (this.disk.recover()) this.awaitRebuilt();
      }
    }
  }

  /** Keeps what an answer brought, where its first decision holds on the head; a first one that cannot hold is a lie. */
  private takeAnswer(
    peer: PeerId,
    decisions: readonly UnverifiedDecision[],
    head: number,
  ): 'fits' | 'lie' | 'nothing' {
    const { verifier, config } = this.outbox;
    for (const decision of decisions) {
      if (decision.value.round >= this.head.round) break;
      const fault = this.onDecision(decision, peer);
      const isFalse =
        fault === 'other-anchor' ? this.isForged(decision) : fault !== undefined && !isBlameless(fault);
      if (isFalse) return this.lied(peer);
    }
    const next = decisions.filter(({ value }) => value.round >= this.head.round);
    const [first] = next;
    if (first === undefined) return 'nothing';
    if (first.value.round !== this.head.round) return this.lied(peer);
    // an update that is kept no longer is of a settled round, which a checkpoint leads past
    const far = this.isUpdateDropped ? SETTLEMENT_ROUNDS : 2 * config.checkpointRounds;
    if (this.mode.is === 'playing' && head > this.head.round + far) {
      const enough = Math.min(far + 1, MAX_DECISIONS_PER_ANSWER);
      if (verifier.rules.mayFollow(this.verifiedRun(next, enough), enough)) {
        this.startFollowing(this.isUpdateDropped ? 'update-dropped' : 'far-behind');
      }
    }
    const checked = verifier.decision(this.head, first);
    if (!checked.ok) {
      if (checked.fault === 'untrusted') this.tellUntrusted();
      if (checked.fault !== 'other-anchor' || this.isForged(first)) return this.lied(peer);
      this.catchUp.probe();
      return 'nothing';
    }
    for (const decision of next) this.catchUp.keep(decision, this.head.round);
    return 'fits';
  }

  /**
   * A decision of another history cannot be checked here, but for one thing: where its author has a seat here as well, it
   * has signed its value. Without this, made-up decisions would cost whoever answers with them nothing.
   */
  private isForged(decision: UnverifiedDecision): boolean {
    return this.faultAtDoor(decision) === 'bad-signature';
  }

  /** Somebody has another history than the trusted one; said once, since all who have it go on offering it. */
  private tellUntrusted(): void {
    const { trusted } = this.outbox.verifier;
    if (this.saidUntrusted || trusted === undefined) return;
    this.saidUntrusted = true;
    this.outbox.report({ event: 'untrusted-history', ...trusted });
  }

  private lied(peer: PeerId): 'lie' {
    this.outbox.blame(peer, 'answered with a decision that does not hold');
    return 'lie';
  }

  private get isUpdateDropped(): boolean {
    return this.failedAdoptions >= MAX_FAILED_ADOPTIONS;
  }

  /** How many of the decisions hold one on top of the other, the head below them; looks at no more than `most`. */
  private verifiedRun(decisions: readonly UnverifiedDecision[], most: number): number {
    let chain = this.head;
    let count = 0;
    for (const decision of decisions.slice(0, most)) {
      const checked = this.outbox.verifier.decision(chain, decision);
      if (!checked.ok) break;
      chain = checked.value.next;
      count += 1;
    }
    return count;
  }

  private startFollowing(why: 'far-behind' | 'update-dropped'): void {
    this.outbox.report({ event: 'resyncing', round: this.head.round, why });
    this.headRound.end();
    this.mode = { is: 'following' };
  }

  timedOut(timer: Timer): void {
    if (timer === 'announce') return this.announcer.timedOut();
    if (timer === 'catchUp') {
      this.outbox.setTimer('catchUp', this.outbox.config.timing.catchUpMs);
      this.catchUp.giveUp();
      if (this.mode.is === 'playing' && !this.isUpdateDropped && this.adoptKnown()) return;
      return this.ask();
    }
    if (timer === 'rebroadcast') this.membership.ask(this.head);
    this.play?.timedOut(timer);
  }

  sizes(): Record<string, number> {
    return {
      ...this.play?.sizes(),
      early: this.early.size,
      ...this.catchUp.sizes(),
      pending: this.membership.pending.size,
      memories: this.memories.size,
      presence: this.presence.size,
      hints: this.announcer.size,
      timeline: this.timeline.length,
      stored: this.disk.size,
    };
  }
}
