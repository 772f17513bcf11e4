/** The model as an experiment file names it, parsed and checked: `"lenet"` or `{ "kind": "mlp", "hidden": [64] }`. */
import { FieldReader } from '../foundation/field-reader.ts';
import { invalidField } from '../foundation/operator-error.ts';
import type { TaskSpec } from './task-spec.ts';

const KINDS = [
  'logistic-regression',
  'mlp',
  'lenet',
  'ctma-cnn',
  'marina-cnn',
  'resnet-18',
  'transformer',
  'layers-model',
  'task-module',
] as const satisfies readonly TaskSpec['kind'][];

const MOST_LAYERS = 64;
const WIDEST = 65_536;

/** Throws an OperatorError that names the field. A path that ends in `.json` or `.ts` stands for a user's own model. */
export function parseTaskSpec(value: unknown, field: string): TaskSpec {
  if (typeof value === 'string' && /\.json$/.test(value)) return { kind: 'layers-model', path: value };
  if (typeof value === 'string' && /\.[cm]?[jt]s$/.test(value)) return { kind: 'task-module', path: value };
  const read = new FieldReader(value, field, { shorthand: 'kind' });
  const spec = readSettings(read.oneOf('kind', KINDS), read);
  read.refuseOthers();
  return spec;
}

function readSettings(kind: (typeof KINDS)[number], read: FieldReader): TaskSpec {
  switch (kind) {
    case 'logistic-regression': {
      const form = read.oneOf('form', ['binary', 'softmax'], 'softmax');
      const l2 = read.number('l2', { min: 0, otherwise: 0 });
      return { kind, form, l2, bias: read.boolean('bias', form === 'softmax') };
    }
    case 'mlp':
      return {
        kind,
        hidden: read.nested('hidden', [64], parseWidths),
        l2: read.number('l2', { min: 0, otherwise: 0 }),
      };
    case 'lenet':
      return { kind, batchNorm: read.boolean('batchNorm', false) };
    case 'ctma-cnn':
    case 'marina-cnn':
      return { kind };
    case 'resnet-18':
      return {
        kind,
        norm: read.oneOf('norm', ['batch', 'group'], 'batch'),
        width: read.integer('width', { min: 1, max: 1024, otherwise: 64 }),
      };
    case 'transformer':
      return {
        kind,
        layers: read.integer('layers', { min: 1, max: MOST_LAYERS, otherwise: 2 }),
        heads: read.integer('heads', { min: 1, max: 256, otherwise: 4 }),
        width: read.integer('width', { min: 1, max: WIDEST, otherwise: 64 }),
      };
    case 'layers-model':
    case 'task-module':
      return {
        kind,
        path: read.nested('path', undefined, parsePath) ?? parsePath(undefined, read.pathOf('path')),
        ...(read.has('digest') ? { digest: read.nested('digest', '', parseDigest) } : {}),
      };
  }
}

function parseWidths(value: unknown, field: string): readonly number[] {
  const isWidth = (width: unknown) =>
    Number.isInteger(width) && Number(width) >= 1 && Number(width) <= WIDEST;
  if (Array.isArray(value) && value.length <= MOST_LAYERS && value.every(isWidth)) return value as number[];
  throw invalidField(field, `be a list of at most ${MOST_LAYERS} widths from 1 to ${WIDEST}`, value);
}

function parsePath(value: unknown, field: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw invalidField(field, 'be a path', value);
}

function parseDigest(value: unknown, field: string): string {
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return value;
  throw invalidField(field, 'be the 64 hexadecimal digits of a SHA-256', value);
}
