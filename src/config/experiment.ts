/**
 * The experiment: everything that all peers of a run share. One file, checked when it is loaded; its canonical digest
 * is the experiment id and stands in every topic, protocol id and signed message, so two experiments never mix.
 * What is local to a peer (ports, folders, back end, where its data lies) is the node configuration.
 */
import type { RoundContext } from '../crypto/beacon.ts';
import { z } from 'zod';
import { DEFAULT_PIPELINE } from '../aggregation/default-pipeline.ts';
import { pipelineJsonSchema } from '../aggregation/pipeline-schema.ts';
import { checkPipeline, leastInputs, parsePipeline, type Pipeline } from '../aggregation/pipeline.ts';
import { COMPRESSOR, type CompressorSpec } from '../compression/all-compressors.ts';
import { FEEDBACK, type FeedbackSpec } from '../compression/compressor-spec.ts';
import { committeeFailure } from '../committee/committee-size.ts';
import { isPeerId, peerIdFault, type PeerId } from '../crypto/peer-id.ts';
import { digestOf, hashOf, type Digest } from '../crypto/hash.ts';
import { createEstimator, ESTIMATOR, type EstimatorSpec } from '../estimation/estimator-spec.ts';
import { OPTIMIZER, type OptimizerSpec } from '../estimation/outer-optimizer.ts';
import { invalidField } from '../foundation/operator-error.ts';
import { describedBy, fieldPath, integer, named, parseWith } from '../foundation/schema.ts';
import { canonicalBytes } from '../messages/codec.ts';
import { PROTOCOL_VERSION } from '../messages/protocol-version.ts';
import { DATASET, parseDatasetSpec, sharedSpec, type DatasetSpec } from '../training/data/dataset-spec.ts';
import { PARTITION, type PartitionSpec } from '../training/data/partition.ts';
import type { Admission, Timing } from '../protocol/config.ts';
import { TASK_SPEC } from '../training/parse-task-spec.ts';
import { sharedTask } from '../training/task-digest.ts';
import { sharedRules } from './own-rules.ts';
import type { TaskSpec } from '../training/task-spec.ts';

/** A kind with its settings each: docs/compression.md. */
export interface CompressionSettings {
  readonly contribution: CompressorSpec;
  readonly feedback: FeedbackSpec;
  readonly update: CompressorSpec;
}

export interface Experiment {
  readonly name: string;
  /** Any text: initial parameters, partitions, minibatches and the first beacon seed derive from it. */
  readonly seed: string;
  readonly rounds: number;
  readonly model: TaskSpec;
  /** Without the local fields (`dir`, `memoryMiB`). */
  readonly data: DatasetSpec;
  readonly partition: PartitionSpec;
  readonly batchSize: number;
  readonly estimator: EstimatorSpec;
  readonly optimizer: OptimizerSpec;
  readonly aggregation: { readonly f: number; readonly pipeline: Pipeline };
  readonly compression: CompressionSettings;
  readonly cohort: {
    readonly size: number;
    /** Fewer contributions than this make a round that changes nothing. */
    readonly minimum: number;
  };
  readonly committee: {
    readonly size: number;
    /** Byzantine peers that the roster is planned for; load refuses a committee whose bound is worse than `failure`. */
    readonly byzantine: number;
    readonly failure: number;
  };
  readonly timing: Timing;
  /** Views after which an attempt is abandoned for one with a larger committee. */
  readonly maxViews: number;
  /** The share of the contributions that a member had in time which a proposal may leave out. */
  readonly maxOmissionShare: number;
  /** Cohorts in a row that a worker may miss before it loses its seat; 0: any number. */
  readonly inactivityCohorts: number;
  readonly checkpointRounds: number;
  readonly admission: Admission;
  readonly maxPeers: number;
  /** The peers of the first round, sorted. */
  readonly roster: readonly PeerId[];
}

const peerId = z.string().refine(isPeerId, {
  error: ({ input }) => `be an Ed25519 peer id, 12D3KooW...: ${peerIdFault(String(input))}`,
});
const milliseconds = integer(10, 3_600_000);
const COLLECT_MIN_MS = 250;

/** `f` and a pipeline, which `parsePipeline` reads. */
const AGGREGATION = describedBy(z.looseObject({ f: integer(0).default(0) }), () =>
  pipelineJsonSchema({ f: { type: 'integer', minimum: 0 } }),
);

/** What may be written in an experiment file; a field that is left out has its default. */
export const EXPERIMENT_FILE = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'be lower-case letters, digits and dashes, 63 at most')
    .default('synod'),
  seed: z.union([z.string(), z.number()]).transform(String).default('1'),
  rounds: integer(1, 1_000_000_000).default(100),
  model: TASK_SPEC.prefault({ kind: 'mlp', hidden: [64] }),
  data: DATASET.optional(),
  partition: PARTITION.prefault('iid'),
  batchSize: integer(1, 1_000_000).default(32),
  estimator: ESTIMATOR.prefault({ kind: 'momentum', beta: 0.9 }),
  optimizer: OPTIMIZER.prefault(0.2),
  aggregation: AGGREGATION.default({ f: 0 }),
  compression: z
    .strictObject({
      contribution: COMPRESSOR.prefault({ kind: 'int8', rounding: 'nearest' }),
      feedback: FEEDBACK.prefault('none'),
      update: COMPRESSOR.prefault('bfloat16'),
    })
    .prefault({}),
  cohort: z
    .strictObject({
      size: integer(1).optional(),
      minimum: integer(1).optional(),
    })
    .prefault({}),
  committee: z
    .strictObject({
      size: integer(1).optional(),
      byzantine: integer(0).default(0),
      failure: z.number().min(0).max(1).default(1),
    })
    .prefault({}),
  timing: z
    .strictObject({
      collectMs: milliseconds.default(10_000),
      collectMinMs: milliseconds.optional(),
      proposeMs: milliseconds.default(5_000),
      prevoteMs: milliseconds.default(2_000),
      precommitMs: milliseconds.default(2_000),
      growthMs: milliseconds.default(1_000),
      rebroadcastMs: milliseconds.default(2_000),
      catchUpMs: milliseconds.default(5_000),
    })
    .prefault({}),
  maxViews: integer(1, 1_000).default(6),
  maxOmissionShare: z.number().min(0).max(1).default(0.34),
  inactivityCohorts: integer(0).default(20),
  checkpointRounds: integer(1, 1_000_000).default(10),
  admission: named('policy', [
    z.strictObject({ policy: z.literal('genesis') }),
    z.strictObject({ policy: z.literal('open') }),
    z.strictObject({ policy: z.literal('allow-list'), owner: peerId }),
  ]).default({ policy: 'genesis' }),
  maxPeers: integer(1, 100_000).default(10_000),
  roster: z.array(peerId, { error: 'be a list of peer ids (`synod init` prints one)' }).min(1).max(100_000),
  /** Where an editor finds the JSON Schema of this file; no part of the experiment. */
  $schema: z.string().optional(),
});

/** The experiment of a parsed file, defaults filled in and every rule checked; throws an OperatorError. */
export function parseExperiment(value: unknown, field = 'experiment'): Experiment {
  const at = (...path: string[]) => fieldPath(field, path);
  const { $schema: _editors, ...file } = parseWith(EXPERIMENT_FILE, value, field);
  refuseFolder(file.data, at('data', 'dir'));
  const { f, ...pipelineFields } = file.aggregation;
  const pipeline =
    Object.keys(pipelineFields).length === 0
      ? DEFAULT_PIPELINE
      : parsePipeline(pipelineFields, at('aggregation'));
  const n = file.cohort.size ?? file.roster.length;
  checkPipeline(pipeline, n, f, at('aggregation'));
  const experiment: Experiment = {
    ...file,
    data: sharedSpec(file.data ?? parseDatasetSpec(defaultDataOf(file.model), at('data'))),
    aggregation: { f, pipeline },
    cohort: { size: n, minimum: file.cohort.minimum ?? leastInputs(pipeline, f) },
    committee: { ...file.committee, size: file.committee.size ?? Math.min(7, file.roster.length) },
    timing: {
      ...file.timing,
      collectMinMs: file.timing.collectMinMs ?? Math.min(COLLECT_MIN_MS, file.timing.collectMs),
    },
    roster: [...file.roster].sort(),
  };
  if (experiment.data.name === 'task' && experiment.model.kind !== 'task-module') {
    throw invalidField(at('data'), 'name a data set where the model is no task module', 'task');
  }
  checkRoster(experiment, at);
  return experiment;
}

/** An experiment may come from elsewhere, and folders differ from machine to machine. */
function refuseFolder(data: DatasetSpec | undefined, field: string): void {
  if (data === undefined || !('dir' in data) || data.dir === undefined) return;
  throw invalidField(
    field,
    'be left out of an experiment: --data-dir names the folder of this machine',
    data.dir,
  );
}

/** A task module's own data, where none is named; else what the project draws itself. */
function defaultDataOf(model: TaskSpec): string {
  return model.kind === 'task-module' ? 'task' : 'glyphs';
}

function checkRoster(experiment: Experiment, at: (...path: string[]) => string): void {
  const { roster, cohort, committee, aggregation, timing } = experiment;
  if (timing.collectMinMs > timing.collectMs) {
    const rule = `be at most timing.collectMs, ${timing.collectMs}`;
    throw invalidField(at('timing', 'collectMinMs'), rule, timing.collectMinMs);
  }
  const twice = roster.find((peer, i) => peer === roster[i + 1]); // it is sorted
  if (twice !== undefined) throw invalidField(at('roster'), 'name each peer once', twice);
  if (experiment.maxPeers < roster.length) {
    throw invalidField(
      at('maxPeers'),
      `be at least the roster's ${roster.length} peers`,
      experiment.maxPeers,
    );
  }
  if (cohort.size > roster.length) {
    throw invalidField(at('cohort', 'size'), `be at most the roster's ${roster.length} peers`, cohort.size);
  }
  if (cohort.minimum > cohort.size) {
    throw invalidField(at('cohort', 'minimum'), `be at most the cohort's ${cohort.size}`, cohort.minimum);
  }
  checkPipeline(
    aggregation.pipeline,
    cohort.minimum,
    aggregation.f,
    `${at('cohort', 'minimum')}: aggregation`,
  );
  if (committee.size > roster.length) {
    throw invalidField(
      at('committee', 'size'),
      `be at most the roster's ${roster.length} peers`,
      committee.size,
    );
  }
  if (3 * committee.byzantine >= roster.length) {
    const rule = `be below a third of the roster's ${roster.length} peers, since no committee is safe otherwise`;
    throw invalidField(at('committee', 'byzantine'), rule, committee.byzantine);
  }
  const risk = committeeFailure(roster.length, committee.byzantine, committee.size);
  if (risk > committee.failure) {
    const rule =
      `be large enough that a third of it is Byzantine with a chance of at most ${committee.failure} a round` +
      ` (it is ${risk.toPrecision(2)}; \`synod plan\` names the least size)`;
    throw invalidField(at('committee', 'size'), rule, committee.size);
  }
}

/**
 * The experiment's name to the world: a digest of everything that peers must agree on, the protocol's version included. A model or a rule of the
 * user's own counts by its files' bytes, not by where they lie; it must be pinned (`pinExperiment`).
 */
export function experimentId(experiment: Experiment): Digest {
  const { aggregation, model } = experiment;
  const shared = {
    protocol: PROTOCOL_VERSION,
    ...experiment,
    model: sharedTask(model),
    aggregation: { ...aggregation, pipeline: sharedRules(aggregation.pipeline) },
  };
  return digestOf('synod/experiment', canonicalBytes(shared));
}

/** How many workers a round asks for: a function of the seed and the round, the same at every peer. */
export function cohortSizeAt(experiment: Experiment, context: RoundContext): number {
  const estimator = createEstimator(experiment.estimator, experiment.optimizer);
  const wanted = estimator.cohort(context) ?? experiment.cohort.size;
  return wanted === 'all' ? experiment.maxPeers : wanted;
}

/** The beacon's seed of round 0. */
export function genesisSeed(experiment: Experiment): Uint8Array {
  return hashOf('synod/genesis-seed', experiment.seed);
}
