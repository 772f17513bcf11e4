/**
 * Finds connections that are open but dead for gossip, and drops them so that they are dialled anew. Three ways lead
 * there in gossipsub 14.1.2: a frame above the limit (the receiver forgets the sender for good), a stream that could not
 * be opened (never tried again), and the end of one of two connections to a peer (its stream stays registered).
 * A machine that has too much to do looks the same from outside, and a new connection would cost it more: so each time the
 * same peer is waited for twice as long, until gossip goes both ways again. Where it is this process that has too much to
 * do, its neighbours' streams wait here: such time hardly counts.
 */
import { performance, type EventLoopUtilization } from 'node:perf_hooks';
import type { GossipSub } from '@chainsafe/libp2p-gossipsub';
import type { Stream } from '@libp2p/interface';
import type { NetworkHost } from './network-host.ts';
import type { PeerId } from '../crypto/peer-id.ts';

const WATCH_INTERVAL_MS = 1_000;
const LONGEST_GRACE_FACTOR = 16;
/** Above this share of its time the event loop had work waiting. */
const BUSY_UTILIZATION = 0.9;
/** What time counts in which it was busy: who is silent all that time is dropped in the end. */
const BUSY_TIME_SHARE = 0.1;
/** Peers whose drops are remembered; all are forgotten when there are more. */
const MAX_REMEMBERED_DROPS = 1_024;

export class MeshWatch {
  /** For how long peers have been silent, as time counts here. */
  private readonly mutedMs = new Map<PeerId, number>();
  /** How much longer than the first time a peer is waited for. */
  private readonly patience = new Map<PeerId, number>();
  private timer: NodeJS.Timeout | undefined;
  private lastLookMs: number | undefined;
  private readonly host: NetworkHost;
  private readonly graceMs: number;
  private readonly isMember: (peer: PeerId) => boolean;
  private readonly utilization: () => number;

  /**
   * `isMember` tells whether a peer is known to speak this experiment's protocols; `utilization` which share of the time
   * since it was last asked the event loop was busy.
   */
  constructor(
    host: NetworkHost,
    graceMs: number,
    isMember: (peer: PeerId) => boolean,
    utilization = utilizationSinceAsked(),
  ) {
    this.host = host;
    this.graceMs = graceMs;
    this.isMember = isMember;
    this.utilization = utilization;
  }

  start(): void {
    this.timer = setInterval(() => this.check(Date.now()), WATCH_INTERVAL_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.mutedMs.clear();
    this.patience.clear();
  }

  /** One look, as the timer takes it. */
  check(nowMs: number): void {
    const share = this.utilization() > BUSY_UTILIZATION ? BUSY_TIME_SHARE : 1;
    // a clock that is set back takes nothing away
    const countedMs = Math.max(0, nowMs - (this.lastLookMs ?? nowMs)) * share;
    this.lastLookMs = nowMs;
    const connected = new Set(this.host.connectedPeers());
    for (const peer of this.mutedMs.keys()) if (!connected.has(peer)) this.mutedMs.delete(peer);
    for (const peer of connected) {
      const hears = hearsGossip(this.host.node.gossip, peer);
      if (hears) this.patience.delete(peer);
      if (hears || !this.isMember(peer)) {
        this.mutedMs.delete(peer);
        continue;
      }
      const before = this.mutedMs.get(peer);
      const mutedMs = before === undefined ? 0 : before + countedMs;
      this.mutedMs.set(peer, mutedMs);
      const factor = this.patience.get(peer) ?? 1;
      if (mutedMs < factor * this.graceMs) continue;
      this.mutedMs.delete(peer);
      if (this.patience.size >= MAX_REMEMBERED_DROPS) this.patience.clear();
      this.patience.set(peer, Math.min(2 * factor, LONGEST_GRACE_FACTOR));
      this.host.log(
        'warn',
        `${peer} is connected but takes no part in gossip: the connection is dropped and dialled anew`,
      );
      this.host.drop(peer, 'no gossip on this connection');
    }
  }
}

function utilizationSinceAsked(): () => number {
  let last: EventLoopUtilization = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}

/** Whether gossip can be sent to a peer. */
export function hearsGossip(gossip: GossipSub, peer: PeerId): boolean {
  if (!gossip.peers.has(peer)) return false;
  const outbound = gossip.streamsOutbound.get(peer) as unknown as { rawStream?: Stream } | undefined;
  return outbound?.rawStream?.status === 'open';
}
