/** The peer's own seat in the roster, and everyone's wishes about theirs: joins, leaves, evidence. */
import type { Evidence } from '../../messages/evidence.ts';
import type { RosterChange, UnverifiedJoin, UnverifiedLeave } from '../../messages/roster-change.ts';
import type { Chain } from './chain.ts';
import type { Outbox } from '../outbox.ts';
import type { MessageFault } from '../fault.ts';
import { ABSENT_AFTER_COHORTS, JOIN_INTERVAL_ROUNDS } from '../limits.ts';
import { PendingChanges } from './pending-changes.ts';
import type { Presence } from '../round/presence.ts';
import { hasSeat, heardIn, missedCohortsOf } from './roster.ts';
import { isEffective } from './roster-changes.ts';
import { joinBytes, leaveBytes } from '../verification/statements.ts';

export class Membership {
  readonly pending: PendingChanges;
  private readonly outbox: Outbox;
  private readonly permit: Uint8Array | undefined;
  private wanted: boolean;
  private wish: UnverifiedJoin | UnverifiedLeave | undefined;
  private readonly presence: Presence;

  constructor(outbox: Outbox, wanted: boolean, permit: Uint8Array | undefined, presence: Presence) {
    this.presence = presence;
    this.outbox = outbox;
    this.wanted = wanted;
    this.permit = permit;
    this.pending = new PendingChanges(outbox.config);
  }

  leave({ round }: Chain): void {
    this.wanted = false;
    const { self, config } = this.outbox;
    const signature = this.outbox.sign(leaveBytes(config.experiment, self, round));
    this.wish = { kind: 'leave', peer: self, round, signature };
    this.outbox.publish(this.wish);
  }

  /**
   * At a round's start and with each rebroadcast: says again what is not granted yet. With a seat that counts as absent
   * a join says that its peer is back and wants to be waited for.
   */
  ask(chain: Chain): void {
    const { self, config } = this.outbox;
    const seated = hasSeat(chain.roster, self);
    if (this.wish?.kind === 'leave') {
      if (seated) this.outbox.publish(this.wish);
      return;
    }
    const absent = missedCohortsOf(chain.roster, self) >= ABSENT_AFTER_COHORTS;
    if ((seated && !absent) || !this.wanted || chain.roster.excluded.includes(self)) {
      this.wish = undefined;
      return;
    }
    const { round } = chain;
    const interval = seated ? 1 : JOIN_INTERVAL_ROUNDS;
    if (this.wish === undefined || round - this.wish.round >= interval) {
      const signature = this.outbox.sign(joinBytes(config.experiment, self, round));
      const permit = this.permit === undefined ? {} : { permit: this.permit };
      this.wish = { kind: 'join', peer: self, round, signature, ...permit };
    }
    this.outbox.publish(this.wish);
  }

  onChange(change: RosterChange, chain: Chain): MessageFault | undefined {
    if (change.kind === 'join' && hasSeat(chain.roster, change.peer)) return this.onReturn(change, chain);
    if (this.pending.has(change)) return 'duplicate';
    if (!isEffective(this.outbox.config, chain.roster, chain.round, change)) return 'stale';
    const fault = this.outbox.verifier.change(change);
    if (fault !== undefined) return fault;
    if (!this.pending.add(change)) return 'queue-full';
    if (change.kind === 'evidence') this.outbox.report({ event: 'convicted', evidence: change });
    return undefined;
  }

  /** Somebody with a seat says that it is back: news once a round, where it counts as absent. */
  private onReturn(join: UnverifiedJoin, { round, roster }: Chain): MessageFault | undefined {
    if (missedCohortsOf(roster, join.peer) < ABSENT_AFTER_COHORTS || Math.abs(join.round - round) > 1) {
      return 'stale';
    }
    if (this.presence.isBack(join.peer, join.round)) return 'duplicate';
    const fault = this.outbox.verifier.change(join);
    if (fault === undefined) this.presence.back(join.peer, join.round);
    return fault;
  }

  /** Evidence that this peer found by itself. */
  onEvidence(evidence: Evidence, chain: Chain): void {
    if (!heardIn(chain.roster).has(evidence.peer) || this.pending.has(evidence)) return;
    if (this.outbox.verifier.evidence(evidence) !== undefined || !this.pending.add(evidence)) return;
    this.outbox.report({ event: 'convicted', evidence });
    this.outbox.publish(evidence);
  }
}
