/** What the runs of `ctma-mnist` say of the paper's claims, and the table of times. */
import { accuracyOf, presentOf, valuesOf, where, type Labels } from './accuracy-grid.ts';
import { combinations } from './accuracy-study.ts';
import type { FinishedCell, Table } from './reproduction.ts';
import { estimateOf } from './statistics.ts';
import type { Answer, Finding } from './verdict.ts';

const MU2 = 'mu^2-SGD on a ball';
const ESTIMATORS = [MU2, 'mu^2-SGD', 'mu^2-SGD, released', 'STORM', 'AnyTime SGD', 'momentum', 'SGD'];
/** By which NNM may be ahead of CTMA and both still count as level. */
const TIE_POINTS = 3;
/** Between the best and the worst learning rate. */
const FLAT_POINTS = 10;
/** By which CTMA may be behind its base in a single setting. */
const HARM_POINTS = 3;

export function timesTable(
  metas: readonly FinishedCell[],
  bases: readonly string[],
  columns: readonly string[],
): Table {
  return {
    title: 'Milliseconds of one aggregation (decoding and the step included)',
    isTiming: true,
    columns: ['base', ...columns],
    rows: bases.map((base) => [
      base,
      ...columns.map((meta) => {
        const { mean, count } = estimateOf(valuesOf(where(metas, { base, meta }), 'aggregateMs'));
        return count === 0 ? '' : mean.toFixed(2);
      }),
    ]),
    note: 'Wall time of the median round, mean over cells; worth what the machine was quiet and --threads left a core free.',
  };
}

export function ctmaFindings(metas: readonly FinishedCell[], rates: readonly FinishedCell[]): Finding[] {
  return [...metaFindings(metas), ...rateFindings(rates)];
}

const NO_CELL = 'No cell of it was run.';
/** The figures' numbers could not be looked up. */
const SECTION = 'experiments with meta-aggregators on MNIST';
const ROBUST_BASES = ['median', 'trimmed mean', 'RFA'];
const ALL_ATTACKS = ['label flip', 'sign flip', 'IPM 0.1', 'IPM 0.5', 'ALIE'];
const SETTING = '17 workers, momentum 0.9, rate 0.1, batches of 4';
const RATES_SETTING = '17 workers of which none or 3 attack, CTMA over RFA, rates 10 to 0.0001, batches of 4';

interface Gap {
  readonly base: string;
  readonly attack: string;
  readonly points: number;
}

/** Points by which one meta-aggregator is ahead of another, in every cell (base, attack) of one f. */
function gapsAt(metas: readonly FinishedCell[], f: number, ahead: string, behind: string): Gap[] {
  return combinations({
    base: presentOf(metas, 'base', ROBUST_BASES),
    attack: presentOf(metas, 'attack', ALL_ATTACKS),
  })
    .map(({ base, attack }) => {
      const own = where(metas, { f, base, attack });
      return { base, attack, points: meanPercent(own, { meta: ahead }) - meanPercent(own, { meta: behind }) };
    })
    .filter(({ points }) => !Number.isNaN(points));
}

function metaFindings(metas: readonly FinishedCell[]): Finding[] {
  const numbers = [3, 4, 8];
  return [
    ...numbers.map((f) => lift(metas, f)),
    ...numbers.map((f) => againstNnm(metas, f)),
    steadiness(metas),
  ];
}

function lift(metas: readonly FinishedCell[], f: number): Finding {
  const gaps = gapsAt(metas, f, 'CTMA', 'none').filter(({ base }) => base !== 'trimmed mean');
  const mean = meanOf(gaps);
  const [least, most] = extremes(gaps);
  if (gaps.length === 0) return notRun(`CTMA lifts median and RFA at f = ${f}.`, f);
  return {
    claim: `CTMA lifts ${basesOf(gaps)} at f = ${f}.`,
    source: SECTION,
    answer: mean > 0.5 && least.points > -HARM_POINTS ? 'yes' : most.points > 0.5 ? 'in part' : 'no',
    seen: `Mean ${signed(mean)} points; most for ${named(most)}, least for ${named(least)}.`,
    setting: SETTING,
    rows: `part = meta, f = ${f}, meta = none or CTMA`,
  };
}

function againstNnm(metas: readonly FinishedCell[], f: number): Finding {
  const gaps = gapsAt(metas, f, 'NNM', 'CTMA');
  const [least, most] = extremes(gaps);
  if (gaps.length === 0) return notRun(`CTMA is about NNM's quality at a lower cost at f = ${f}.`, f);
  return {
    claim: `CTMA is about NNM's quality at a lower cost at f = ${f} (${basesOf(gaps)}).`,
    source: SECTION,
    answer: most.points < TIE_POINTS ? 'yes' : meanOf(gaps) < TIE_POINTS ? 'in part' : 'no',
    seen: `NNM is ${signed(meanOf(gaps))} points ahead in the mean; most for ${named(most)}, least for ${named(least)}. Both are coefficients of one Gram matrix here, so the paper's gap in cost need not show.`,
    setting: SETTING,
    rows: `part = meta, f = ${f}, meta = NNM or CTMA`,
  };
}

function notRun(claim: string, f: number): Finding {
  const rows = `part = meta, f = ${f}`;
  return { claim, source: SECTION, answer: 'not run', seen: NO_CELL, setting: SETTING, rows };
}

function basesOf(gaps: readonly Gap[]): string {
  return [...new Set(gaps.map(({ base }) => base))].join(' and ');
}

function meanOf(gaps: readonly Gap[]): number {
  return estimateOf(gaps.map(({ points }) => points)).mean;
}

function extremes(gaps: readonly Gap[]): [least: Gap, most: Gap] {
  const sorted = [...gaps].sort((a, b) => a.points - b.points);
  const none = { base: 'no base', attack: 'no attack', points: NaN };
  return [sorted[0] ?? none, sorted.at(-1) ?? none];
}

function named({ base, attack, points }: Gap): string {
  return `${base} under ${attack} (${signed(points)})`;
}

/** Over bases and attacks, where both have runs. */
function steadiness(metas: readonly FinishedCell[]): Finding {
  const bucketing = where(metas, { meta: 'bucketing' });
  const settings = combinations({
    f: presentOf(bucketing, 'f', [3, 4]),
    base: presentOf(bucketing, 'base', ROBUST_BASES),
    attack: presentOf(bucketing, 'attack', ALL_ATTACKS),
  });
  const worst = (meta: string) =>
    Math.min(...settings.map((labels) => meanPercent(metas, { ...labels, meta })));
  const [ctma, other] = [worst('CTMA'), worst('bucketing')];
  return {
    claim: 'CTMA is steadier than bucketing.',
    source: SECTION,
    answer:
      bucketing.length === 0 ? 'not run' : ctma > other + 1 ? 'yes' : ctma > other - 1 ? 'in part' : 'no',
    seen:
      bucketing.length === 0
        ? `${NO_CELL} Bucketing needs 4 f <= n.`
        : `Worst over f = 3, 4, attacks and ${[...new Set(settings.map(({ base }) => base))].join(' and ')}: ${ctma.toFixed(1)} % against ${other.toFixed(1)} %.`,
    setting: SETTING,
    rows: 'part = meta, f = 3 or 4, meta = CTMA or bucketing',
  };
}

function rateFindings(rates: readonly FinishedCell[]): Finding[] {
  const common = {
    // the grid of rates is that of arXiv 2304.04172, which has one worker and a ball of radius 1
    source: 'arXiv 2304.04172, experiments over learning rates',
    differs: 'There: one worker, a ball of radius 1.',
    rows: 'part = rates',
  };
  const settings = combinations({
    model: presentOf(rates, 'model', ['softmax', 'network']),
    attack: presentOf(rates, 'attack', ['none', 'sign flip']),
  }).filter((labels) => where(rates, { ...labels, estimator: MU2 }).length > 0);
  const lines = settings.map((labels) => {
    const own = where(rates, labels);
    const rangeOf = (estimator: string) => {
      const runs = where(own, { estimator });
      const means = presentOf(runs, 'rate', [10, 1, 0.1, 0.01, 0.001, 0.0001]).map((rate) =>
        meanPercent(runs, { rate }),
      );
      return { low: Math.min(...means), high: Math.max(...means) };
    };
    const names = presentOf(own, 'estimator', ESTIMATORS);
    const ranges = names.map((name) => ({ name, ...rangeOf(name) }));
    const [mu2, rivals] = [rangeOf(MU2), ranges.filter(({ name }) => ['momentum', 'SGD'].includes(name))];
    const flatter = rivals.every(({ low, high }) => mu2.high - mu2.low < high - low && mu2.low > low);
    const title = `${labels.model}, ${labels.attack === 'none' ? 'no attack' : labels.attack}`;
    const shown = ranges.map(({ name, low, high }) => `${name} ${low.toFixed(1)} to ${high.toFixed(1)} %`);
    return { flatter, flat: mu2.high - mu2.low < FLAT_POINTS, seen: `${title}: ${shown.join(', ')}.` };
  });
  const seen = lines.map((line) => line.seen).join(' ');
  const large = (estimator: string) =>
    presentOf(rates, 'model', ['softmax', 'network']).map((model) => {
      const own = where(rates, { model, estimator, attack: 'none' });
      return { model, loss: meanPercent(own, { rate: 0.1 }) - meanPercent(own, { rate: 10 }) };
    });
  const falls = ['momentum', 'SGD']
    .flatMap((estimator) =>
      large(estimator).map(({ model, loss }) => ({ name: `${estimator} on ${model}`, loss })),
    )
    .filter(({ loss }) => !Number.isNaN(loss));
  return [
    {
      claim: 'mu^2-SGD (theory, on a ball) is less sensitive to the learning rate than momentum and SGD.',
      ...common,
      setting: RATES_SETTING,
      answer: answerOf(lines.map(({ flatter }) => flatter)),
      seen: lines.length === 0 ? NO_CELL : seen,
    },
    {
      claim: `mu^2-SGD stays flat (within ${FLAT_POINTS} points) over learning rates 10..1e-4.`,
      ...common,
      setting: RATES_SETTING,
      answer: answerOf(lines.map(({ flat }) => flat)),
      seen: lines.length === 0 ? NO_CELL : 'The same numbers.',
    },
    {
      claim: 'SGD and momentum collapse at the large learning rates.',
      ...common,
      setting: RATES_SETTING,
      answer: answerOf(falls.map(({ loss }) => loss > FLAT_POINTS)),
      seen:
        falls.length === 0
          ? NO_CELL
          : `From rate 0.1 to 10 without an attack: ${falls.map(({ name, loss }) => `${name} ${signed(-loss)}`).join(', ')} points. Raw gradients are clipped to norm 2.`,
    },
  ];
}

function answerOf(held: readonly boolean[]): Answer {
  if (held.length === 0) return 'not run';
  return held.every(Boolean) ? 'yes' : held.some(Boolean) ? 'in part' : 'no';
}

function meanPercent(cells: readonly FinishedCell[], labels: Labels): number {
  return 100 * accuracyOf(where(cells, labels)).mean;
}

function signed(points: number): string {
  const text = points.toFixed(1);
  if (Number(text) === 0) return '0.0';
  return points > 0 ? `+${text}` : text;
}
