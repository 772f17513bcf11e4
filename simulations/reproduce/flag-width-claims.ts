/** What the runs of `flag-width` say: who leads at each d, whether that changes with d, and what the attack takes from a rule. */
import { accuracyOf, presentOf, where } from './accuracy-grid.ts';
import { combinations } from './accuracy-study.ts';
import type { FinishedCell, Figure } from './reproduction.ts';
import type { Answer, Finding } from './verdict.ts';

/** Points within which two accuracies of a few seeds count as the same. */
const TIE_POINTS = 1;
const BYZANTINE = 3;

/** The runs of one figure: f = 3, every rule and d that was run, attacked and not. */
export interface WidthSeries {
  readonly network: string;
  readonly norm: string;
  readonly rate: number;
  readonly attacked: readonly FinishedCell[];
  readonly calm: readonly FinishedCell[];
}

export function seriesOf(
  network: string,
  cells: readonly FinishedCell[],
  norms: readonly string[],
  rates: readonly number[],
): WidthSeries[] {
  return combinations({ norm: norms, rate: rates })
    .map(({ norm, rate }) => {
      const own = where(cells, { norm, rate, f: BYZANTINE });
      return {
        ...{ network, norm, rate },
        attacked: where(own, { attack: 'random' }),
        calm: where(own, { attack: 'none' }),
      };
    })
    .filter(({ attacked }) => attacked.length > 0);
}

export function widthFigure(
  { network, norm, rate, attacked }: WidthSeries,
  rules: readonly string[],
  sizes: readonly string[],
): Figure {
  const series = presentOf(attacked, 'rule', rules).map((rule) => ({
    name: rule,
    points: presentOf(attacked, 'd', sizes).map((d) => ({
      x: Math.log10(Number(d)),
      y: accuracyOf(where(attacked, { rule, d })).mean,
    })),
  }));
  const title = `Accuracy against d, f = ${BYZANTINE} of 15 send random vectors, ${network}, ${norm}, rate ${rate}`;
  return { kind: 'lines', title, x: 'log10 of d', y: 'test accuracy', logY: false, series };
}

export function widthFindings(
  series: WidthSeries,
  rules: readonly string[],
  sizes: readonly string[],
): Finding[] {
  const { network, norm, rate, attacked } = series;
  const score = (rule: string, d: string) => 100 * accuracyOf(where(attacked, { rule, d })).mean;
  const gaps = presentOf(attacked, 'd', sizes)
    .map((d) => ({ d, gap: score('Flag 0', d) - score('Multi-Krum', d) }))
    .filter(({ gap }) => !Number.isNaN(gap));
  const text = gaps.map(({ d }) => {
    const own = where(attacked, { d });
    return `d = ${d}: ${presentOf(own, 'rule', rules)
      .map((rule) => `${rule} ${score(rule, d).toFixed(1)}`)
      .join(', ')} %`;
  });
  const setup = `${network}, ${norm}, rate ${rate}`;
  const common = {
    setting: `${network}, d = ${gaps.map(({ d }) => d).join(', ')}, f = ${BYZANTINE} of 15, rate ${rate}, ${norm}`,
    rows: `${network === 'LeNet' ? 'network is empty' : `network = ${network}`}, norm = ${norm}, rate = ${rate}, f = ${BYZANTINE}`,
  };
  const leads = gaps.map(({ gap }) => gap > TIE_POINTS);
  const lead: Finding = {
    ...common,
    claim: `Flag has the best accuracy under random vectors at f = ${BYZANTINE} (${setup}).`,
    source: 'Figure 4',
    answer:
      gaps.length === 0 ? 'not run' : leads.every(Boolean) ? 'yes' : leads.some(Boolean) ? 'in part' : 'no',
    seen: `${text.join('; ')}.`,
  };
  if (gaps.length < 2) return [lead];
  const points = gaps.map(({ d, gap }) => `${signed(gap)} at d = ${d}`).join(', ');
  const rise = (gaps.at(-1)?.gap ?? NaN) - (gaps[0]?.gap ?? NaN);
  const closes: Finding = {
    ...common,
    claim: `Flag gains on Multi-Krum as d grows (${setup}).`,
    source: null,
    answer: trend(rise),
    seen: `Flag less Multi-Krum in points: ${points}.`,
  };
  return [lead, closes, ...harm(series, sizes, { ...common, setup })];
}

/** What the attack takes from Flag: its accuracy without it less that under it, seeds that have both. */
function harm(
  { attacked, calm }: WidthSeries,
  sizes: readonly string[],
  { setup, ...common }: Pick<Finding, 'setting' | 'rows'> & { readonly setup: string },
): Finding[] {
  const taken = (rule: string) =>
    presentOf(calm, 'd', sizes)
      .map((d) => {
        const seeds = where(calm, { rule, d }).map(({ settings }) => settings['seed']);
        const own = where(attacked, { rule, d }).filter(({ settings }) => seeds.includes(settings['seed']));
        const [healthy, hurt] = [accuracyOf(where(calm, { rule, d })).mean, accuracyOf(own).mean];
        return { d, points: 100 * (healthy - hurt) };
      })
      .filter(({ points }) => !Number.isNaN(points));
  const [flag, krum] = [taken('Flag 0'), taken('Multi-Krum')];
  if (flag.length < 2) return [];
  const list = (some: typeof flag) =>
    some.map(({ d, points }) => `${points.toFixed(1)} at d = ${d}`).join(', ');
  return [
    {
      ...common,
      claim: `What random vectors take from Flag falls as d grows (${setup}).`,
      source: null,
      answer: trend((flag[0]?.points ?? NaN) - (flag.at(-1)?.points ?? NaN)),
      seen: `Points lost to the attack: Flag ${list(flag)}; Multi-Krum ${list(krum)}.`,
    },
  ];
}

/** From the least d to the greatest. */
function trend(points: number): Answer {
  return points > TIE_POINTS ? 'yes' : 'no';
}

function signed(points: number): string {
  return `${points >= 0 ? '+' : ''}${points.toFixed(1)}`;
}
