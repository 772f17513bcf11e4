/**
 * An estimator is what a worker sends and how an agreed update is applied. Its worker side calls gradients, which need
 * not be reproducible; its agreed side (`plan`, `step`) runs on every peer and must give the same bits everywhere:
 * + - * / and sqrt in float64 in a fixed order, rounded once to float32.
 *
 * One round: `plan` says what the round asks for; each worker of the cohort answers with `contribute`; the sender
 * subtracts `plan.centre`, compresses and sends; the receiver decodes, clips to `plan.clipLevel`, aggregates by
 * `plan.rule`; the (quantised) aggregate is the update that everybody applies with `step`.
 */
import type { RoundContext } from '../crypto/beacon.ts';
import type { Memory } from '../compression/compressor.ts';
import type { AgreedState } from './agreed-state.ts';
import type { Walk } from './walk.ts';

/** A minibatch, named so that both gradients of a difference use the same examples. */
export type Sample =
  /** `draw` counts the minibatches of this worker in this round, from 0. */
  { readonly kind: 'batch'; readonly round: number; readonly draw: number } | { readonly kind: 'full' };

/** The worker's own loss: its data, its model. Implemented by src/training and by the reproductions. */
export interface GradientOracle {
  /** Number of parameters. */
  readonly d: number;
  /** The mean gradient of the loss over the sample, a new array of length d; `parameters` is only read. */
  gradient(parameters: Float32Array, sample: Sample): Promise<Float32Array>;
  /**
   * Takes the walk's steps, one for each sample, where gradients are computed: parameters and moments cross once and not once
   * a step. Writes to the walk only when all steps are taken. Left out: the estimator takes them.
   */
  descend?(walk: Walk, samples: readonly Sample[]): Promise<void>;
}

/** What the round's shared randomness and the agreed state ask of everyone. */
export interface RoundPlan {
  /** `full`: gradients over the whole shard, sent uncompressed. */
  readonly kind: 'gradient' | 'full' | 'difference' | 'pseudo-gradient';
  /** How many workers are sampled; undefined leaves it to the experiment. */
  readonly cohort: 'all' | number | undefined;
  /** Whether contributions go through the experiment's compressor or travel as float32. */
  readonly compressed: boolean;
  /** `mean`: PP+ averages the clipped differences; everything else takes the experiment's robust rule. */
  readonly rule: 'robust' | 'mean';
  /** The receiver scales a longer contribution down to this Euclidean norm; undefined: no clipping; 0: all zero. */
  readonly clipLevel: number | undefined;
  /** Subtracted by the sender before it compresses, added back by `step`; undefined is zero. */
  readonly centre: Float32Array | undefined;
  /** The previous aggregate, where a rule starts there; left out: zero. */
  readonly previous?: Float32Array;
}

/** Everything a worker's estimate may use. */
export interface WorkerSide {
  readonly oracle: GradientOracle;
  readonly agreed: AgreedState;
  readonly plan: RoundPlan;
  readonly context: RoundContext;
  /** Survives rounds, not restarts (docs/protocol.md); only this worker reads it. Written by `contribute`. */
  readonly memory: Memory;
  readonly signal?: AbortSignal;
}

export interface Estimator {
  readonly name: string;
  /** The theorem that fails for a biased compressor, or undefined where none is needed. */
  readonly needsUnbiased: string | undefined;
  initialState(parameters: Float32Array): AgreedState;
  /** How many workers the round samples: a function of seed and round alone, since the chain must know it. */
  cohort(context: RoundContext): RoundPlan['cohort'];
  plan(agreed: AgreedState, context: RoundContext): RoundPlan;
  /** A new vector of length d in gradient units (before the centre is subtracted). */
  contribute(side: WorkerSide): Promise<Float32Array>;
  /**
   * The state after the decoded update (centre not yet added). Pure: keeps the old state usable; the update may be kept in the
   * new one. `into`: where the new parameters may be written, which may be the update itself; it is written to only where it
   * is their memory in the state that is given back.
   */
  step(agreed: AgreedState, plan: RoundPlan, update: Float32Array, into?: Float32Array): AgreedState;
}
