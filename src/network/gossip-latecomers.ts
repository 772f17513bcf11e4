/**
 * Hands what we published a moment ago to a neighbour that subscribes to its topic now, where it is the first that we say
 * there or nobody has heard it: where many peers start at once, that they want a topic and what they want there cross on
 * their way, and the next rebroadcast is seconds away. Of later messages others have copies, and who subscribes then may
 * be past them. Each message goes to a neighbour once, however often that one subscribes, and to none that nothing is
 * published to.
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
  private readonly kept = new Map<string, Said>();
  /** Of what was said first. */
  private readonly topics = new Set<string>();
  private readonly onChange = (event: CustomEvent<SubscriptionChangeData>): void =>
    this.changed(event.detail);

  constructor(gossip: GossipSub) {
    this.gossip = gossip;
    gossip.addEventListener('subscription-change', this.onChange);
  }

  said(
    key: string,
    topic: string,
    data: Uint8Array,
    recipients: readonly PeerId[],
    nowMs = Date.now(),
  ): void {
    if (recipients.length > 0 && this.topics.has(topic) && !this.kept.has(key)) return;
    this.topics.add(topic);
    // who has gone may come back without it, and would be remembered for as long as the message is said again
    const hadBefore = [...(this.kept.get(key)?.hadBy ?? [])].filter((peer) => this.gossip.peers.has(peer));
    this.kept.delete(key);
    this.kept.set(key, { topic, data, atMs: nowMs, hadBy: new Set([...hadBefore, ...recipients]) });
    for (const [oldest, { atMs }] of this.kept) {
      if (this.kept.size <= MAX_LATE_MESSAGES && nowMs - atMs <= LATECOMER_MS) break;
      this.kept.delete(oldest);
    }
  }

  stop(): void {
    this.gossip.removeEventListener('subscription-change', this.onChange);
    this.kept.clear();
  }

  private changed({ peerId, subscriptions }: SubscriptionChangeData, nowMs = Date.now()): void {
    const peer = peerId.toString();
    if (this.gossip.getScore(peer) < this.gossip.opts.scoreThresholds.publishThreshold) return;
    const topics = new Set(subscriptions.flatMap(({ topic, subscribe }) => (subscribe ? [topic] : [])));
    const { sendRpc } = this.gossip as unknown as { readonly sendRpc: SendRpc };
    for (const { topic, data, atMs, hadBy } of this.kept.values()) {
      if (!topics.has(topic) || hadBy.has(peer) || nowMs - atMs > LATECOMER_MS) continue;
      if (sendRpc.call(this.gossip, peer, { subscriptions: [], messages: [{ topic, data }] }))
        hadBy.add(peer);
    }
  }
}
