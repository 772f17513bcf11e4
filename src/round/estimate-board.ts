/** Where honest workers of one process leave their vectors, so that an omniscient adversary sees what it is granted. */
/** Rounds whose vectors are kept: the current one, and the one before it for peers that lag. */
const ROUNDS_KEPT = 2;

interface RoundVectors {
  readonly honest: Map<string, Float32Array>;
  readonly waiting: Set<() => void>;
}

export class EstimateBoard {
  private readonly rounds = new Map<number, RoundVectors>();

  post(round: number, worker: string, vector: Float32Array): void {
    const entry = this.entryOf(round);
    entry.honest.set(worker, vector);
    for (const wake of [...entry.waiting]) wake();
  }

  /** The honest vectors of a round in the given order, once all are there; what is there when the signal fires. */
  async collect(round: number, workers: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    const entry = this.entryOf(round);
    const complete = () => workers.every((worker) => entry.honest.has(worker));
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
    return workers.flatMap((worker) => entry.honest.get(worker) ?? []);
  }

  private entryOf(round: number): RoundVectors {
    let entry = this.rounds.get(round);
    if (entry === undefined) {
      entry = { honest: new Map(), waiting: new Set() };
      this.rounds.set(round, entry);
      for (const old of this.rounds.keys()) if (old <= round - ROUNDS_KEPT) this.rounds.delete(old);
    }
    return entry;
  }
}
