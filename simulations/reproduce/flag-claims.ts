/** What the runs of the Flag experiments say of the paper's claims. */
import { accuracyOf, labelsOf, presentOf, where, type Labels } from './accuracy-grid.ts';
import type { FinishedCell, Verdict } from './reproduction.ts';

/** Points within which two accuracies of a few seeds count as the same. */
const TIE_POINTS = 1;
const ATTACKS = ['random', '10 % loss'];

export function flagVerdicts(
  rules: readonly FinishedCell[],
  rates: readonly FinishedCell[],
  names: readonly string[],
  triedRates: readonly number[],
): Verdict[] {
  return [
    ...ATTACKS.map((attack) => best(rules, attack, names)),
    ...ATTACKS.map((attack) => bestOverRates(rates, attack, names, triedRates)),
    trimmedMean(rules),
    normalisation(rules, rates, triedRates),
  ];
}

function best(cells: readonly FinishedCell[], attack: string, names: readonly string[]): Verdict {
  const own = where(cells, { attack });
  const rules = presentOf(own, 'rule', names).map((name) => ({
    name,
    score: percentOf(own, { rule: name }),
  }));
  const { flag, other } = leaders(rules);
  return {
    claim: `Flag has the best final accuracy of all rules under ${attack}.`,
    held: comparison(flag.score - other.score),
    seen: `${flag.name} ${flag.score.toFixed(1)} %, the best other (${other.name}) ${other.score.toFixed(1)} %, mean over all sizes.`,
  };
}

function bestOverRates(
  cells: readonly FinishedCell[],
  attack: string,
  names: readonly string[],
  rates: readonly number[],
): Verdict {
  const claim = `Flag is the best rule under ${attack} where each rule has the best of ${rates.length} learning rates.`;
  const own = where(cells, { attack });
  if (own.length === 0) return { claim, held: 'not tested', seen: 'One learning rate only.' };
  const rules = presentOf(own, 'rule', names).map((name) => bestRate(own, name, rates));
  const { flag, other } = leaders(rules);
  return {
    claim,
    held: comparison(flag.score - other.score),
    seen: rules.map(({ name, score, rate }) => `${name} ${score.toFixed(1)} % at ${rate}`).join(', ') + '.',
  };
}

function trimmedMean(cells: readonly FinishedCell[]): Verdict {
  const f = Math.min(...labelsOf(cells, 'f').map(Number));
  const own = where(cells, { rule: 'trimmed mean', f });
  const [attacked, healthy] = [percentOf(own, { attack: 'random' }), percentOf(own, { attack: 'none' })];
  return {
    claim: `Trimmed mean collapses under random vectors already at f = ${f}.`,
    held: attacked < 0.5 * healthy ? 'yes' : 'no',
    seen: `${attacked.toFixed(1)} % against ${healthy.toFixed(1)} % without an attack.`,
  };
}

/** Each at its best rate where several were tried: Flag's step is p / r times the normalised mean's. */
function normalisation(
  rules: readonly FinishedCell[],
  rates: readonly FinishedCell[],
  triedRates: readonly number[],
): Verdict {
  const scores = ATTACKS.map((attack) => {
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
    held: ahead.length === scores.length ? 'yes' : ahead.length > 0 ? 'in part' : 'no',
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

function comparison(ahead: number): Verdict['held'] {
  return ahead > TIE_POINTS ? 'yes' : ahead > -TIE_POINTS ? 'in part' : 'no';
}

function percentOf(cells: readonly FinishedCell[], labels: Labels): number {
  return 100 * accuracyOf(where(cells, labels)).mean;
}
