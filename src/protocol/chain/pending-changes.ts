/**
 * Joins, leaves and evidence that wait for a proposer to list them: one per peer and kind, and room for each kind, so
 * that no number of joins keeps evidence or a leave out.
 */
import { digestOf } from '../../crypto/hash.ts';
import type { RosterChange } from '../../messages/roster-change.ts';
import type { Chain } from './chain.ts';
import type { ProtocolConfig } from '../config.ts';
import { MAX_PENDING_PER_KIND } from '../limits.ts';
import { admissible, inChangeOrder, isEffective } from './roster-changes.ts';

type Kind = RosterChange['kind'];
const KINDS: readonly Kind[] = ['evidence', 'leave', 'join'];

export class PendingChanges {
  private readonly config: ProtocolConfig;
  private readonly waiting: { readonly [K in Kind]: Map<string, RosterChange> } = {
    evidence: new Map(),
    leave: new Map(),
    join: new Map(),
  };

  constructor(config: ProtocolConfig) {
    this.config = config;
  }

  has(change: RosterChange): boolean {
    const known = this.waiting[change.kind].get(change.peer);
    return known !== undefined && (change.kind === 'evidence' || ageOf(known) >= change.round);
  }

  /** Takes in a verified change; false where its kind has no room left. */
  add(change: RosterChange): boolean {
    const waiting = this.waiting[change.kind];
    if (!waiting.has(change.peer) && waiting.size >= MAX_PENDING_PER_KIND) return false;
    waiting.set(change.peer, change);
    return true;
  }

  /**
   * What a fresh value on this chain should carry. Where not all find room, the round decides whose turn it is: an
   * order by peer id would always serve those first that picked a small one.
   */
  select(chain: Chain): readonly RosterChange[] {
    const turns = KINDS.flatMap((kind) => {
      const waiting = [...this.waiting[kind].values()];
      return waiting
        .map((change) => ({ change, turn: digestOf('synod/turn', chain.anchor, change.peer) }))
        .sort((a, b) => (a.turn < b.turn ? -1 : 1))
        .map(({ change }) => change);
    });
    return admissible(this.config, chain.roster, chain.round, turns).sort(inChangeOrder);
  }

  /** Drops what took effect or grew too old. */
  prune(chain: Chain): void {
    for (const waiting of Object.values(this.waiting)) {
      for (const [peer, change] of waiting) {
        const later = change.kind !== 'evidence' && change.round > chain.round;
        if (!later && !isEffective(this.config, chain.roster, chain.round, change)) waiting.delete(peer);
      }
    }
  }

  get size(): number {
    return KINDS.reduce((size, kind) => size + this.waiting[kind].size, 0);
  }
}

function ageOf(change: RosterChange): number {
  return change.kind === 'evidence' ? Infinity : change.round;
}
