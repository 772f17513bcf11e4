/**
 * Three changes to gossipsub 14.1.2 that it has no options for.
 * Inbound: each peer has a rate; what is above is dropped before it enters any cache. Gossipsub remembers the id of every
 * message for two minutes, so a flood of tiny messages would otherwise grow that memory without bound.
 * Outbound: an answer to IWANT is one RPC with all messages asked for; above the receiver's frame limit it would make the
 * receiver drop us for good. So every RPC is cut to MAX_SENT_RPC_BYTES.
 * Mesh: expired backoffs are cleared at every heartbeat instead of every fifteenth, so that who leaves a topic and comes
 * back finds its mesh again in seconds.
 */
import type { GossipSub } from '@chainsafe/libp2p-gossipsub';
import type { PeerId as Libp2pPeerId } from '@libp2p/interface';
import {
  GOSSIP_BURST_BYTES,
  GOSSIP_BURST_MESSAGES,
  GOSSIP_BYTES_PER_SECOND,
  GOSSIP_MESSAGES_PER_SECOND,
  MAX_SENT_RPC_BYTES,
  MAX_SENT_RPC_MESSAGES,
} from './limits.ts';
import { PeerBuckets } from './token-bucket.ts';
import type { PeerId } from '../crypto/peer-id.ts';

type Rpc = Parameters<GossipSub['handleReceivedRpc']>[1];
type RpcMessage = Rpc['messages'][number];
type SendRpc = (peer: PeerId, rpc: Rpc) => boolean;

export interface GossipGuardEvents {
  /** Whether the peer may have more messages waiting for a verdict. */
  readonly hasRoom: (peer: PeerId, messages: number, bytes: number) => boolean;
  readonly onFlood: (peer: PeerId, droppedMessages: number) => void;
}

const MESSAGE_OVERHEAD_BYTES = 64;

export function guardGossip(gossip: GossipSub, events: GossipGuardEvents): void {
  const messageRate = new PeerBuckets(GOSSIP_MESSAGES_PER_SECOND, GOSSIP_BURST_MESSAGES);
  const byteRate = new PeerBuckets(GOSSIP_BYTES_PER_SECOND, GOSSIP_BURST_BYTES);

  const receive = gossip.handleReceivedRpc.bind(gossip);
  gossip.handleReceivedRpc = async (from: Libp2pPeerId, rpc: Rpc): Promise<void> => {
    const peer = from.toString();
    const nowMs = Date.now();
    const bytes = rpc.messages.reduce((sum, message) => sum + sizeOf(message), 0);
    // An RPC without messages costs one unit as well: control messages and subscriptions are not free to handle
    const fits =
      messageRate.take(peer, Math.max(1, rpc.messages.length), nowMs) && byteRate.take(peer, bytes, nowMs);
    if (!fits || !events.hasRoom(peer, rpc.messages.length, bytes)) {
      events.onFlood(peer, rpc.messages.length);
      return;
    }
    await receive(from, rpc);
  };

  const open = gossip as unknown as {
    sendRpc: SendRpc;
    clearBackoff: () => void;
    readonly backoff: Map<string, Map<PeerId, number>>;
  };
  open.clearBackoff = () => {
    // One heartbeat of slack, as in the library: the other side counts from when it heard of it
    const expiredMs = Date.now() - gossip.opts.heartbeatInterval;
    for (const [topic, peers] of open.backoff) {
      for (const [peer, untilMs] of peers) if (untilMs < expiredMs) peers.delete(peer);
      if (peers.size === 0) open.backoff.delete(topic);
    }
  };
  const send = open.sendRpc.bind(gossip);
  open.sendRpc = (peer, rpc) => {
    const parts = splitMessages(rpc.messages);
    if (parts.length <= 1) return send(peer, rpc);
    return parts.every((messages, i) =>
      send(peer, i === 0 ? { ...rpc, messages } : { subscriptions: [], messages }),
    );
  };
}

function sizeOf(message: RpcMessage): number {
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
