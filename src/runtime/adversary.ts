/**
 * What a Byzantine worker sends in place of its honest vector, in tests and simulations. Adversaries in one process
 * share a board: the honest workers leave their vectors there, so that an omniscient attack sees what its threat
 * model grants it. A Byzantine process of its own sees its own data only.
 */
import type { Attack, AttackView } from '../attacks/attack.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import { SeededRandom } from '../foundation/seeded-random.ts';
import type { RoundContext } from './application.ts';

/** Rounds whose vectors are kept: the current one, and the one before it for peers that lag. */
const ROUNDS_KEPT = 2;

interface RoundVectors {
  readonly honest: Map<PeerId, Float32Array>;
  readonly waiting: Set<() => void>;
}

/** Where honest workers of one process leave their vectors for omniscient adversaries of the same process. */
export class AdversaryBoard {
  private readonly rounds = new Map<number, RoundVectors>();

  post(round: number, worker: PeerId, vector: Float32Array): void {
    const entry = this.entryOf(round);
    entry.honest.set(worker, vector);
    for (const wake of [...entry.waiting]) wake();
  }

  /** The honest vectors of a round in the given order, once all are there; what is there when the signal fires. */
  async collect(round: number, workers: readonly PeerId[], signal: AbortSignal): Promise<Float32Array[]> {
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

export interface AdversaryOptions {
  readonly attack: Attack;
  readonly self: PeerId;
  /** Shared by the adversaries of one process; absent where this one sees its own data only. */
  readonly collusion?: {
    readonly board: AdversaryBoard;
    /** All Byzantine peers of the run. */
    readonly byzantine: ReadonlySet<PeerId>;
    /** The round's cohort, as everyone samples it. */
    readonly cohortOf: (context: RoundContext) => readonly PeerId[];
    /** Memory of collusive attacks, the same map for all of them. */
    readonly memory: Map<string, unknown>;
  };
}

/** What the adversary must know of the round beside its own vector. */
export type AdversarySight = Pick<AttackView, 'own' | 'parameters' | 'initialParameters'> & {
  readonly aggregate: (vectors: readonly Float32Array[]) => Float32Array;
};

export class Adversary {
  readonly attack: Attack;
  private readonly options: AdversaryOptions;
  private readonly ownMemory = new Map<string, unknown>();

  constructor(options: AdversaryOptions) {
    this.options = options;
    this.attack = options.attack;
  }

  async forge(context: RoundContext, sight: AdversarySight, signal: AbortSignal): Promise<Float32Array> {
    const { attack, collusion, self } = this.options;
    const random = new SeededRandom(context.seed, 'attack', attack.name, attack.collusive ? '' : self);
    const base = { ...sight, round: context.round, random };
    if (collusion === undefined) {
      return attack.forge({ ...base, n: 1, f: 1, honest: [sight.own], memory: this.ownMemory });
    }
    const cohort = collusion.cohortOf(context);
    const honestWorkers = cohort.filter((worker) => !collusion.byzantine.has(worker));
    const honest =
      attack.knowledge === 'omniscient'
        ? { honest: await collusion.board.collect(context.round, honestWorkers, signal) }
        : {};
    const memory = attack.collusive ? collusion.memory : this.ownMemory;
    const f = cohort.length - honestWorkers.length;
    return attack.forge({ ...base, ...honest, n: cohort.length, f, memory });
  }
}
