/** What `synod evaluate` does: a model file, a data set, one pass over it. */
import type { DatasetSpec, Split } from '../../src/training/data/dataset-spec.ts';
import { parseDatasetSpec } from '../../src/training/data/dataset-spec.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import type { BackendName } from '../../src/training/backends/all-backends.ts';
import { flattenTensors, readModelFile } from '../../src/training/model-file.ts';
import { openData } from '../../src/training/open-data.ts';
import { parseTaskSpec } from '../../src/training/parse-task-spec.ts';
import type { TaskSpec } from '../../src/training/task-spec.ts';
import { createTrainingPool } from '../../src/training/training-pool.ts';
import { checkSampleFlags, writeSample } from './write-sample.ts';
import { fromFlag } from '../from-flag.ts';
import { lookAtDataFolder } from '../data-folder.ts';
import { provideData } from '../provide-data.ts';

export interface EvaluateFlags {
  readonly checkpoint: string;
  readonly data?: string | undefined;
  readonly dataDir?: string | undefined;
  readonly model?: string | undefined;
  readonly split: Split;
  readonly backend: BackendName | 'auto';
  /** Of a model of text: characters to write after `prompt`. */
  readonly sample?: number | undefined;
  readonly prompt?: string | undefined;
  readonly temperature?: number | undefined;
  readonly seed?: string | undefined;
}

export interface EvaluationReport {
  readonly checkpoint: string;
  readonly model: string;
  readonly data: string;
  readonly split: Split;
  readonly examples: number;
  readonly loss: number;
  /** null where the model has none. */
  readonly accuracy: number | null;
  readonly metrics: Readonly<Record<string, number>>;
  readonly backend: BackendName;
  readonly experiment: string | null;
  readonly round: number | null;
  /** Where it was asked for. */
  readonly sample?: string;
}

export async function evaluateModel(flags: EvaluateFlags): Promise<EvaluationReport> {
  checkSampleFlags(flags);
  const file = readModelFile(flags.checkpoint);
  const { metadata } = file;
  const task = chooseModel(flags.model, metadata.model, file.path);
  const chosen = chooseData(flags.data, metadata.data, file.path);
  lookAtDataFolder(flags.dataDir, chosen);
  const spec = await provideData(chosen, { dataDir: flags.dataDir });
  const pool = await createTrainingPool({
    task,
    datasets: {
      [flags.split]: { kind: 'stored', spec, split: flags.split },
      train: { kind: 'stored', spec, split: 'train' },
    },
    backend: flags.backend,
    workers: 1,
  });
  try {
    const parameters = flattenTensors(file, pool.task);
    const text =
      flags.sample === undefined
        ? undefined
        : await writeSample(pool, { ...flags, parameters, data: await openData(spec, task, 'train') });
    const { loss, accuracy, examples, metrics } = await pool.evaluate({
      parameters,
      dataset: flags.split,
      calibration: 'train',
    });
    if (!Number.isFinite(loss)) {
      process.stderr.write(
        `synod: the model of ${file.path} has diverged: its loss is not finite, and its accuracy is that of guessing\n`,
      );
    }
    return {
      checkpoint: file.path,
      model: pool.task.name,
      data: spec.name,
      split: flags.split,
      examples,
      loss,
      accuracy: Number.isNaN(accuracy) ? null : accuracy,
      metrics,
      backend: pool.backend.name,
      experiment: metadata.experiment ?? null,
      round: metadata.round ?? null,
      ...(text === undefined ? {} : { sample: text }),
    };
  } finally {
    await pool.close();
  }
}

/** The flag, else what the file says; code and files that a stranger's checkpoint names are never loaded. */
export function chooseModel(flag: string | undefined, stated: TaskSpec | undefined, path: string): TaskSpec {
  if (flag !== undefined) return parseTaskSpec(fromFlag(flag, '--model'), '--model');
  if (stated === undefined) {
    throw new OperatorError(`${path} does not say what model it holds: name it with --model`);
  }
  if (stated.kind === 'layers-model' || stated.kind === 'task-module') {
    throw new OperatorError(`${path} holds a model of its user's own: name its file with --model`);
  }
  return stated;
}

export function chooseData(
  flag: string | undefined,
  stated: DatasetSpec | undefined,
  path: string,
): DatasetSpec {
  if (flag !== undefined) return parseDatasetSpec(fromFlag(flag, '--data'), '--data');
  if (stated !== undefined) return stated;
  throw new OperatorError(`${path} does not say what it was trained on: name a data set with --data`);
}
