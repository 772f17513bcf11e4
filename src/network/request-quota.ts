/** How many requests may be in service at once: of one peer, of an address prefix, of strangers, of all. */
import {
  MAX_REQUESTS_IN_SERVICE,
  MAX_REQUESTS_OF_STRANGERS,
  MAX_REQUESTS_PER_PEER,
  MAX_REQUESTS_PER_PREFIX,
  MAX_REQUESTS_PER_STRANGER,
} from './limits.ts';
import type { PeerBudget } from './peer-budget.ts';
import type { PeerId } from '../crypto/peer-id.ts';

const ALL = 'all';
const STRANGERS = 'strangers';

export interface QuotaEvents {
  /** A peer asked more than it may. */
  readonly onRefused: (peer: PeerId) => void;
  /** A peer held a place and asked nothing in time. */
  readonly onSilent: (peer: PeerId) => void;
}

export class RequestQuota {
  private readonly inService = new Map<string, number>();
  private readonly budget: PeerBudget;
  private readonly events: QuotaEvents;

  constructor(budget: PeerBudget, events: QuotaEvents) {
    this.budget = budget;
    this.events = events;
  }

  /** Takes a place; the result gives it back (once). Undefined where the peer has had its share. */
  enter(peer: PeerId): (() => void) | undefined {
    const places = this.placesOf(peer);
    const isFull = places.some(([place, most]) => (this.inService.get(place) ?? 0) >= most);
    if (isFull) this.budget.refused(this.budget.isSeated(peer) ? 'seat' : 'stranger', 'questions');
    const mayCost = !isFull && this.budget.allows(peer, 'mainThreadMs', 'diskReads', 'bytesOut');
    if (!mayCost || !this.budget.take(peer, 'questions', 1)) {
      this.events.onRefused(peer);
      return undefined;
    }
    for (const [place] of places) this.inService.set(place, (this.inService.get(place) ?? 0) + 1);
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      for (const [place] of places) {
        const left = (this.inService.get(place) ?? 1) - 1;
        if (left === 0) this.inService.delete(place);
        else this.inService.set(place, left);
      }
    };
  }

  /** Nothing was asked on a stream that holds a place. */
  silent(peer: PeerId): void {
    this.events.onSilent(peer);
  }

  private placesOf(peer: PeerId): (readonly [place: string, most: number])[] {
    const all = [ALL, MAX_REQUESTS_IN_SERVICE] as const;
    if (this.budget.isSeated(peer)) return [all, [peer, MAX_REQUESTS_PER_PEER]];
    const prefix = this.budget.prefixOf(peer);
    return [
      all,
      [STRANGERS, MAX_REQUESTS_OF_STRANGERS],
      [peer, MAX_REQUESTS_PER_STRANGER],
      ...(prefix === undefined ? [] : [[prefix, MAX_REQUESTS_PER_PREFIX] as const]),
    ];
  }

  /** Requests in service. */
  get size(): number {
    return this.inService.get(ALL) ?? 0;
  }
}
