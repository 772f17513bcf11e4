/** Runs a pipeline over files: in memory where the inputs fit, else streamed in blocks of columns. */
import { performance } from 'node:perf_hooks';
import { aggregate, type Aggregated } from '../aggregation/aggregate.ts';
import { aggregateStream } from '../aggregation/aggregate-stream.ts';
import { checkPipeline, parsePipeline, type Pipeline } from '../aggregation/pipeline.ts';
import { checkWeights } from '../aggregation/weights.ts';
import { statOf } from '../files/file-fault.ts';
import { checkOutputFile } from '../files/output-target.ts';
import { assert } from '../foundation/assert.ts';
import { loadRules } from '../round/open-pipeline.ts';
import type { LinearAlgebra } from '../linalg/linear-algebra.ts';
import { openLinearAlgebra } from '../linalg/open-linear-algebra.ts';
import { createStreamingLinearAlgebra } from '../linalg/streaming-linear-algebra.ts';
import { createStoredVector } from './stored-vector.ts';
import { readWeights } from './read-weights.ts';
import { openVectorFiles } from './vector-files.ts';
import type { IntegerTensors, VectorFiles, VectorOutput } from './vector-source.ts';

export interface AggregateFilesOptions {
  /** One .npy of shape n x d (float32 or float64); or n .safetensors files with equal tensors, or folders of them. */
  readonly inputs: readonly string[];
  /**
   * A rule by its name or path, or a pipeline as an experiment file describes one. Bucketing takes its `seed`, 0 where
   * left out.
   */
  readonly pipeline: string | (Readonly<Record<string, unknown>> & { readonly rule: string });
  /** How many of the vectors may be Byzantine. */
  readonly f: number;
  /** A .npy vector of n weights, or a .json from file name to weight. */
  readonly weights?: string | undefined;
  /** The result is the same for any number; 1 where left out. */
  readonly threads?: number;
  /** MiB of inputs held at a time; larger inputs are read several times, block by block. 2048 where left out. */
  readonly memoryMiB?: number;
  /** What becomes of tensors that are no floats; refused unless given. */
  readonly integers?: IntegerTensors;
  /** The file to write, of the inputs' kind. */
  readonly out: string;
}

export interface AggregateReport extends Omit<Aggregated, 'kind' | 'coefficients' | 'previousCoefficient'> {
  readonly rule: string;
  readonly pipeline: Pipeline;
  readonly n: number;
  readonly d: number;
  readonly f: number;
  /** Files of the rows, in order; absent where they are rows of one matrix. */
  readonly names?: readonly string[];
  /** Where the aggregate is linear in the inputs. */
  readonly coefficients?: readonly number[];
  readonly streamed: boolean;
  /** Spent on aggregation; where the inputs are streamed, on reading and writing too. */
  readonly milliseconds: number;
  readonly readMilliseconds?: number;
  readonly writeMilliseconds?: number;
  readonly bytesRead: number;
  readonly out: string;
}

const MIB = 2 ** 20;
const DEFAULT_MEMORY_MIB = 2048;
const DEFAULT_SEED = 0;

/** The settings of `options` as they are used. */
type Settled = AggregateFilesOptions & { readonly memoryMiB: number };

/**
 * Writes the aggregate of vectors that lie in files to a file. Throws an OperatorError, one sentence that names field,
 * rule and value, where an input cannot be read or is not finite, the output cannot be written, or n, f, a setting or a
 * weight breaks a bound of the pipeline; nothing is left behind then.
 */
export async function aggregateFiles(given: AggregateFilesOptions): Promise<AggregateReport> {
  const options: Settled = { ...given, memoryMiB: given.memoryMiB ?? DEFAULT_MEMORY_MIB };
  const { threads = 1, memoryMiB, f, out } = options;
  const fields = typeof options.pipeline === 'string' ? { rule: options.pipeline } : options.pipeline;
  const pipeline = await loadRules(parsePipeline(seeded(fields), ''));
  const files = openVectorFiles(options.inputs, out, options.integers);
  const linalg = openLinearAlgebra({ threads });
  let output: VectorOutput | undefined;
  try {
    const { n, d } = files.source;
    checkPipeline(pipeline, n, f, '');
    const weights = options.weights === undefined ? undefined : readWeights(options.weights, files.names);
    checkWeights(pipeline, n, weights);
    checkOutputFile(out, {
      field: 'out',
      inputs: [...options.inputs, ...(options.weights === undefined ? [] : [options.weights])],
      inputFolders: options.inputs.filter((path) => statOf(path)?.isDirectory() === true),
    });
    output = files.createOutput(out);
    const job: Job = { pipeline, files, output, linalg, options, ...(weights && { weights }) };
    const streamed = 4 * n * d > memoryMiB * MIB;
    // all threads are there before the clock starts
    if ('ready' in linalg) await (linalg.ready as Promise<void>);
    const { result, ...times } = streamed ? stream(job) : inMemory(job);
    output.finish();
    return {
      rule: fields.rule,
      pipeline,
      ...{ n, d, f, streamed, ...times, out },
      ...(files.names && { names: files.names }),
      bytesRead: files.bytesRead(),
      ...(result.coefficients && { coefficients: [...result.coefficients] }),
      ...(result.report && { report: result.report }),
    };
  } finally {
    output?.abandon();
    linalg.close();
    files.close();
  }
}

/** Bucketing needs randomness, which nobody but its user has an interest in here. */
function seeded(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { pre } = fields;
  if (!Array.isArray(pre)) return fields;
  const parts = (pre as readonly unknown[]).map((part) => {
    const isUnseeded = isObject(part) && part['name'] === 'bucketing' && !('seed' in part);
    return isUnseeded ? { ...part, seed: DEFAULT_SEED } : part;
  });
  const seed = parts.includes('bucketing') && !('seed' in fields) ? { seed: DEFAULT_SEED } : {};
  return { ...fields, ...seed, pre: parts };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

interface Job {
  readonly pipeline: Pipeline;
  readonly files: VectorFiles;
  readonly output: VectorOutput;
  readonly linalg: LinearAlgebra;
  readonly options: Settled;
  readonly weights?: Float64Array;
}

type Outcome = { readonly result: Aggregated } & Pick<
  AggregateReport,
  'milliseconds' | 'readMilliseconds' | 'writeMilliseconds'
>;

function inMemory({ pipeline, files, output, linalg, options, weights }: Job): Outcome {
  const { n, d } = files.source;
  const matrix = linalg.createMatrix(n, d);
  const out = linalg.createMatrix(1, d);
  const start = performance.now();
  files.source.readColumns(0, d, matrix);
  const read = performance.now();
  const result = aggregate(pipeline, matrix, {
    ...{ f: options.f, linalg, out: out.row(0), knownFinite: true },
    ...(weights && { weights }),
  });
  assert(result.kind === 'aggregated', 'the inputs were found to be finite as they were read');
  const aggregated = performance.now();
  output.write(0, out.row(0));
  const written = performance.now();
  return {
    result,
    milliseconds: aggregated - read,
    readMilliseconds: read - start,
    writeMilliseconds: written - aggregated,
  };
}

/** Reading and writing happen as the passes go. */
function stream({ pipeline, files, output, linalg, options, weights }: Job): Outcome {
  const stored = createStoredVector(options.out, files.source.d);
  const start = performance.now();
  try {
    const result = aggregateStream(pipeline, files.source, {
      f: options.f,
      streams: createStreamingLinearAlgebra(linalg, options.memoryMiB * MIB),
      linalg,
      out: output,
      createBase: () => stored.open(),
      ...(weights && { weights }),
    });
    return { result, milliseconds: performance.now() - start };
  } finally {
    stored.remove();
  }
}
