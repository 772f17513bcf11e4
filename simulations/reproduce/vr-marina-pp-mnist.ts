/**
 * The MNIST experiment of arXiv 2311.14127: the clipping heuristic around worker momentum (buf = 0.9 buf + g) with 20
 * clients, 5 Byzantine, 4 sampled; batches of 128; bucketing 2, then median or RFA(T = 8, nu = 0.1); sign flip, label
 * flip, ALIE (z = 0.2533), shift-back (q = 2 / gamma); a homogeneous and a label-sorted split. The clip level is a
 * multiple of ||g^{k-1}||, as in the released code.
 */
import {
  accuracyFigure,
  accuracyOf,
  accuracyTable,
  LEAST_OF_SECOND_HALF,
  presentOf,
  where,
  type Labels,
} from './accuracy-grid.ts';
import { accuracyStudy, combinations } from './accuracy-study.ts';
import type { FinishedCell, GridSize, Verdict } from './reproduction.ts';
import { estimateOf } from './statistics.ts';

const GAMMA = 0.01;
const RULES: Readonly<Record<string, unknown>> = {
  median: 'median',
  RFA: { name: 'geometric-median', iterations: 8, nu: 0.1 },
};
const ATTACKS: Readonly<Record<string, unknown>> = {
  'sign flip': 'sign-flip',
  'label flip': 'label-flip',
  ALIE: { kind: 'alie', z: 0.2533 },
  'shift-back': { kind: 'shift-back', q: 2 / GAMMA },
};
const LEVELS = [0.1, 1];
const SPLITS: Readonly<Record<string, unknown>> = { homogeneous: 'iid', 'label-sorted': 'label-sorted' };
const ROUNDS: Readonly<Record<GridSize, number>> = { quick: 200, standard: 600, paper: 20 * 118 };
/** A cohort with a Byzantine majority comes every 31 rounds or so, and training recovers in between: many points see it. */
const DENSE_CURVE = { evaluations: 24, curveExamples: 500 };
const QUICK = { split: ['homogeneous'], rule: ['median'], attack: ['sign flip', 'shift-back'] };

export const vrMarinaMnist = accuracyStudy({
  name: 'vr-marina-pp-mnist',
  title: 'Clipped differences under partial participation on MNIST',
  about:
    'Malinovsky, Richtarik, Horvath, Gorbunov, arXiv 2311.14127: momentum with and without clipping of g_i - g^{k-1}; ' +
    '4 of 20 clients sampled, 5 Byzantine, so that some cohorts have a Byzantine majority.',
  data: 'mnist',
  reductions: (size) => [
    `A fully connected network 784-32-10 in place of the CNN, batches of 32 in place of 128, ${ROUNDS[size]} rounds in place of 20 epochs.`,
    ...(size === 'quick' ? ['Median, homogeneous split, shift-back and sign flip only.'] : []),
  ],
  runs: (size) => {
    const { split, rule, attack } =
      size === 'quick'
        ? QUICK
        : { split: Object.keys(SPLITS), rule: Object.keys(RULES), attack: Object.keys(ATTACKS) };
    return combinations({ split, rule, clip: ['none', ...LEVELS], attack });
  },
  settings: ({ split, rule, clip, attack }, size) => ({
    experiment: {
      rounds: ROUNDS[size],
      model: size === 'paper' ? 'marina-cnn' : { kind: 'mlp', hidden: [32] },
      data: 'mnist',
      partition: SPLITS[split],
      batchSize: size === 'paper' ? 128 : 32,
      estimator: {
        kind: 'momentum',
        beta: 0.9,
        form: 'heavy-ball',
        ...(clip === 'none' ? {} : { clipDifferences: { relativeTo: 'direction', factor: clip } }),
      },
      optimizer: GAMMA,
      // two buckets, of which one may be bad, fit no bound; neither rule is told f
      aggregation: { f: 0, pre: [{ name: 'bucketing', s: 2 }], rule: RULES[rule] },
      cohort: { size: 4, minimum: 1 },
    },
    workers: 20,
    byzantine: 5,
    attack: ATTACKS[attack],
    curve: DENSE_CURVE,
  }),
  show: (cells) => {
    const splits = presentOf(cells, 'split', Object.keys(SPLITS));
    const rows = ['rule', 'clip'];
    return {
      tables: splits.flatMap((split) => {
        const own = where(cells, { split });
        return [
          accuracyTable(`${split} split (clip: multiple of the last direction's norm)`, own, rows, 'attack'),
          accuracyTable(
            `${split} split, least accuracy of the second half`,
            own,
            rows,
            'attack',
            LEAST_OF_SECOND_HALF,
          ),
        ];
      }),
      figures: splits.map((split) =>
        accuracyFigure(
          `${split}, median, shift-back, by clip level`,
          where(cells, { split, rule: 'median', attack: 'shift-back' }),
          'clip',
        ),
      ),
      verdicts: verdictsOf(cells),
    };
  },
});

function verdictsOf(all: readonly FinishedCell[]): Verdict[] {
  const least = (labels: Labels) =>
    100 * estimateOf(where(all, labels).flatMap(LEAST_OF_SECOND_HALF.of)).mean;
  const mean = (labels: Labels) => 100 * accuracyOf(where(all, labels)).mean;
  const bare = least({ clip: 'none', attack: 'shift-back' });
  const clipped = LEVELS.map((clip) => least({ clip, attack: 'shift-back' }));
  const best = Math.max(...clipped);
  const lines = presentOf(all, 'attack', Object.keys(ATTACKS)).map((attack) => ({
    attack,
    clipped: Math.max(...LEVELS.map((clip) => mean({ clip, attack }))),
    without: mean({ clip: 'none', attack }),
  }));
  return [
    {
      claim: 'Without clipping nothing survives shift-back; with clipping training goes on.',
      held: bare < 40 && best > bare + 20 ? 'yes' : best > bare + 5 ? 'in part' : 'no',
      seen: `Least accuracy of the second half, mean over the rest: ${bare.toFixed(1)} % without clipping, ${clipped.map((x) => x.toFixed(1)).join(' and ')} % with it (factors ${LEVELS.join(' and ')}).`,
    },
    {
      claim: 'Clipping costs nothing under the other attacks.',
      held: lines.every(({ clipped: with_, without }) => with_ > without - 2) ? 'yes' : 'in part',
      seen:
        lines
          .filter(({ attack }) => attack !== 'shift-back')
          .map(
            ({ attack, clipped: with_, without }) =>
              `${attack}: ${without.toFixed(1)} % without, ${with_.toFixed(1)} % with the better level`,
          )
          .join('; ') + '.',
    },
  ];
}
