/** Whom to ask for decisions, and what came back that cannot be used yet. */
import type { PeerId } from '../crypto/peer-id.ts';
import type { UnverifiedDecision } from '../messages/decision.ts';
import type { Chain } from './chain.ts';
import type { Desk } from './desk.ts';
import { MAX_AHEAD, SETTLEMENT_ROUNDS } from './limits.ts';
import { peersIn } from './roster.ts';

export class CatchUp {
  private readonly desk: Desk;
  private probing = false;
  private cursor = 0;
  private readonly ahead = new Map<number, UnverifiedDecision>();
  /** A peer that is known to be further than we are. */
  private lead: PeerId | undefined;
  /** The peer that was asked and has not answered. */
  asked: PeerId | undefined;
  wantsMore = false;

  constructor(desk: Desk) {
    this.desk = desk;
    const { self } = desk;
    for (let i = 0; i < self.length; i++) this.cursor = (this.cursor * 31 + self.charCodeAt(i)) % 65_521;
  }

  /** What others have does not fit on our head: the next question goes back as far as one may step. */
  probe(): void {
    this.probing = true;
  }

  /** Asks one peer for what follows the head, unless a question is open. */
  ask(head: Chain): void {
    if (this.asked !== undefined) return;
    const peer = this.next(peersIn(head.roster));
    if (peer === undefined) return;
    this.asked = peer;
    const fromRound = this.probing ? Math.max(0, head.round - SETTLEMENT_ROUNDS) : head.round;
    this.probing = false;
    this.desk.put({ type: 'catchUp', peer, fromRound });
  }

  follow(peer: PeerId): void {
    if (peer !== this.desk.self) this.lead = peer;
  }

  /** The lead once, then everyone in turn. */
  private next(peers: readonly PeerId[]): PeerId | undefined {
    const { lead } = this;
    this.lead = undefined;
    if (lead !== undefined) return lead;
    for (let tries = 0; tries < peers.length; tries++) {
      this.cursor += 1;
      const peer = peers[this.cursor % peers.length] as PeerId;
      if (peer !== this.desk.self) return peer;
    }
    return undefined;
  }

  /** The peer that answered last: it should have the updates of what it told. */
  answerer: readonly PeerId[] = [];

  answered(peer: PeerId | undefined): void {
    this.asked = undefined;
    if (peer !== undefined) this.answerer = [peer];
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

  forgetBelow(round: number): void {
    for (const known of this.ahead.keys()) if (known < round) this.ahead.delete(known);
  }

  get size(): number {
    return this.ahead.size;
  }
}
