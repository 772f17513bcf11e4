/**
 * A trained model as a .safetensors file: one float32 tensor for each parameter of the task under its own name, and
 * in the metadata where it comes from and what it is, so that `synod evaluate` needs nothing else. `format: pt` is
 * what Hugging Face's loaders ask for; weights keep TF.js's order of axes (dense [in, out], convolutions
 * [height, width, in, out]).
 */
import { present } from '../foundation/assert.ts';
import { OperatorError, invalidField } from '../foundation/operator-error.ts';
import { tensorOf, writeSafetensors } from '../formats/safetensors.ts';
import { openTensorFiles, type TensorFiles } from '../formats/tensor-files.ts';
import { isFloat, readFloats } from '../formats/tensor-floats.ts';
import { parseDatasetSpec, sharedSpec, type DatasetSpec } from './data/dataset-spec.ts';
import { parseTaskSpec } from './parse-task-spec.ts';
import { layoutOf } from './task.ts';
import type { TaskSpec } from './task-spec.ts';
import type { TaskDescription } from './training-requests.ts';

export interface ModelMetadata {
  /** Digest of the experiment. */
  readonly experiment?: string;
  /** Rounds that are in the parameters. */
  readonly round?: number;
  /** Digest of the certificate of the last of these rounds, and of the training state that it certifies. */
  readonly certificate?: string;
  readonly state?: string;
  readonly model?: TaskSpec;
  /** What it was trained on; written without the fields that are local to a peer. */
  readonly data?: DatasetSpec;
}

export interface ModelFile {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: ModelMetadata;
}

interface StoredTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Float32, widened or rounded; absent where the tensor holds no floats. */
  readonly values?: Float32Array;
}

const PREFIX = 'synod.';

/** Writes the file whole or not at all. `parameters` is the flat vector in the order of the task's parameters. */
export function writeModelFile(
  path: string,
  task: Pick<TaskDescription, 'parameters'>,
  parameters: Float32Array,
  metadata: ModelMetadata,
): void {
  const { total, offsets, sizes } = layoutOf(task.parameters);
  if (parameters.length !== total) {
    throw invalidField('the parameters', `have the ${total} values of the task`, parameters.length);
  }
  const tensors = new Map(
    task.parameters.map(({ name, shape }, i) => {
      const offset = offsets[i] as number;
      return [name, tensorOf(parameters.subarray(offset, offset + (sizes[i] as number)), shape)];
    }),
  );
  writeSafetensors(path, tensors, encodeMetadata(metadata));
}

/**
 * Reads a model file, this program's or another's, or the shards that an index names. Throws OperatorError where it is
 * malformed.
 */
export function readModelFile(path: string): ModelFile {
  const files = openTensorFiles(path);
  try {
    const tensors = new Map([...files.tensors.keys()].map((name) => [name, readTensor(files, name)]));
    return { path, tensors, metadata: decodeMetadata(path, files.metadata) };
  } finally {
    files.close();
  }
}

function readTensor({ tensors }: TensorFiles, name: string): StoredTensor {
  const { source, dtype, shape, offset } = present(tensors.get(name), `the tensor ${name}`);
  if (!isFloat(dtype)) return { dtype, shape };
  const values = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
  readFloats(source, { dtype, offset }, 0, values);
  return { dtype, shape, values };
}

/**
 * The flat vector of a task from a file's tensors; throws OperatorError where one lacks, differs or is a stranger. Tensors
 * of integers beside them (how many batches a normaliser has seen) are no parameters of anything and are passed over.
 */
export function flattenTensors(file: ModelFile, task: Pick<TaskDescription, 'parameters'>): Float32Array {
  const { total, offsets } = layoutOf(task.parameters);
  const flat = new Float32Array(total);
  task.parameters.forEach(({ name, shape }, i) => {
    const tensor = file.tensors.get(name);
    const values = tensor?.values;
    if (tensor === undefined || values === undefined || tensor.shape.join() !== shape.join()) {
      const found = tensor === undefined ? 'none' : `${tensor.dtype} [${tensor.shape.join(', ')}]`;
      throw invalidField(file.path, `hold the tensor ${name}, floats [${shape.join(', ')}]`, found);
    }
    if (!values.every(Number.isFinite))
      throw invalidField(`${file.path}: ${name}`, 'be finite', 'NaN or Infinity');
    flat.set(values, offsets[i]);
  });
  const known = new Set(task.parameters.map(({ name }) => name));
  const stranger = [...file.tensors].find(([name, { values }]) => values !== undefined && !known.has(name));
  if (stranger !== undefined) throw invalidField(file.path, 'hold only parameters of the model', stranger[0]);
  return flat;
}

function encodeMetadata({
  experiment,
  round,
  certificate,
  state,
  model,
  data,
}: ModelMetadata): Record<string, string> {
  const entries = Object.entries({
    experiment,
    round: round === undefined ? undefined : String(round),
    certificate,
    state,
    model: model === undefined ? undefined : JSON.stringify(model),
    data: data === undefined ? undefined : JSON.stringify(sharedSpec(data)),
  });
  const present = entries.flatMap(([name, text]) =>
    text === undefined ? [] : [[PREFIX + name, text] as const],
  );
  return { format: 'pt', ...Object.fromEntries(present) };
}

function decodeMetadata(path: string, texts: Readonly<Record<string, string>>): ModelMetadata {
  const text = (name: keyof ModelMetadata) => texts[PREFIX + name];
  const optional = <T>(name: keyof ModelMetadata, parse: (text: string, field: string) => T) => {
    const value = text(name);
    return value === undefined ? {} : { [name]: parse(value, `${path}: ${PREFIX}${name}`) };
  };
  const same = (value: string) => value;
  return {
    ...optional('experiment', same),
    ...optional('certificate', same),
    ...optional('state', same),
    ...optional('round', parseRound),
    ...optional('model', (value, field) => parseTaskSpec(parseJson(value, field), field)),
    // a file of unknown origin must not name folders of this machine
    ...optional('data', (value, field) => sharedSpec(parseDatasetSpec(parseJson(value, field), field))),
  };
}

function parseRound(text: string, field: string): number {
  if (!/^\d{1,15}$/.test(text)) throw invalidField(field, 'be a round', text);
  return Number(text);
}

function parseJson(text: string, field: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new OperatorError(`${field} must be JSON, got ${text.slice(0, 40)}`);
  }
}
