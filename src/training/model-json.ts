/**
 * A TF.js Layers model as it lies on disk: model.json and the weight files that it names. TF.js builds what a topology
 * claims before it looks at the weights, and walks a graph until no node is left, so whatever a file of unknown origin
 * may claim is bounded and checked here first.
 */
import { dirname } from 'node:path';
import { z } from 'zod';
import { fileInside } from '../files/inside-folder.ts';
import { checkRegular, readJson, readRegular } from '../files/regular-file.ts';
import { OperatorError, invalidField } from '../foundation/operator-error.ts';
import { parseWith } from '../foundation/schema.ts';

const LARGEST_JSON_BYTES = 2 ** 26;
/** 2^30 parameters of float32. */
const LARGEST_WEIGHTS_BYTES = 2 ** 32;
const MOST_WEIGHT_FILES = 4096;
const MOST_LAYERS = 10_000;
const DEEPEST_NESTING = 8;
const MOST_INPUTS = 2 ** 26;

const BYTES_OF = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2, complex64: 8 } as const;

const WEIGHT = z.looseObject({
  name: z.string(),
  shape: z.array(z.int().min(0)).max(16),
  dtype: z.enum(['float32', 'int32', 'bool', 'complex64']),
  quantization: z.looseObject({ dtype: z.enum(['uint8', 'uint16', 'float16']) }).optional(),
});

const MANIFEST = z.array(z.looseObject({ paths: z.array(z.string()), weights: z.array(WEIGHT) }));

const DOCUMENT = z.looseObject({
  format: z.string().optional(),
  modelTopology: z.record(z.string(), z.unknown(), {
    error: 'be there, for this is what `tf.LayersModel.save` writes',
  }),
  weightsManifest: MANIFEST,
});

export interface ModelJson {
  readonly path: string;
  readonly modelTopology: Readonly<Record<string, unknown>>;
  readonly weights: readonly z.infer<typeof WEIGHT>[];
  /** In the order of the weights. */
  readonly weightFiles: readonly string[];
}

/** Throws OperatorError where the file is malformed, of another kind, or names files outside of its folder. */
export function readModelJson(path: string): ModelJson {
  const field = `the model ${path}`;
  const document = readJson(path, LARGEST_JSON_BYTES);
  refuseOtherKinds(document, path);
  const { modelTopology, weightsManifest } = parseWith(DOCUMENT, document, field);
  const names = weightsManifest.flatMap(({ paths }) => paths);
  if (names.length > MOST_WEIGHT_FILES) {
    throw invalidField(`${field}: weightsManifest`, `name at most ${MOST_WEIGHT_FILES} files`, names.length);
  }
  const weightFiles = names.map((name) =>
    fileInside(dirname(path), name, `${field}: weightsManifest.paths`, path),
  );
  const weights = weightsManifest.flatMap((group) => group.weights);
  checkTopology(modelTopology, weights, field);
  return { path, modelTopology, weights, weightFiles };
}

/** The weights' bytes, one after the other. */
export function readWeightData({ path, weights, weightFiles }: ModelJson): ArrayBuffer {
  const found = weightFiles.reduce((sum, file) => sum + checkRegular(file).size, 0);
  const needed = weights.reduce((sum, { shape, dtype, quantization }) => {
    return sum + shape.reduce((product, extent) => product * extent, BYTES_OF[quantization?.dtype ?? dtype]);
  }, 0);
  if (needed > LARGEST_WEIGHTS_BYTES) {
    throw invalidField(`the model ${path}`, `have at most ${LARGEST_WEIGHTS_BYTES} bytes of weights`, needed);
  }
  if (found !== needed) {
    const cut = found < needed ? ' (they are cut off)' : '';
    throw invalidField(
      `the weight files of ${path}`,
      `hold the ${needed} bytes that it states`,
      `${found}${cut}`,
    );
  }
  const data = new Uint8Array(needed);
  let at = 0;
  for (const file of weightFiles) {
    const bytes = readRegular(file, needed - at);
    data.set(bytes, at);
    at += bytes.length;
  }
  return data.buffer;
}

function refuseOtherKinds(document: unknown, path: string): void {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new OperatorError(
      `the model ${path} must be the model.json of a TF.js Layers model, got other JSON`,
    );
  }
  const { format, class_name: className, modelTopology } = document as Readonly<Record<string, unknown>>;
  if (format === 'graph-model') {
    throw new OperatorError(
      `the model ${path} must be a TF.js Layers model, got a graph model, which is frozen and cannot be trained`,
    );
  }
  if (className !== undefined && modelTopology === undefined) {
    throw new OperatorError(
      `the model ${path} must be the model.json of a TF.js Layers model, got a Keras configuration without weights (tensorflowjs_converter converts the .keras or .h5 file)`,
    );
  }
  if (isKeras3(modelTopology)) {
    throw new OperatorError(
      `the model ${path} was saved by Keras 3, whose layers TensorFlow.js does not read: save it with Keras 2 (pip install tf_keras, TF_USE_LEGACY_KERAS=1) and convert that`,
    );
  }
}

function isKeras3(topology: unknown): boolean {
  const text = JSON.stringify(topology) ?? '';
  return (
    /"keras_version":"3\./.test(text) ||
    text.includes('"__keras_tensor__"') ||
    text.includes('"batch_shape":[')
  );
}

type Config = Readonly<Record<string, unknown>>;

function checkTopology(topology: Config, weights: ModelJson['weights'], field: string): void {
  const inner = topology['model_config'] ?? topology;
  const widest = weights.reduce((most, { shape }) => Math.max(most, ...shape), 1);
  const budget = { layers: MOST_LAYERS };
  checkModel(asConfig(inner), { field, widest, budget }, 0);
}

interface Bounds {
  readonly field: string;
  /** The greatest extent of any weight: nothing that has weights is wider. */
  readonly widest: number;
  readonly budget: { layers: number };
}

function checkModel(model: Config, bounds: Bounds, depth: number): void {
  const { field, budget } = bounds;
  if (depth > DEEPEST_NESTING)
    throw new OperatorError(`${field} must nest models at most ${DEEPEST_NESTING} deep`);
  const config = model['config'];
  const layers = Array.isArray(config) ? (config as unknown[]) : asConfig(config)['layers'];
  if (!Array.isArray(layers)) throw new OperatorError(`${field} must have a list of layers in its topology`);
  budget.layers -= layers.length;
  if (budget.layers < 0) throw new OperatorError(`${field} must have at most ${MOST_LAYERS} layers`);
  const list = layers.map(asConfig);
  for (const layer of list) checkLayer(layer, bounds, depth);
  if (list.some((layer) => Array.isArray(layer['inbound_nodes']))) checkGraph(list, field);
}

const NESTED = ['Model', 'Functional', 'Sequential'];
const WIDTHS = ['units', 'filters', 'output_dim', 'outputDim'] as const;

function checkLayer(layer: Config, bounds: Bounds, depth: number): void {
  const { field, widest } = bounds;
  const config = asConfig(layer['config']);
  const stated = config['name'] ?? layer['class_name'];
  const name = typeof stated === 'string' ? stated.slice(0, 80) : 'of no name';
  for (const width of WIDTHS) {
    const value = config[width];
    if (value === undefined || (typeof value === 'number' && value >= 1 && value <= widest)) continue;
    throw invalidField(
      `${field}: ${width} of the layer "${name}"`,
      `be at most ${widest}, as its weights are`,
      value,
    );
  }
  const shape = config['batch_input_shape'] ?? config['batchInputShape'];
  if (Array.isArray(shape)) {
    const extents = shape.slice(1).map((extent) => (extent === null ? 1 : Number(extent)));
    const inputs = extents.reduce((product, extent) => product * extent, 1);
    if (!(inputs >= 1 && inputs <= MOST_INPUTS)) {
      throw invalidField(`${field}: the input of "${name}"`, `have from 1 to ${MOST_INPUTS} numbers`, shape);
    }
  }
  if (NESTED.includes(String(layer['class_name']))) {
    checkModel(layer, bounds, depth + 1);
  }
}

/**
 * Nodes of the graph in an order in which each follows those that it is fed by; there is none where there is a circle.
 * TF.js tries nodes over and over until all have their sources, for ever where one never comes: so each layer has one
 * name, each node a source that is there, and only input layers and models within have a node that nothing feeds.
 */
function checkGraph(layers: readonly Config[], field: string): void {
  const waiting = new Map<string, string[]>();
  const names = new Set<string>();
  for (const layer of layers) {
    const { name, class_name: kind, inbound_nodes: nodes } = layer;
    if (typeof name !== 'string' || name !== asConfig(layer['config'])['name'] || names.has(name)) {
      throw invalidField(`${field}: a layer of its graph`, 'have one name, which no other has', name);
    }
    names.add(name);
    const fed = Array.isArray(nodes) ? (nodes as unknown[]) : [];
    const own = kind === 'InputLayer' || NESTED.includes(String(kind)) ? [[]] : [];
    [...own, ...fed].forEach((node, i) => {
      const sources = Array.isArray(node) ? (node as unknown[]).filter(Array.isArray) : [];
      waiting.set(
        `${name} ${i}`,
        sources.map((source) => `${String(source[0])} ${Number(source[1] ?? 0)}`),
      );
    });
  }
  for (const [node, sources] of waiting) {
    const stranger = sources.find((source) => !waiting.has(source));
    if (stranger !== undefined) {
      throw new OperatorError(`${field} must feed "${node}" by layers that it has, got "${stranger}"`);
    }
  }
  const users = new Map<string, string[]>();
  const missing = new Map<string, number>();
  for (const [node, sources] of waiting) {
    missing.set(node, sources.length);
    for (const source of sources) users.set(source, [...(users.get(source) ?? []), node]);
  }
  const ready = [...waiting.keys()].filter((node) => missing.get(node) === 0);
  for (let node = ready.pop(); node !== undefined; node = ready.pop()) {
    missing.delete(node);
    for (const user of users.get(node) ?? []) {
      const left = (missing.get(user) ?? 0) - 1;
      missing.set(user, left);
      if (left === 0) ready.push(user);
    }
  }
  const [circle] = missing.keys();
  if (circle !== undefined)
    throw new OperatorError(`${field} must be a graph without circles, but "${circle}" feeds itself`);
}

function asConfig(value: unknown): Config {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Config) : {};
}
