/**
 * What `synod export` does: parameters from the folder of a peer, from a model file, or from the state of a training
 * application together with its experiment, written as .safetensors or as a TF.js Layers model.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { experimentId } from '../../src/config/experiment.ts';
import { loadExperiment } from '../../src/config/experiment-file.ts';
import { INDEX, SAFETENSORS } from '../../src/formats/tensor-files.ts';
import { attempt, fileFault } from '../../src/files/file-fault.ts';
import { checkOutputFile, checkOutputFolder } from '../../src/files/output-target.ts';
import { decodeNamedArrays } from '../../src/foundation/named-arrays.ts';
import { OperatorError, invalidField } from '../../src/foundation/operator-error.ts';
import { knownShapeOf } from '../../src/training/data/data-shape.ts';
import type { DatasetSpec } from '../../src/training/data/dataset-spec.ts';
import {
  flattenTensors,
  readModelFile,
  writeModelFile,
  type ModelMetadata,
} from '../../src/training/model-file.ts';
import { openData, shapeOf } from '../../src/training/open-data.ts';
import { openTask } from '../../src/training/open-task.ts';
import { isOwnTask, pinTask } from '../../src/training/task-digest.ts';
import type { TaskSpec } from '../../src/training/task-spec.ts';
import type { DataShape } from '../../src/training/task.ts';
import { lookAtDataFolder } from '../data-folder.ts';
import { provideData } from '../provide-data.ts';
import { openRun } from '../../src/run/open-run.ts';
import { chooseData, chooseModel } from './evaluate-model.ts';
import { replayRun } from '../../src/run/replay-run.ts';

export interface ExportFlags {
  readonly source: string;
  readonly out?: string | undefined;
  readonly format: 'safetensors' | 'tfjs';
  readonly experiment?: string | undefined;
  /** Of a peer's folder: the model after so many rounds. */
  readonly round?: number | undefined;
  readonly model?: string | undefined;
  readonly data?: string | undefined;
  readonly dataDir?: string | undefined;
}

export interface ExportReport {
  readonly out: string;
  readonly format: 'safetensors' | 'tfjs';
  readonly parameters: number;
  readonly experiment: string | null;
  readonly round: number | null;
}

/** Everything that an export needs: what the model is, its parameters and where they come from. */
interface TrainedModel {
  readonly spec: TaskSpec;
  readonly shape: DataShape;
  /** What it was trained on. */
  readonly stored: DatasetSpec;
  readonly parameters: Float32Array;
  readonly metadata: ModelMetadata;
}

const LARGEST_STATE_BYTES = 2 ** 31;
const LAYERS_MODEL_FILES = ['model.json', 'weights.bin'];

export async function exportModel(flags: ExportFlags): Promise<ExportReport> {
  const out = checkedOutput(flags);
  const trained = await openSource(flags);
  const { spec, shape, parameters, metadata } = trained;
  if (flags.format === 'tfjs') {
    const { needsCalibration, writeLayersModel } = await import('../../src/training/layers-export.ts');
    const calibration = needsCalibration(spec)
      ? await openData(await provideData(trained.stored, { dataDir: flags.dataDir }), spec, 'train')
      : undefined;
    await writeLayersModel(out, {
      ...{ spec, data: shape, parameters, metadata: { synod: metadata } },
      ...(calibration === undefined ? {} : { calibration }),
    });
  } else {
    writeModelFile(out, await openTask(spec, shape), parameters, metadata);
  }
  return {
    out,
    format: flags.format,
    parameters: parameters.length,
    experiment: metadata.experiment ?? null,
    round: metadata.round ?? null,
  };
}

/** Where the model goes. What is there is replaced only where it was named, and an input never. */
function checkedOutput({ out, format, source, experiment, model }: ExportFlags): string {
  const place = out ?? (format === 'tfjs' ? 'model-tfjs' : 'model.safetensors');
  if (out === undefined && existsSync(place)) {
    throw new OperatorError(`${place} is there already: name it with --out to replace it, or another place`);
  }
  const inputs = [source, experiment, model].filter((path) => path !== undefined);
  if (format === 'safetensors') checkOutputFile(place, { field: '--out', inputs });
  else {
    checkOutputFolder(place, '--out');
    const there = LAYERS_MODEL_FILES.map((name) => join(place, name)).filter((path) => existsSync(path));
    for (const path of there) checkOutputFile(path, { field: '--out', inputs });
  }
  return place;
}

function openSource(flags: ExportFlags): Promise<TrainedModel> {
  if (attempt('read', flags.source, () => statSync(flags.source)).isDirectory()) return fromRun(flags);
  if (flags.round !== undefined) {
    throw invalidField('--round', 'be left out where the source is no folder of a peer', flags.round);
  }
  const isModel = flags.source.endsWith(SAFETENSORS) || flags.source.endsWith(INDEX);
  return isModel ? fromModelFile(flags) : fromState(flags);
}

async function fromRun(flags: ExportFlags): Promise<TrainedModel> {
  const { store, experiment, path } = await openRun(flags.source);
  try {
    const spec = sameTask(chooseModel(flags.model, experiment.model, path), experiment.model);
    const shape = await shapeFor(experiment.data, spec, flags.dataDir);
    const task = await openTask(spec, shape);
    const { parameters, metadata } = await replayRun(store, experiment, task, flags.round);
    return {
      ...{ spec, shape, parameters, stored: experiment.data },
      metadata: { ...metadata, model: spec, data: experiment.data },
    };
  } finally {
    await store.close();
  }
}

/** A model of the user's own must be the files that the run was made with. */
function sameTask(chosen: TaskSpec, trained: TaskSpec): TaskSpec {
  if (!isOwnTask(chosen) || !isOwnTask(trained) || trained.digest === undefined) return chosen;
  return pinTask({ ...chosen, digest: trained.digest }, '');
}

async function fromModelFile(flags: ExportFlags): Promise<TrainedModel> {
  const file = readModelFile(flags.source);
  const spec = chooseModel(flags.model, file.metadata.model, file.path);
  const data = chooseData(flags.data, file.metadata.data, file.path);
  const shape = await shapeFor(data, spec, flags.dataDir);
  const parameters = flattenTensors(file, await openTask(spec, shape));
  return { spec, shape, parameters, stored: data, metadata: { ...file.metadata, model: spec, data } };
}

/** The state's bytes: named arrays with `parameters` and `round` (`encodeAgreedState`). */
async function fromState(flags: ExportFlags): Promise<TrainedModel> {
  if (flags.experiment === undefined) {
    throw new OperatorError(
      `${flags.source} is no folder of a peer and no .safetensors file: if it is the state of a training application, name its experiment file with --experiment`,
    );
  }
  const experiment = loadExperiment(flags.experiment);
  const entries = decodeNamedArrays(readState(flags.source));
  const [parameters, round] = [entries?.get('parameters'), entries?.get('round')];
  if (!(parameters instanceof Float32Array) || typeof round !== 'number') {
    throw invalidField(flags.source, 'be a .safetensors file or the state of a training run', 'other bytes');
  }
  const { model: spec, data } = experiment;
  const shape = await shapeFor(data, spec, flags.dataDir);
  return {
    spec,
    shape,
    parameters,
    stored: data,
    metadata: { experiment: experimentId(experiment), round, model: spec, data },
  };
}

function readState(path: string): Uint8Array {
  try {
    const { size } = statSync(path);
    if (size > LARGEST_STATE_BYTES) throw invalidField(path, `be at most ${LARGEST_STATE_BYTES} bytes`, size);
    return readFileSync(path);
  } catch (error) {
    throw fileFault(error, 'read', path);
  }
}

async function shapeFor(data: DatasetSpec, model: TaskSpec, dataDir: string | undefined): Promise<DataShape> {
  lookAtDataFolder(dataDir, data);
  return knownShapeOf(data) ?? shapeOf(await provideData(data, { dataDir }), model);
}
