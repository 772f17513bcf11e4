/**
 * The a9a experiment of Byz-VR-MARINA-PP (arXiv 2311.14127, section 5, Figure 1): does clipping the differences keep
 * linear convergence when cohorts of 4 of 20 workers often have a Byzantine majority that shifts the model back?
 * Logistic regression, rows of unit length, no bias, l2 = 0.01; every worker holds the whole set; 15 good + 5
 * Byzantine; bucketing 2, then median; batches of 32; 10 epochs of 1000 rounds, each beginning with full gradients
 * from everybody; x^0 = 0.
 */
import type { Cell, CurvePoint, FinishedCell, GridRequest, Reproduction, Summary } from './reproduction.ts';
import { geometricMean, groupBy } from './statistics.ts';
import {
  FIGURE_FACTORS,
  lambdaOf,
  MARINA_VARIANTS,
  marinaFindings,
  readingsTable,
  shown,
  type Gaps,
  type KnownGaps,
  type MarinaVariant,
} from './marina-claims.ts';
import { MARINA_WORKERS, openMarina, type MarinaCell, type MarinaCurve } from './marina-runner.ts';
import { verdictOf } from './verdict.ts';

const COHORT = 4;
const EPOCHS = 10;

const GAMMAS = [0.1, 0.01, 0.001];
/** 0.52 = 2 max L_ij is the theory's own level. */
const THEORY_CLIP = 0.52;

/** lambda of the paper's text; the released code's level clip_mult ||g|| is that of lambda = clip_mult / gamma. */
function clipsOf(gamma: number): (number | null)[] {
  const released = FIGURE_FACTORS.map((factor) => lambdaOf('direction', factor, gamma));
  const levels = new Set([...FIGURE_FACTORS, THEORY_CLIP, ...released]);
  return [...[...levels].sort((a, b) => a - b), null];
}

const PARTIAL: readonly MarinaCurve[] = GAMMAS.flatMap((gamma) =>
  clipsOf(gamma).map((clip) => ({ name: nameOf(gamma, clip), gamma, clip, cohort: COHORT })),
);
const FULL_SUFFIX = ', full participation';
const FULL: readonly MarinaCurve[] = [0.1, null].map((clip) => ({
  name: `${nameOf(0.1, clip)}${FULL_SUFFIX}`,
  gamma: 0.1,
  clip,
  cohort: MARINA_WORKERS,
}));
const VARIANTS: readonly MarinaCurve[] = MARINA_VARIANTS.map((variant) => ({
  name: variantName(variant),
  gamma: 0.1,
  clip: 0.1,
  cohort: COHORT,
  ...(variant.plus && { plus: true }),
  ...(variant.minibatches !== undefined && { minibatches: variant.minibatches }),
}));
const QUICK: readonly MarinaCurve[] = PARTIAL.filter(({ gamma }) => gamma === 0.1);

function variantName({ name }: MarinaVariant): string {
  return `${nameOf(0.1, 0.1)}, ${name}`;
}

function nameOf(gamma: number, clip: number | null): string {
  return `gamma ${gamma}, ${clip === null ? 'no clipping' : `lambda ${clip}`}`;
}

export const vrMarinaA9a: Reproduction = {
  name: 'vr-marina-pp-a9a',
  title: 'Byz-VR-MARINA-PP on a9a: clipped differences under partial participation',
  about:
    'Malinovsky, Richtarik, Horvath, Gorbunov, arXiv 2311.14127: logistic regression on a9a, 15 good and 5 Byzantine ' +
    'workers that shift the model back whenever they are the majority of the 4 sampled; f - f* over 10 epochs of 1000 ' +
    'rounds. Parameters keep what rounding to float32 cuts off, so the curves do not end at float32.',
  defaultSeeds: [123, 124, 125],
  quickSeeds: [123],
  reductions: reductionsOf,
  cells: ({ size, seeds }) =>
    (size === 'quick' ? QUICK : [...PARTIAL, ...VARIANTS, ...FULL]).flatMap((curve) =>
      seeds.map((seed) => cellOf(curve, seed)),
    ),
  data: 'a9a',
  open: openMarina,
  summarise,
};

function cellOf(curve: MarinaCurve, seed: number): Cell {
  const clip = curve.clip === null ? 'none' : String(curve.clip);
  const settings: MarinaCell = { ...curve, seed, epochs: EPOCHS, compensated: true };
  const plus = curve.plus === true ? '-plus' : '';
  const minibatches = curve.minibatches === undefined ? '' : `-minibatches${curve.minibatches}`;
  return {
    id: `gamma${curve.gamma}-clip${clip}-cohort${curve.cohort}${plus}${minibatches}-seed${seed}`,
    settings: { ...settings },
  };
}

function reductionsOf({ size }: GridRequest): readonly string[] {
  return size === 'quick' ? ['Only gamma 0.1; full participation and Algorithms 3, 4 and 5 left out.'] : [];
}

function summarise(cells: readonly FinishedCell[], request: GridRequest): Summary {
  const byCurve = [...groupBy(cells, ({ settings }) => settings['name'] as string)];
  const valuesOf = (name: string, value: string) =>
    (byCurve.find(([known]) => known === name)?.[1] ?? []).map(
      ({ outcome }) => outcome.values[value] ?? Infinity,
    );
  const meanGap = (name: string, value = 'finalGap') => geometricMean(valuesOf(name, value));
  const fStar = cells[0]?.outcome.values['fStar'] ?? NaN;
  const rows = byCurve.map(([name]) => [
    name,
    shown(meanGap(name)),
    valuesOf(name, 'finalGap').map(shown).join(', '),
  ]);
  const series = byCurve.map(([name, group]) => ({ name, points: meanCurve(group) }));
  const gapsOf = (name: string): Gaps | undefined =>
    byCurve.some(([known]) => known === name)
      ? {
          half: meanGap(name, 'halfGap'),
          end: meanGap(name),
          twoEpochs: meanGap(name, 'twoEpochsGap'),
        }
      : undefined;
  const known: KnownGaps = {
    of: (gamma, lambda, participation) =>
      gapsOf(`${nameOf(gamma, lambda)}${participation === 'full' ? FULL_SUFFIX : ''}`),
    variant: (variant) => gapsOf(variantName(variant)),
  };
  return {
    tables: [
      {
        title: `f - f* after ${EPOCHS} epochs, f* = ${fStar.toFixed(11)}`,
        columns: ['curve', 'geometric mean over seeds', 'each seed'],
        rows,
        note: `f(0) - f* = ${(Math.log(2) - fStar).toFixed(4)}. "exploded": the loss left the range of numbers.`,
      },
      readingsTable(known, GAMMAS),
    ],
    figures: [0.1, 0.01, 0.001].flatMap((gamma) => {
      const own = series.filter(({ name }) => name.startsWith(`gamma ${gamma},`));
      if (own.length === 0) return [];
      // what exploded would flatten everything else
      const capped = own.map(({ name, points }) => ({ name, points: points.filter(({ y }) => y < 1e3) }));
      const title = `a9a under shift-back, gamma ${gamma}: geometric mean of f - f* over seeds`;
      return [{ kind: 'lines', title, x: 'epoch', y: 'f - f*', logY: true, series: capped } as const];
    }),
    verdicts: marinaFindings(known, GAMMAS).map((finding) => verdictOf(finding, reductionsOf(request))),
    json: {
      fStar,
      curves: cells.map(({ settings, outcome }) => ({
        name: settings['name'],
        clip: settings['clip'],
        gamma: settings['gamma'],
        cohort: settings['cohort'],
        seed: settings['seed'],
        finalGap: outcome.values['finalGap'] ?? null,
      })),
    },
  };
}

/** Geometric mean over seeds, point by point. */
function meanCurve(group: readonly FinishedCell[]): CurvePoint[] {
  const [first] = group;
  return (first?.outcome.curve ?? []).map(({ x }, i) => ({
    x,
    y: geometricMean(group.map(({ outcome }) => outcome.curve[i]?.y ?? NaN)),
  }));
}
