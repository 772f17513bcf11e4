/**
 * The newest stretch of the chain: the state before each round and the round's decision, up to the head, which is the
 * state that the next round is played on. Older rounds are on the disk only.
 */
import { assert, present } from '../../foundation/assert.ts';
import type { Digest } from '../../crypto/hash.ts';
import type { Decision, UnverifiedDecision } from '../../messages/decision.ts';
import type { Chain } from './chain.ts';
import type { Verifier } from '../verification/verifier.ts';

export interface DecidedRound {
  /** The state before the round. */
  readonly chain: Chain;
  readonly decision: Decision;
  /** The digest of the decided value. */
  readonly value: Digest;
}

export class Timeline {
  private entries: DecidedRound[] = [];
  private tip: Chain;

  constructor(tip: Chain) {
    this.tip = tip;
  }

  restart(tip: Chain): void {
    this.entries = [];
    this.tip = tip;
  }

  get head(): Chain {
    return this.tip;
  }

  /** The first round that is kept. */
  get oldest(): number {
    return this.tip.round - this.entries.length;
  }

  get length(): number {
    return this.entries.length;
  }

  at(round: number): DecidedRound | undefined {
    return this.entries[round - this.oldest];
  }

  /** The state before a round that is kept, the head included. */
  before(round: number): Chain | undefined {
    return round === this.tip.round ? this.tip : this.at(round)?.chain;
  }

  push(decision: Decision, value: Digest, next: Chain): void {
    assert(next.round === this.tip.round + 1, 'a decision extends the head');
    this.entries.push({ chain: this.tip, decision, value });
    this.tip = next;
  }

  /** Extends the head by stored decisions, up to the first that is damaged. */
  replay(verifier: Verifier, decisions: readonly UnverifiedDecision[]): void {
    for (const decision of decisions) {
      const checked = verifier.decision(this.tip, decision);
      if (!checked.ok) return;
      this.push(checked.value.decision, checked.value.value, checked.value.next);
    }
  }

  /** Makes the state before `round` the head; gives what was cut off. */
  cutAt(round: number): readonly DecidedRound[] {
    if (round === this.tip.round) return [];
    const tip = present(this.at(round), `round ${round}`).chain;
    const cut = this.entries.splice(round - this.oldest);
    this.tip = tip;
    return cut;
  }

  forgetBelow(round: number): void {
    if (round > this.oldest) this.entries.splice(0, Math.min(this.entries.length, round - this.oldest));
  }
}
