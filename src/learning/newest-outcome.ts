/**
 * What the newest aggregate came to, with the state after it: the update that is applied next is nearly always this one. The
 * peers of one run in this process share it: what follows from the same state, round and bodies is computed once for all.
 */
import type { AgreedState } from '../estimation/agreed-state.ts';
import type { RoundContext } from '../crypto/beacon.ts';
import type { Digest } from '../crypto/hash.ts';
import { toHex } from '../foundation/bytes.ts';
import type { Contribution } from '../round/contribution-rows.ts';
import type { ContributionMeasure } from '../round/contribution-measures.ts';
import type { HeldStates } from './held-states.ts';

/** A state that is held under its digest. */
export interface Standing {
  readonly state: AgreedState;
  readonly digest: Digest;
}

export interface Outcome {
  readonly update: Uint8Array;
  readonly updateDigest: Digest;
  readonly next: Standing;
  readonly measures: readonly ContributionMeasure[] | undefined;
}

interface Kept {
  /** The state and round that it was computed in. */
  readonly place: string;
  /** All that the outcome follows from, where all of it has names. */
  readonly name: string | undefined;
  readonly outcome: Outcome;
}

export class NewestOutcome {
  private readonly states: HeldStates;
  private kept: Kept | undefined;

  constructor(states: HeldStates) {
    this.states = states;
  }

  /** `compute` gives a state that nobody holds yet. */
  of(
    base: Digest,
    context: RoundContext,
    contributions: readonly Contribution[],
    compute: () => Outcome,
  ): Outcome {
    const place = placeOf(base, context);
    const name = nameOf(place, contributions);
    const { kept } = this;
    if (kept !== undefined && name !== undefined && kept.name === name) return kept.outcome;
    // its memory may serve the next one
    this.forget();
    const { next, ...rest } = compute();
    const outcome = { ...rest, next: { ...next, state: this.states.hold(next.digest, next.state) } };
    this.kept = { place, name, outcome };
    return outcome;
  }

  /** The state after an update, where it is the newest outcome: the same bytes may be another update under another seed. */
  after(base: Digest, context: RoundContext, updateDigest: () => Digest): Standing | undefined {
    const { kept } = this;
    const isNewest = kept?.place === placeOf(base, context) && kept.outcome.updateDigest === updateDigest();
    return isNewest ? kept.outcome.next : undefined;
  }

  /** A peer has moved: what came to nothing, or was left by the last one that stood there, goes. */
  forgetUnlessHeld(): void {
    const { kept } = this;
    if (kept !== undefined && this.states.holders(kept.outcome.next.digest) === 1) this.forget();
  }

  private forget(): void {
    const { kept } = this;
    this.kept = undefined;
    if (kept !== undefined) this.states.letGo(kept.outcome.next.digest);
  }
}

function placeOf(base: Digest, { round, seed }: RoundContext): string {
  return [base, round, toHex(seed)].join(' ');
}

/** Equal names mean equal outcomes: a body's digest tells all that it carries. */
function nameOf(place: string, contributions: readonly Contribution[]): string | undefined {
  const bodies: string[] = [];
  for (const { worker, bodyDigest } of contributions) {
    if (bodyDigest === undefined) return undefined;
    bodies.push(worker, bodyDigest);
  }
  return [place, ...bodies].join(' ');
}
