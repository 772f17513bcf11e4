/** What a simulation leaves behind: the model as a .safetensors file, and of a model of text a sample of it. */
import { experimentId } from '../../src/config/experiment.ts';
import type { DatasetSpec } from '../../src/training/data/dataset-spec.ts';
import { writeModelFile } from '../../src/training/model-file.ts';
import { openData } from '../../src/training/open-data.ts';
import { createTrainingPool } from '../../src/training/training-pool.ts';
import { writeSample } from '../models/write-sample.ts';
import type { NetworkRun } from '../../src/run/run-network.ts';
import type { Settings } from './settings.ts';

const SAMPLE_CHARACTERS = 400;
const TEMPERATURE = 0.8;

export interface FinalModelOptions {
  readonly settings: Settings;
  /** With its folder. */
  readonly data: DatasetSpec;
  readonly run: NetworkRun;
  /** Where to write the model; nowhere unless given. */
  readonly out?: string | undefined;
}

/** The sample, where the model is one of text. Throws OperatorError where `out` cannot be written. */
export async function keepModel({
  settings,
  data,
  run,
  out,
}: FinalModelOptions): Promise<string | undefined> {
  const { experiment } = settings;
  const { model, rounds: round } = experiment;
  const train = await openData(data, model, 'train');
  const isText = model.kind === 'transformer' && train.vocabulary !== undefined;
  if (out === undefined && !isText) return undefined;
  const datasets = { train: { kind: 'stored', spec: data, split: 'train' } } as const;
  const pool = await createTrainingPool({ task: model, datasets, backend: settings.backend, workers: 1 });
  try {
    const { parameters } = run;
    if (out !== undefined) {
      const origin = { experiment: experimentId(experiment), round, state: run.applicationDigest };
      writeModelFile(out, pool.task, parameters, { ...origin, model, data: experiment.data });
    }
    const sample = SAMPLE_CHARACTERS;
    return isText
      ? await writeSample(pool, { parameters, data: train, sample, temperature: TEMPERATURE })
      : undefined;
  } finally {
    await pool.close();
  }
}
