/**
 * What a Byzantine process hears of a round from the network, as everyone can: handed in by whoever listens, waited for by
 * the worker that forges. Of one round at a time; a worker asks for it once its own round has begun.
 */
import type { RoundContext } from '../crypto/beacon.ts';
import type { Contribution } from './contribution-rows.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import { toHex } from '../foundation/bytes.ts';

/** What is heard of one round. */
export interface HeardRound {
  /** Of the others, without the own one and those of accomplices; sorted by worker. */
  readonly contributions: readonly Contribution[];
  /** Workers of the round that forge from the same. */
  readonly accomplices: readonly PeerId[];
}

/** Rounds that are kept: the one that is played, and one that began before its worker asked. */
const ROUNDS_KEPT = 2;

interface Heard {
  readonly round: Promise<HeardRound>;
  readonly settle: (round: HeardRound) => void;
}

export class HeardContributions {
  private readonly rounds = new Map<string, Heard>();

  /** All that will be heard in time, in any order. */
  hear(context: RoundContext, { contributions, accomplices }: HeardRound): void {
    const sorted = [...contributions].sort((a, b) => (a.worker < b.worker ? -1 : 1));
    this.entryOf(context).settle({ contributions: sorted, accomplices });
  }

  /** What `hear` is told of the round; rejects with the signal's reason where that comes first. */
  of(context: RoundContext, signal: AbortSignal): Promise<HeardRound> {
    const { round } = this.entryOf(context);
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(signal.reason as Error);
      if (signal.aborted) return abort();
      signal.addEventListener('abort', abort, { once: true });
      void round.then(resolve).finally(() => signal.removeEventListener('abort', abort));
    });
  }

  private entryOf({ round, seed }: RoundContext): Heard {
    const key = `${round} ${toHex(seed)}`;
    let entry = this.rounds.get(key);
    if (entry === undefined) {
      let settle: Heard['settle'] = () => undefined;
      const heard = new Promise<HeardRound>((resolve) => (settle = resolve));
      entry = { round: heard, settle };
      this.rounds.set(key, entry);
      for (const old of this.rounds.keys()) if (this.rounds.size > ROUNDS_KEPT) this.rounds.delete(old);
    }
    return entry;
  }
}
