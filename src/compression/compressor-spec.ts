/** The compressor as an experiment file names it: a kind with its settings, parsed and validated here. */
import { FieldReader } from '../foundation/field-reader.ts';

export type Rounding = 'nearest' | 'stochastic';

/** `keep` is K as a count (an integer >= 1) or as a share of d (below 1). */
export type CompressorSpec =
  | { readonly kind: 'float32' }
  | { readonly kind: 'bfloat16'; readonly rounding: Rounding }
  | { readonly kind: 'int8'; readonly block: number; readonly rounding: Rounding }
  | { readonly kind: 'natural' }
  | { readonly kind: 'qsgd'; readonly levels: number; readonly block: number; readonly coding: Coding }
  | { readonly kind: 'scaled-sign'; readonly block: number }
  | {
      readonly kind: 'rand-k';
      readonly keep: number;
      readonly mask: 'own' | 'shared';
      /** false leaves the factor d/K out: a contraction instead of an unbiased estimate. */
      readonly scaled: boolean;
      readonly values: CompressorSpec;
    }
  | { readonly kind: 'top-k'; readonly keep: number; readonly values: CompressorSpec }
  | {
      readonly kind: 'dct-top-k';
      readonly chunk: number;
      /** Coefficients kept in each chunk. */
      readonly keep: number;
      readonly values: CompressorSpec;
    }
  | { readonly kind: 'power-sgd'; readonly rank: number; readonly warmStart: boolean };

/** `fixed`: the same number of bits for every coordinate; `entropy`: an adaptive range coder, never longer. */
export type Coding = 'fixed' | 'entropy';

/** How a worker's memory makes up for a biased compressor. */
export type FeedbackSpec =
  | { readonly kind: 'none' }
  /** e <- decay (e) + v - C(e + v); decay 1 is EF14, below 1 DeMo's local momentum. */
  | { readonly kind: 'ef14'; readonly decay: number }
  /** h <- h + C(v - h), kept by worker and receiver alike. */
  | { readonly kind: 'ef21' };

const KINDS = [
  'float32',
  'bfloat16',
  'int8',
  'natural',
  'qsgd',
  'scaled-sign',
  'rand-k',
  'top-k',
  'dct-top-k',
  'power-sgd',
] as const;

/** A spec from an experiment file: `"int8"` or `{ "kind": "top-k", "keep": 0.01, "values": "int8" }`. */
export function parseCompressor(value: unknown, field: string): CompressorSpec {
  const read = new FieldReader(value, field, { shorthand: 'kind' });
  const kind = read.oneOf('kind', KINDS);
  const spec = readSettings(kind, read);
  read.refuseOthers();
  return spec;
}

function readSettings(kind: (typeof KINDS)[number], read: FieldReader): CompressorSpec {
  switch (kind) {
    case 'float32':
    case 'natural':
      return { kind };
    case 'bfloat16':
      return { kind, rounding: readRounding(read) };
    case 'int8':
      return { kind, block: readBlock(read, 256), rounding: readRounding(read) };
    case 'qsgd':
      return {
        kind,
        levels: read.integer('levels', { min: 1, max: 32_767, otherwise: 7 }),
        block: readBlock(read, 512),
        coding: read.oneOf('coding', ['fixed', 'entropy'], 'entropy'),
      };
    case 'scaled-sign':
      return { kind, block: readBlock(read, 1 << 30) };
    case 'rand-k':
      return {
        kind,
        keep: readKeep(read),
        mask: read.oneOf('mask', ['own', 'shared'], 'own'),
        scaled: read.boolean('scaled', true),
        values: readValues(read),
      };
    case 'top-k':
      return { kind, keep: readKeep(read), values: readValues(read) };
    case 'dct-top-k': {
      const chunk = read.integer('chunk', { min: 2, max: 4096, otherwise: 64 });
      const keep = read.integer('keep', { min: 1, max: chunk, otherwise: Math.min(8, chunk) });
      return { kind, chunk, keep, values: readValues(read) };
    }
    case 'power-sgd':
      return {
        kind,
        rank: read.integer('rank', { min: 1, max: 256, otherwise: 2 }),
        warmStart: read.boolean('warmStart', true),
      };
  }
}

/** `"none"`, `"ef14"`, `"ef21"`, `"demo"` (EF14 with decay 0.999), or an object. */
export function parseFeedback(value: unknown, field: string): FeedbackSpec {
  if (value === undefined || value === null) return { kind: 'none' };
  const read = new FieldReader(value, field, { shorthand: 'kind' });
  const kind = read.oneOf('kind', ['none', 'ef14', 'ef21', 'demo'] as const);
  const spec: FeedbackSpec =
    kind === 'ef14' || kind === 'demo'
      ? {
          kind: 'ef14',
          decay: read.number('decay', { min: 0, max: 1, otherwise: kind === 'demo' ? 0.999 : 1 }),
        }
      : { kind };
  read.refuseOthers();
  return spec;
}

function readRounding(read: FieldReader): Rounding {
  return read.oneOf('rounding', ['nearest', 'stochastic'], 'stochastic');
}

function readBlock(read: FieldReader, otherwise: number): number {
  return read.integer('block', { min: 1, max: 1 << 30, otherwise });
}

function readKeep(read: FieldReader): number {
  return read.number('keep', {
    accepts: (k) => (k > 0 && k < 1) || (Number.isInteger(k) && k >= 1),
    rule: 'be a count of at least 1 or a share between 0 and 1',
  });
}

/** How the kept values travel: any compressor that treats coordinates alike. */
function readValues(read: FieldReader): CompressorSpec {
  return read.nested('values', { kind: 'float32' }, parseValues);
}

function parseValues(value: unknown, field: string): CompressorSpec {
  const read = new FieldReader(value, field, { shorthand: 'kind' });
  read.oneOf('kind', ['float32', 'bfloat16', 'int8', 'natural', 'qsgd', 'scaled-sign'] as const);
  return parseCompressor(value, field);
}
