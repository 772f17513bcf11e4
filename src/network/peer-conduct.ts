/**
 * What peers have done wrong: points that halve with time, gossipsub's application score, and bans that double. A key
 * costs nothing, so bans of strangers count against their address prefix as well, and enough of them ban the prefix for
 * strangers. Assumes that the caller reports faults that the peer itself made, never what it only passed on.
 */
import {
  BAN_POINTS,
  FIRST_BAN_MS,
  LONGEST_BAN_MS,
  PREFIX_POINTS_PER_BAN,
  MAX_CONDUCT_ENTRIES,
  PENALTY_HALF_LIFE_MS,
} from './limits.ts';
import type { PeerId } from '../crypto/peer-id.ts';

interface Record {
  points: number;
  atMs: number;
  bans: number;
  bannedUntilMs: number;
  reason: string;
}

export interface ConductEvents {
  readonly onBan: (peer: PeerId, reason: string, untilMs: number) => void;
  readonly onPrefixBan?: (prefix: string, reason: string, untilMs: number) => void;
  /** The address prefix that a stranger stands behind; undefined for whoever has a seat. */
  readonly strangerPrefix?: (peer: PeerId) => string | undefined;
}

export interface CutOff {
  /** A peer, or an address prefix whose strangers are meant. */
  readonly who: string;
  readonly reason: string;
  readonly untilMs: number;
}

export class PeerConduct {
  /** By peer, and by address prefix. */
  private readonly records = new Map<string, Record>();
  private readonly events: ConductEvents;

  constructor(events: ConductEvents) {
    this.events = events;
  }

  /** Adds points; at BAN_POINTS the peer is banned for FIRST_BAN_MS, twice as long each further time. */
  penalize(peer: PeerId, points: number, reason: string, nowMs: number): void {
    const untilMs = this.add(peer, points, reason, nowMs);
    if (untilMs === undefined) return;
    this.events.onBan(peer, reason, untilMs);
    const prefix = this.events.strangerPrefix?.(peer);
    if (prefix === undefined) return;
    const prefixUntilMs = this.add(prefix, PREFIX_POINTS_PER_BAN, reason, nowMs);
    if (prefixUntilMs !== undefined) this.events.onPrefixBan?.(prefix, reason, prefixUntilMs);
  }

  /** Until when the points ban, where they do. */
  private add(peer: string, points: number, reason: string, nowMs: number): number | undefined {
    const record = this.records.get(peer) ?? { points: 0, atMs: nowMs, bans: 0, bannedUntilMs: 0, reason };
    record.points = decayed(record, nowMs) + points;
    record.atMs = nowMs;
    record.reason = reason;
    this.records.delete(peer); // the newest stands last, so that eviction takes the oldest
    this.records.set(peer, record);
    if (this.records.size > MAX_CONDUCT_ENTRIES) this.evict();
    if (record.points < BAN_POINTS || record.bannedUntilMs > nowMs) return undefined;
    const lengthMs = Math.min(LONGEST_BAN_MS, FIRST_BAN_MS * 2 ** record.bans);
    record.bans += 1;
    record.bannedUntilMs = nowMs + lengthMs;
    record.points = BAN_POINTS / 2; // comes back on probation
    return record.bannedUntilMs;
  }

  /** Gossipsub's application score: zero or below. */
  score(peer: PeerId, nowMs: number): number {
    const record = this.records.get(peer);
    return record === undefined ? 0 : -decayed(record, nowMs);
  }

  /** Why and until when the peer is banned, itself or with its prefix; undefined where it is not. */
  ban(peer: PeerId, nowMs: number): { readonly reason: string; readonly untilMs: number } | undefined {
    const prefix = this.events.strangerPrefix?.(peer);
    for (const key of prefix === undefined ? [peer] : [peer, prefix]) {
      const record = this.records.get(key);
      if (record !== undefined && record.bannedUntilMs > nowMs) {
        return { reason: record.reason, untilMs: record.bannedUntilMs };
      }
    }
    return undefined;
  }

  /** Who is banned now. */
  cutOff(nowMs: number): readonly CutOff[] {
    return [...this.records]
      .filter(([, { bannedUntilMs }]) => bannedUntilMs > nowMs)
      .map(([who, { reason, bannedUntilMs }]) => ({ who, reason, untilMs: bannedUntilMs }));
  }

  get size(): number {
    return this.records.size;
  }

  private evict(): void {
    for (const [peer] of this.records) {
      this.records.delete(peer);
      return;
    }
  }
}

function decayed(record: Record, nowMs: number): number {
  const halvings = Math.max(0, nowMs - record.atMs) / PENALTY_HALF_LIFE_MS;
  const points = record.points * 2 ** -halvings;
  return points < 0.1 ? 0 : points;
}
