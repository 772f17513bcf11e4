/** Runs a pipeline over files: in memory where the inputs fit, else streamed in blocks of columns. */
import { performance } from 'node:perf_hooks';
import { aggregate, type Aggregated, type RowReport } from '../../src/aggregation/aggregate.ts';
import { aggregateStream } from '../../src/aggregation/aggregate-stream.ts';
import { checkPipeline, parsePipeline, type Pipeline } from '../../src/aggregation/pipeline.ts';
import { settingsOf } from '../../src/aggregation/specs.ts';
import { checkWeights } from '../../src/aggregation/weights.ts';
import { statOf } from '../../src/files/file-fault.ts';
import { checkOutputFile } from '../../src/files/output-target.ts';
import { assert } from '../../src/foundation/assert.ts';
import { invalidField } from '../../src/foundation/operator-error.ts';
import { loadRules } from '../../src/round/open-pipeline.ts';
import type { LinearAlgebra } from '../../src/linalg/linear-algebra.ts';
import { openLinearAlgebra } from '../../src/linalg/open-linear-algebra.ts';
import { createStreamingLinearAlgebra } from '../../src/linalg/streaming-linear-algebra.ts';
import type { FilledByFlags } from '../from-flag.ts';
import { createStoredVector } from './stored-vector.ts';
import { readWeights } from './read-weights.ts';
import { openVectorFiles } from './vector-files.ts';
import type { IntegerTensors, VectorFiles, VectorOutput } from './vector-source.ts';

export interface AggregateFilesOptions {
  readonly inputs: readonly string[];
  readonly rule: string;
  readonly base: string | undefined;
  /** Names, separated by commas. */
  readonly pre: string | undefined;
  readonly f: number;
  /** key=value */
  readonly param: readonly string[];
  readonly weights: string | undefined;
  readonly threads: number;
  readonly memoryMiB: number;
  /** What becomes of tensors that are no floats; refused unless given. */
  readonly integers?: IntegerTensors;
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

export async function aggregateFiles(options: AggregateFilesOptions): Promise<AggregateReport> {
  const pipeline = await loadRules(pipelineOf(options));
  const { threads, memoryMiB, f, out } = options;
  const files = openVectorFiles(options.inputs, out, options.integers);
  const linalg = openLinearAlgebra({ threads });
  let output: VectorOutput | undefined;
  try {
    const { n, d } = files.source;
    checkPipeline(pipeline, n, f, '');
    const weights = options.weights === undefined ? undefined : readWeights(options.weights, files.names);
    checkWeights(pipeline, n, weights);
    checkOutputFile(out, {
      field: '--out',
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
      rule: options.rule,
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

interface Job {
  readonly pipeline: Pipeline;
  readonly files: VectorFiles;
  readonly output: VectorOutput;
  readonly linalg: LinearAlgebra;
  readonly options: AggregateFilesOptions;
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

function pipelineOf({ rule, base, pre, param }: AggregateFilesOptions): Pipeline {
  const settings = Object.fromEntries(param.map(settingOf));
  const names = namesOf(pre);
  const seed = names.includes('bucketing') && !('seed' in settings) ? { seed: DEFAULT_SEED } : {};
  return parsePipeline({ ...settings, ...seed, pre: names, rule, ...(base !== undefined && { base }) }, '');
}

function namesOf(pre: string | undefined): string[] {
  return pre === undefined || pre === '' ? [] : pre.split(',').map((name) => name.trim());
}

const DEFAULT_SEED = 0;

/** Where the fields of the pipeline, and the settings of the work, come from. */
export function filledByFlags(
  options: Pick<AggregateFilesOptions, 'rule' | 'base' | 'pre' | 'param'>,
): FilledByFlags {
  const { rule, base, pre, param } = options;
  const parts = [rule, ...(base === undefined ? [] : [base]), ...namesOf(pre)];
  const given = param.map((text) => (/^[^=]+/.exec(text) ?? [''])[0]);
  // what a part needs and nobody gave is a setting too
  const settings = [...given, ...parts.flatMap(settingsOf)];
  return {
    ...Object.fromEntries(settings.map((name) => [name, `--param ${name}`])),
    ...{ rule: '--rule', base: '--base', pre: '--pre', f: '--f', param: '--param' },
    ...{ weights: '--weights', memory: '--memory', threads: '--threads' },
  };
}

function settingOf(text: string): [string, string | number] {
  const [, key, value] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (key === undefined || value === undefined) throw invalidField('param', 'be key=value', text);
  const number = Number(value);
  return [key, Number.isNaN(number) || value.trim() === '' ? value : number];
}

const MOST_ROWS_PRINTED = 64;

/** A few lines for people. */
export function printReport(report: AggregateReport): string {
  const { rule, n, d, f, milliseconds, readMilliseconds: read = 0, writeMilliseconds: write = 0 } = report;
  const lines = [
    `${rule} of ${n} vectors of ${d} values, f = ${f}: ${milliseconds.toFixed(1)} ms` +
      (report.streamed ? ', streamed' : ` (read ${read.toFixed(1)}, write ${write.toFixed(1)})`),
  ];
  if (report.report) {
    const { measure, rows } = report.report;
    const names = rows.slice(0, MOST_ROWS_PRINTED).map(({ row }) => report.names?.[row] ?? String(row));
    const width = Math.max('row'.length, ...names.map((name) => name.length)) + 2;
    lines.push(`${'row'.padEnd(width)}kept  ${measure}`);
    names.forEach((name, i) => {
      const { kept, distance } = rows[i] as RowReport;
      lines.push(`${name.padEnd(width)}${kept ? 'yes ' : 'no  '}  ${distance.toPrecision(6)}`);
    });
    if (rows.length > MOST_ROWS_PRINTED) lines.push(`... and ${rows.length - MOST_ROWS_PRINTED} more`);
  }
  return `${[...lines, `wrote ${report.out}`].join('\n')}\n`;
}
