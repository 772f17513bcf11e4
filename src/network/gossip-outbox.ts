/**
 * What gossipsub 14.1.2 sends, joined: messages that go to one neighbour within one turn of the event loop leave as one
 * RPC, since each RPC costs both sides an encoding, a frame, and a task. It has no option for any of this.
 * Order: what changes who hears what (subscriptions, grafts, prunes) and what is asked goes at once, behind the messages
 * that wait. Size: an answer to IWANT is one RPC with all messages asked for; above the receiver's frame limit it would
 * make the receiver drop us for good. So every RPC is cut to MAX_SENT_RPC_BYTES.
 * IDONTWANT (v1.2): the library tells neighbours which messages it has, a frame each, and takes no notice of what they
 * tell. Here the ids of HAVE_WAIT_MS travel together, or with the next message, and what a neighbour has is not sent to it
 * (gossip-relays.ts).
 */
import type { GossipSub } from '@chainsafe/libp2p-gossipsub';
import { GossipRelays } from './gossip-relays.ts';
import { HAVE_WAIT_MS, MAX_SENT_RPC_BYTES, MAX_SENT_RPC_MESSAGES, MAX_TOLD_IDS } from './limits.ts';
import type { PeerBudget } from './peer-budget.ts';
import type { PeerId } from '../crypto/peer-id.ts';

type Rpc = Parameters<GossipSub['handleReceivedRpc']>[1];
export type RpcMessage = Rpc['messages'][number];
type Idontwant = NonNullable<NonNullable<Rpc['control']>['idontwant']>;

const WITH_IDONTWANT = '/meshsub/1.2.0';
const MESSAGE_OVERHEAD_BYTES = 64;

/** What is used here of gossipsub beyond what it declares. */
interface OpenGossip {
  readonly mesh: ReadonlyMap<string, ReadonlySet<PeerId>>;
  readonly streamsOutbound: ReadonlyMap<PeerId, { readonly protocol: string }>;
  readonly mcache: { observeDuplicate(id: string, from: PeerId): void };
  readonly idontwants: ReadonlyMap<PeerId, ReadonlyMap<string, number>>;
  readonly msgIdToStrFn: (id: Uint8Array) => string;
  sendRpc: (peer: PeerId, rpc: Rpc) => boolean;
  sendIDontWants: (id: Uint8Array, topic: string, source: PeerId) => void;
  handleIdontwant: (peer: PeerId, idontwant: Idontwant) => void;
  forwardMessage: (id: string, message: RpcMessage, source?: PeerId, exclude?: ReadonlySet<PeerId>) => void;
  removePeer: (peer: { toString(): PeerId }) => void;
}

interface Waiting {
  messages: RpcMessage[];
  /** Ids of messages that are here, by their text. */
  readonly have: Map<string, Uint8Array>;
}

export class GossipOutbox {
  private readonly budget: PeerBudget;
  private readonly gossip: OpenGossip;
  private readonly send: OpenGossip['sendRpc'];
  private readonly waiting = new Map<PeerId, Waiting>();
  private readonly relays = new GossipRelays<RpcMessage>();
  /** To be sent at the end of this turn. */
  private readonly hasMessages = new Set<PeerId>();
  private relayed: { readonly id: string; readonly source: PeerId } | undefined;
  private haveTimer: NodeJS.Timeout | undefined;
  private relayTimer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(gossip: GossipSub, budget: PeerBudget) {
    const open = gossip as unknown as OpenGossip;
    this.gossip = open;
    this.budget = budget;
    this.send = open.sendRpc.bind(gossip);
    open.sendRpc = (peer, rpc) => this.take(peer, rpc);
    open.sendIDontWants = (id, topic, source) => this.tell(id, topic, source);
    const forward = open.forwardMessage.bind(gossip);
    open.forwardMessage = (id, message, source, exclude) => {
      this.relayed = source === undefined ? undefined : { id, source };
      try {
        forward(id, message, source, exclude);
      } finally {
        this.relayed = undefined;
      }
    };
    const observeDuplicate = open.mcache.observeDuplicate.bind(open.mcache);
    open.mcache.observeDuplicate = (id, from) => {
      observeDuplicate(id, from);
      this.waiting.get(from)?.have.delete(id);
      this.relays.shown(from, id, Date.now());
    };
    const handleIdontwant = open.handleIdontwant.bind(gossip);
    open.handleIdontwant = (peer, idontwant) => {
      handleIdontwant(peer, idontwant); // remembers them, so many a heartbeat
      const ids = idontwant.flatMap(({ messageIDs }) => messageIDs).slice(0, MAX_TOLD_IDS);
      for (const id of ids) this.relays.shown(peer, open.msgIdToStrFn(id), Date.now());
    };
    const removePeer = open.removePeer.bind(gossip);
    open.removePeer = (peer) => {
      removePeer(peer);
      this.waiting.delete(peer.toString());
      this.hasMessages.delete(peer.toString());
      this.relays.forget(peer.toString());
    };
  }

  /** Messages that are watched, and ids that are to be told. */
  get size(): number {
    return [...this.waiting.values()].reduce((sum, { have }) => sum + have.size, this.relays.size);
  }

  /** Sends what waits, but for copies; from now on nothing waits. */
  stop(): void {
    this.stopped = true;
    this.sendAll();
    clearTimeout(this.haveTimer);
    clearTimeout(this.relayTimer);
  }

  /** False: it is not sent. */
  private take(peer: PeerId, rpc: Rpc): boolean {
    const { relayed } = this;
    if (rpc.subscriptions.length > 0 || rpc.control !== undefined || this.stopped) {
      this.sendWaiting(peer);
      return this.mayHave(peer, rpc.messages) && this.sendCut(peer, rpc);
    }
    if (!this.gossip.streamsOutbound.has(peer)) return false;
    if (relayed !== undefined) {
      const [message] = rpc.messages;
      if (message === undefined) return false;
      if (this.gossip.idontwants.get(peer)?.has(relayed.id) === true) return true;
      if (!this.relays.offer(peer, relayed.id, relayed.source, message, Date.now())) {
        this.watchRelays();
        return true;
      }
    }
    return this.put(peer, rpc.messages);
  }

  private put(peer: PeerId, messages: readonly RpcMessage[]): boolean {
    if (!this.mayHave(peer, messages)) return false;
    this.of(peer).messages.push(...messages);
    if (this.hasMessages.size === 0) setImmediate(() => this.sendAll());
    this.hasMessages.add(peer);
    return true;
  }

  /** Strangers pay for what they are sent. */
  private mayHave(peer: PeerId, messages: readonly RpcMessage[]): boolean {
    if (messages.length === 0 || this.budget.isSeated(peer)) return true;
    if (!this.budget.allows(peer, 'bytesOut')) return false;
    this.budget.charge(
      peer,
      'bytesOut',
      messages.reduce((sum, message) => sum + sizeOf(message), 0),
    );
    return true;
  }

  private of(peer: PeerId): Waiting {
    let waiting = this.waiting.get(peer);
    if (waiting === undefined) this.waiting.set(peer, (waiting = { messages: [], have: new Map() }));
    return waiting;
  }

  private sendAll(): void {
    const peers = [...this.hasMessages];
    this.hasMessages.clear();
    for (const peer of peers) this.sendWaiting(peer);
  }

  private sendWaiting(peer: PeerId): void {
    const waiting = this.waiting.get(peer);
    if (waiting === undefined || (waiting.messages.length === 0 && waiting.have.size === 0)) return;
    const { messages, have } = waiting;
    waiting.messages = [];
    const rpc: Rpc = { subscriptions: [], messages };
    if (have.size > 0) {
      const control = { ihave: [], iwant: [], graft: [], prune: [] };
      rpc.control = { ...control, idontwant: [{ messageIDs: [...have.values()] }] };
      have.clear();
    }
    this.sendCut(peer, rpc);
  }

  private sendCut(peer: PeerId, rpc: Rpc): boolean {
    const frames = splitMessages(rpc.messages);
    if (frames.length <= 1) return this.send(peer, rpc);
    return frames.every((messages, i) =>
      this.send(peer, i === 0 ? { ...rpc, messages } : { subscriptions: [], messages }),
    );
  }

  /** Whoever would pass a message on to us learns that it is here. */
  private tell(id: Uint8Array, topic: string, source: PeerId): void {
    const text = this.gossip.msgIdToStrFn(id);
    for (const peer of this.gossip.mesh.get(topic) ?? []) {
      if (peer === source || this.gossip.streamsOutbound.get(peer)?.protocol !== WITH_IDONTWANT) continue;
      const { have } = this.of(peer);
      if (have.size < MAX_TOLD_IDS) have.set(text, id);
    }
    this.haveTimer ??= setTimeout(() => {
      this.haveTimer = undefined;
      for (const peer of this.waiting.keys()) this.sendWaiting(peer);
    }, HAVE_WAIT_MS).unref();
  }

  private watchRelays(): void {
    if (this.relayTimer !== undefined || this.stopped) return;
    const waitMs = this.relays.waitMs(Date.now());
    if (waitMs === undefined) return;
    this.relayTimer = setTimeout(() => {
      // what has arrived meanwhile is read before it is decided
      setImmediate(() => {
        this.relayTimer = undefined;
        if (this.stopped) return;
        for (const { peer, messages } of this.relays.due(Date.now())) this.put(peer, messages);
        this.watchRelays();
      });
    }, waitMs).unref();
  }
}

export function sizeOf(message: RpcMessage): number {
  return (message.data?.length ?? 0) + message.topic.length + MESSAGE_OVERHEAD_BYTES;
}

/** The messages in order, in groups of bounded bytes and number; a single message is never cut. */
export function splitMessages(messages: readonly RpcMessage[]): RpcMessage[][] {
  const parts: RpcMessage[][] = [];
  let part: RpcMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = sizeOf(message);
    if (part.length > 0 && (bytes + size > MAX_SENT_RPC_BYTES || part.length >= MAX_SENT_RPC_MESSAGES)) {
      parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(message);
    bytes += size;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}
