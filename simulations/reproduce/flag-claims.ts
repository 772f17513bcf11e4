/** What the runs of the Flag experiments say of the paper's claims. */
import { accuracyOf, labelsOf, presentOf, where, type Labels } from './accuracy-grid.ts';
import type { FinishedCell } from './reproduction.ts';
import type { Answer, Finding } from './verdict.ts';

/** Points within which two accuracies of a few seeds count as the same. */
const TIE_POINTS = 1;
const ATTACKS = ['random', '10 % loss'];
/** The rate of the paper's figures. */
const PAPER_RATE = 0.2;

/** The paper compares rules on CIFAR-10; its MNIST figure is a scaling study of Flag alone. */
function sourceOf(data: string, attack: string): string | null {
  if (attack === '10 % loss') return data === 'cifar10' ? 'Figure 6a' : null;
  return data === 'cifar10' ? 'Figure 4' : null;
}

/** What the released packet loss is, where a claim rests on it. */
const LOSS_DIFFERS = {
  differs:
    "The paper's loss is below a reliable transport and the released attack changes nothing, so its Figure 6a compares rules on intact gradients; here a tenth of the coordinates is lost.",
};

export function flagFindings(
  data: string,
  rules: readonly FinishedCell[],
  rates: readonly FinishedCell[],
  names: readonly string[],
  triedRates: readonly number[],
): Finding[] {
  const ran = (attack: string) => where(rules, { attack }).length > 0;
  return [
    ...ATTACKS.filter((attack) => ran(attack) || sourceOf(data, attack) !== null).map((attack) =>
      best(data, rules, attack, names),
    ),
    // on CIFAR-10 one rate is tried
    ...(data === 'mnist'
      ? [...ATTACKS.map((attack) => bestOverRates(rates, attack, names, triedRates)), lossOrder(rates)]
      : []),
    ...(where(rules, { rule: 'trimmed mean', attack: 'random' }).length > 0
      ? [trimmedMean(data, rules)]
      : []),
    normalisation(rules, rates, triedRates),
  ];
}

function best(
  data: string,
  cells: readonly FinishedCell[],
  attack: string,
  names: readonly string[],
): Finding {
  const own = where(cells, { attack });
  const rules = presentOf(own, 'rule', names).map((name) => ({
    name,
    score: percentOf(own, { rule: name }),
  }));
  const { flag, other } = leaders(rules);
  return {
    claim: `Flag has the best final accuracy of all rules under ${attack}.`,
    source: sourceOf(data, attack),
    answer: own.length === 0 ? 'not run' : comparison(flag.score - other.score),
    ...(attack === '10 % loss' && LOSS_DIFFERS),
    setting: rateText(cells),
    rows: `part = rules, attack = ${attack}`,
    seen:
      own.length === 0
        ? 'No cell of it was run.'
        : `${flag.name} ${flag.score.toFixed(1)} %, the best other (${other.name}) ${other.score.toFixed(1)} %, mean over all sizes.`,
  };
}

/** Each rule at its best rate; the paper has one rate for all, so this comparison is ours; the paper's rate stands beside. */
function bestOverRates(
  cells: readonly FinishedCell[],
  attack: string,
  names: readonly string[],
  rates: readonly number[],
): Finding {
  const own = where(cells, { attack });
  const rules = presentOf(own, 'rule', names).map((name) => bestRate(own, name, rates));
  const { flag, other } = leaders(rules);
  const tried = presentOf(own, 'rate', rates);
  const atPaperRate = rules.map(
    ({ name }) => `${name} ${percentOf(own, { rule: name, rate: PAPER_RATE }).toFixed(1)} %`,
  );
  return {
    claim: `Flag is the best rule under ${attack} ${tried.length === 1 ? `at rate ${tried[0]}` : `where each rule has the best of ${tried.length === 0 ? rates.length : tried.length} learning rates`}.`,
    source: null,
    answer: own.length === 0 ? 'not run' : comparison(flag.score - other.score),
    seen:
      own.length === 0
        ? 'One learning rate only.'
        : `${rules.map(({ name, score, rate }) => `${name} ${score.toFixed(1)} % at ${rate}`).join(', ')}.${tried.length === 1 ? '' : ` At the paper's rate of ${PAPER_RATE}: ${atPaperRate.join(', ')}.`}`,
    setting: 'p = 15, f = 3',
    rows: `part = rates, attack = ${attack}`,
  };
}

/** The order of Figure 6a, whose gradients are intact, at the paper's own rate. */
function lossOrder(cells: readonly FinishedCell[]): Finding {
  const own = where(cells, { attack: '10 % loss', rate: PAPER_RATE });
  const order = ['Flag 0', 'Multi-Krum', 'median'].map((rule) => ({ rule, score: percentOf(own, { rule }) }));
  const known = order.every(({ score }) => !Number.isNaN(score));
  const falls = order.every(({ score }, i) => i === 0 || score < (order[i - 1]?.score ?? NaN));
  return {
    claim: 'Under packet loss Flag is ahead of Multi-Krum, and that one of the median.',
    source: 'Figure 6a',
    answer: known ? (falls ? 'yes' : 'no') : 'not run',
    seen: known
      ? `${order.map(({ rule, score }) => `${rule} ${score.toFixed(1)}`).join(', ')} %.`
      : 'No cell of it was run.',
    setting: `MNIST, p = 15, f = 3, rate ${PAPER_RATE}`,
    ...LOSS_DIFFERS,
    rows: `part = rates, attack = 10 % loss, rate = ${PAPER_RATE}`,
  };
}

function rateText(cells: readonly FinishedCell[]): string {
  return `learning rate ${labelsOf(cells, 'rate').join(', ')}`;
}

function trimmedMean(data: string, cells: readonly FinishedCell[]): Finding {
  const f = Math.min(...labelsOf(cells, 'f').map(Number));
  const own = where(cells, { rule: 'trimmed mean', f });
  const [attacked, healthy] = [percentOf(own, { attack: 'random' }), percentOf(own, { attack: 'none' })];
  return {
    claim: `Trimmed mean collapses under random vectors already at f = ${f}.`,
    source: sourceOf(data, 'random'),
    answer: Number.isNaN(healthy) ? 'not run' : attacked < 0.5 * healthy ? 'yes' : 'no',
    setting: rateText(own),
    rows: `part = rules, rule = trimmed mean, f = ${f}`,
    seen: `${attacked.toFixed(1)} % ${Number.isNaN(healthy) ? 'under them; the run without an attack is missing' : `against ${healthy.toFixed(1)} % without an attack`}.`,
  };
}

/** Each at its best rate where several were tried: Flag's step is p / r times the normalised mean's. */
function normalisation(
  rules: readonly FinishedCell[],
  rates: readonly FinishedCell[],
  triedRates: readonly number[],
): Finding {
  const measured = rates.length === 0 ? rules : rates;
  const scores = ATTACKS.filter((attack) => where(measured, { attack }).length > 0).map((attack) => {
    const own = where(rates, { attack });
    const scoreOf = (rule: string) =>
      own.length === 0
        ? percentOf(where(rules, { attack }), { rule })
        : bestRate(own, rule, triedRates).score;
    return { attack, flag: scoreOf('Flag 0'), plain: scoreOf('normalised mean') };
  });
  const ahead = scores.filter((score) => score.flag > score.plain + TIE_POINTS);
  return {
    claim: "Flag's protection is more than its unit normalisation.",
    source: null,
    setting: rates.length === 0 ? rateText(rules) : 'p = 15, f = 3',
    rows: 'rule = Flag 0 or normalised mean',
    answer:
      scores.length === 0
        ? 'not run'
        : ahead.length === scores.length
          ? 'yes'
          : ahead.length > 0
            ? 'in part'
            : 'no',
    seen:
      scores
        .map((s) => `${s.attack}: normalised mean ${s.plain.toFixed(1)} %, Flag 0 ${s.flag.toFixed(1)} %`)
        .join('; ') + (rates.length === 0 ? '.' : ', each at its best learning rate.'),
  };
}

interface Score {
  readonly name: string;
  readonly score: number;
}

/** The best Flag and the best of the others; the undefended mean is no rival. */
function leaders(rules: readonly Score[]): { readonly flag: Score; readonly other: Score } {
  const top = (some: readonly Score[]) =>
    some.reduce((a, b) => (b.score > a.score ? b : a), { name: 'none', score: -Infinity });
  const isFlag = ({ name }: Score) => name.startsWith('Flag');
  return {
    flag: top(rules.filter(isFlag)),
    other: top(rules.filter((rule) => !isFlag(rule) && rule.name !== 'mean')),
  };
}

function bestRate(
  cells: readonly FinishedCell[],
  rule: string,
  rates: readonly number[],
): Score & { readonly rate: number } {
  const scores = presentOf(cells, 'rate', rates).map((rate) => ({
    name: rule,
    rate,
    score: percentOf(cells, { rule, rate }),
  }));
  return scores.reduce((a, b) => (b.score > a.score ? b : a), { name: rule, rate: NaN, score: -Infinity });
}

function comparison(ahead: number): Answer {
  return ahead > TIE_POINTS ? 'yes' : ahead > -TIE_POINTS ? 'in part' : 'no';
}

function percentOf(cells: readonly FinishedCell[], labels: Labels): number {
  return 100 * accuracyOf(where(cells, labels)).mean;
}
