/** What a peer's offences cost it, in points of its conduct; each is told in the words that a ban's reason shows. */
import type { PeerId } from '../crypto/peer-id.ts';
import {
  CROWDING_POINTS,
  FALSE_ANSWER_POINTS,
  FLOOD_POINTS,
  OVERRUN_POINTS,
  PENALTY_POINTS,
  REFUSED_QUESTION_POINTS,
  SILENT_STREAM_POINTS,
} from './limits.ts';
import type { PeerBudget } from './peer-budget.ts';
import type { PeerConduct } from './peer-conduct.ts';

export class Offences {
  private readonly conduct: PeerConduct;
  private readonly budget: PeerBudget;

  constructor(conduct: PeerConduct, budget: PeerBudget) {
    this.conduct = conduct;
    this.budget = budget;
  }

  blame(peer: PeerId, points: number, reason: string): void {
    this.conduct.penalize(peer, points, reason, Date.now());
  }

  crowding(peer: PeerId): void {
    this.blame(peer, CROWDING_POINTS, 'wants more connections than its share');
  }

  overran(peer: PeerId, times = 1): void {
    this.blame(peer, OVERRUN_POINTS * times, 'wants more than it may cost');
  }

  flooded(peer: PeerId): void {
    this.blame(peer, FLOOD_POINTS, 'sends faster than allowed');
  }

  passedOnInvalid(peer: PeerId): void {
    this.blame(peer, PENALTY_POINTS, 'passed on an invalid message');
  }

  lied(peer: PeerId, reason: string, what: 'message' | 'answer'): void {
    this.blame(peer, what === 'answer' ? FALSE_ANSWER_POINTS : PENALTY_POINTS, reason);
  }

  askedTooMuch(peer: PeerId): void {
    const points = this.budget.isSeated(peer) ? OVERRUN_POINTS : REFUSED_QUESTION_POINTS;
    this.blame(peer, points, 'asks more than it may');
  }

  /** A seat is not blamed: its question may be here already, unread, where it is this process that has stood still. */
  askedNothing(peer: PeerId): void {
    if (this.budget.isSeated(peer)) return;
    this.blame(peer, SILENT_STREAM_POINTS, 'opens streams and asks nothing');
  }
}
