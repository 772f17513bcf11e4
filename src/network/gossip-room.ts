/**
 * Topics, handlers and verdicts over gossipsub. Cheap gates come first and synchronously (length, subscription, payloads
 * already decided); the handler then has until the deadline, after which the message would have left gossipsub's cache
 * and could not be passed on any more.
 */
import { TopicValidatorResult } from '@libp2p/interface';
import type { GossipSub, GossipsubMessage } from '@chainsafe/libp2p-gossipsub';
import { MAX_PENDING_BYTES, MAX_PENDING_BYTES_PER_PEER, MAX_PENDING_VERDICTS_PER_PEER } from './limits.ts';
import { firstWire, NONCE_BYTES, payloadKey, payloadOf, rebroadcastWire } from './gossip-wire.ts';
import { PayloadMemory } from './payload-memory.ts';
import { TransportError } from './transport.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { GossipHandler, PublishReceipt, Verdict } from './transport.ts';
import { messageOf } from './transport-failure.ts';

export interface GossipRoomOptions {
  readonly topics: readonly string[];
  readonly maxGossipBytes: number;
  readonly deadlineMs: number;
  readonly log: (level: 'debug' | 'info' | 'warn' | 'error', message: string) => void;
}

const RESULT: Readonly<Record<Verdict, TopicValidatorResult>> = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
};

export class GossipRoom {
  private readonly handlers = new Map<string, GossipHandler>();
  private readonly memory: PayloadMemory;
  private readonly pending = new Map<PeerId, { messages: number; bytes: number }>();
  private pendingBytes = 0;
  /** Payloads that were accepted before and now travel again; emptied by the event that follows the gate at once. */
  private readonly passOn = new Set<string>();
  private readonly topics: ReadonlySet<string>;
  private readonly gossip: GossipSub;
  private readonly options: GossipRoomOptions;
  private readonly receive = (event: CustomEvent<GossipsubMessage>): void => this.onMessage(event.detail);

  constructor(gossip: GossipSub, options: GossipRoomOptions) {
    this.gossip = gossip;
    this.options = options;
    this.topics = new Set(options.topics);
    this.memory = new PayloadMemory(options.deadlineMs);
    // A validator on every allowed topic, subscribed or not: else messages of the others would wait in the cache
    for (const topic of options.topics) {
      gossip.topicValidators.set(topic, (_peer, message) => RESULT[this.gate(message.topic, message.data)]);
    }
    gossip.addEventListener('gossipsub:message', this.receive);
  }

  subscribe(topic: string, handler: GossipHandler): void {
    this.checkTopic(topic);
    this.handlers.set(topic, handler);
    this.gossip.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    if (this.handlers.delete(topic)) this.gossip.unsubscribe(topic);
  }

  async publish(topic: string, data: Uint8Array): Promise<PublishReceipt> {
    this.checkTopic(topic);
    if (data.length > this.options.maxGossipBytes)
      throw new TransportError(
        'too-large',
        `a gossip message must have at most ${this.options.maxGossipBytes} bytes, got ${data.length}: announce its digest instead`,
      );
    const kind = this.memory.publish(payloadKey(topic, data), Date.now());
    if (kind === 'too-soon') return { recipients: 0 };
    const result = await this.gossip.publish(
      topic,
      kind === 'first' ? firstWire(data) : rebroadcastWire(data),
    );
    return { recipients: result.recipients.length };
  }

  subscribers(topic: string): readonly PeerId[] {
    return this.gossip.getSubscribers(topic).map((peer) => peer.toString());
  }

  /** Whether so much more of a peer's may wait for a verdict. */
  hasRoom(peer: PeerId, messages: number, bytes: number): boolean {
    const own = this.pending.get(peer);
    return (
      (own?.messages ?? 0) + messages <= MAX_PENDING_VERDICTS_PER_PEER &&
      (own?.bytes ?? 0) + bytes <= MAX_PENDING_BYTES_PER_PEER &&
      this.pendingBytes + bytes <= MAX_PENDING_BYTES
    );
  }

  stop(): void {
    this.gossip.removeEventListener('gossipsub:message', this.receive);
    this.handlers.clear();
    this.memory.clear();
  }

  private checkTopic(topic: string): void {
    if (!this.topics.has(topic))
      throw new Error(`internal error: topic ${topic} is not one of the allowed topics`);
  }

  private gate(topic: string, wire: Uint8Array): Verdict {
    if (wire.length < NONCE_BYTES || wire.length > NONCE_BYTES + this.options.maxGossipBytes) return 'reject';
    if (!this.handlers.has(topic)) return 'ignore';
    const key = payloadKey(topic, payloadOf(wire));
    switch (this.memory.arrive(key, Date.now())) {
      case 'drop':
        return 'ignore';
      case 'reject':
        return 'reject';
      case 'judge':
        this.memory.begin(key, Date.now());
        return 'accept';
      case 'pass-on':
        this.passOn.add(key);
        return 'accept';
    }
  }
  private onMessage({ propagationSource, msgId, msg }: GossipsubMessage): void {
    const from = propagationSource.toString();
    const payload = payloadOf(msg.data);
    const key = payloadKey(msg.topic, payload);
    if (this.passOn.delete(key)) {
      this.report(msgId, from, 'accept');
      return;
    }
    this.track(from, payload.length, 1);
    this.judge(msg.topic, payload, from)
      .then((verdict) => {
        this.memory.decide(key, verdict, Date.now());
        this.report(msgId, from, verdict);
      })
      .catch((error: unknown) => this.options.log('error', `gossip verdict failed: ${messageOf(error)}`))
      .finally(() => this.track(from, -payload.length, -1));
  }

  /** The handler's verdict; an error or a late answer is 'ignore'. */
  private async judge(topic: string, data: Uint8Array, relayedBy: PeerId): Promise<Verdict> {
    const handler = this.handlers.get(topic);
    if (handler === undefined) return 'ignore';
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), this.options.deadlineMs);
    });
    try {
      const verdict = await Promise.race([Promise.resolve(handler({ topic, data, relayedBy })), late]);
      if (verdict !== 'late') return verdict;
      this.options.log(
        'warn',
        `no verdict on a message of ${topic} within ${this.options.deadlineMs} ms: not passed on`,
      );
    } catch (error) {
      this.options.log('error', `the handler of ${topic} failed: ${messageOf(error)}`);
    } finally {
      clearTimeout(timer);
    }
    return 'ignore';
  }

  private report(id: string, from: PeerId, verdict: Verdict): void {
    this.gossip.reportMessageValidationResult(id, from, RESULT[verdict]);
  }

  private track(peer: PeerId, bytes: number, messages: number): void {
    const own = this.pending.get(peer) ?? { messages: 0, bytes: 0 };
    own.messages += messages;
    own.bytes += bytes;
    this.pendingBytes += bytes;
    if (own.messages > 0) this.pending.set(peer, own);
    else this.pending.delete(peer);
  }
}
