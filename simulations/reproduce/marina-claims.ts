/** What the a9a runs of Byz-VR-MARINA-PP say of Figure 1 of arXiv 2311.14127, and both readings of its clip level. */
import type { CurvePoint, Table } from './reproduction.ts';
import type { Finding } from './verdict.ts';

/** The factors of Figure 1 (right). */
export const FIGURE_FACTORS = [0.1, 1, 10];
/** Points of a run's second half: over them a linear rate shows as a constant factor. */
const LEAST_FALL = 0.5;

export type Reading = 'step' | 'direction';
export const READINGS: readonly Reading[] = ['step', 'direction'];

/** lambda of `lambda ||x^{k+1} - x^k||` = `lambda gamma ||g^k||` that a factor of the figure means. */
export function lambdaOf(reading: Reading, factor: number, gamma: number): number {
  return reading === 'step' ? factor : Number((factor / gamma).toPrecision(12));
}

export interface GapCurves {
  /** Geometric mean over seeds, by gamma and lambda (null: no clipping); empty where there is no such run. */
  of(gamma: number, lambda: number | null, participation: 'partial' | 'full'): readonly CurvePoint[];
}

const SETTING = 'logistic regression on a9a, 20 workers, 4 sampled, gamma 0.1, 10 epochs of 1000 rounds';

export function marinaFindings(curves: GapCurves, gammas: readonly number[]): Finding[] {
  const end = (lambda: number | null) => last(curves.of(0.1, lambda, 'partial'));
  const bare = end(null);
  const good = end(0.1);
  return [
    {
      claim:
        'With clipping the method converges linearly to the exact optimum; without it, it does not converge.',
      source: 'Figure 1 (left)',
      answer: good < 1e-5 && bare > 0.05 ? 'yes' : 'no',
      seen: `f - f* with lambda 0.1: ${shown(good)}; with the theory's 0.52: ${shown(end(0.52))}; without clipping: ${shown(bare)}.`,
      setting: SETTING,
      rows: 'gamma = 0.1, cohort = 4, clip = 0.1, 0.52 or none',
    },
    participation(curves, good),
    sensitivity(curves, gammas),
  ];
}

function participation(curves: GapCurves, partial: number): Finding {
  // 20 workers compute as many gradients in 2 epochs as 4 workers do in 10
  const full = curves.of(0.1, 0.1, 'full').find(({ x }) => x === 2);
  return {
    claim: 'Partial participation with clipping beats full participation per gradient computed.',
    source: 'Figure 1 (middle)',
    answer: full === undefined ? 'not run' : partial < full.y ? 'yes' : 'no',
    seen:
      full === undefined
        ? 'Left out of the quick run.'
        : `lambda 0.1, after as many gradients: ${shown(partial)} with 4 workers a round (10 epochs), ${shown(full.y)} with all 20 (2 epochs).`,
    setting: SETTING,
    rows: 'gamma = 0.1, clip = 0.1, cohort = 4 or 20 (curves.csv, x = 10 or 2)',
  };
}

function sensitivity(curves: GapCurves, gammas: readonly number[]): Finding {
  const lines = READINGS.flatMap((reading) =>
    gammas.map((gamma) => ({ reading, gamma, falls: factorCurves(curves, reading, gamma).map(fall) })),
  ).filter(({ falls }) => falls.every((one) => one !== undefined));
  const fitting = lines.filter(({ falls }) => falls.every((one) => (one as number) < LEAST_FALL));
  const name = ({ reading, gamma }: { reading: Reading; gamma: number }) =>
    `${reading === 'step' ? 'lambda ||x^{k+1} - x^k||' : 'clip_mult ||g^k||'} at gamma ${gamma}`;
  return {
    claim: 'For every factor in {0.1, 1, 10} convergence stays linear, only slower.',
    source: 'Figure 1 (right)',
    answer: lines.length === 0 ? 'not run' : fitting.length > 0 ? 'yes' : 'no',
    seen:
      `Of both readings of the clip level (the paper's text and the released code) these fall for all three factors: ${fitting.map(name).join('; ') || 'none'}. ` +
      `These do not: ${
        lines
          .filter((line) => !fitting.includes(line))
          .map(name)
          .join('; ') || 'none'
      }.`,
    setting: 'as above, every gamma; falling: f - f* at least halves in the second half of the run',
    rows: 'cohort = 4; the table of both readings names gamma and lambda',
  };
}

function factorCurves(curves: GapCurves, reading: Reading, gamma: number): (readonly CurvePoint[])[] {
  return FIGURE_FACTORS.map((factor) => curves.of(gamma, lambdaOf(reading, factor, gamma), 'partial'));
}

/** f - f* at the end over that at half time; undefined without a run. */
function fall(points: readonly CurvePoint[]): number | undefined {
  const half = points[Math.floor(points.length / 2)];
  if (half === undefined) return undefined;
  const ratio = last(points) / half.y;
  return Number.isFinite(ratio) ? ratio : Infinity;
}

export function readingsTable(curves: GapCurves, gammas: readonly number[]): Table {
  return {
    title: 'Figure 1 (right), both readings of the clip level',
    columns: ['level', 'gamma', ...FIGURE_FACTORS.map((factor) => `factor ${factor}`)],
    rows: READINGS.flatMap((reading) =>
      gammas
        .map((gamma) => ({ gamma, lines: factorCurves(curves, reading, gamma) }))
        .filter(({ lines }) => lines.some((points) => points.length > 0))
        .map(({ gamma, lines }) => [
          reading === 'step' ? "factor ||x^{k+1} - x^k|| (paper's text)" : 'factor ||g^k|| (released code)',
          String(gamma),
          ...lines.map((points) => {
            const ratio = fall(points);
            return ratio === undefined ? '' : `${shown(last(points))} (x ${shownRatio(ratio)})`;
          }),
        ]),
    ),
    note:
      'f - f* after 10 epochs, geometric mean over seeds; in brackets what the second half multiplied it by. The released ' +
      'factor is lambda gamma: its 1 is lambda = 10 at gamma 0.1.',
  };
}

function last(points: readonly CurvePoint[]): number {
  return points.at(-1)?.y ?? NaN;
}

export function shown(gap: number): string {
  return Number.isFinite(gap) && gap < 1e30 ? gap.toExponential(2) : 'exploded';
}

function shownRatio(ratio: number): string {
  return Number.isFinite(ratio) && ratio < 1e6 ? ratio.toPrecision(2) : 'exploded';
}
