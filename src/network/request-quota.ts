/** How many requests a peer may have in service at once, and how many it may start in a second, over all protocols. */
import {
  MAX_REQUESTS_IN_SERVICE,
  MAX_REQUESTS_PER_PEER,
  REQUEST_BURST_PER_PEER,
  REQUESTS_PER_SECOND_PER_PEER,
} from './limits.ts';
import { PeerBuckets } from './token-bucket.ts';
import type { PeerId } from '../crypto/peer-id.ts';

export class RequestQuota {
  private readonly inService = new Map<PeerId, number>();
  private readonly rates = new PeerBuckets(REQUESTS_PER_SECOND_PER_PEER, REQUEST_BURST_PER_PEER);
  private total = 0;

  /** Takes a place; the result gives it back (once). Undefined where the peer has had its share. */
  enter(peer: PeerId): (() => void) | undefined {
    const running = this.inService.get(peer) ?? 0;
    if (running >= MAX_REQUESTS_PER_PEER || this.total >= MAX_REQUESTS_IN_SERVICE) return undefined;
    if (!this.rates.take(peer, 1, Date.now())) return undefined;
    this.inService.set(peer, running + 1);
    this.total += 1;
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      this.total -= 1;
      const left = (this.inService.get(peer) ?? 1) - 1;
      if (left === 0) this.inService.delete(peer);
      else this.inService.set(peer, left);
    };
  }
}
