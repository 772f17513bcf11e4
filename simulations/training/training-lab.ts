/**
 * Trains experiments one after another in one thread, without a network: gradients in
 * this very thread, everything else by the receiver of peers. Data sets and engines stay open between runs.
 */
import { parseAttack } from '../../src/attacks/attack-spec.ts';
import { checkPoison } from '../../src/attacks/data-poison.ts';
import { parseExperiment, type Experiment } from '../../src/config/experiment.ts';
import { hashOf } from '../../src/crypto/hash.ts';
import { PeerKey } from '../../src/crypto/peer-key.ts';
import type { GradientOracle } from '../../src/estimation/estimator.ts';
import { present } from '../../src/foundation/assert.ts';
import type { LinearAlgebra } from '../../src/linalg/linear-algebra.ts';
import { openLinearAlgebra } from '../../src/linalg/open-linear-algebra.ts';
import { createPoolOracle } from '../../src/learning/pool-oracle.ts';
import { createReceiver } from '../../src/round/create-receiver.ts';
import { openPipeline } from '../../src/round/open-pipeline.ts';
import type { BackendName } from '../../src/training/backends/all-backends.ts';
import type { DatasetSpec } from '../../src/training/data/dataset-spec.ts';
import { partition } from '../../src/training/data/partition.ts';
import { openLocalEngine, type LocalEngine } from './local-engine.ts';
import { DivergedError, TrainingSimulation } from './training-simulation.ts';
import { splitForValidation } from './validation-split.ts';

export interface LabSettings {
  /** An experiment file's content; its roster is made here. */
  readonly experiment: Readonly<Record<string, unknown>>;
  readonly workers: number;
  /** How many of them are Byzantine. */
  readonly byzantine: number;
  /** As `parseAttack` reads it; null: Byzantine workers behave. */
  readonly attack: unknown;
  /** As the simulation's `idleAdvance`: who is not sampled advances its momentum all the same. */
  readonly idleAdvance?: boolean;
  /** Share of the training examples that no worker gets: the end of the run is measured on them too. */
  readonly validation?: number;
  /** Points of the curve, the end included. */
  readonly evaluations: number;
  /** Test examples of each point but the last, which takes all. */
  readonly curveExamples: number;
}

export interface LabOutcome {
  /** The round in which a worker's vector, or after the last one the loss, left the range of numbers. */
  readonly divergedIn?: number;
  /** Of the last model that was evaluated before that; NaN where none was. */
  readonly accuracy: number;
  readonly loss: number;
  /** On the validation split, after the last round; undefined without one, and where the run diverged. */
  readonly validationAccuracy: number | undefined;
  readonly curve: readonly { readonly round: number; readonly accuracy: number }[];
  /** The median round's: what else the machine does hardly moves it. */
  readonly aggregateMs: number;
  /** Means over the rounds. */
  readonly contributionBytes: number;
  readonly updateBytes: number;
  /** Worker gradients a second of the whole run, evaluation left out. */
  readonly gradientsPerSecond: number;
  readonly digest: string;
}

export interface LabOptions {
  /** Where data sets lie; those that are made, not read, need none. */
  readonly dataDir: string | undefined;
  readonly backend: BackendName | 'auto';
}

export class TrainingLab {
  private readonly options: LabOptions;
  private readonly linalg: LinearAlgebra;
  private readonly engines = new Map<string, Promise<LocalEngine>>();

  private constructor(options: LabOptions, linalg: LinearAlgebra) {
    this.options = options;
    this.linalg = linalg;
  }

  static open(options: LabOptions): TrainingLab {
    return new TrainingLab(options, openLinearAlgebra({ threads: 1 }));
  }

  async run(settings: LabSettings, onProgress: (share: number) => void = () => {}): Promise<LabOutcome> {
    const { experiment, simulation, engine, validation } = await this.prepare(settings);
    const { rounds } = experiment;
    const curve: { round: number; accuracy: number }[] = [];
    const aggregateMs: number[] = [];
    const totals = { contributionBytes: 0, updateBytes: 0, gradients: 0, trainMs: 0 };
    let divergedIn: number | undefined;
    let last: { readonly loss: number; readonly accuracy: number } | undefined;
    for (let round = 1; round <= rounds; round++) {
      const started = performance.now();
      const done = await simulation.runRound().catch(divergenceOf);
      if (done instanceof DivergedError) {
        divergedIn = done.round;
        break;
      }
      totals.trainMs += performance.now() - started;
      aggregateMs.push(done.aggregateMs);
      totals.contributionBytes += done.contributionBytes / done.cohort.length / rounds;
      totals.updateBytes += done.updateBytes / rounds;
      totals.gradients += done.cohort.length;
      const point = Math.floor((round * settings.evaluations) / rounds);
      if (point === Math.floor(((round - 1) * settings.evaluations) / rounds)) continue;
      const examples = round === rounds ? undefined : settings.curveExamples;
      last = await engine.evaluate(simulation.state.parameters, examples);
      curve.push({ round, accuracy: last.accuracy });
      onProgress(round / rounds);
    }
    const end = last ?? { accuracy: NaN, loss: NaN };
    if (divergedIn === undefined && !Number.isFinite(end.loss)) divergedIn = rounds - 1;
    const validationAccuracy =
      validation === undefined || divergedIn !== undefined
        ? undefined
        : await engine.validate(simulation.state.parameters, validation);
    return {
      ...(divergedIn === undefined ? {} : { divergedIn }),
      accuracy: end.accuracy,
      loss: end.loss,
      validationAccuracy,
      curve,
      aggregateMs: aggregateMs.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? NaN,
      contributionBytes: totals.contributionBytes,
      updateBytes: totals.updateBytes,
      gradientsPerSecond: (1000 * totals.gradients) / totals.trainMs,
      digest: simulation.digest(),
    };
  }

  /** The simulation of some settings, before its first round; `seedOf`: the beacon of a real run. */
  async prepare(
    settings: LabSettings,
    seedOf?: (round: number) => Uint8Array,
  ): Promise<{
    experiment: Experiment;
    simulation: TrainingSimulation;
    engine: LocalEngine;
    /** Examples of the training split that no worker holds. */
    validation: Int32Array | undefined;
  }> {
    const roster = simulatedRoster(settings.workers);
    const experiment = parseExperiment({ committee: { size: 1 }, ...settings.experiment, roster });
    const engine = await this.engineOf(experiment);
    const pipeline = await openPipeline(experiment);
    const { receiver, estimator } = createReceiver(experiment, engine, this.linalg, pipeline);
    const { feedback } = experiment.compression;
    const { seed } = experiment;
    const { validation, shards } =
      settings.validation === undefined
        ? {
            validation: undefined,
            shards: partition(engine.train, roster.length, experiment.partition, seed),
          }
        : splitForValidation(engine.train, settings.validation, roster.length, experiment.partition, seed);
    const shardOf = new Map(roster.map((worker, i) => [worker, present(shards[i], 'a shard')]));
    const attack = settings.attack === null ? undefined : parseAttack(settings.attack, 'attack');
    checkPoison(attack?.poison, engine.train);
    const simulation = new TrainingSimulation({
      roster,
      byzantine: new Set(roster.slice(roster.length - settings.byzantine)),
      cohortSize: experiment.cohort.size,
      minimumContributions: experiment.cohort.minimum,
      estimator,
      receiver,
      feedback,
      ...(settings.idleAdvance === true && { idleAdvance: true }),
      attack,
      initial: await engine.initialParameters(seed),
      seed,
      ...(seedOf && { seedOf }),
      oracleOf: (worker, poison): GradientOracle =>
        createPoolOracle({
          pool: engine,
          dataset: 'train',
          shard: present(shardOf.get(worker), worker),
          batchSize: experiment.batchSize,
          seed,
          worker,
          poison,
        }),
    });
    return { experiment, simulation, engine, validation };
  }

  async close(): Promise<void> {
    for (const engine of this.engines.values()) (await engine).close();
    this.linalg.close();
  }

  private engineOf({ model: task, data }: Experiment): Promise<LocalEngine> {
    const key = JSON.stringify([task, data]);
    const known = this.engines.get(key);
    if (known !== undefined) return known;
    const { dataDir, backend } = this.options;
    const opening = openLocalEngine({
      task,
      data: { ...data, dir: dataDir } as DatasetSpec,
      backend,
    });
    this.engines.set(key, opening);
    return opening;
  }
}

const knownKeys: PeerKey[] = [];

/** `count` keys that are the same in every run. */
export function simulatedKeys(count: number): readonly PeerKey[] {
  while (knownKeys.length < count) {
    knownKeys.push(new PeerKey(hashOf('synod/simulated-peer', knownKeys.length)));
  }
  return knownKeys.slice(0, count);
}

/** Their peer ids, sorted. */
export function simulatedRoster(count: number): string[] {
  return simulatedKeys(count)
    .map(({ id }) => id)
    .sort();
}

/** A run that diverges has an outcome; whatever else goes wrong in a round is thrown on. */
function divergenceOf(error: unknown): DivergedError {
  if (error instanceof DivergedError) return error;
  throw error;
}
