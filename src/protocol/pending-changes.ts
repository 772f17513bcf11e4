/** Joins, leaves and evidence that wait for a proposer to list them. One per peer and kind; evidence goes first. */
import type { RosterChange } from '../messages/roster-change.ts';
import type { Chain } from './chain.ts';
import type { ProtocolConfig } from './config.ts';
import { MAX_PENDING_CHANGES } from './limits.ts';
import { MAX_CHANGES_PER_VALUE } from '../messages/limits.ts';
import { isEffective } from './roster.ts';

const ORDER: { readonly [K in RosterChange['kind']]: number } = { evidence: 0, leave: 1, join: 2 };

export class PendingChanges {
  private readonly config: ProtocolConfig;
  private readonly waiting = new Map<string, RosterChange>();

  constructor(config: ProtocolConfig) {
    this.config = config;
  }

  has(change: RosterChange): boolean {
    const known = this.waiting.get(`${change.kind}:${change.peer}`);
    return known !== undefined && (change.kind === 'evidence' || ageOf(known) >= change.round);
  }

  /** Takes in a verified change; false where the queue is full. */
  add(change: RosterChange): boolean {
    const key = `${change.kind}:${change.peer}`;
    if (!this.waiting.has(key) && this.waiting.size >= MAX_PENDING_CHANGES) return false;
    this.waiting.set(key, change);
    return true;
  }

  /** What a fresh value on this chain should carry: at most one change per peer, all of them effective. */
  select(chain: Chain): readonly RosterChange[] {
    const seen = new Set<string>();
    let seats = this.config.maxPeers - chain.roster.seats.length - chain.roster.excluded.length;
    return [...this.waiting.values()]
      .filter((change) => isEffective(this.config, chain.roster, chain.round, change))
      .sort((a, b) => ORDER[a.kind] - ORDER[b.kind] || (a.peer < b.peer ? -1 : 1))
      .filter(({ kind, peer }) => {
        if (seen.has(peer) || (kind === 'join' && --seats < 0)) return false;
        seen.add(peer);
        return true;
      })
      .slice(0, MAX_CHANGES_PER_VALUE);
  }

  /** Drops what took effect or grew too old. */
  prune(chain: Chain): void {
    for (const [key, change] of this.waiting) {
      const later = change.kind !== 'evidence' && change.round > chain.round;
      if (!later && !isEffective(this.config, chain.roster, chain.round, change)) this.waiting.delete(key);
    }
  }

  get size(): number {
    return this.waiting.size;
  }
}

function ageOf(change: RosterChange): number {
  return change.kind === 'evidence' ? Infinity : change.round;
}
