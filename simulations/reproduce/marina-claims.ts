/** What the a9a runs of Byz-VR-MARINA-PP say of Figure 1 of arXiv 2311.14127, and both readings of its clip level. */
import type { Table } from './reproduction.ts';
import type { Finding } from './verdict.ts';

/** The factors of Figure 1 (right). */
export const FIGURE_FACTORS = [0.1, 1, 10];
/** A small step falls slowly whatever the clip level: the share of the fastest curve's pace at the same step that counts. */
const LEAST_PACE = 0.1;

export type Reading = 'step' | 'direction';
const READINGS: readonly Reading[] = ['step', 'direction'];

/** lambda of `lambda ||x^{k+1} - x^k||` = `lambda gamma ||g^k||` that a factor of the figure means. */
export function lambdaOf(reading: Reading, factor: number, gamma: number): number {
  return reading === 'step' ? factor : Number((factor / gamma).toPrecision(12));
}

/** Of `vr-marina-pp` at gamma 0.1 and lambda 0.1; b' is 32 examples times the minibatches. */
export interface MarinaVariant {
  readonly name: string;
  readonly plus: boolean;
  /** undefined: full gradients. */
  readonly minibatches?: number;
}

export const MARINA_VARIANTS: readonly MarinaVariant[] = [
  { name: 'Algorithm 3 (PP+)', plus: true },
  { name: "Algorithm 4, b' = 1024", plus: false, minibatches: 32 },
  { name: "Algorithm 4, b' = 8192", plus: false, minibatches: 256 },
  { name: "Algorithm 5 (PP+), b' = 1024", plus: true, minibatches: 32 },
  { name: "Algorithm 5 (PP+), b' = 8192", plus: true, minibatches: 256 },
];

/** f - f* at half of the run, at its end and after two epochs; geometric means over seeds, Infinity where one exploded. */
export interface Gaps {
  readonly half: number;
  readonly end: number;
  readonly twoEpochs: number;
}

export interface KnownGaps {
  /** By gamma and lambda (null: no clipping); undefined where there is no such run. */
  of(gamma: number, lambda: number | null, participation: 'partial' | 'full'): Gaps | undefined;
  variant(variant: MarinaVariant): Gaps | undefined;
}

const SETTING = 'logistic regression on a9a, 20 workers, 4 sampled, gamma 0.1, 10 epochs of 1000 rounds';

export function marinaFindings(known: KnownGaps, gammas: readonly number[]): Finding[] {
  const end = (lambda: number | null) => known.of(0.1, lambda, 'partial')?.end ?? NaN;
  const bare = end(null);
  const good = end(0.1);
  return [
    {
      claim:
        'With clipping the method converges linearly to the exact optimum; without it, it does not converge.',
      source: 'Figure 1, left',
      answer: good < 1e-5 && bare > 0.05 ? 'yes' : 'no',
      seen: `f - f* with lambda 0.1: ${shown(good)}; with the theory's 0.52: ${shown(end(0.52))}; without clipping: ${shown(bare)}.`,
      setting: SETTING,
      rows: 'gamma = 0.1, cohort = 4, clip = 0.1, 0.52 or none',
    },
    participation(known, good),
    sensitivity(known, gammas),
    ...withoutFullGradients(known, good),
  ];
}

/** A neighbourhood that b' times as many examples make smaller by so much shows that it is theirs. */
const SHRINKS = 0.5;

/** Both parts of Appendix G: no full gradients, and the plain mean in place of the robust rule. */
function withoutFullGradients(known: KnownGaps, good: number): Finding[] {
  const ends = MARINA_VARIANTS.map((variant) => ({ ...variant, gap: known.variant(variant)?.end ?? NaN }));
  const estimated = ends.filter(({ minibatches }) => minibatches !== undefined);
  if (estimated.some(({ gap }) => Number.isNaN(gap))) return [];
  const pairs = [false, true].map((plus) => estimated.filter((one) => one.plus === plus));
  const shrink = pairs.every(([few, many]) => (many?.gap ?? NaN) < SHRINKS * (few?.gap ?? NaN));
  return [
    {
      claim:
        "Without full gradients (Algorithms 4 and 5) the methods converge to a neighbourhood that shrinks as b' grows.",
      source: 'Appendix G, Theorems G.5 and G.8',
      answer: shrink && estimated.every(({ gap }) => gap > good) ? 'yes' : shrink ? 'in part' : 'no',
      seen: `${ends
        .filter(({ gap }) => !Number.isNaN(gap))
        .map(({ name, gap }) => `${name}: ${shown(gap)}`)
        .join('; ')}; with full gradients (Algorithm 1): ${shown(good)}.`,
      setting: `${SETTING}, lambda 0.1`,
      differs:
        "The paper has no experiment of it; gamma and lambda are those of Figure 1, not the theorems'.",
      rows: 'plus or minibatches are set',
    },
  ];
}

function participation(known: KnownGaps, partial: number): Finding {
  // of minibatches 20 workers compute as many in 2 epochs as 4 workers do in 10; each epoch's full gradients of everybody
  // are 651,000 examples in both, so that of examples it is 1.93 million an epoch against 0.91: fewer than 5 epochs
  const { twoEpochs: full, half: counted = NaN } = known.of(0.1, 0.1, 'full') ?? {};
  return {
    claim: 'Partial participation with clipping beats full participation per gradient computed.',
    source: 'Figure 1, middle',
    answer: full === undefined ? 'not run' : partial < Math.min(full, counted) ? 'yes' : 'no',
    seen:
      full === undefined
        ? 'Left out of the quick run.'
        : `lambda 0.1, after as many gradients: ${shown(partial)} with 4 workers a round (10 epochs), ${shown(full)} with all 20 (2 epochs); with the full gradients of each epoch counted too, it is 5 epochs with all 20: ${shown(counted)}.`,
    setting: SETTING,
    rows: 'gamma = 0.1, clip = 0.1, cohort = 4 or 20 (finalGap, twoEpochsGap or halfGap)',
  };
}

function sensitivity(known: KnownGaps, gammas: readonly number[]): Finding {
  const lines = READINGS.flatMap((reading) =>
    gammas.map((gamma) => ({ reading, gamma, paces: factorGaps(known, reading, gamma).map(pace) })),
  ).filter(({ paces }) => paces.every((one) => one !== undefined));
  const fastest = (gamma: number) =>
    Math.max(...lines.filter((line) => line.gamma === gamma).flatMap(({ paces }) => paces as number[]));
  const fitting = lines.filter(({ gamma, paces }) =>
    paces.every((one) => (one as number) > 0 && (one as number) >= LEAST_PACE * fastest(gamma)),
  );
  // the paper takes the best of these step sizes, so a no is one only where all of them were run
  const all = lines.length === READINGS.length * gammas.length;
  const name = ({ reading, gamma }: { reading: Reading; gamma: number }) =>
    `${reading === 'step' ? 'lambda ||x^{k+1} - x^k||' : 'clip_mult ||g^k||'} at gamma ${gamma}`;
  return {
    claim: 'For every factor in {0.1, 1, 10} convergence stays linear, only slower.',
    source: 'Figure 1, right',
    answer: fitting.length > 0 ? 'yes' : all ? 'no' : 'not run',
    seen:
      `Of both readings of the clip level (the paper's text and the released code) these fall for all three factors: ${fitting.map(name).join('; ') || 'none'}. ` +
      `These do not: ${
        lines
          .filter((line) => !fitting.includes(line))
          .map(name)
          .join('; ') || 'none'
      }.`,
    setting: `as above, every gamma; falling: in the second half of the run the logarithm of f - f* falls at least ${LEAST_PACE} times as fast as that of the fastest curve of the same gamma`,
    rows: 'cohort = 4; the table of both readings names gamma and lambda',
  };
}

function factorGaps(known: KnownGaps, reading: Reading, gamma: number): (Gaps | undefined)[] {
  return FIGURE_FACTORS.map((factor) => known.of(gamma, lambdaOf(reading, factor, gamma), 'partial'));
}

/** f - f* at the end over that at half time; undefined without a run. */
function fall(gaps: Gaps | undefined): number | undefined {
  if (gaps === undefined) return undefined;
  const ratio = gaps.end / gaps.half;
  return Number.isFinite(ratio) ? ratio : Infinity;
}

/** By how much ln(f - f*) falls in the second half: a linear rate, times half of the rounds. */
function pace(gaps: Gaps | undefined): number | undefined {
  const ratio = fall(gaps);
  return ratio === undefined ? undefined : -Math.log(ratio);
}

export function readingsTable(known: KnownGaps, gammas: readonly number[]): Table {
  return {
    title: 'Figure 1 (right), both readings of the clip level',
    columns: ['level', 'gamma', ...FIGURE_FACTORS.map((factor) => `factor ${factor}`)],
    rows: READINGS.flatMap((reading) =>
      gammas
        .map((gamma) => ({ gamma, lines: factorGaps(known, reading, gamma) }))
        .filter(({ lines }) => lines.some((gaps) => gaps !== undefined))
        .map(({ gamma, lines }) => [
          reading === 'step' ? "factor ||x^{k+1} - x^k|| (paper's text)" : 'factor ||g^k|| (released code)',
          String(gamma),
          ...lines.map((gaps) => {
            const ratio = fall(gaps);
            return gaps === undefined || ratio === undefined
              ? ''
              : `${shown(gaps.end)} (x ${shownRatio(ratio)})`;
          }),
        ]),
    ),
    note:
      'f - f* after 10 epochs, geometric mean over seeds; in brackets what the second half multiplied it by. The released ' +
      'factor is lambda gamma: its 1 is lambda = 10 at gamma 0.1.',
  };
}

export function shown(gap: number): string {
  return Number.isFinite(gap) && gap < 1e30 ? gap.toExponential(2) : 'exploded';
}

function shownRatio(ratio: number): string {
  return Number.isFinite(ratio) && ratio < 1e6 ? ratio.toPrecision(2) : 'exploded';
}
