/**
 * Where the peer stands on the chain: adopts decisions in order, follows them without the model, steps back, and comes
 * back after its state was lost. What it holds of the past is bounded by the settlement depth.
 */
import type { Digest } from '../../crypto/hash.ts';
import type { PeerId } from '../../crypto/peer-id.ts';
import type { Decision, UnverifiedDecision } from '../../messages/decision.ts';
import type { OpeningMessage } from '../../messages/opening.ts';
import { adoptEffect, mayAdopt } from './adoption.ts';
import { Amnesia } from './amnesia.ts';
import { Announcer } from '../round/announcer.ts';
import { CatchUp } from './catch-up.ts';
import { genesisChain, type Chain } from './chain.ts';
import { Claims } from './claims.ts';
import type { Claim } from './doubted-claims.ts';
import type { Outbox } from '../outbox.ts';
import { DiskState } from './disk-state.ts';
import type { MessageFault } from '../fault.ts';
import { MAX_FAILED_ADOPTIONS, SETTLEMENT_ROUNDS } from '../limits.ts';
import { Memories } from './memories.ts';
import { PastRounds } from './past-rounds.ts';
import { Presence } from '../round/presence.ts';
import { reportDecision } from './round-report.ts';
import type { OwnGradient } from '../round/own-gradient.ts';
import type { RoundState } from '../round/round-state.ts';
import type { SavedState } from '../saved-state.ts';
import { Membership } from './membership.ts';
import { HeadRound } from '../round/head-round.ts';
import { Timeline } from './timeline.ts';
import { UntrustedHistory } from './untrusted-history.ts';

type Mode =
  | { readonly is: 'idle' | 'playing' | 'finished' }
  | {
      readonly is: 'adopting';
      readonly decision: Decision;
      readonly next: Chain;
      readonly value: Digest;
      readonly served: boolean;
      readonly own: OwnGradient | undefined;
    }
  /** The application is being brought to a state of the timeline; at the start, to where the stored decisions end. */
  | { readonly is: 'rebuilding'; readonly atStart: boolean }
  /** Without the model: decisions are checked and stored, not applied. */
  | { readonly is: 'following' };

export class Follower {
  readonly timeline: Timeline;
  readonly membership: Membership;
  readonly claims: Claims;
  readonly untrusted: UntrustedHistory;
  readonly announcer: Announcer;
  private readonly outbox: Outbox;
  readonly catchUp: CatchUp;
  private readonly memories: Memories;
  readonly amnesia: Amnesia;
  private readonly presence: Presence;
  readonly past: PastRounds;
  private readonly disk: DiskState;
  private readonly headRound: HeadRound;
  private mode: Mode = { is: 'idle' };
  /** Of the head's decision. */
  private failedAdoptions = 0;

  constructor(outbox: Outbox, wantsSeat: boolean, permit: Uint8Array | undefined) {
    this.outbox = outbox;
    this.timeline = new Timeline(genesisChain(outbox.config));
    this.presence = new Presence(outbox.self, outbox.config.timing);
    this.membership = new Membership(outbox, wantsSeat, permit, this.presence);
    this.amnesia = new Amnesia(outbox.verifier.rules);
    this.catchUp = new CatchUp(outbox);
    this.untrusted = new UntrustedHistory(outbox);
    this.memories = new Memories(outbox);
    this.announcer = new Announcer(outbox, this.timeline);
    const { timeline, announcer, catchUp } = this;
    const ask = (claim?: Claim): void => this.ask(claim);
    this.claims = new Claims({ outbox, timeline, announcer, catchUp, ask });
    this.disk = new DiskState(outbox, this.timeline);
    this.past = new PastRounds(outbox, this.timeline, this.memories, this.amnesia);
    const { memories, amnesia, membership, presence } = this;
    const onDecision = (decision: UnverifiedDecision): void => void this.take(decision, [outbox.self]);
    this.headRound = new HeadRound({ outbox, memories, amnesia, membership, presence, onDecision });
  }

  private get head(): Chain {
    return this.timeline.head;
  }

  get roundState(): RoundState | undefined {
    return this.headRound.roundState;
  }

  /** What the peer is doing. */
  get is(): Mode['is'] {
    return this.mode.is;
  }

  /** Whether nobody who was asked has the update of the head's decision any more. */
  get isUpdateDropped(): boolean {
    return this.failedAdoptions >= MAX_FAILED_ADOPTIONS;
  }

  /** Replays the stored decisions and asks for the application to be brought to where they end. */
  start(saved: SavedState): void {
    if (saved.amnesiac) this.amnesia.begin();
    this.memories.load(saved.memories);
    if (saved.chain !== undefined) this.timeline.restart(saved.chain);
    this.disk.applied = this.head.round;
    this.timeline.replay(this.outbox.verifier, saved.decisions);
    this.outbox.setTimer('catchUp', this.outbox.config.timing.catchUpMs);
    this.rewind(this.head.round, true);
  }

  private rewind(round: number, atStart = false): void {
    this.mode = { is: 'rebuilding', atStart };
    this.disk.rewind(round);
  }

  /** Plays the head, unless its decision is here already. */
  private enterRound(): void {
    const { outbox, head, timeline } = this;
    this.mode = { is: 'playing' };
    this.failedAdoptions = 0;
    timeline.forgetBelow(head.round - SETTLEMENT_ROUNDS);
    this.memories.forgetBelow(head.round - SETTLEMENT_ROUNDS - 1);
    this.catchUp.reached(head);
    this.membership.pending.prune(head);
    this.presence.prune(head.roster);
    if (this.amnesia.endsAt(head.round)) outbox.put({ type: 'trustMemories' });
    outbox.setTimer('catchUp', outbox.config.timing.catchUpMs);
    if (this.takeKnown()) return;
    if (head.round >= outbox.config.rounds) {
      this.mode = { is: 'finished' };
      this.headRound.listen(false);
      outbox.report({ event: 'finished', round: head.round });
      return;
    }
    this.headRound.open(head);
  }

  /** Takes the head's decision where it waits here; true where it did. */
  takeKnown(): boolean {
    const decision = this.catchUp.at(this.head.round);
    if (decision === undefined || (this.is !== 'playing' && this.is !== 'following')) return false;
    const isTaken = this.take(decision, []) === undefined;
    if (!isTaken && this.is === 'playing' && !this.outbox.verifier.decision(this.head, decision).ok) {
      this.catchUp.probe();
    }
    return isTaken;
  }

  /** A decision on top of the head: adopted, followed, or kept until it may be adopted. */
  private take(heard: UnverifiedDecision, sources: readonly PeerId[]): MessageFault | undefined {
    const { outbox, head } = this;
    const checked = outbox.verifier.decision(head, heard);
    if (!checked.ok) {
      if (checked.fault === 'untrusted') this.untrusted.tell();
      return checked.fault;
    }
    const { decision, next, value } = checked.value;
    if (this.mode.is === 'following') {
      this.disk.follow(decision, value, next);
      this.catchUp.drop(head.round);
      const following = this.catchUp.at(next.round);
      return following === undefined ? undefined : this.take(following, []);
    }
    if (this.mode.is !== 'playing') return 'duplicate';
    this.roundState?.abandonment.knows(decision);
    const { roundState, memories } = this;
    const knownBefore = this.disk.has(head.round, value);
    const later = (round: number): UnverifiedDecision | undefined => this.catchUp.at(round);
    if (!mayAdopt({ outbox, head, memories, roundState, knownBefore, later }, decision)) {
      this.catchUp.keep(decision, head.round);
      return 'stale';
    }
    const played = { served: roundState?.served ?? false, own: roundState?.ownGradient() };
    roundState?.audit(decision.certificate);
    this.headRound.end();
    this.mode = { is: 'adopting', decision, next, value, ...played };
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
    const { atStart } = this.mode;
    const reached = this.disk.rebuilt(round, applicationDigest);
    if (reached === 'on its way') return;
    if (reached === 'failed') return this.startFollowing('own-state');
    if (atStart && this.disk.isFarBehind) {
      // it stopped while it followed without the model
      this.disk.forgetOld();
      return this.startFollowing('far-behind', reached.round);
    }
    this.goTo(reached.round);
    this.enterRound();
  }

  /** Makes an earlier state the head; what was decided after it waits to be adopted again. */
  private goTo(round: number): void {
    const cut = this.timeline.cutAt(round);
    this.disk.keep(cut);
    this.catchUp.returned(round);
    for (const { decision } of cut) this.catchUp.keep(decision, round);
  }

  onDecision(decision: UnverifiedDecision, from: PeerId): MessageFault | undefined {
    const { head } = this;
    const { round, author } = decision.value;
    if (round > head.round) {
      const soon = this.is === 'adopting' && round === head.round + 1;
      const fault = this.claims.heard(decision, author, from, soon ? 'soon' : 'ahead');
      return fault ?? 'too-early';
    }
    if (round === head.round) {
      if (this.is === 'adopting') return 'stale';
      const fault = this.take(decision, [from]);
      return fault === 'other-anchor' ? (this.claims.heard(decision, author, from) ?? fault) : fault;
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

  openingOfThePast(message: OpeningMessage): MessageFault | undefined {
    if (this.mode.is === 'following') return 'stale';
    const fault = this.past.faultOfOpening(message);
    if (fault === undefined) this.stepBack(message.opening.round);
    return fault;
  }

  /** Asks for what follows the head, because of a claim or without one. */
  ask(claim?: Claim): void {
    if (this.mode.is !== 'idle') this.catchUp.ask(this.head, claim);
  }

  /** Decisions are checked and stored from here on, not applied. */
  startFollowing(why: 'far-behind' | 'update-dropped' | 'own-state', round = this.head.round): void {
    this.outbox.report({ event: 'resyncing', round, why });
    this.headRound.end();
    this.mode = { is: 'following' };
  }

  /** At the end of what others have decided: the application is brought there, where that can be done yet. */
  recover(): void {
    if (this.disk.recover()) this.mode = { is: 'rebuilding', atStart: false };
  }

  sizes(): Record<string, number> {
    return {
      ...this.roundState?.sizes(),
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
