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
  CURVE,
  FULL_PRECISION,
  labCell,
  LEAST_OF_SECOND_HALF,
  openLab,
  rowsJson,
  where,
} from './accuracy-grid.ts';
import type {
  Cell,
  FinishedCell,
  GridRequest,
  GridSize,
  Reproduction,
  Summary,
  Verdict,
} from './reproduction.ts';
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
const CLIPS = ['none', 0.1, 1] as const;
const SPLITS: Readonly<Record<string, unknown>> = { homogeneous: 'iid', 'label-sorted': 'label-sorted' };
const ROUNDS: Readonly<Record<GridSize, number>> = { quick: 200, standard: 600, paper: 20 * 118 };

export const vrMarinaMnist: Reproduction = {
  name: 'vr-marina-pp-mnist',
  title: 'Clipped differences under partial participation on MNIST',
  about:
    'Malinovsky, Richtarik, Horvath, Gorbunov, arXiv 2311.14127: momentum with and without clipping of g_i - g^{k-1}; ' +
    '4 of 20 clients sampled, 5 Byzantine, so that some cohorts have a Byzantine majority.',
  defaultSeeds: [1, 2, 3],
  quickSeeds: [1],
  reductions: ({ size }) =>
    size === 'paper'
      ? []
      : [
          `A fully connected network 784-32-10 in place of the CNN, batches of 32 in place of 128, ${ROUNDS[size]} rounds in place of 20 epochs.`,
          ...(size === 'quick' ? ['Median, homogeneous split, shift-back and sign flip only.'] : []),
        ],
  cells,
  data: 'mnist',
  open: openLab,
  summarise,
};

function cells({ size, seeds }: GridRequest): readonly Cell[] {
  const quick = size === 'quick';
  return seeds.flatMap((seed) =>
    Object.keys(SPLITS).flatMap((split) =>
      Object.keys(RULES).flatMap((rule) =>
        CLIPS.flatMap((clip) =>
          Object.keys(ATTACKS)
            .filter(
              (attack) =>
                !quick ||
                (rule === 'median' &&
                  split === 'homogeneous' &&
                  /flip$|back/.test(attack) &&
                  attack !== 'label flip'),
            )
            .map((attack) =>
              labCell({ split, rule, clip, attack }, seed, {
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
                    ...(clip === 'none'
                      ? {}
                      : { clipDifferences: { relativeTo: 'direction', factor: clip } }),
                  },
                  optimizer: GAMMA,
                  // two buckets, of which one may be bad, fit no bound; neither rule is told f
                  aggregation: { f: 0, pre: [{ name: 'bucketing', s: 2 }], rule: RULES[rule] },
                  cohort: { size: 4, minimum: 1 },
                  compression: FULL_PRECISION,
                },
                workers: 20,
                byzantine: 5,
                attack: ATTACKS[attack],
                ...CURVE,
              }),
            ),
        ),
      ),
    ),
  );
}

function summarise(all: readonly FinishedCell[]): Summary {
  const splits = Object.keys(SPLITS).filter((split) => where(all, { split }).length > 0);
  return {
    tables: splits.flatMap((split) => [
      accuracyTable(
        `${split} split (clip: multiple of the last direction's norm)`,
        where(all, { split }),
        ['rule', 'clip'],
        'attack',
      ),
      accuracyTable(
        `${split} split, least accuracy of the second half`,
        where(all, { split }),
        ['rule', 'clip'],
        'attack',
        LEAST_OF_SECOND_HALF,
      ),
    ]),
    figures: splits.map((split) =>
      accuracyFigure(
        `${split}, median, shift-back, by clip level`,
        where(all, { split, rule: 'median', attack: 'shift-back' }),
        'clip',
      ),
    ),
    verdicts: verdictsOf(all),
    json: rowsJson(all),
  };
}

function verdictsOf(all: readonly FinishedCell[]): Verdict[] {
  const mean = (labels: Record<string, string | number>) => 100 * accuracyOf(where(all, labels)).mean;
  const least = (labels: Record<string, string | number>) =>
    100 * estimateOf(where(all, labels).flatMap(LEAST_OF_SECOND_HALF.of)).mean;
  const bare = least({ clip: 'none', attack: 'shift-back' });
  const clipped = CLIPS.filter((clip) => clip !== 'none').map((clip) =>
    least({ clip, attack: 'shift-back' }),
  );
  const attacks = Object.keys(ATTACKS).filter((attack) => where(all, { attack }).length > 0);
  const lines = attacks.map((attack) => {
    const best = Math.max(...CLIPS.filter((clip) => clip !== 'none').map((clip) => mean({ clip, attack })));
    return { attack, best, without: mean({ clip: 'none', attack }) };
  });
  return [
    {
      claim: 'Without clipping nothing survives shift-back; with clipping training goes on.',
      held:
        bare < 40 && Math.max(...clipped) > bare + 20
          ? 'yes'
          : Math.max(...clipped) > bare + 5
            ? 'in part'
            : 'no',
      seen: `Least accuracy of the second half, mean over splits and rules: without clipping ${bare.toFixed(1)} %, with it ${clipped.map((x) => x.toFixed(1)).join(' and ')} % (factors 0.1 and 1).`,
    },
    {
      claim: 'Clipping costs nothing under the other attacks.',
      held: lines.every(({ best, without }) => best > without - 2) ? 'yes' : 'in part',
      seen:
        lines
          .map(
            ({ attack, best, without }) =>
              `${attack}: ${without.toFixed(1)} % without, ${best.toFixed(1)} % with the better level`,
          )
          .join('; ') + '.',
    },
  ];
}
