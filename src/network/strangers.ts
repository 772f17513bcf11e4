/**
 * Lets peers of no use to us go: those of another version of the protocol or of another experiment, and what is no
 * Synod peer. Said once of each, at both ends: the connection is kept for a moment, so that the other side learns as
 * much of us as we of it.
 */
import { MAX_KNOWN_PEERS } from './limits.ts';
import type { NetworkHost } from './network-host.ts';
import type { PeerId } from '../crypto/peer-id.ts';

/** Above the few round trips that the other side's identify takes on a slow line. */
const KEEP_MS = 1_000;

export class Strangers {
  private readonly told = new Set<PeerId>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly host: NetworkHost;

  constructor(host: NetworkHost) {
    this.host = host;
  }

  letGo(peer: PeerId, why: string, from: string): void {
    if (!this.told.has(peer) && this.told.size < MAX_KNOWN_PEERS) {
      this.told.add(peer);
      this.host.log('info', `${peer} at ${from} is let go: ${why}`);
    }
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      this.host.drop(peer, why);
    }, KEEP_MS);
    this.timers.add(timer);
  }

  stop(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }
}
