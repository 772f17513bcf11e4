/** Whom to ask for decisions, and what came back that cannot be used yet. */
import type { PeerId } from '../crypto/peer-id.ts';
import type { UnverifiedDecision } from '../messages/decision.ts';
import { MAX_AHEAD } from './limits.ts';

export class CatchUp {
  private readonly self: PeerId;
  private cursor = 0;
  private readonly ahead = new Map<number, UnverifiedDecision>();
  /** A peer that is known to be further than we are. */
  private lead: PeerId | undefined;
  /** The peer that was asked and has not answered. */
  asked: PeerId | undefined;
  wantsMore = false;

  constructor(self: PeerId) {
    this.self = self;
    for (let i = 0; i < self.length; i++) this.cursor = (this.cursor * 31 + self.charCodeAt(i)) % 65_521;
  }

  follow(peer: PeerId): void {
    if (peer !== this.self) this.lead = peer;
  }

  /** The lead once, then everyone in turn. */
  next(peers: readonly PeerId[]): PeerId | undefined {
    const { lead } = this;
    this.lead = undefined;
    if (lead !== undefined) return lead;
    for (let tries = 0; tries < peers.length; tries++) {
      this.cursor += 1;
      const peer = peers[this.cursor % peers.length] as PeerId;
      if (peer !== this.self) return peer;
    }
    return undefined;
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
