/**
 * How a round's decision reaches the others: the deciding view's proposer announces it at once, the other members in
 * turn unless they heard it from someone; and whoever is seen behind is sent what it lacks.
 */
import { proposerOf } from '../../committee/sampling.ts';
import type { PeerId } from '../../crypto/peer-id.ts';
import type { Decision, UnverifiedDecision } from '../../messages/decision.ts';
import { committeeOf, type Chain } from '../chain/chain.ts';
import type { Outbox } from '../outbox.ts';
import { HINTED_ROUNDS, MAX_HINTS_PER_PEER } from '../limits.ts';
import type { Timeline } from '../chain/timeline.ts';

export class Announcer {
  private readonly outbox: Outbox;
  private readonly timeline: Timeline;
  private readonly hints = new Map<PeerId, number>();
  private waiting: Decision | undefined;

  constructor(outbox: Outbox, timeline: Timeline) {
    this.outbox = outbox;
    this.timeline = timeline;
  }

  /** The decision of the round on `chain` is stored and applied here. */
  adopted(chain: Chain, decision: Decision): void {
    const { config, self } = this.outbox;
    this.hints.clear();
    if (this.waiting !== undefined) this.outbox.cancelTimer('announce');
    this.waiting = undefined;
    const { attempt, view } = decision.certificate;
    const committee = committeeOf(config, chain, attempt);
    const place = committee.indexOf(self);
    if (place < 0) return;
    if (proposerOf(committee, view) === self) return this.outbox.publish(decision);
    this.waiting = decision;
    this.outbox.setTimer(
      'announce',
      Math.ceil((config.timing.rebroadcastMs * (place + 1)) / committee.length),
    );
  }

  /** Somebody else announced a decided round, and that is what it announced: a false word must not silence us. */
  heard({ value, certificate }: UnverifiedDecision): void {
    const { waiting } = this;
    if (waiting?.value.round !== value.round || waiting.certificate.value !== certificate.value) return;
    const chain = this.timeline.at(value.round)?.chain;
    if (chain === undefined) return;
    if (!this.outbox.verifier.certificate(chain, certificate, 'precommit').ok) return;
    this.waiting = undefined;
    this.outbox.cancelTimer('announce');
  }

  timedOut(): void {
    if (this.waiting !== undefined) this.outbox.publish(this.waiting);
    this.waiting = undefined;
  }

  /** Whether a peer that speaks of a round would be sent its decision, if it is the peer that speaks. */
  wants(peer: PeerId, round: number): boolean {
    const { head } = this.timeline;
    const isNew = round < head.round && round >= head.round - HINTED_ROUNDS;
    if (!isNew || peer === this.outbox.self || this.timeline.at(round) === undefined) return false;
    return (this.hints.get(peer) ?? 0) < MAX_HINTS_PER_PEER;
  }

  /** A peer with a seat speaks of a round that is decided here. */
  hint(peer: PeerId, round: number): void {
    const entry = this.timeline.at(round);
    if (entry === undefined || !this.wants(peer, round)) return;
    this.hints.set(peer, (this.hints.get(peer) ?? 0) + 1);
    this.outbox.put({ type: 'send', to: peer, message: entry.decision });
  }

  get size(): number {
    return this.hints.size;
  }
}
