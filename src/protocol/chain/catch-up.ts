/**
 * Whom to ask for decisions, and what came back that cannot be used yet. Peers with seats are asked in turn; who is
 * silent is passed over until the head moves, or as many questions were asked as there are seats. Somebody's word that it is ahead moves it to the front, once.
 */
import type { PeerId } from '../../crypto/peer-id.ts';
import type { UnverifiedDecision } from '../../messages/decision.ts';
import { MAX_CHANGES_PER_VALUE } from '../../messages/limits.ts';
import { MAX_DECISIONS_PER_ANSWER } from '../../messages/request.ts';
import type { Chain } from './chain.ts';
import { DoubtedClaims, type Claim } from './doubted-claims.ts';
import type { Outbox } from '../outbox.ts';
import { MAX_AHEAD, MAX_GUESTS, SETTLEMENT_ROUNDS } from '../limits.ts';
import { heardIn, peersIn } from './roster.ts';

export class CatchUp {
  private readonly outbox: Outbox;
  /** How many rounds before the head the next question begins. */
  private depth = 0;
  /** How far the last look at what others stand on went, since the head moved. */
  private lookedBack = 0;
  private cursor = 0;
  private readonly ahead = new Map<number, UnverifiedDecision>();
  /** A peer with a seat that is said to be further than we are. */
  private lead: PeerId | undefined;
  /** Peers that were asked in vain since the head moved. */
  private readonly silent = new Set<PeerId>();
  /** Questions in turn since that began. */
  private asks = 0;
  /** Neighbours that pass on what peers without a seat here say of later rounds: all seats that we know may be gone. */
  private readonly guests = new Set<PeerId>();
  /** The peer that was asked and has not answered. */
  private asked: PeerId | undefined;
  wantsMore = false;
  private readonly doubted = new DoubtedClaims();

  constructor(outbox: Outbox) {
    this.outbox = outbox;
    const { self } = outbox;
    for (let i = 0; i < self.length; i++) this.cursor = (this.cursor * 31 + self.charCodeAt(i)) % 65_521;
  }

  /** What others have does not fit on our head: the next question goes back as far as one may step. */
  probe(): void {
    this.depth = SETTLEMENT_ROUNDS;
  }

  /**
   * Somebody with a seat plays our round on another state: the next question begins before it, by one round and twice as
   * many each time, so that a false word costs little. Nobody else may be left to decide the round and show the way.
   */
  lookBack(): void {
    this.lookedBack = Math.min(SETTLEMENT_ROUNDS, Math.max(1, 2 * this.lookedBack));
    this.depth = Math.max(this.depth, this.lookedBack);
  }

  /** Asks one peer for what follows the head, unless a question is open. `claim`: whose word of later rounds led to it. */
  ask(head: Chain, claim?: Claim): void {
    if (this.asked !== undefined) return;
    const peer = this.next(head);
    if (peer === undefined) return;
    this.asked = peer;
    this.doubted.ask(claim);
    const fromRound = Math.max(0, head.round - this.depth);
    this.depth = 0;
    this.outbox.put({ type: 'catchUp', peer, fromRound, seats: this.seatsWithin(head) });
  }

  /** Seats in the rosters that the decisions of one answer can lead to. */
  private seatsWithin({ roster }: Chain): number {
    const { admission, genesis, maxPeers } = this.outbox.config;
    const now = heardIn(roster).size + roster.excluded.length;
    if (admission.policy === 'genesis') return Math.max(now, genesis.peers.length);
    return Math.min(maxPeers, now + MAX_DECISIONS_PER_ANSWER * MAX_CHANGES_PER_VALUE);
  }

  /** The open question has waited long enough: somebody else is asked. */
  giveUp(): void {
    if (this.asked === undefined) return;
    this.silent.add(this.asked);
    this.end(false);
  }

  private end(led: boolean): void {
    this.asked = undefined;
    if (led) this.doubted.borneOut();
    else this.doubted.inVain(this.outbox.nowMs, this.outbox.verifier.rules.claimIntervalMs);
  }

  /** Whether somebody spoke of later rounds in vain of late. */
  doubts(author: PeerId): boolean {
    return this.doubted.isDoubted(author, this.outbox.nowMs);
  }

  follow(peer: PeerId): void {
    if (peer !== this.outbox.self) this.lead = peer;
  }

  meet(neighbour: PeerId): void {
    if (neighbour === this.outbox.self || this.guests.has(neighbour)) return;
    this.guests.add(neighbour);
    for (const oldest of this.guests) {
      if (this.guests.size <= MAX_GUESTS) return;
      this.guests.delete(oldest);
    }
  }

  private clearSilent(): void {
    this.silent.clear();
    this.asks = 0;
  }

  /** The lead once, then every seat in turn, then a guest; the silent last. */
  private next(head: Chain): PeerId | undefined {
    const { lead, silent } = this;
    this.lead = undefined;
    const { rules } = this.outbox.verifier;
    if (lead !== undefined && rules.mayLead(heardIn(head.roster).has(lead)) && !silent.has(lead)) return lead;
    const seats = peersIn(head.roster);
    // one that answers with nothing must not be all that is left to ask
    if (this.asks >= seats.length) this.clearSilent();
    this.asks += 1;
    for (let tries = 0; tries < seats.length; tries++) {
      this.cursor += 1;
      const peer = seats[this.cursor % seats.length] as PeerId;
      if (peer !== this.outbox.self && !silent.has(peer)) return peer;
    }
    this.clearSilent();
    for (const guest of this.guests) {
      this.guests.delete(guest);
      return guest;
    }
    this.cursor += 1;
    const again = seats[this.cursor % seats.length];
    return again === this.outbox.self ? undefined : again;
  }

  /** The peer that answered last: it should have the updates of what it told. */
  answerer: readonly PeerId[] = [];

  /** The end of a question, however late; `useful`: it was no lie; `led`: it leads on from the head. */
  answered(peer: PeerId, useful: boolean, led = false): void {
    if (this.asked === peer) this.end(led);
    if (useful) this.answerer = [peer];
    else this.silent.add(peer);
  }

  /** Whether the peer that answered last has more; it is asked again when what came is adopted. */
  moreAt(peer: PeerId, more: boolean): void {
    this.wantsMore = more;
    if (more) this.follow(peer);
  }

  replace(decision: UnverifiedDecision): void {
    this.ahead.set(decision.value.round, decision);
  }

  keep(decision: UnverifiedDecision, headRound: number): boolean {
    const { round } = decision.value;
    if (round < headRound || round >= headRound + MAX_AHEAD) return false;
    this.ahead.set(round, decision);
    return true;
  }

  at(round: number): UnverifiedDecision | undefined {
    return this.ahead.get(round);
  }

  drop(round: number): void {
    this.ahead.delete(round);
  }

  /** The head moved. */
  reached({ round, roster }: Chain): void {
    this.clearSilent();
    const heard = heardIn(roster);
    this.doubted.reached(round, (peer) => heard.has(peer));
    this.lookedBack = 0;
    for (const known of this.ahead.keys()) if (known < round) this.ahead.delete(known);
  }

  /** An earlier round is the head again: what is too far ahead of it now is asked for anew. */
  returned(round: number): void {
    for (const known of this.ahead.keys()) if (known >= round + MAX_AHEAD) this.ahead.delete(known);
  }

  sizes(): Record<string, number> {
    return {
      ahead: this.ahead.size,
      silent: this.silent.size,
      guests: this.guests.size,
      doubted: this.doubted.size,
    };
  }
}
