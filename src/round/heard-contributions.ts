/**
 * What a Byzantine process hears of a round from the network, as everyone can: handed in by whoever listens, waited for by
 * the worker that forges. Of one round at a time; a worker asks for it once its own round has begun.
 */
import type { Contribution, RoundContext } from './contribution.ts';
import { toHex } from '../foundation/bytes.ts';

/** Rounds that are kept: the one that is played, and one that began before its worker asked. */
const ROUNDS_KEPT = 2;

interface Heard {
  readonly contributions: Promise<readonly Contribution[]>;
  readonly settle: (contributions: readonly Contribution[]) => void;
}

export class HeardContributions {
  private readonly rounds = new Map<string, Heard>();

  /** All that will be heard in time, without the worker's own; sorted by worker. */
  hear(context: RoundContext, contributions: readonly Contribution[]): void {
    const sorted = [...contributions].sort((a, b) => (a.worker < b.worker ? -1 : 1));
    this.entryOf(context).settle(sorted);
  }

  /** What `hear` is told of the round; rejects with the signal's reason where that comes first. */
  of(context: RoundContext, signal: AbortSignal): Promise<readonly Contribution[]> {
    const { contributions } = this.entryOf(context);
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(signal.reason as Error);
      if (signal.aborted) return abort();
      signal.addEventListener('abort', abort, { once: true });
      void contributions.then(resolve).finally(() => signal.removeEventListener('abort', abort));
    });
  }

  private entryOf({ round, seed }: RoundContext): Heard {
    const key = `${round} ${toHex(seed)}`;
    let entry = this.rounds.get(key);
    if (entry === undefined) {
      let settle: Heard['settle'] = () => undefined;
      const contributions = new Promise<readonly Contribution[]>((resolve) => (settle = resolve));
      entry = { contributions, settle };
      this.rounds.set(key, entry);
      for (const old of this.rounds.keys()) if (this.rounds.size > ROUNDS_KEPT) this.rounds.delete(old);
    }
    return entry;
  }
}
