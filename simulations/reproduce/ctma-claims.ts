/** What the runs of `ctma-mnist` say of the paper's claims, and the table of times. */
import { accuracyOf, presentOf, valuesOf, where, type Labels } from './accuracy-grid.ts';
import { combinations } from './accuracy-study.ts';
import type { FinishedCell, Table, Verdict } from './reproduction.ts';
import { estimateOf } from './statistics.ts';

const MU2 = 'mu^2-SGD on a ball';
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

export function ctmaVerdicts(metas: readonly FinishedCell[], rates: readonly FinishedCell[]): Verdict[] {
  return [...metaVerdicts(metas), ...rateVerdicts(rates)];
}

function metaVerdicts(metas: readonly FinishedCell[]): Verdict[] {
  const bases = presentOf(metas, 'base', ['median', 'RFA']);
  const mean = (labels: Labels) => meanPercent(metas, labels);
  const gainOf = (labels: Labels) => mean({ ...labels, meta: 'CTMA' }) - mean({ ...labels, meta: 'none' });
  const gains = bases.map((base) => gainOf({ base }));
  const least = combinations({
    base: bases,
    f: presentOf(metas, 'f', [3, 4, 8]),
    attack: presentOf(metas, 'attack', ['label flip', 'sign flip', 'IPM 0.1', 'ALIE']),
  })
    .map((labels) => ({ ...labels, gain: gainOf(labels) }))
    .reduce((a, b) => (b.gain < a.gain ? b : a), { base: '', f: 0, attack: '', gain: Infinity });
  const behind = Math.max(...bases.map((base) => mean({ base, meta: 'NNM' }) - mean({ base, meta: 'CTMA' })));
  const time = (meta: string) => estimateOf(valuesOf(where(metas, { meta }), 'aggregateMs')).mean;
  return [
    {
      claim: 'CTMA lifts median and RFA.',
      held:
        gains.every((gain) => gain > 0.5) && least.gain > -HARM_POINTS
          ? 'yes'
          : gains.some((gain) => gain > 0.5)
            ? 'in part'
            : 'no',
      seen:
        `Mean over all attacks and f: ${bases.map((base, i) => `${base} ${signed(gains[i] as number)}`).join(', ')} points; ` +
        `the least gain is that of ${least.base} at f = ${least.f} under ${least.attack}: ${signed(least.gain)}.`,
    },
    {
      claim: "CTMA is about NNM's quality at a far lower cost.",
      held: behind < 3 ? (time('CTMA') < 0.8 * time('NNM') ? 'yes' : 'in part') : 'no',
      seen:
        `NNM is at most ${behind.toFixed(1)} points ahead; one aggregation takes ${time('CTMA').toFixed(2)} ms against ` +
        `${time('NNM').toFixed(2)} ms. Both are coefficients of one Gram matrix here, so the paper's gap in cost need not show.`,
    },
    steadiness(metas),
  ];
}

/** Over bases and attacks, where both have runs. */
function steadiness(metas: readonly FinishedCell[]): Verdict {
  const claim = 'CTMA is steadier than bucketing.';
  const bucketing = where(metas, { meta: 'bucketing' });
  if (bucketing.length === 0) {
    return { claim, held: 'not tested', seen: 'Bucketing needs 4 f <= n.' };
  }
  const settings = combinations({
    f: presentOf(bucketing, 'f', [3, 4]),
    base: presentOf(bucketing, 'base', ['median', 'trimmed mean', 'RFA']),
    attack: presentOf(bucketing, 'attack', ['label flip', 'sign flip', 'IPM 0.1', 'ALIE']),
  });
  const worst = (meta: string) =>
    Math.min(...settings.map((labels) => meanPercent(metas, { ...labels, meta })));
  const [ctma, other] = [worst('CTMA'), worst('bucketing')];
  return {
    claim,
    held: ctma > other + 1 ? 'yes' : ctma > other - 1 ? 'in part' : 'no',
    seen: `Worst over f = 3, 4, attacks and robust bases: ${ctma.toFixed(1)} % against ${other.toFixed(1)} %.`,
  };
}

function rateVerdicts(rates: readonly FinishedCell[]): Verdict[] {
  const settings = combinations({
    model: presentOf(rates, 'model', ['softmax', 'network']),
    attack: presentOf(rates, 'attack', ['none', 'sign flip']),
  }).filter((labels) => where(rates, labels).length > 0);
  const lines = settings.map((labels) => {
    const own = where(rates, labels);
    const rangeOf = (estimator: string) => {
      const runs = where(own, { estimator });
      const means = presentOf(runs, 'rate', [10, 1, 0.1, 0.01, 0.001, 0.0001]).map((rate) =>
        meanPercent(runs, { rate }),
      );
      return { low: Math.min(...means), high: Math.max(...means) };
    };
    const names = presentOf(own, 'estimator', [MU2, 'mu^2-SGD', 'mu^2-SGD, released', 'momentum', 'SGD']);
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
  const falls = ['momentum', 'SGD'].flatMap((estimator) =>
    large(estimator).map(({ model, loss }) => ({ name: `${estimator} on ${model}`, loss })),
  );
  return [
    {
      claim: 'mu^2-SGD (theory, on a ball) is less sensitive to the learning rate than momentum and SGD.',
      held: verdictOf(lines.map(({ flatter }) => flatter)),
      seen,
    },
    {
      claim: `mu^2-SGD stays flat (within ${FLAT_POINTS} points) over learning rates 10..1e-4.`,
      held: verdictOf(lines.map(({ flat }) => flat)),
      seen: 'The same numbers.',
    },
    {
      claim: 'SGD and momentum collapse at the large learning rates.',
      held: verdictOf(falls.map(({ loss }) => loss > FLAT_POINTS)),
      seen: `From rate 0.1 to 10 without an attack: ${falls.map(({ name, loss }) => `${name} ${signed(-loss)}`).join(', ')} points. Raw gradients are clipped to norm 2.`,
    },
  ];
}

function verdictOf(held: readonly boolean[]): Verdict['held'] {
  if (held.length === 0) return 'not tested';
  return held.every(Boolean) ? 'yes' : held.some(Boolean) ? 'in part' : 'no';
}

function meanPercent(cells: readonly FinishedCell[], labels: Labels): number {
  return 100 * accuracyOf(where(cells, labels)).mean;
}

function signed(points: number): string {
  return `${points >= 0 ? '+' : ''}${points.toFixed(1)}`;
}
