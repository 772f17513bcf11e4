/**
 * Hands what we published a moment ago to a neighbour that subscribes to its topic now: that it wants the topic and what it
 * wants there cross on their way, most of all where many peers start at once, and the next rebroadcast is seconds away.
 * Each message goes to a neighbour once, however often that one subscribes.
 */
import type { GossipSub } from '@chainsafe/libp2p-gossipsub';
import type { SubscriptionChangeData } from '@libp2p/interface';
import type { PeerId } from '../crypto/peer-id.ts';
import { LATECOMER_MS, MAX_LATE_MESSAGES } from './limits.ts';

interface Said {
  readonly topic: string;
  readonly data: Uint8Array;
  readonly atMs: number;
  readonly hadBy: Set<PeerId>;
}

type SendRpc = (
  peer: PeerId,
  rpc: { subscriptions: []; messages: { topic: string; data: Uint8Array }[] },
) => boolean;

export class GossipLatecomers {
  private readonly gossip: GossipSub;
  /** By payload, whatever its nonce, the oldest first. */
  private readonly said = new Map<string, Said>();
  private readonly onChange = (event: CustomEvent<SubscriptionChangeData>): void =>
    this.changed(event.detail);

  constructor(gossip: GossipSub) {
    this.gossip = gossip;
    gossip.addEventListener('subscription-change', this.onChange);
  }

  /** Gives whom to tell of those that it was sent to. */
  publishing(
    key: string,
    topic: string,
    data: Uint8Array,
    nowMs = Date.now(),
  ): (had: readonly PeerId[]) => void {
    const hadBy = new Set<PeerId>();
    this.said.delete(key);
    this.said.set(key, { topic, data, atMs: nowMs, hadBy });
    for (const [oldest, { atMs }] of this.said) {
      if (this.said.size <= MAX_LATE_MESSAGES && nowMs - atMs <= LATECOMER_MS) break;
      this.said.delete(oldest);
    }
    return (had) => had.forEach((peer) => hadBy.add(peer));
  }

  stop(): void {
    this.gossip.removeEventListener('subscription-change', this.onChange);
    this.said.clear();
  }

  private changed({ peerId, subscriptions }: SubscriptionChangeData, nowMs = Date.now()): void {
    const peer = peerId.toString();
    const topics = new Set(subscriptions.flatMap(({ topic, subscribe }) => (subscribe ? [topic] : [])));
    const { sendRpc } = this.gossip as unknown as { readonly sendRpc: SendRpc };
    for (const { topic, data, atMs, hadBy } of this.said.values()) {
      if (!topics.has(topic) || hadBy.has(peer) || nowMs - atMs > LATECOMER_MS) continue;
      if (sendRpc.call(this.gossip, peer, { subscriptions: [], messages: [{ topic, data }] }))
        hadBy.add(peer);
    }
  }
}
