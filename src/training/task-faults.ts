/** What is wrong with a user's task, as the rest of a sentence that begins with "the task module PATH". */
import type { Dataset } from './dataset.ts';
import { layoutOf, MAX_PARAMETERS, type Initializer, type ParameterSpec, type Task } from './task.ts';

const INITIALIZERS = ['glorot-uniform', 'he-normal', 'normal', 'zeros', 'ones', 'values'] as const;

/** Of what the module exports, before anything of it has run. */
export function faultOfTask(task: unknown): string | undefined {
  if (typeof task !== 'object' || task === null) {
    return `must export a task as its default, export default defineTask({ ... }), got ${typeof task}`;
  }
  const { parameters, loss, metrics, data, chunkSize } = task as Partial<Record<keyof Task, unknown>>;
  if (!Array.isArray(parameters) || parameters.length === 0) {
    return `must define parameters as a list of at least one, got ${show(parameters)}`;
  }
  for (const [i, parameter] of parameters.entries()) {
    const fault = faultOfParameter(parameter, `parameters[${i}]`);
    if (fault !== undefined) return fault;
  }
  const { total } = layoutOf(parameters as readonly ParameterSpec[]);
  if (total > MAX_PARAMETERS) return `must have at most 2^30 parameters in all, got ${total}`;
  const names = (parameters as readonly { readonly name: string }[]).map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) return `must give its parameters different names, got "${twice}" twice`;
  if (typeof loss !== 'function') return `must define loss as a function, got ${show(loss)}`;
  if (typeof metrics !== 'function') return `must define metrics as a function, got ${show(metrics)}`;
  const { open } = (data ?? {}) as { readonly open?: unknown };
  if (data !== undefined && typeof open !== 'function') {
    return `must define data as an object with open(split), got ${show(data)}`;
  }
  if (chunkSize !== undefined && !(Number.isInteger(chunkSize) && (chunkSize as number) > 0)) {
    return `must have a whole chunkSize above 0, got ${show(chunkSize)}`;
  }
  return undefined;
}

function faultOfParameter(parameter: unknown, at: string): string | undefined {
  const { name, shape, init } = (parameter ?? {}) as Partial<Record<'name' | 'shape' | 'init', unknown>>;
  if (typeof name !== 'string' || name === '') return `must give ${at} a name, got ${show(name)}`;
  const isShape = Array.isArray(shape) && shape.every((extent) => Number.isInteger(extent) && extent >= 1);
  if (!isShape) return `must give ${at} ("${name}") a shape of whole numbers above 0, got ${show(shape)}`;
  const size = (shape as number[]).reduce((product, extent) => product * extent, 1);
  if (size > MAX_PARAMETERS) return `must give ${at} ("${name}") at most 2^30 values, got ${size}`;
  const { kind, ...settings } = (init ?? {}) as { kind?: unknown } & Record<string, unknown>;
  if (!INITIALIZERS.includes(kind as Initializer['kind'])) {
    return `must give ${at} ("${name}") an init of kind ${INITIALIZERS.join(', ')}, got ${show(init)}`;
  }
  const needed: Record<string, readonly string[]> = {
    'glorot-uniform': ['fanIn', 'fanOut'],
    'he-normal': ['fanIn'],
    normal: ['deviation'],
  };
  const missing = (needed[kind as string] ?? []).find((field) => !(Number(settings[field]) > 0));
  if (missing !== undefined) {
    return `must give the init of ${at} ("${name}") a ${missing} above 0, got ${show(settings[missing])}`;
  }
  const values = settings['values'];
  if (kind === 'values' && !(values instanceof Float32Array && values.length === size)) {
    return `must give the init of ${at} ("${name}") a Float32Array of ${size} values`;
  }
  return undefined;
}

/** Of one of the task's own splits. */
export function faultOfData(data: Dataset, split: string): string | undefined {
  const at = `data.open('${split}')`;
  if (typeof data !== 'object' || data === null) return `must give a data set from ${at}, got ${show(data)}`;
  if (!(Number.isInteger(data.size) && data.size > 0)) {
    return `must give ${at} a size above 0, got ${show(data.size)}`;
  }
  if (!(Number.isInteger(data.classes) && data.classes > 0)) {
    return `must give ${at} a number of classes above 0, got ${show(data.classes)}`;
  }
  for (const field of ['featureShape', 'labelShape'] as const) {
    if (!Array.isArray(data[field])) return `must give ${at} a ${field}, got ${show(data[field])}`;
  }
  if (data.featureType !== 'float32' && data.featureType !== 'int32') {
    return `must give ${at} the featureType float32 or int32, got ${show(data.featureType)}`;
  }
  const { features, labels, size } = data.read([0]);
  const extent = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);
  if (size !== 1 || features.length !== extent(data.featureShape)) {
    const wanted = extent(data.featureShape);
    return `must read ${wanted} features an example as ${at}.featureShape says, got ${features.length}`;
  }
  if (labels.length !== extent(data.labelShape)) {
    return `must read ${extent(data.labelShape)} labels an example as ${at}.labelShape says, got ${labels.length}`;
  }
  const wrong = labels.find((label) => !(label >= 0 && label < data.classes));
  if (wrong !== undefined) return `must have labels from 0 to ${data.classes - 1} in ${at}, got ${wrong}`;
  return undefined;
}

function show(value: unknown): string {
  const text = typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
