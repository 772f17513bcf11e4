/**
 * A Byzantine worker, in tests and simulations: a decorator that sends a forged vector in place of the honest one, through
 * the same centre, compressor and feedback. Adversaries in one process collude: they see each other's honest peers on a
 * board and share what they forge. A Byzantine process of its own sees what it hears: the contributions of all others, as
 * they were compressed, and moves when it has heard the last of them. Such processes collude without exchanging anything:
 * from the same vectors, the round's seed and their number each forges what the others do.
 */
import type { Attack, AttackView } from '../attacks/attack.ts';
import { discard } from '../attacks/statistics.ts';
import { packedReader, type VectorReader } from '../compression/vector-reader.ts';
import type { SpareVectors } from '../foundation/spare-vectors.ts';
import { SeededRandom } from '../foundation/seeded-random.ts';
import { toHex } from '../foundation/bytes.ts';
import { present } from '../foundation/assert.ts';
import type { AgreedState } from '../estimation/agreed-state.ts';
import type { RoundPlan } from '../estimation/estimator.ts';
import { addScaled, newVector } from '../estimation/vector-math.ts';
import { float32Row } from '../linalg/packed-row.ts';
import type { EstimateBoard } from './estimate-board.ts';
import type { RoundContext } from '../crypto/beacon.ts';
import type { HeardContributions } from './heard-contributions.ts';
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
  cohort(context: RoundContext): Cohort {
    const all = [...this.cohortOf(context)].sort();
    return { all, honest: all.filter((worker) => !this.byzantine.has(worker)) };
  }

  /**
   * What is made of a vector that is forged once a round, by whoever comes first; where that one is stopped, by the next. It
   * may be read until the call of `use` returns, and serves again later.
   */
  async once<T>(
    { round, seed }: RoundContext,
    signal: AbortSignal,
    forge: () => Promise<Float32Array>,
    use: (forged: Float32Array) => T,
    spare?: SpareVectors,
  ): Promise<T> {
    const key = `${round} ${toHex(seed)}`;
    for (;;) {
      const known = this.forged.get(key);
      if (known === undefined) {
        const made = forge();
        this.forged.set(key, made);
        this.forgetOld(spare);
        made.catch(() => this.forged.delete(key));
        return use(await made);
      }
      let forged: Float32Array;
      try {
        forged = await known;
      } catch {
        signal.throwIfAborted();
        continue;
      }
      return use(forged);
    }
  }

  private forgetOld(spare: SpareVectors | undefined): void {
    for (const [key, made] of this.forged) {
      if (this.forged.size <= MOST_SHARED) return;
      this.forged.delete(key);
      // whoever asked for it waited for the same promise before, and so has used it by then
      void made.then(
        (forged) => spare?.give(forged),
        () => {},
      );
    }
  }
}

export interface ByzantineOptions {
  readonly attack: Attack;
  readonly initialParameters: Float32Array;
  /** Where adversaries share a process with honest workers. */
  readonly collusion?: Collusion | undefined;
  /** Where the adversary is a process of its own on the network. With neither it sees its own data only. */
  readonly heard?: HeardContributions | undefined;
}

/** Who is in the round, sorted, as contributions are aggregated. */
interface Cohort {
  readonly all: readonly string[];
  readonly honest: readonly string[];
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
    return this.forge({ agreed, plan, context, effort });
  }

  forget(): void {
    this.inner.forget();
  }

  /** The bytes of what it forges. */
  private async forge(moment: Moment): Promise<Uint8Array> {
    const { attack, collusion, heard } = this.options;
    const { context, effort } = moment;
    if (collusion === undefined) {
      if (heard !== undefined && attack.knowledge === 'omniscient') return this.forgeFrom(heard, moment);
      const own = await this.estimate(moment);
      const alone = { n: 1, f: 1, honest: [own], memory: this.ownMemory };
      return this.sent({ ...this.view(moment, own), ...alone }, moment, [own]);
    }
    const cohort = collusion.cohort(context);
    const { all, honest: honestWorkers } = cohort;
    const size = { n: all.length, f: all.length - honestWorkers.length };
    const memory = attack.collusive ? collusion.memory : this.ownMemory;
    // who sees others needs no gradient of its own, unless nobody honest is there to be seen
    if (attack.knowledge === 'own' || honestWorkers.length === 0) {
      const seen = attack.knowledge === 'own' ? {} : { honest: [] };
      const own = await this.estimate(moment);
      return this.sent({ ...this.view(moment, own, cohort), ...size, ...seen, memory }, moment, [own]);
    }
    const look = <T>(use: (view: AttackView) => T): Promise<T> =>
      collusion.board.collect(context.round, honestWorkers, effort.signal, (honest) => {
        effort.signal.throwIfAborted();
        const own = present(honest[0], 'an honest vector');
        return use({ ...this.view(moment, own, cohort), ...size, honest, memory });
      });
    if (!attack.collusive) return look((view) => this.sent(view, moment, []));
    return collusion.once(
      context,
      effort.signal,
      () => look((view) => this.forgedAnew(view)),
      (forged) => this.encode(forged, moment),
      this.inner.receiver.kernels?.spare,
    );
  }

  /** The bytes of what is forged from the view; what was `lent` for it has then served. */
  private sent(view: AttackView, moment: Moment, lent: readonly Float32Array[]): Uint8Array {
    const forged = this.options.attack.forge(view);
    const bytes = this.encode(forged, moment);
    discard(this.inner.receiver.kernels, ...lent, ...(isShown(forged, view) ? [] : [forged]));
    return bytes;
  }

  /** For accomplices who come when what the view shows serves again. */
  private forgedAnew(view: AttackView): Float32Array {
    const forged = this.options.attack.forge(view);
    if (!isShown(forged, view)) return forged;
    const copy = newVector(forged.length, this.inner.receiver.kernels);
    copy.set(forged);
    return copy;
  }

  private encode(forged: Float32Array, { plan, context }: Moment): Uint8Array {
    return this.inner.encode(forged, plan, context);
  }

  private estimate({ agreed, plan, context, effort }: Moment): Promise<Float32Array> {
    return this.inner.estimate(agreed, plan, context, effort);
  }

  /** From the vectors of others as they came over the network; from its own where nobody was heard. */
  private async forgeFrom(heard: HeardContributions, moment: Moment): Promise<Uint8Array> {
    const { plan, context, effort } = moment;
    const { receiver, self } = this.inner;
    const { contributions, accomplices } = await heard.of(context, effort.signal);
    const vectors = contributions.flatMap((contribution) => {
      const vector = receiver.vectorOf(plan, context, contribution);
      return vector === undefined ? [] : [{ worker: contribution.worker, vector }];
    });
    const workers = vectors.map(({ worker }) => worker);
    const honest = vectors.map(({ vector }) => vector);
    const own = honest[0] ?? (await this.estimate(moment));
    const forging = [...accomplices, self];
    const view = this.view(moment, own, { all: [...workers, ...forging].sort(), honest: workers });
    const seen = honest.length > 0 ? honest : [own];
    const size = { n: honest.length + forging.length, f: forging.length };
    return this.sent({ ...view, ...size, honest: seen, memory: this.ownMemory }, moment, seen);
  }

  private view(moment: Moment, own: Float32Array, cohort?: Cohort): Omit<AttackView, 'n' | 'f' | 'memory'> {
    const { attack, initialParameters } = this.options;
    const { agreed, context } = moment;
    return {
      round: context.round,
      own,
      parameters: agreed.parameters,
      initialParameters,
      kernels: this.inner.receiver.kernels,
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
    cohort: Cohort | undefined,
  ): Float32Array {
    let [nextHonest, nextForged] = [0, cohort?.honest.length ?? 0];
    const ordered =
      cohort?.all.map((worker) =>
        present(vectors[cohort.honest.includes(worker) ? nextHonest++ : nextForged++], 'a vector'),
      ) ?? vectors;
    const { receiver } = this.inner;
    const { kernels } = receiver;
    const { centre } = plan;
    const readersOf = (given: readonly Float32Array[]): VectorReader[] =>
      given.map((vector) => packedReader(float32Row(vector)));
    if (centre === undefined) return receiver.combine(plan, context, readersOf(ordered)).output;
    const centred = ordered.map((vector) => addScaled(vector, -1, centre, kernels));
    const { output } = receiver.combine(plan, context, readersOf(centred));
    const result = addScaled(output, 1, centre, kernels);
    discard(kernels, output, ...centred);
    return result;
  }
}

/** Whether the vector is another's, and not the attack's. */
function isShown(vector: Float32Array, view: AttackView): boolean {
  const { own, parameters, initialParameters, honest = [] } = view;
  return [own, parameters, initialParameters, ...honest].includes(vector);
}
