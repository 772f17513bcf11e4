/**
 * Changes to gossipsub 14.1.2 that it has no options for; those to what it sends are in gossip-outbox.ts.
 * Inbound: every frame is paid for before it enters any cache. A stranger's waits until its sender may cost something
 * again, which stops the stream; what it brings that is new is dropped where its sender may have nothing judged. That
 * must happen here: gossipsub remembers the id of every message, so one that is dropped later would be lost from honest
 * neighbours as well. What is known here it cannot have repeated: to whoever missed it, its author and peers with seats
 * repeat it, and a stranger that does so has every peer send everything to everybody once more. A flood of a peer with a
 * seat is dropped.
 * Memory: gossipsub remembers ids for two minutes, however many they are; here the oldest goes above MAX_SEEN_MESSAGES.
 * Mesh: expired backoffs are cleared at every heartbeat instead of every fifteenth, so that who leaves a topic and comes
 * back finds its mesh again in seconds.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { GossipSub } from '@chainsafe/libp2p-gossipsub';
import type { PeerId as Libp2pPeerId } from '@libp2p/interface';
import { KNOWN_PAYLOAD_UNITS, MAX_PACED_BYTES, MAX_SEEN_MESSAGES } from './limits.ts';
import { sizeOf, type RpcMessage } from './gossip-outbox.ts';
import { messageId } from './gossip-wire.ts';
import type { PayloadStanding } from './payload-memory.ts';
import type { PeerBudget } from './peer-budget.ts';
import type { PeerId } from '../crypto/peer-id.ts';

type Rpc = Parameters<GossipSub['handleReceivedRpc']>[1];

export interface GossipGuardParts {
  readonly budget: PeerBudget;
  /** Ends with the transport. */
  readonly signal: AbortSignal;
  /** Whether the peer may have more messages waiting for a verdict. */
  readonly hasRoom: (peer: PeerId, messages: number, bytes: number) => boolean;
  /** What is known of these bytes, whatever their nonce: nothing, that they were accepted, that they are of no use. */
  readonly standing: (topic: string, wire: Uint8Array) => PayloadStanding;
  readonly onFlood: (peer: PeerId, droppedMessages: number) => void;
  /** A stranger brought something new above its budget. */
  readonly onOverrun: (peer: PeerId, droppedMessages: number) => void;
}

/** A debt is looked at again after so long, since others pay into it too. */
const LONGEST_WAIT_MS = 500;

/** Gives how many bytes of frames wait for their senders' accounts. */
export function guardGossip(gossip: GossipSub, parts: GossipGuardParts): { pacedBytes(): number } {
  const { budget, signal } = parts;
  const open = gossip as unknown as {
    readonly seenCache: SeenCache;
    msgIdToStrFn: (id: Uint8Array) => string;
    clearBackoff: () => void;
    readonly backoff: Map<string, Map<PeerId, number>>;
  };
  const seen = open.seenCache;
  boundSeen(seen);
  let pacedBytes = 0;

  const receive = gossip.handleReceivedRpc.bind(gossip);
  gossip.handleReceivedRpc = async (from: Libp2pPeerId, rpc: Rpc): Promise<void> => {
    const peer = from.toString();
    const bytes = rpc.messages.reduce((sum, message) => sum + sizeOf(message), 0);
    // A frame without messages costs one unit as well: control messages and subscriptions are not free to handle
    const units = Math.max(1, rpc.messages.length);
    if (budget.isSeated(peer)) {
      const fits = budget.take(peer, 'messages', units) && budget.take(peer, 'gossipBytes', bytes);
      if (fits && parts.hasRoom(peer, rpc.messages.length, bytes)) return receive(from, rpc);
      return parts.onFlood(peer, rpc.messages.length);
    }
    if (pacedBytes + bytes > MAX_PACED_BYTES) return parts.onOverrun(peer, rpc.messages.length);
    budget.charge(peer, 'messages', units);
    budget.charge(peer, 'gossipBytes', bytes);
    pacedBytes += bytes;
    try {
      await untilOutOfDebt(peer);
    } finally {
      pacedBytes -= bytes;
    }
    if (signal.aborted) return;
    const judged = rpc.messages.map((message) => ({ message, welcome: welcomeOf(peer, message) }));
    const overrun = judged.filter(({ welcome }) => welcome === 'overrun').length;
    if (overrun > 0) parts.onOverrun(peer, overrun);
    const known = judged.filter(({ welcome }) => welcome === 'known').length;
    if (known > 0) budget.charge(peer, 'messages', known * (KNOWN_PAYLOAD_UNITS - 1));
    const messages = judged.filter(({ welcome }) => welcome === 'come in').map(({ message }) => message);
    await receive(from, { ...rpc, messages });
  };

  async function untilOutOfDebt(peer: PeerId): Promise<void> {
    if (budget.allows(peer, 'messages', 'gossipBytes')) return; // else it is counted that it had to wait
    for (;;) {
      const debtMs = Math.max(budget.debtMs(peer, 'messages'), budget.debtMs(peer, 'gossipBytes'));
      if (debtMs === 0 || signal.aborted) return;
      await sleep(Math.min(debtMs, LONGEST_WAIT_MS), undefined, { ref: false });
    }
  }

  /** Copies of what was seen are cheap; anything else must be new, of use and affordable. */
  function welcomeOf(peer: PeerId, { topic, data = NOTHING }: RpcMessage): 'come in' | 'known' | 'overrun' {
    if (seen.has(open.msgIdToStrFn(messageId(topic, data)))) return 'come in';
    const standing = parts.standing(topic, data);
    if (standing !== 'unknown') return standing === 'accepted' ? 'known' : 'overrun';
    const isAffordable =
      budget.allows(peer, 'judgements', 'mainThreadMs') && parts.hasRoom(peer, 1, data.length);
    if (!isAffordable) return 'overrun';
    budget.charge(peer, 'judgements', 1);
    return 'come in';
  }

  open.clearBackoff = () => {
    // One heartbeat of slack, as in the library: the other side counts from when it heard of it
    const expiredMs = Date.now() - gossip.opts.heartbeatInterval;
    for (const [topic, peers] of open.backoff) {
      for (const [peer, untilMs] of peers) if (untilMs < expiredMs) peers.delete(peer);
      if (peers.size === 0) open.backoff.delete(topic);
    }
  };
  return { pacedBytes: () => pacedBytes };
}

const NOTHING = new Uint8Array(0);

interface SeenCache {
  readonly entries: Map<string, unknown>;
  has(id: string): boolean;
  put(id: string, value?: unknown): boolean;
}

function boundSeen(seen: SeenCache): void {
  const put = seen.put.bind(seen);
  seen.put = (id, value) => {
    const wasThere = put(id, value);
    for (const oldest of seen.entries.keys()) {
      if (seen.entries.size <= MAX_SEEN_MESSAGES) break;
      seen.entries.delete(oldest);
    }
    return wasThere;
  };
}
