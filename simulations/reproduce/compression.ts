/**
 * What no paper shows: accuracy against bytes for every compressor while Byzantine workers attack and a robust rule is
 * on. 12 workers of which 3 are Byzantine, worker momentum, CTMA over the geometric median; biased compressors run
 * under error feedback, as the theory asks (EF14, or DeMo's decaying one). Each format's bits a coordinate stand
 * beside the entropy of what it codes.
 */
import { accuracyOf, meanOverSeeds, presentOf, valuesOf, where } from './accuracy-grid.ts';
import { accuracyStudy, combinations } from './accuracy-study.ts';
import { codingTable } from './coding-table.ts';
import type { FinishedCell, GridSize, Table } from './reproduction.ts';
import { estimateOf, percent } from './statistics.ts';
import type { Finding } from './verdict.ts';

const ATTACKS: Readonly<Record<string, unknown>> = {
  none: null,
  'sign flip': 'sign-flip',
  ALIE: 'alie',
  'FoE search': { kind: 'foe-search', evaluations: 8 },
};

/** A compressor and its feedback, by the name in the table. */
const FORMATS: Readonly<Record<string, { readonly contribution: unknown; readonly feedback?: string }>> = {
  float32: { contribution: 'float32' },
  bfloat16: { contribution: 'bfloat16' },
  'int8 blocks of 256': { contribution: 'int8' },
  natural: { contribution: 'natural' },
  'QSGD s = 7': { contribution: { kind: 'qsgd', levels: 7, block: 512 } },
  'QSGD s = 1': { contribution: { kind: 'qsgd', levels: 1, block: 64 } },
  'RandK 10 %, own mask': { contribution: { kind: 'rand-k', keep: 0.1 } },
  'RandK 10 %, shared mask': { contribution: { kind: 'rand-k', keep: 0.1, mask: 'shared' } },
  'TopK 10 %, EF14': { contribution: { kind: 'top-k', keep: 0.1 }, feedback: 'ef14' },
  'TopK 1 %, EF14': { contribution: { kind: 'top-k', keep: 0.01 }, feedback: 'ef14' },
  'TopK 1 % + int8, EF14': { contribution: { kind: 'top-k', keep: 0.01, values: 'int8' }, feedback: 'ef14' },
  'scaled sign, EF14': { contribution: 'scaled-sign', feedback: 'ef14' },
  'PowerSGD rank 2, EF14': { contribution: { kind: 'power-sgd', rank: 2 }, feedback: 'ef14' },
  'DCT + TopK 4/64, DeMo': {
    contribution: { kind: 'dct-top-k', chunk: 64, keep: 4, values: 'bfloat16' },
    feedback: 'demo',
  },
};
const QUICK_FORMATS = [
  'float32',
  'int8 blocks of 256',
  'RandK 10 %, own mask',
  'TopK 1 % + int8, EF14',
  'DCT + TopK 4/64, DeMo',
];
const ROUNDS: Readonly<Record<GridSize, number>> = { quick: 60, standard: 200, paper: 1500 };
const WORKERS = 12;
const BYZANTINE = 3;

export const compression = accuracyStudy({
  name: 'compression',
  title: 'Accuracy against bytes under attack',
  about:
    'MNIST, a fully connected network 784-16-10, 12 workers of which 3 are Byzantine, momentum, CTMA over the geometric ' +
    'median, batches of 16, learning rate 0.1; what a worker sends is compressed, the update is bfloat16.',
  data: 'mnist',
  reductions: (size) => [
    `${ROUNDS[size]} rounds${size === 'quick' ? ', five formats, sign flip and ALIE' : ''}; --full runs ${ROUNDS.paper}.`,
  ],
  runs: (size) =>
    combinations(
      size === 'quick'
        ? { format: QUICK_FORMATS, attack: ['sign flip', 'ALIE'] }
        : { format: Object.keys(FORMATS), attack: Object.keys(ATTACKS) },
    ),
  settings: ({ format, attack }, size) => ({
    experiment: {
      rounds: ROUNDS[size],
      model: { kind: 'mlp', hidden: [16] },
      data: 'mnist',
      batchSize: 16,
      estimator: { kind: 'momentum', beta: 0.9 },
      optimizer: 0.1,
      aggregation: { f: BYZANTINE, rule: { name: 'ctma', base: 'geometric-median' } },
      compression: { feedback: 'none', ...FORMATS[format], update: 'bfloat16' },
    },
    workers: WORKERS,
    byzantine: BYZANTINE,
    attack: ATTACKS[attack] ?? null,
  }),
  show: (cells) => {
    const formats = presentOf(cells, 'format', Object.keys(FORMATS));
    return {
      tables: [
        bytesTable(cells, formats),
        codingTable(formats.map((name) => [name, FORMATS[name]?.contribution])),
      ],
      figures: [figureOf(cells, formats)],
      findings: findingsOf(cells, formats),
    };
  },
});

function bytesOf(cells: readonly FinishedCell[]): number {
  return estimateOf(valuesOf(cells, 'contributionBytes')).mean;
}

function bytesTable(all: readonly FinishedCell[], formats: readonly string[]): Table {
  const attacks = presentOf(all, 'attack', Object.keys(ATTACKS));
  const dense = bytesOf(where(all, { format: 'float32' }));
  return {
    title: 'Accuracy and bytes of a contribution',
    columns: ['format', 'bytes', 'times smaller', ...attacks, 'worst'],
    rows: formats.map((format) => {
      const own = where(all, { format });
      const accuracies = attacks.map((attack) => accuracyOf(where(own, { attack })));
      const worst = Math.min(...accuracies.map(({ mean }) => mean));
      return [
        format,
        bytesOf(own).toFixed(0),
        (dense / bytesOf(own)).toFixed(1),
        ...accuracies.map(percent),
        (100 * worst).toFixed(1),
      ];
    }),
    note: `Test accuracy in percent after the last round, ${meanOverSeeds(all, ['format', 'attack'])}.`,
  };
}

function figureOf(all: readonly FinishedCell[], formats: readonly string[]) {
  const attacks = presentOf(all, 'attack', Object.keys(ATTACKS));
  const series = attacks.map((attack) => ({
    name: attack,
    points: formats
      .map((format) => where(all, { format, attack }))
      .map((own) => ({ x: Math.log2(bytesOf(own)), y: accuracyOf(own).mean }))
      .sort((a, b) => a.x - b.x),
  }));
  const title = 'Accuracy against bytes of a contribution';
  return { kind: 'lines', title, x: 'log2 of the bytes', y: 'test accuracy', logY: false, series } as const;
}

const OWN = { source: null, setting: 'MLP 784-16-10, 12 workers, f = 3', rows: 'all' };

function findingsOf(all: readonly FinishedCell[], formats: readonly string[]): Finding[] {
  const worst = (format: string) => {
    const own = where(all, { format });
    const attacks = [...new Set(own.map(({ settings }) => settings['attack'] as string))];
    return 100 * Math.min(...attacks.map((attack) => accuracyOf(where(own, { attack })).mean));
  };
  const dense = worst('float32');
  const good = formats.filter((format) => format !== 'float32' && worst(format) > dense - 2);
  const smallest = good.reduce<string | undefined>(
    (least, format) =>
      least === undefined || bytesOf(where(all, { format })) < bytesOf(where(all, { format: least }))
        ? format
        : least,
    undefined,
  );
  const lost = formats.filter((format) => worst(format) <= dense - 2);
  return [
    {
      claim:
        'Robust aggregation bears compression: some format is far smaller at the same worst-case accuracy.',
      ...OWN,
      answer: smallest === undefined ? 'no' : 'yes',
      seen:
        smallest === undefined
          ? `No format comes within 2 points of float32 (${dense.toFixed(1)} %).`
          : `${smallest}: ${(bytesOf(where(all, { format: 'float32' })) / bytesOf(where(all, { format: smallest }))).toFixed(1)} times smaller, worst case ${worst(smallest).toFixed(1)} % against ${dense.toFixed(1)} % for float32.`,
    },
    {
      claim: 'Every format keeps the worst-case accuracy of float32 within 2 points.',
      ...OWN,
      answer: lost.length === 0 ? 'yes' : 'no',
      seen:
        lost.length === 0
          ? 'All do.'
          : `These do not: ${lost.map((format) => `${format} (${worst(format).toFixed(1)} %)`).join(', ')}.`,
    },
  ];
}
