/**
 * Finds connections that are open but dead for gossip, and drops them so that they are dialled anew. Three ways lead
 * there in gossipsub 14.1.2: a frame above the limit (the receiver forgets the sender for good), a stream that could not
 * be opened (never tried again), and the end of one of two connections to a peer (its stream stays registered).
 */
import type { GossipSub } from '@chainsafe/libp2p-gossipsub';
import type { Stream } from '@libp2p/interface';
import type { NetworkHost } from './network-host.ts';
import type { PeerId } from '../crypto/peer-id.ts';

const WATCH_INTERVAL_MS = 1_000;

export class MeshWatch {
  private readonly mutedSinceMs = new Map<PeerId, number>();
  private timer: NodeJS.Timeout | undefined;
  private readonly host: NetworkHost;
  private readonly graceMs: number;
  private readonly isMember: (peer: PeerId) => boolean;

  /** `isMember` tells whether a peer is known to speak this experiment's protocols. */
  constructor(host: NetworkHost, graceMs: number, isMember: (peer: PeerId) => boolean) {
    this.host = host;
    this.graceMs = graceMs;
    this.isMember = isMember;
  }

  start(): void {
    this.timer = setInterval(() => this.check(Date.now()), WATCH_INTERVAL_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.mutedSinceMs.clear();
  }

  private check(nowMs: number): void {
    const connected = new Set(this.host.connectedPeers());
    for (const peer of this.mutedSinceMs.keys()) if (!connected.has(peer)) this.mutedSinceMs.delete(peer);
    for (const peer of connected) {
      if (!this.isMember(peer) || hearsGossip(this.host.node.gossip, peer)) {
        this.mutedSinceMs.delete(peer);
        continue;
      }
      const since = this.mutedSinceMs.get(peer) ?? nowMs;
      this.mutedSinceMs.set(peer, since);
      if (nowMs - since < this.graceMs) continue;
      this.mutedSinceMs.delete(peer);
      this.host.log(
        'warn',
        `${peer} is connected but takes no part in gossip: the connection is dropped and dialled anew`,
      );
      this.host.drop(peer, 'no gossip on this connection');
    }
  }
}

function hearsGossip(gossip: GossipSub, peer: PeerId): boolean {
  if (!gossip.peers.has(peer)) return false;
  const outbound = gossip.streamsOutbound.get(peer) as unknown as { rawStream?: Stream } | undefined;
  return outbound?.rawStream?.status === 'open';
}
