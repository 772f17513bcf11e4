/**
 * A Byzantine worker, in tests and simulations: a decorator that sends a forged vector in place of the honest one, through
 * the same centre, compressor and feedback. Adversaries in one process collude: they see each other's honest peers on a
 * board and share what they forge. A Byzantine process of its own sees its own data only.
 */
import type { Attack, AttackView } from '../attacks/attack.ts';
import { packedReader } from '../compression/vector-reader.ts';
import { SeededRandom } from '../foundation/seeded-random.ts';
import { toHex } from '../foundation/bytes.ts';
import { present } from '../foundation/assert.ts';
import type { AgreedState } from '../estimation/agreed-state.ts';
import type { RoundPlan } from '../estimation/estimator.ts';
import { addScaled } from '../estimation/vector-math.ts';
import { float32Row } from '../linalg/packed-row.ts';
import type { EstimateBoard } from './estimate-board.ts';
import type { RoundContext } from './contribution.ts';
import type { Effort, RoundWorker, WorkerRound } from './worker-round.ts';

/** Vectors that are kept for those who come later: of the current round and of the one before. */
const MOST_SHARED = 2;

/** The adversaries of one process. */
export class Collusion {
  readonly board: EstimateBoard;
  readonly memory = new Map<string, unknown>();
  private readonly byzantine: ReadonlySet<string>;
  private readonly cohortOf: (context: RoundContext) => readonly string[];
  private readonly forged = new Map<string, Promise<Float32Array>>();

  /** `cohortOf`: the round's workers, as everyone samples them. */
  constructor(
    board: EstimateBoard,
    byzantine: ReadonlySet<string>,
    cohortOf: (context: RoundContext) => readonly string[],
  ) {
    this.board = board;
    this.byzantine = byzantine;
    this.cohortOf = cohortOf;
  }

  /** Sorted, as contributions are aggregated. */
  cohort(context: RoundContext): { readonly all: readonly string[]; readonly honest: readonly string[] } {
    const all = [...this.cohortOf(context)].sort();
    return { all, honest: all.filter((worker) => !this.byzantine.has(worker)) };
  }

  /** Forged once a round by whoever comes first; where that one is stopped, by the next. */
  async once(
    { round, seed }: RoundContext,
    signal: AbortSignal,
    forge: () => Promise<Float32Array>,
  ): Promise<Float32Array> {
    const key = `${round} ${toHex(seed)}`;
    for (;;) {
      const known = this.forged.get(key);
      if (known === undefined) {
        const made = forge();
        this.forged.set(key, made);
        for (const old of this.forged.keys()) if (this.forged.size > MOST_SHARED) this.forged.delete(old);
        made.catch(() => this.forged.delete(key));
        return made;
      }
      try {
        return await known;
      } catch {
        signal.throwIfAborted();
      }
    }
  }
}

export interface ByzantineOptions {
  readonly attack: Attack;
  readonly initialParameters: Float32Array;
  /** Absent where this one sees its own data only. */
  readonly collusion?: Collusion | undefined;
}

interface Moment {
  readonly agreed: AgreedState;
  readonly plan: RoundPlan;
  readonly context: RoundContext;
  readonly effort: Effort;
}

export class ByzantineWorker implements RoundWorker {
  private readonly inner: WorkerRound;
  private readonly options: ByzantineOptions;
  private readonly ownMemory = new Map<string, unknown>();

  constructor(inner: WorkerRound, options: ByzantineOptions) {
    this.inner = inner;
    this.options = options;
  }

  async contribute(agreed: AgreedState, context: RoundContext, effort: Effort): Promise<Uint8Array> {
    const plan = this.inner.receiver.plan(agreed, context);
    const vector = await this.forge({ agreed, plan, context, effort });
    return this.inner.encode(vector, plan, context);
  }

  forget(): void {
    this.inner.forget();
  }

  private async forge(moment: Moment): Promise<Float32Array> {
    const { attack, collusion } = this.options;
    const { agreed, plan, context, effort } = moment;
    const estimate = (): Promise<Float32Array> => this.inner.estimate(agreed, plan, context, effort);
    if (collusion === undefined) {
      const own = await estimate();
      return attack.forge({ ...this.view(moment, own), n: 1, f: 1, honest: [own], memory: this.ownMemory });
    }
    const { all, honest: honestWorkers } = collusion.cohort(context);
    const size = { n: all.length, f: all.length - honestWorkers.length };
    const memory = attack.collusive ? collusion.memory : this.ownMemory;
    // who sees others needs no gradient of its own, unless nobody honest is there to be seen
    if (attack.knowledge === 'own' || honestWorkers.length === 0) {
      const seen = attack.knowledge === 'own' ? {} : { honest: [] };
      return attack.forge({ ...this.view(moment, await estimate(), all), ...size, ...seen, memory });
    }
    const make = async (): Promise<Float32Array> => {
      const honest = await collusion.board.collect(context.round, honestWorkers, effort.signal);
      effort.signal.throwIfAborted();
      const own = present(honest[0], 'an honest vector');
      return attack.forge({ ...this.view(moment, own, all), ...size, honest, memory });
    };
    return attack.collusive ? collusion.once(context, effort.signal, make) : make();
  }

  private view(
    moment: Moment,
    own: Float32Array,
    cohort?: readonly string[],
  ): Omit<AttackView, 'n' | 'f' | 'memory'> {
    const { attack, initialParameters } = this.options;
    const { agreed, context } = moment;
    return {
      round: context.round,
      own,
      parameters: agreed.parameters,
      initialParameters,
      random: new SeededRandom(context.seed, 'attack', attack.name, attack.collusive ? '' : this.inner.self),
      ...(attack.knowledge === 'omniscient' && {
        aggregate: (vectors: readonly Float32Array[]) => this.rehearse(vectors, moment, cohort),
      }),
    };
  }

  /**
   * What the round's pipeline would make of these vectors, for adversaries that search along a line: those of the honest
   * first, put in the order of the cohort. Compression is left out.
   */
  private rehearse(
    vectors: readonly Float32Array[],
    { plan, context }: Moment,
    cohort: readonly string[] | undefined,
  ): Float32Array {
    const honest = cohort === undefined ? undefined : this.options.collusion?.cohort(context).honest;
    let [nextHonest, nextForged] = [0, honest?.length ?? 0];
    const ordered =
      cohort === undefined || honest === undefined
        ? vectors
        : cohort.map((worker) =>
            present(vectors[honest.includes(worker) ? nextHonest++ : nextForged++], 'a vector'),
          );
    const readers = ordered.map((vector) =>
      packedReader(float32Row(plan.centre === undefined ? vector : addScaled(vector, -1, plan.centre))),
    );
    const { output } = this.inner.receiver.combine(plan, context, readers);
    return plan.centre === undefined ? output : addScaled(output, 1, plan.centre);
  }
}
