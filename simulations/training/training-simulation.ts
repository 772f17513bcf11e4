/**
 * Training by many workers without a network: the fast path of the reproductions and sweeps. It samples cohorts,
 * estimates, compresses, clips, aggregates and steps with the very code of real peers (`RoundArithmetic`,
 * `sampleCohort`), so equal seeds and gradients give equal state digests; agreement and transport are left out.
 */
import type { Attack } from '../../src/attacks/attack.ts';
import { sampleCohort } from '../../src/committee/sampling.ts';
import type { Memory } from '../../src/compression/compressor.ts';
import type { FeedbackSpec } from '../../src/compression/compressor-spec.ts';
import { encodeWithFeedback } from '../../src/compression/error-feedback.ts';
import { packedReader } from '../../src/compression/vector-reader.ts';
import { hashOf, type Digest } from '../../src/crypto/hash.ts';
import { present } from '../../src/foundation/assert.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import type { AgreedState } from '../../src/estimation/agreed-state.ts';
import type {
  Estimator,
  GradientOracle,
  RoundPlan,
  SharedRandomness,
} from '../../src/estimation/estimator.ts';
import { addScaled } from '../../src/estimation/vector-math.ts';
import { float32Row } from '../../src/linalg/packed-row.ts';
import type { Contribution } from '../../src/runtime/application.ts';
import { digestOfState, type RoundArithmetic } from '../../src/runtime/round-arithmetic.ts';

export interface SimulationOptions {
  /** Worker ids, as the roster of real peers. */
  readonly roster: readonly string[];
  readonly byzantine: ReadonlySet<string>;
  /** Workers sampled in a round, unless the estimator asks for another number. */
  readonly cohortSize: number;
  readonly estimator: Estimator;
  readonly arithmetic: RoundArithmetic;
  readonly feedback: FeedbackSpec;
  /** undefined: Byzantine workers behave. */
  readonly attack: Attack | undefined;
  readonly initial: Float32Array;
  readonly seed: string | number;
  /** A worker's loss; `reversed` trains on labels classes - 1 - y. */
  readonly oracleOf: (worker: string, labels: 'true' | 'reversed') => GradientOracle;
  /** The beacon's seed of each round; hashed from `seed` unless given. */
  readonly seedOf?: (round: number) => Uint8Array;
}

export interface SimulatedRound {
  readonly cohort: readonly string[];
  readonly byzantine: number;
  readonly contributionBytes: number;
  readonly updateBytes: number;
  readonly aggregateMs: number;
}

export class TrainingSimulation {
  state: AgreedState;
  private readonly options: SimulationOptions;
  private readonly memories = new Map<string, Memory>();
  private readonly attackMemories = new Map<string, Map<string, unknown>>();

  constructor(options: SimulationOptions) {
    this.options = options;
    this.state = options.estimator.initialState(options.initial);
  }

  /** What peers would compare: the digest of the canonical state. */
  digest(): Digest {
    return digestOfState(this.state);
  }

  /** One round: contributions of the cohort, the update that follows, the next state. */
  async runRound(): Promise<SimulatedRound> {
    const { arithmetic, byzantine, estimator, roster, cohortSize } = this.options;
    const context = this.contextOf(this.state.round);
    const plan = arithmetic.plan(this.state, context);
    const asked = estimator.cohort(context) ?? cohortSize;
    const cohort = sampleCohort(context.seed, roster, asked === 'all' ? roster.length : asked).sort();
    const vectors = await this.vectorsOf(cohort, plan, context);
    const contributions = cohort.map((worker): Contribution => {
      const vector = present(vectors.get(worker), `the vector of ${worker}`);
      return { worker, body: this.encode(worker, vector, plan, context) };
    });
    const started = performance.now();
    const { update, next } = arithmetic.aggregate(this.state, context, contributions);
    const aggregateMs = performance.now() - started;
    this.state = next;
    return {
      cohort,
      byzantine: cohort.filter((worker) => byzantine.has(worker)).length,
      contributionBytes: contributions.reduce((sum, { body }) => sum + body.length, 0),
      updateBytes: update.length,
      aggregateMs,
    };
  }

  private contextOf(round: number): SharedRandomness {
    const { seed, seedOf } = this.options;
    return { round, seed: seedOf?.(round) ?? hashOf('synod/simulated-beacon', String(seed), round) };
  }

  /** What each worker of the cohort sends, before it is encoded. */
  private async vectorsOf(
    cohort: readonly string[],
    plan: RoundPlan,
    context: SharedRandomness,
  ): Promise<Map<string, Float32Array>> {
    const { attack, byzantine } = this.options;
    const villains = attack === undefined ? [] : cohort.filter((worker) => byzantine.has(worker));
    const honest = cohort.filter((worker) => !villains.includes(worker));
    // an adversary that sees others needs no gradient of its own, unless nobody else is there to be seen
    const working = attack?.knowledge === 'omniscient' && honest.length > 0 ? honest : cohort;
    const estimates = await Promise.all(
      working.map(async (worker) => [worker, await this.estimateOf(worker, plan, context)] as const),
    );
    const vectors = new Map(estimates);
    if (attack === undefined || villains.length === 0) return vectors;
    const honestVectors = honest.map((worker) => present(vectors.get(worker), worker));
    const aggregate = (forged: readonly Float32Array[]) =>
      this.tryPipeline(forged, cohort, villains, plan, context);
    let shared: Float32Array | undefined;
    for (const worker of villains) {
      const own = vectors.get(worker) ?? present(honestVectors[0], 'an honest vector');
      const view = {
        round: context.round,
        n: cohort.length,
        f: villains.length,
        own,
        parameters: this.state.parameters,
        initialParameters: this.options.initial,
        random: new SeededRandom(context.seed, 'attack', attack.collusive ? '' : worker),
        memory: this.attackMemoryOf(attack.collusive ? '' : worker),
        ...(attack.knowledge === 'omniscient' ? { honest: honestVectors, aggregate } : {}),
      };
      const forged: Float32Array = attack.collusive && shared !== undefined ? shared : attack.forge(view);
      shared = forged;
      vectors.set(worker, forged);
    }
    return vectors;
  }

  private encode(
    worker: string,
    vector: Float32Array,
    plan: RoundPlan,
    context: SharedRandomness,
  ): Uint8Array {
    const { arithmetic, feedback } = this.options;
    const centred = plan.centre === undefined ? vector : addScaled(vector, -1, plan.centre);
    const compressor = arithmetic.compressorFor(plan);
    const compression = { ...context, worker, memory: this.memoryOf(worker) };
    return plan.compressed
      ? encodeWithFeedback(compressor, feedback, centred, compression)
      : compressor.encode(centred, compression);
  }

  private estimateOf(worker: string, plan: RoundPlan, context: SharedRandomness): Promise<Float32Array> {
    const { attack, byzantine, estimator, oracleOf } = this.options;
    const reversed = attack?.flipsLabels === true && byzantine.has(worker);
    const oracle = oracleOf(worker, reversed ? 'reversed' : 'true');
    return estimator.contribute({ oracle, agreed: this.state, plan, context, memory: this.memoryOf(worker) });
  }

  /** The pipeline over vectors that were not sent (honest first, in cohort order); compression is left out. */
  private tryPipeline(
    vectors: readonly Float32Array[],
    cohort: readonly string[],
    villains: readonly string[],
    plan: RoundPlan,
    context: SharedRandomness,
  ): Float32Array {
    let [nextHonest, nextForged] = [0, cohort.length - villains.length];
    const readers = cohort.map((worker) => {
      const vector = present(vectors[villains.includes(worker) ? nextForged++ : nextHonest++], 'a vector');
      return packedReader(
        float32Row(plan.centre === undefined ? vector : addScaled(vector, -1, plan.centre)),
      );
    });
    const { output } = this.options.arithmetic.combine(plan, context, readers);
    return plan.centre === undefined ? output : addScaled(output, 1, plan.centre);
  }

  private memoryOf(worker: string): Memory {
    return entryOf(this.memories, worker, () => new Map<string, never>());
  }

  private attackMemoryOf(worker: string): Map<string, unknown> {
    return entryOf(this.attackMemories, worker, () => new Map<string, never>());
  }
}

function entryOf<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const fresh = create();
  map.set(key, fresh);
  return fresh;
}

/** `count` worker ids whose alphabetical order is their numerical one. */
export function numberedWorkers(count: number): string[] {
  const digits = String(count - 1).length;
  return Array.from({ length: count }, (_, i) => `worker-${String(i).padStart(digits, '0')}`);
}
