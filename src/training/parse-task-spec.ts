/** The model as an experiment file names it, parsed and checked: `"lenet"` or `{ "kind": "mlp", "hidden": [64] }`. */
import { z } from 'zod';
import { integer, parseWith, variantNames, withShorthand } from '../foundation/schema.ts';
import type { TaskSpec } from './task-spec.ts';

const MOST_LAYERS = 64;
const WIDEST = 65_536;

const l2 = z.number().min(0).default(0);
/** The fields of TaskFiles. */
const FILES = {
  path: z.string({ error: 'be a path' }).min(1, { error: 'be a path' }),
  digest: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'be the 64 hexadecimal digits of a SHA-256')
    .exactOptional(),
};

const VARIANTS = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('logistic-regression'),
      form: z.enum(['binary', 'softmax']).default('softmax'),
      l2,
      bias: z.boolean().optional(),
    })
    .transform((spec) => ({ ...spec, bias: spec.bias ?? spec.form === 'softmax' })),
  z.strictObject({
    kind: z.literal('mlp'),
    hidden: z.array(integer(1, WIDEST)).max(MOST_LAYERS).default([64]),
    l2,
  }),
  z.strictObject({
    kind: z.literal('lenet'),
    batchNorm: z.boolean().default(false),
    width: z.number().min(0.1).max(32).exactOptional(),
  }),
  z.strictObject({ kind: z.literal('ctma-cnn') }),
  z.strictObject({ kind: z.literal('marina-cnn') }),
  z.strictObject({
    kind: z.literal('resnet-18'),
    norm: z.enum(['batch', 'group', 'layer']).default('batch'),
    width: integer(1, 1024).default(64),
  }),
  z.strictObject({
    kind: z.literal('transformer'),
    layers: integer(1, MOST_LAYERS).default(2),
    heads: integer(1, 256).default(4),
    width: integer(1, WIDEST).default(64),
  }),
  z.strictObject({ kind: z.literal('layers-model'), ...FILES }),
  z.strictObject({ kind: z.literal('task-module'), ...FILES }),
]);

/** Files of other programs, each with the way that leads from it to one that is read. */
const OTHER_FILES: readonly (readonly [ending: RegExp, hint: string])[] = [
  [/\.(h5|hdf5|keras)$/i, 'tensorflowjs_converter makes a model.json of a Keras 2 model'],
  [/\.(pb|onnx|tflite|pt|pth|gguf)$/i, 'only Layers models of TensorFlow.js, model.json, are read'],
  [/\.py$/i, 'a task module is written in TypeScript or JavaScript'],
  [/\.safetensors$/i, 'a file of parameters does not say what computes with them'],
];

/** A path that ends in `.json` or `.ts` stands for a user's own model, any other text for a kind. */
export const TASK_SPEC = withShorthand(
  (value, context) => {
    if (typeof value !== 'string') return value;
    const hint = OTHER_FILES.find(([ending]) => ending.test(value))?.[1];
    if (hint !== undefined) {
      const message = `be a kind, ./model.json or ./task.ts: ${hint}`;
      context.addIssue({ code: 'custom', input: value, message });
      return z.NEVER;
    }
    if (value.endsWith('.json')) return { kind: 'layers-model', path: value };
    if (/\.[cm]?[jt]s$/.test(value)) return { kind: 'task-module', path: value };
    return { kind: value };
  },
  VARIANTS,
  () => ({
    anyOf: [
      { enum: variantNames(VARIANTS, 'kind').filter((kind) => VARIANTS.safeParse({ kind }).success) },
      { type: 'string', pattern: '\\.(json|[cm]?[jt]s)$' },
    ],
  }),
);

export function parseTaskSpec(value: unknown, field: string): TaskSpec {
  return parseWith<TaskSpec>(TASK_SPEC, value, field);
}
