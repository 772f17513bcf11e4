/** Where honest workers of one process leave their vectors, so that an omniscient adversary sees what it is granted. */
import type { SpareVectors } from '../foundation/spare-vectors.ts';

/**
 * Rounds whose vectors are kept: who trains in a round starts from what the one before it decided, so nothing that is forged for
 * that one counts any more.
 */
const ROUNDS_KEPT = 1;

interface RoundVectors {
  readonly honest: Map<string, Float32Array>;
  readonly waiting: Set<() => void>;
  /** Calls of `collect` that have not ended. */
  readers: number;
  /** Where the vectors' memory came from. */
  spare: SpareVectors | undefined;
}

export class EstimateBoard {
  private readonly rounds = new Map<number, RoundVectors>();

  /** Somebody begins a round: what was left in the rounds before it serves again. */
  begin(round: number): void {
    this.entryOf(round);
  }

  /** Left to the board; where there are spare vectors it serves again when its round is past. */
  post(round: number, worker: string, vector: Float32Array, spare?: SpareVectors): void {
    const entry = this.entryOf(round);
    entry.spare = spare;
    entry.honest.set(worker, vector);
    for (const wake of [...entry.waiting]) wake();
  }

  /**
   * What is made of the honest vectors of a round in the given order, once all are there; of what is there when the signal
   * fires. The vectors may be read until the call of `use` returns.
   */
  async collect<T>(
    round: number,
    workers: readonly string[],
    signal: AbortSignal,
    use: (honest: readonly Float32Array[]) => T,
  ): Promise<T> {
    const entry = this.entryOf(round);
    const complete = () => workers.every((worker) => entry.honest.has(worker));
    entry.readers += 1;
    try {
      while (!complete() && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const wake = () => {
            entry.waiting.delete(wake);
            signal.removeEventListener('abort', wake);
            resolve();
          };
          entry.waiting.add(wake);
          signal.addEventListener('abort', wake);
        });
      }
      return use(workers.flatMap((worker) => entry.honest.get(worker) ?? []));
    } finally {
      entry.readers -= 1;
    }
  }

  private entryOf(round: number): RoundVectors {
    let entry = this.rounds.get(round);
    if (entry === undefined) {
      entry = { honest: new Map(), waiting: new Set(), readers: 0, spare: undefined };
      this.rounds.set(round, entry);
      for (const [old, { honest, readers, spare }] of this.rounds) {
        if (old > round - ROUNDS_KEPT) continue;
        this.rounds.delete(old);
        // somebody who still waits would read what others write
        if (readers === 0) for (const vector of honest.values()) spare?.give(vector);
      }
    }
    return entry;
  }
}
