/**
 * Training by many workers without a network: the fast path of the reproductions and sweeps. Each round is played by the
 * very code of real peers (`WorkerRound`, `ReceiverRound`, `sampleCohort`), so equal seeds and gradients give equal state
 * digests; agreement and transport are left out.
 */
import type { RoundContext } from '../../src/crypto/beacon.ts';
import type { Attack } from '../../src/attacks/attack.ts';
import type { DataPoison } from '../../src/attacks/data-poison.ts';
import { sampleCohort } from '../../src/committee/sampling.ts';
import type { FeedbackSpec } from '../../src/compression/compressor-spec.ts';
import { hashOf, type Digest } from '../../src/crypto/hash.ts';
import { present } from '../../src/foundation/assert.ts';
import type { AgreedState } from '../../src/estimation/agreed-state.ts';
import type { Estimator, GradientOracle } from '../../src/estimation/estimator.ts';
import { ByzantineWorker, Collusion } from '../../src/round/byzantine-worker.ts';
import type { Contribution } from '../../src/round/contribution-rows.ts';
import { EstimateBoard } from '../../src/round/estimate-board.ts';
import { digestOfState, type ReceiverRound } from '../../src/round/receiver-round.ts';
import { WorkerRound, type RoundWorker } from '../../src/round/worker-round.ts';

export interface SimulationOptions {
  /** Worker ids, as the roster of real peers. */
  readonly roster: readonly string[];
  readonly byzantine: ReadonlySet<string>;
  /** Workers sampled in a round, unless the estimator asks for another number. */
  readonly cohortSize: number;
  /** Fewer sound contributions change nothing; 1 unless given. */
  readonly minimumContributions?: number;
  readonly estimator: Estimator;
  readonly receiver: ReceiverRound;
  readonly feedback: FeedbackSpec;
  /** undefined: Byzantine workers behave. */
  readonly attack: Attack | undefined;
  readonly initial: Float32Array;
  readonly seed: string | number;
  /** Honest workers that are not sampled compute a gradient too, which only their memory (momentum) keeps. */
  readonly idleAdvance?: boolean;
  /** A worker's loss, on poisoned examples where its attack is one on data. */
  readonly oracleOf: (worker: string, poison: DataPoison | undefined) => GradientOracle;
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

/** Nobody stops a round here, and nobody looks at its losses. */
const EFFORT = { signal: new AbortController().signal, onLoss: () => {} };

/** A worker's vector left the range of numbers: real peers would refuse it, and every one that follows. */
export class DivergedError extends Error {
  override readonly name = 'DivergedError';
  readonly round: number;

  constructor(round: number, worker: string) {
    super(`what ${worker} sends in round ${round} is not finite`);
    this.round = round;
  }
}

export class TrainingSimulation {
  state: AgreedState;
  private readonly options: SimulationOptions;
  private readonly workers: ReadonlyMap<string, RoundWorker>;

  constructor(options: SimulationOptions) {
    this.options = options;
    this.state = options.estimator.initialState(options.initial);
    const board = new EstimateBoard();
    const cohortOf = (context: RoundContext): string[] => this.cohortOf(context);
    const collusion = new Collusion(board, options.byzantine, cohortOf);
    this.workers = new Map(
      options.roster.map((worker) => [worker, createWorker(options, worker, board, collusion)]),
    );
  }

  /** What peers would compare: the digest of the canonical state. */
  digest(): Digest {
    return digestOfState(this.state);
  }

  /** One round: contributions of the cohort, the update that follows, the next state. Throws DivergedError. */
  async runRound(): Promise<SimulatedRound> {
    const { receiver, byzantine, minimumContributions = 1 } = this.options;
    const { state } = this;
    const context = this.contextOf(state.round);
    const cohort = this.cohortOf(context).sort();
    const contributions = await Promise.all(
      cohort.map(async (worker): Promise<Contribution> => {
        const player = present(this.workers.get(worker), worker);
        return { worker, body: await player.contribute(state, context, EFFORT) };
      }),
    );
    if (this.options.idleAdvance === true) await this.advanceIdle(context, cohort);
    // as among peers: what does not decode to finite numbers is refused, and too few of the rest change nothing
    const sound = contributions.filter((one) => receiver.check(state, context, one) === undefined);
    const broken = contributions.find((one) => !byzantine.has(one.worker) && !sound.includes(one));
    if (broken !== undefined) throw new DivergedError(context.round, broken.worker);
    const started = performance.now();
    const counted = sound.length < minimumContributions ? [] : sound;
    const { update, next } = receiver.aggregate(state, context, counted);
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

  private async advanceIdle(context: RoundContext, cohort: readonly string[]): Promise<void> {
    const busy = new Set([...cohort, ...this.options.byzantine]);
    const idle = [...this.workers].filter(([worker]) => !busy.has(worker));
    await Promise.all(idle.map(([, player]) => player.contribute(this.state, context, EFFORT)));
  }

  private contextOf(round: number): RoundContext {
    const { seed, seedOf } = this.options;
    return { round, seed: seedOf?.(round) ?? hashOf('synod/simulated-beacon', String(seed), round) };
  }

  private cohortOf(context: RoundContext): string[] {
    const { estimator, roster, cohortSize } = this.options;
    const asked = estimator.cohort(context) ?? cohortSize;
    return sampleCohort(context.seed, roster, asked === 'all' ? roster.length : asked);
  }
}

function createWorker(
  { estimator, receiver, feedback, attack, byzantine, initial, oracleOf }: SimulationOptions,
  self: string,
  board: EstimateBoard,
  collusion: Collusion,
): RoundWorker {
  const villain = attack !== undefined && byzantine.has(self);
  const oracle = oracleOf(self, villain ? attack.poison : undefined);
  const honest = new WorkerRound({
    ...{ self, estimator, receiver, feedback },
    oracle: () => oracle,
    board: villain ? undefined : board,
  });
  return villain ? new ByzantineWorker(honest, { attack, initialParameters: initial, collusion }) : honest;
}

/** `count` worker ids whose alphabetical order is their numerical one. */
export function numberedWorkers(count: number): string[] {
  const digits = String(count - 1).length;
  return Array.from({ length: count }, (_, i) => `worker-${String(i).padStart(digits, '0')}`);
}
