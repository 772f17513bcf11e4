/**
 * What a run's log tells once a round, whichever of the process's peers sees it first; and what members measured of
 * contributions, until the round is decided. Bounded: rounds long past are forgotten.
 */
import type { ContributionMeasure } from '../../round/contribution-measures.ts';

const KEPT_ROUNDS = 32;

export interface RoundNotes {
  /** When the first of the process's peers saw it, on the clock of `performance.now()`. */
  readonly begunAt: number;
  /** Workers whose contribution a member took in, and how many milliseconds after the round had begun. */
  readonly heard: Map<string, number>;
  /** Whose contribution was refused, and why. */
  readonly invalid: Map<string, string>;
  /** By the digest of the training state that follows, which names what was aggregated. */
  readonly measures: Map<string, readonly ContributionMeasure[]>;
  readonly told: Set<string>;
}

export class RoundBoard {
  /** Rounds up to the newest one that was decided. */
  decided = 0;
  private readonly rounds = new Map<number, RoundNotes>();

  at(round: number): RoundNotes {
    const known = this.rounds.get(round);
    if (known !== undefined) return known;
    const notes = {
      begunAt: performance.now(),
      heard: new Map<string, number>(),
      invalid: new Map(),
      measures: new Map(),
      told: new Set<string>(),
    };
    this.rounds.set(round, notes);
    for (const old of this.rounds.keys()) if (old <= round - KEPT_ROUNDS) this.rounds.delete(old);
    return notes;
  }

  /** A member has heard of a worker's contribution; the first one counts. */
  hears(round: number, worker: string): void {
    const { begunAt, heard } = this.at(round);
    if (!heard.has(worker)) heard.set(worker, Math.round(performance.now() - begunAt));
  }

  /** Whether nobody has told this of the round yet; from now on somebody has. */
  first(round: number, what: string): boolean {
    const { told } = this.at(round);
    if (told.has(what)) return false;
    told.add(what);
    return true;
  }
}
