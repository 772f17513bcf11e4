/**
 * What peers have done wrong: points that halve with time, gossipsub's application score, and bans that double.
 * Assumes that the caller reports faults that the peer itself made, never what it only passed on.
 */
import {
  BAN_POINTS,
  FIRST_BAN_MS,
  LONGEST_BAN_MS,
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
}

export class PeerConduct {
  private readonly records = new Map<PeerId, Record>();
  private readonly events: ConductEvents;

  constructor(events: ConductEvents) {
    this.events = events;
  }

  /** Adds points; at BAN_POINTS the peer is banned for FIRST_BAN_MS, twice as long each further time. */
  penalize(peer: PeerId, points: number, reason: string, nowMs: number): void {
    const record = this.records.get(peer) ?? { points: 0, atMs: nowMs, bans: 0, bannedUntilMs: 0, reason };
    record.points = decayed(record, nowMs) + points;
    record.atMs = nowMs;
    record.reason = reason;
    this.records.delete(peer); // the newest stands last, so that eviction takes the oldest
    this.records.set(peer, record);
    if (this.records.size > MAX_CONDUCT_ENTRIES) this.evict();
    if (record.points >= BAN_POINTS && record.bannedUntilMs <= nowMs) {
      const lengthMs = Math.min(LONGEST_BAN_MS, FIRST_BAN_MS * 2 ** record.bans);
      record.bans += 1;
      record.bannedUntilMs = nowMs + lengthMs;
      record.points = BAN_POINTS / 2; // comes back on probation
      this.events.onBan(peer, reason, record.bannedUntilMs);
    }
  }

  /** Gossipsub's application score: zero or below. */
  score(peer: PeerId, nowMs: number): number {
    const record = this.records.get(peer);
    return record === undefined ? 0 : -decayed(record, nowMs);
  }

  /** Why and until when the peer is banned; undefined where it is not. */
  ban(peer: PeerId, nowMs: number): { readonly reason: string; readonly untilMs: number } | undefined {
    const record = this.records.get(peer);
    if (record === undefined || record.bannedUntilMs <= nowMs) return undefined;
    return { reason: record.reason, untilMs: record.bannedUntilMs };
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
