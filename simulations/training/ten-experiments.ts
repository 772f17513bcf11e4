/**
 * Ten small experiments that between them go through most rules, compressors, memories and attacks. The digest of the
 * state that each ends in is kept in docs/decisions/moving-the-house.md: a change that moves code and nothing else leaves
 * all of them as they are.
 */
import { TrainingLab } from './training-lab.ts';

type Settings = Readonly<Record<string, unknown>>;

interface DigestedExperiment {
  readonly name: string;
  readonly attack: string;
  readonly fields: Settings & { readonly aggregation: Settings & { readonly f: number } };
}

const BASE = {
  rounds: 6,
  seed: '7',
  data: 'glyphs',
  model: { kind: 'mlp', hidden: [16] },
  batchSize: 16,
};
export const WORKERS = 10;

export const TEN_EXPERIMENTS: readonly DigestedExperiment[] = [
  {
    name: 'nnm + trimmed-mean',
    attack: 'sign-flip',
    fields: { aggregation: { pre: ['nnm'], rule: 'trimmed-mean', f: 2 } },
  },
  { name: 'krum', attack: 'alie', fields: { aggregation: { f: 2, rule: 'krum' } } },
  { name: 'bulyan', attack: 'ipm', fields: { aggregation: { f: 1, rule: 'bulyan' } } },
  {
    name: 'arc + nnm + ctma over median',
    attack: 'mimic',
    fields: { aggregation: { f: 2, pre: ['arc', 'nnm'], rule: 'ctma', base: 'median' } },
  },
  {
    name: 'bucketing + geometric-median, int8',
    attack: 'gaussian',
    fields: {
      aggregation: { f: 1, pre: ['bucketing'], rule: 'geometric-median' },
      compression: { contribution: 'int8', update: 'bfloat16' },
    },
  },
  {
    name: 'centered-clipping, top-k with ef14',
    attack: 'foe-search',
    fields: {
      aggregation: { f: 2, rule: 'centered-clipping', tau: 2, iterations: 3 },
      compression: { contribution: { kind: 'top-k', keep: 0.1 }, feedback: 'ef14' },
    },
  },
  {
    name: 'meamed, qsgd',
    attack: 'alie-search',
    fields: { aggregation: { f: 2, rule: 'meamed' }, compression: { contribution: 'qsgd' } },
  },
  {
    name: 'phocas, natural',
    attack: 'min-max',
    fields: { aggregation: { f: 2, rule: 'phocas' }, compression: { contribution: 'natural' } },
  },
  {
    name: 'flag, power-sgd with ef14',
    attack: 'constant',
    fields: {
      aggregation: { f: 2, rule: 'flag', lambda: 4 },
      compression: { contribution: 'power-sgd', feedback: 'ef14' },
    },
  },
  {
    name: 'clip + smea, dct-top-k with demo',
    attack: 'shift-back',
    fields: {
      aggregation: { f: 2, pre: [{ name: 'clip', c: 2 }], rule: 'smea' },
      compression: { contribution: 'dct-top-k', feedback: 'demo' },
    },
  },
];

/**
 * What an experiment leaves to defaults that have changed or may: written out, so that checkouts with other defaults
 * train the same. A setting of a rule, of a compressor or of an attack keeps its default.
 */
export function spelledOut({ fields }: DigestedExperiment): Settings & { readonly rounds: number } {
  const { aggregation, compression } = fields;
  return {
    ...BASE,
    estimator: { kind: 'momentum', beta: 0.9, form: 'ema' },
    optimizer: { learningRate: 0.2, momentum: 0 },
    aggregation,
    compression: { contribution: 'int8', update: 'bfloat16', feedback: 'none', ...(compression as Settings) },
  };
}

/** The rows of the table: experiment, attack, digest of the state after six rounds of ten workers. */
export async function stateDigests(): Promise<readonly string[]> {
  const lab = TrainingLab.open({ dataDir: undefined, backend: 'wasm' });
  try {
    const rows: string[] = [];
    for (const { name, attack, fields } of TEN_EXPERIMENTS) {
      const { digest } = await lab.run({
        ...{ experiment: { ...BASE, ...fields }, workers: WORKERS, byzantine: fields.aggregation.f, attack },
        ...{ evaluations: 1, curveExamples: 10 },
      });
      rows.push(`| ${name} | \`${attack}\` | \`${digest}\` |`);
    }
    return ['| experiment | attack | digest of the state |', '|---|---|---|', ...rows];
  } finally {
    await lab.close();
  }
}
