/**
 * "Which rule shall I take for my f and n": every rule against every attack of the field's benchmark (ByzFL), 10
 * workers on the embedded glyphs, f = 2, 3, 4, in three settings: a network on equal shards, the same at another
 * learning rate, and softmax regression on shards that differ. What counts is a rule's worst attack.
 */
import { checkPipeline, parsePipeline } from '../../src/aggregation/pipeline.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { accuracyOf, labelsOf, presentOf, where, worstCaseMap } from './accuracy-grid.ts';
import { accuracyStudy, combinations } from './accuracy-study.ts';
import type { FinishedCell, GridSize, Table } from './reproduction.ts';
import { CONTENDERS, RULES } from './rule-table.ts';
import { percent } from './statistics.ts';
import type { Finding } from './verdict.ts';

const WORKERS = 10;
const BYZANTINE = [2, 3, 4];
const ATTACKS: Readonly<Record<string, unknown>> = {
  none: null,
  'IPM 0.1': { kind: 'ipm', epsilon: 0.1 },
  'IPM 0.5': { kind: 'ipm', epsilon: 0.5 },
  'IPM 1': { kind: 'ipm', epsilon: 1 },
  'IPM 5': { kind: 'ipm', epsilon: 5 },
  'FoE search': 'foe-search',
  'ALIE search': 'alie-search',
  'min-max': 'min-max',
  mimic: 'mimic',
  'sign flip': 'sign-flip',
};
const NETWORK = 'MLP 32, equal shards';
const FASTER = 'MLP 32, equal shards, rate 0.8';
const SOFTMAX = 'softmax, similarity 0.5';
const SETTINGS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  [NETWORK]: { model: { kind: 'mlp', hidden: [32] }, partition: 'iid' },
  // a rule that ignores the lengths of gradients takes another step at the same rate: one rate is no fair comparison
  [FASTER]: { model: { kind: 'mlp', hidden: [32] }, partition: 'iid', optimizer: 0.8 },
  [SOFTMAX]: {
    model: { kind: 'logistic-regression', form: 'softmax', bias: true },
    partition: { kind: 'similarity', share: 0.5 },
  },
};
const ROUNDS: Readonly<Record<GridSize, number>> = { quick: 50, standard: 150, paper: 600 };
const QUICK_ATTACKS = ['none', 'IPM 0.1', 'min-max'];

export const whichRule = accuracyStudy({
  name: 'which-rule',
  title: 'Which rule for which f and n',
  about:
    'No paper: 10 workers on the embedded glyphs, momentum 0.9, learning rate 0.2 unless the setting says otherwise, batches of 32, int8 contributions; ' +
    "f = 2, 3, 4 of them attack. A rule's worth is its accuracy under its worst attack.",
  data: 'glyphs',
  reductions: (size) => [
    `${ROUNDS[size]} rounds; --full runs ${ROUNDS.paper}.`,
    ...(size === 'quick' ? ['Eight rules, the network and f = 4 only.'] : []),
  ],
  runs: (size) => {
    const quick = size === 'quick';
    return combinations({
      setting: quick ? [NETWORK] : Object.keys(SETTINGS),
      rule: Object.keys(quick ? CONTENDERS : RULES),
      f: quick ? [4] : BYZANTINE,
      attack: quick ? QUICK_ATTACKS : Object.keys(ATTACKS),
    }).filter(({ setting, rule, f }) => bears(rule, f) && belongs(setting, rule));
  },
  settings: ({ setting, rule, f, attack }, size) => ({
    experiment: {
      rounds: ROUNDS[size],
      data: 'glyphs',
      ...SETTINGS[setting],
      aggregation: { f, ...RULES[rule] },
      compression: {},
    },
    workers: WORKERS,
    byzantine: f,
    attack: ATTACKS[attack] ?? null,
  }),
  show: (cells) => {
    const settings = presentOf(cells, 'setting', Object.keys(SETTINGS));
    return {
      tables: settings.flatMap((setting) =>
        presentOf(where(cells, { setting }), 'f', BYZANTINE).map((f) =>
          standingsTable(`${setting}, f = ${f} of ${WORKERS}`, where(cells, { setting, f })),
        ),
      ),
      figures: settings.map((setting) =>
        worstCaseMap(
          `Worst accuracy over attacks, percent: ${setting}`,
          where(cells, { setting }),
          'f',
          'rule',
        ),
      ),
      findings: settings.map((setting) => findingOf(setting, where(cells, { setting }))),
    };
  },
});

function belongs(setting: string, rule: string): boolean {
  // beside Flag at the larger rate stands what remains of it without its subspace
  return setting === NETWORK || rule in CONTENDERS || (setting === FASTER && rule === 'normalized-mean');
}

/** Whether the rule's bound lets f of the workers be Byzantine. */
function bears(rule: string, f: number): boolean {
  try {
    checkPipeline(parsePipeline(RULES[rule], 'rule'), WORKERS, f, 'rule');
    return true;
  } catch (error) {
    if (error instanceof OperatorError) return false;
    throw error;
  }
}

/** The least of the mean accuracies under each attack. */
export function worstOf(cells: readonly FinishedCell[]): {
  readonly attack: string;
  readonly accuracy: number;
} {
  return presentOf(cells, 'attack', Object.keys(ATTACKS))
    .map((attack) => ({ attack, accuracy: accuracyOf(where(cells, { attack })).mean }))
    .reduce((a, b) => (b.accuracy < a.accuracy ? b : a), { attack: 'none', accuracy: Infinity });
}

export interface Standing {
  readonly rule: string;
  readonly cells: readonly FinishedCell[];
  readonly worst: ReturnType<typeof worstOf>;
  /** How many attacks it ran under. */
  readonly attacks: number;
  /** Whether none ran under more: a worst case over few attacks is no match for one over all. */
  readonly complete: boolean;
}

/** Of the cells of one setting and f: what ran under the most attacks first, the best worst case first among those. */
export function standingsOf(cells: readonly FinishedCell[], rules: readonly string[]): Standing[] {
  const known = presentOf(cells, 'rule', rules).map((rule) => {
    const own = where(cells, { rule });
    const attacks = labelsOf(own, 'attack').filter((attack) => attack !== 'none').length;
    return { rule, cells: own, worst: worstOf(own), attacks };
  });
  const most = Math.max(...known.map(({ attacks }) => attacks));
  return known
    .map((one) => ({ ...one, complete: one.attacks === most }))
    .sort((a, b) => Number(b.complete) - Number(a.complete) || b.worst.accuracy - a.worst.accuracy);
}

function standingsTable(title: string, cells: readonly FinishedCell[]): Table {
  const attacks = presentOf(cells, 'attack', Object.keys(ATTACKS));
  const standings = standingsOf(cells, Object.keys(RULES));
  return {
    title,
    columns: ['rule', ...attacks, 'worst', 'under', 'seeds'],
    rows: standings.map(({ rule, cells: own, worst, complete }) => [
      rule,
      ...attacks.map((attack) => {
        const estimate = accuracyOf(where(own, { attack }));
        return estimate.count === 0 ? '' : percent(estimate);
      }),
      `${(100 * worst.accuracy).toFixed(1)}${complete ? '' : ' *'}`,
      worst.attack,
      String(new Set(own.map(({ settings }) => settings['seed'])).size),
    ]),
    note: `Test accuracy in percent after the last round, mean ± standard error over seeds (without ±: one); best worst case first.${standings.every(({ complete }) => complete) ? '' : ' * Over fewer attacks than others, and so behind them.'}`,
  };
}

function findingOf(setting: string, cells: readonly FinishedCell[]): Finding {
  const lines = presentOf(cells, 'f', BYZANTINE).map((f) => {
    const [best] = standingsOf(where(cells, { f }), Object.keys(RULES));
    return { f, best: { rule: best?.rule ?? 'none', worst: 100 * (best?.worst.accuracy ?? NaN) } };
  });
  const winners = new Set(lines.map(({ best }) => best.rule));
  return {
    claim: `Of the rules that ran under every attack one has the best worst case for every f (${setting}).`,
    source: null,
    answer: winners.size === 1 ? 'yes' : 'no',
    seen: `${lines.map(({ f, best }) => `f = ${f}: ${best.rule}, ${best.worst.toFixed(1)} %`).join('; ')}.`,
    setting: `${WORKERS} workers, ${setting}`,
    rows: `setting = ${setting}`,
  };
}
