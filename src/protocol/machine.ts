/**
 * The protocol as a function: `step(input, now)` gives the effects, without waiting, clock, randomness, I/O or logging. It
 * is total: whatever peers send is a value, and only a fault of our own throws. `drive()` is its only caller.
 *
 * The machine plays the head of its timeline (`RoundState`), adopts decisions, its own and others', catches up, steps
 * back where an opening or a later attempt's decision asks for it, and follows the chain without the model where it
 * is far behind (`docs/protocol.md`).
 */
import { unreachable } from '../foundation/assert.ts';
import type { Digest } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { SignatureScheme, VerifiableRandomness } from '../crypto/schemes.ts';
import type { UnverifiedAbandon } from '../messages/abandon.ts';
import type { Message } from '../messages/message.ts';
import type { RosterChange } from '../messages/roster-change.ts';
import { cohortOf, committeeOf } from './chain/chain.ts';
import type { ProtocolConfig } from './config.ts';
import { Outbox } from './outbox.ts';
import { aboutOf, type Statement } from './verification/authorship.ts';
import type { Effect } from './effect.ts';
import { isBlameless, type MessageFault } from './fault.ts';
import { Follower } from './chain/follower.ts';
import type { Input, Timer } from './input.ts';
import { heardIn, peersIn } from './chain/roster.ts';
import { Sync } from './chain/sync.ts';
import type { TrustedState } from './chain/trusted-state.ts';
import { EarlyMessages } from './round/early-messages.ts';
import { Verifier } from './verification/verifier.ts';

export interface MachineOptions {
  readonly self: PeerId;
  readonly signatures: SignatureScheme;
  readonly randomness: VerifiableRandomness;
  /** Asks for a seat when it has none; default true. */
  readonly wantsSeat?: boolean;
  /** The owner's permit, where admission is by allow-list. */
  readonly permit?: Uint8Array;
  /** The history must contain this state; where a `verifier` is given, that one's counts. */
  readonly trusted?: TrustedState;
  /** One for several machines of one process; by default an own one. */
  readonly verifier?: Verifier;
}

export interface RoundMembers {
  readonly round: number;
  readonly attempt: number;
  /** In random order. */
  readonly cohort: readonly PeerId[];
  /** Proposers in order. */
  readonly committee: readonly PeerId[];
  readonly seats: number;
}

export class Machine {
  readonly config: ProtocolConfig;
  readonly self: PeerId;
  private readonly outbox: Outbox;
  private readonly follower: Follower;
  private readonly sync: Sync;
  private readonly early = new EarlyMessages();

  constructor(config: ProtocolConfig, options: MachineOptions) {
    this.config = config;
    this.self = options.self;
    const verifier = options.verifier ?? new Verifier(config, options, undefined, options.trusted);
    this.outbox = new Outbox(config, verifier, options);
    this.follower = new Follower(this.outbox, options.wantsSeat ?? true, options.permit);
    this.sync = new Sync(this.outbox, this.follower);
  }

  /** The round that is being played, and the digest of the state that it starts from. */
  get position(): { readonly round: number; readonly anchor: Digest } {
    const { round, anchor } = this.follower.timeline.head;
    return { round, anchor };
  }

  /** How many have a seat in the round that is being played. */
  get seats(): number {
    return this.follower.timeline.head.roster.seats.length;
  }

  /** Who serves in the round that is being played, as far as it has come. */
  get roundMembers(): RoundMembers {
    const { roundState, timeline } = this.follower;
    const { head } = timeline;
    const attempt = roundState?.attempt ?? 0;
    return {
      round: head.round,
      attempt,
      cohort: cohortOf(this.config, head),
      committee: committeeOf(this.config, head, attempt),
      seats: this.seats,
    };
  }

  /**
   * Who has a seat, who computes and who agrees in the round that is played, and whose proposal a member of its committee
   * waits for; for telemetry.
   */
  get people(): {
    readonly seats: readonly PeerId[];
    readonly cohort: readonly PeerId[];
    readonly committee: readonly PeerId[];
    readonly proposer: PeerId | undefined;
  } {
    const { roundState, timeline } = this.follower;
    const { cohort = [], committee = [], proposer } = roundState ?? {};
    return { seats: peersIn(timeline.head.roster), cohort, committee, proposer };
  }

  /** `nowMs`: the peer's clock, of which only differences mean anything; without it no time has passed. */
  step(input: Input, nowMs = this.outbox.nowMs): readonly Effect[] {
    const { follower } = this;
    this.outbox.nowMs = nowMs;
    switch (input.type) {
      case 'start':
        follower.start(input.saved);
        break;
      case 'leave':
        follower.membership.leave(follower.timeline.head);
        break;
      case 'message':
        this.hear(input.message, input.from);
        break;
      case 'met':
        if (this.isSeated(input.peer)) follower.roundState?.greet(input.peer);
        break;
      case 'timeout':
        if (this.outbox.expired(input.timer, input.token)) this.timedOut(input.timer);
        break;
      case 'trained':
        follower.roundState?.trained(input);
        break;
      case 'fetched':
        if (this.isOfThisRound(input.anchor)) follower.roundState?.fetched(input);
        break;
      case 'verified':
        if (this.isOfThisRound(input.anchor)) follower.roundState?.verified(input);
        break;
      case 'adopted':
        follower.adopted(input.round, input.applicationDigest);
        break;
      case 'adoptFailed':
        follower.adoptFailed(input.round);
        break;
      case 'rebuilt':
        follower.rebuilt(input.round, input.applicationDigest);
        break;
      case 'caughtUp':
        this.sync.caughtUp(input.peer, input.decisions, input.head);
        break;
      default:
        unreachable(input);
    }
    this.hearEarly();
    return this.outbox.take();
  }

  private timedOut(timer: Timer): void {
    const { follower, sync } = this;
    if (timer === 'announce') return follower.announcer.timedOut();
    if (timer === 'catchUp') return sync.timedOut();
    if (timer === 'rebroadcast') follower.membership.ask(follower.timeline.head);
    follower.roundState?.timedOut(timer);
  }

  /** What came before its round began. */
  private hearEarly(): void {
    for (;;) {
      const { roundState, timeline } = this.follower;
      const waiting = roundState === undefined ? [] : this.early.take(timeline.head.round);
      if (waiting.length === 0) return;
      for (const { message, from } of waiting) this.take(message, from);
    }
  }

  private isOfThisRound(anchor: Digest): boolean {
    return this.follower.timeline.head.anchor === anchor;
  }

  private hear(message: Message, from: PeerId): void {
    const fault = this.take(message, from);
    const verdict =
      fault === undefined ? 'accept' : isBlameless(fault) || fault === 'equivocation' ? 'ignore' : 'reject';
    this.outbox.put({ type: 'verdict', verdict, ...(fault === undefined ? {} : { fault }) });
  }

  private take(message: Message, from: PeerId): MessageFault | undefined {
    const { follower } = this;
    switch (message.kind) {
      case 'contribution':
        return this.elsewhere(message, from) ?? follower.roundState?.onContribution(message);
      case 'vote':
        return this.elsewhere(message, from) ?? follower.roundState?.onVote(message);
      case 'proposal':
        return this.elsewhere(message, from) ?? follower.roundState?.onProposal(message);
      case 'abandon':
        if (message.round < follower.timeline.head.round) return this.answerAbandon(message);
        return this.elsewhere(message, from) ?? follower.roundState?.onAbandon(message);
      case 'opening':
        if (message.opening.round < follower.timeline.head.round) return follower.openingOfThePast(message);
        return this.elsewhere(message, from) ?? follower.roundState?.onOpening(message);
      case 'decision':
        return follower.onDecision(message, from);
      case 'join':
      case 'leave':
      case 'evidence':
        return this.takeChange(message);
      default:
        return unreachable(message);
    }
  }

  private answerAbandon(message: UnverifiedAbandon): MessageFault | undefined {
    const { claims, past } = this.follower;
    return claims.help(message, message.peer, message.round) ?? past.answerAbandon(message);
  }

  private takeChange(change: RosterChange): MessageFault | undefined {
    const { membership, timeline, roundState } = this.follower;
    const fault = membership.onChange(change, timeline.head);
    if (fault === undefined && change.kind === 'join') roundState?.presenceChanged();
    return fault;
  }

  /**
   * Why a statement is not for the round that is played; undefined where it is, and `RoundState` goes on with seat, slot and
   * signature in this order. Helps peers with seats that are behind, keeps what they say of the next round.
   */
  private elsewhere(
    message: Exclude<Statement, { kind: 'decision' }>,
    from: PeerId,
  ): MessageFault | undefined {
    const { follower } = this;
    const { round, anchor, roster } = follower.timeline.head;
    const about = aboutOf(message);
    const { author } = about;
    const isPlayed = follower.roundState !== undefined;
    const isAdopting = follower.is === 'adopting';
    if (about.round === round && about.anchor === anchor && isPlayed) return undefined;
    if (about.round < round || (about.round === round && isAdopting)) {
      return follower.claims.help(message, author, about.round) ?? 'stale';
    }
    if (about.round === round && isPlayed) {
      return follower.claims.heard(message, author, from, 'other-state') ?? 'other-anchor';
    }
    const isNext = about.round === (isPlayed || isAdopting ? round + 1 : round);
    if (!isNext) return follower.claims.heard(message, author, from) ?? 'too-early';
    const refused = this.early.refuses(message, about.round, heardIn(roster).size);
    if (refused !== undefined) return refused;
    const fault = follower.claims.faultOfAuthorship(message);
    if (fault !== undefined) return fault;
    this.early.keep(message, about.round, from);
    if (about.round > round) follower.claims.heard(message, author, from, isAdopting ? 'soon' : 'ahead');
    return 'too-early';
  }

  /** Whether a peer has a seat at the head, or may be drawn there without one. */
  isSeated(peer: PeerId): boolean {
    return heardIn(this.follower.timeline.head.roster).has(peer);
  }

  /** Sizes of everything that strangers can make grow, by name. */
  sizes(): Record<string, number> {
    return { ...this.follower.sizes(), early: this.early.size };
  }
}
