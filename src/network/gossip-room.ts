/**
 * Topics, handlers and verdicts over gossipsub. Cheap gates come first and synchronously (length, subscription, payloads
 * already decided); the handler then has until the deadline, after which the message would have left gossipsub's cache
 * and could not be passed on any more.
 */
import { TopicValidatorResult } from '@libp2p/interface';
import type { GossipSub, GossipsubMessage } from '@chainsafe/libp2p-gossipsub';
import {
  MAX_PENDING_BYTES,
  MAX_PENDING_BYTES_OF_STRANGERS,
  MAX_PENDING_BYTES_PER_PEER,
  MAX_PENDING_VERDICTS_PER_PEER,
  MAX_PENDING_VERDICTS_PER_STRANGER,
} from './limits.ts';
import type { PeerBudget } from './peer-budget.ts';
import { GossipLatecomers } from './gossip-latecomers.ts';
import { firstWire, NONCE_BYTES, payloadKey, payloadOf, rebroadcastWire } from './gossip-wire.ts';
import { PayloadMemory, type PayloadStanding } from './payload-memory.ts';
import { TransportError } from './transport.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { Verdict } from '../messages/message.ts';
import type { GossipHandler, GossipMessage, PublishReceipt } from './transport.ts';
import { messageOf } from './transport-failure.ts';

export interface GossipRoomOptions {
  readonly topics: readonly string[];
  readonly maxGossipBytes: number;
  readonly deadlineMs: number;
  readonly budget: PeerBudget;
  /** Whoever handed over a message that was rejected has lied: it should have judged it itself. */
  readonly onRejected: (peer: PeerId) => void;
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
  private readonly latecomers: GossipLatecomers;
  private readonly pending = new Map<
    PeerId,
    { messages: number; bytes: number; readonly stranger: boolean }
  >();
  private pendingBytes = 0;
  private strangerBytes = 0;
  /** Payloads that were accepted before and come again; emptied by the event that follows the gate at once. */
  private readonly again = new Set<string>();
  private readonly topics: ReadonlySet<string>;
  private readonly gossip: GossipSub;
  private readonly options: GossipRoomOptions;
  private readonly receive = (event: CustomEvent<GossipsubMessage>): void => this.onMessage(event.detail);

  constructor(gossip: GossipSub, options: GossipRoomOptions) {
    this.gossip = gossip;
    this.options = options;
    this.topics = new Set(options.topics);
    this.memory = new PayloadMemory(options.deadlineMs);
    this.latecomers = new GossipLatecomers(gossip);
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
    const key = payloadKey(topic, data);
    const kind = this.memory.publish(key, Date.now());
    if (kind === 'too-soon') return { recipients: 0 };
    const wire = kind === 'first' ? firstWire(data) : rebroadcastWire(data);
    const { recipients } = await this.gossip.publish(topic, wire);
    this.latecomers.said(key, topic, wire, recipients.map(String));
    return { recipients: recipients.length };
  }

  subscribers(topic: string): readonly PeerId[] {
    return this.gossip.getSubscribers(topic).map((peer) => peer.toString());
  }

  /** Whether so much more of a peer's may wait for a verdict. */
  hasRoom(peer: PeerId, messages: number, bytes: number): boolean {
    const own = this.pending.get(peer);
    const isSeated = this.options.budget.isSeated(peer);
    const most = isSeated ? MAX_PENDING_VERDICTS_PER_PEER : MAX_PENDING_VERDICTS_PER_STRANGER;
    return (
      (own?.messages ?? 0) + messages <= most &&
      (own?.bytes ?? 0) + bytes <= MAX_PENDING_BYTES_PER_PEER &&
      (isSeated || this.strangerBytes + bytes <= MAX_PENDING_BYTES_OF_STRANGERS) &&
      this.pendingBytes + bytes <= MAX_PENDING_BYTES
    );
  }

  /** What is known of a payload. */
  standing(topic: string, wire: Uint8Array): PayloadStanding {
    return wire.length < NONCE_BYTES ? 'unknown' : this.memory.standing(payloadKey(topic, payloadOf(wire)));
  }

  /** Payloads that are remembered, and messages that wait for a verdict. */
  get sizes(): { readonly payloads: number; readonly pending: number } {
    const pending = [...this.pending.values()].reduce((sum, { messages }) => sum + messages, 0);
    return { payloads: this.memory.size, pending };
  }

  stop(): void {
    this.gossip.removeEventListener('gossipsub:message', this.receive);
    this.latecomers.stop();
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
      case 'judge-again':
        this.memory.begin(key, Date.now());
        this.again.add(key);
        return 'accept';
    }
  }

  private onMessage({ propagationSource, msgId, msg }: GossipsubMessage): void {
    const from = propagationSource.toString();
    const payload = payloadOf(msg.data);
    const key = payloadKey(msg.topic, payload);
    const again = this.again.delete(key);
    this.track(from, payload.length, 1);
    const settle = (verdict: Verdict): void => {
      this.memory.decide(key, verdict, Date.now());
      this.report(msgId, from, verdict);
      if (verdict === 'accept') this.options.budget.giveBack(from, 'judgements', 1);
      if (verdict === 'reject') this.options.onRejected(from);
    };
    // never within the library's own event, which is of this message
    Promise.resolve(this.judge({ topic: msg.topic, data: payload, relayedBy: from, again }))
      .then(settle)
      .catch((error: unknown) => this.options.log('error', `gossip verdict failed: ${messageOf(error)}`))
      .finally(() => this.track(from, -payload.length, -1));
  }

  /** The handler's verdict; an error or a late answer is 'ignore'. Most answer at once, and need no clock. */
  private judge(message: GossipMessage): Verdict | Promise<Verdict> {
    const { topic, relayedBy } = message;
    const { budget } = this.options;
    const handler = this.handlers.get(topic);
    if (handler === undefined) return 'ignore';
    const startMs = performance.now();
    let answer: Verdict | Promise<Verdict>;
    try {
      answer = handler(message);
    } catch (error) {
      return this.failed(topic, error);
    }
    const spentMs = performance.now() - startMs;
    budget.charge(relayedBy, 'mainThreadMs', spentMs);
    const judged = (verdict: Verdict): Verdict => {
      if (verdict === 'accept') budget.giveBack(relayedBy, 'mainThreadMs', spentMs);
      return verdict;
    };
    if (typeof answer === 'string') return judged(answer);
    return this.inTime(topic, answer).then(judged);
  }

  private async inTime(topic: string, answer: Promise<Verdict>): Promise<Verdict> {
    const { deadlineMs, log } = this.options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), deadlineMs);
    });
    try {
      const verdict = await Promise.race([answer, late]);
      if (verdict !== 'late') return verdict;
      log('warn', `no verdict on a message of ${topic} within ${deadlineMs} ms: not passed on`);
      return 'ignore';
    } catch (error) {
      return this.failed(topic, error);
    } finally {
      clearTimeout(timer);
    }
  }

  private failed(topic: string, error: unknown): Verdict {
    this.options.log('error', `the handler of ${topic} failed: ${messageOf(error)}`);
    return 'ignore';
  }

  private report(id: string, from: PeerId, verdict: Verdict): void {
    this.gossip.reportMessageValidationResult(id, from, RESULT[verdict]);
  }

  private track(peer: PeerId, bytes: number, messages: number): void {
    const stranger = !this.options.budget.isSeated(peer);
    const own = this.pending.get(peer) ?? { messages: 0, bytes: 0, stranger };
    own.messages += messages;
    own.bytes += bytes;
    this.pendingBytes += bytes;
    // as it was when the first of these came: the same on both sides of the account
    if (own.stranger) this.strangerBytes += bytes;
    if (own.messages > 0) this.pending.set(peer, own);
    else this.pending.delete(peer);
  }
}
