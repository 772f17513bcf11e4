/**
 * A gradient-level adversary: what a Byzantine worker sends in place of its honest vector. Forged vectors live in the
 * same space as an honest worker's `contribute` (before centre, compressor and clipping), and pass through the same
 * compressor. Adversaries of the protocol (equivocation, withholding) live with the simulator.
 */
import type { SeededRandom } from '../foundation/seeded-random.ts';
import type { VectorKernels } from '../linalg/linear-algebra.ts';
import type { DataPoison } from './data-poison.ts';

/** What the threat model lets an adversary see. */
export type Knowledge =
  /** its own data and the agreed state, as any worker */
  | 'own'
  /** besides, every honest worker's vector of this round and the aggregation pipeline */
  | 'omniscient';

/** An attack only reads these vectors, and only until it returns what it forged: their memory may serve again. */
export interface AttackView {
  readonly round: number;
  /** Workers in this round's cohort, and how many of them are Byzantine. */
  readonly n: number;
  readonly f: number;
  /** What this worker would have sent. */
  readonly own: Float32Array;
  /** The model now (x^k). */
  readonly parameters: Float32Array;
  /** The model at the start (x^0); may be empty for an attack that does not say that it reads it. */
  readonly initialParameters: Float32Array;
  /** The honest workers' vectors in cohort order; absent for `own` adversaries (empty where nobody honest is in). */
  readonly honest?: readonly Float32Array[];
  /**
   * The very pipeline in use (clipping, pre-aggregators, rule) over n vectors, honest first; for line searches.
   * A new array of length d, in the same units as the inputs; the caller may discard it.
   */
  readonly aggregate?: (vectors: readonly Float32Array[]) => Float32Array;
  /** For long vectors: passes over them on all threads, and memory for what is made. Left out: plain loops. */
  readonly kernels?: VectorKernels | undefined;
  /** Seeded for this attack, round and worker. */
  readonly random: SeededRandom;
  /** The adversary's own memory between rounds: one for each worker, or one for all where the attack is collusive. */
  readonly memory: Map<string, unknown>;
}

export interface Attack {
  readonly name: string;
  readonly knowledge: Knowledge;
  /** Every Byzantine worker sends the same vector: forge once a round and share it. */
  readonly collusive: boolean;
  /** What is done to the examples that the worker trains on; the gradient oracle honours it. Left out: nothing. */
  readonly poison?: DataPoison;
  /** The model at the start is kept for it. Left out: it is not. */
  readonly readsStart?: true;
  /** The vector to send: a new array, the caller's to keep or to give back to `kernels.spare`; or one of the view's, unchanged. */
  forge(view: AttackView): Float32Array;
}
