/** What `synod plan --rules` says: the stored comparison of rules (docs/which-rule.md) for one's own n and f. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Table from 'cli-table3';
import { checkPipeline, parsePipeline } from '../../src/aggregation/pipeline.ts';
import { DEFAULT_PIPELINE } from '../../src/aggregation/default-pipeline.ts';
import { pipelineName } from '../../src/aggregation/pipeline-name.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { accuracyOf, where } from '../../simulations/reproduce/accuracy-grid.ts';
import { readResultsFile } from '../../simulations/reproduce/read-results.ts';
import type { FinishedCell } from '../../simulations/reproduce/reproduction.ts';
import { RULES } from '../../simulations/reproduce/rule-table.ts';
import { standingsOf, whichRule } from '../../simulations/reproduce/which-rule.ts';
import { rulePrice } from '../rule-price.ts';

/** Workers of the stored runs. */
const MEASURED_WORKERS = 10;
/** Beside the sources and beside dist. */
const FIGURES = ['../../docs/results/which-rule.csv', '../../../docs/results/which-rule.csv'];
const SHOWN = 8;
/** Their output does not depend on the lengths of the inputs, so one rate is another step for them. */
const OWN_STEP: readonly string[] = ['flag', 'normalized-mean'];

export interface RankedRule {
  readonly rule: string;
  /** Least accuracy over the attacks, 0..1, and the attack. */
  readonly worst: number;
  readonly under: string;
  /** How many attacks it was run under: a worst case over few is no match for one over all. */
  readonly attacks: number;
  /** Where nobody attacks; NaN where that was not run. */
  readonly calm: number;
  readonly seeds: number;
  /** Multiplications a number of one aggregation of n contributions; a plain mean has one. */
  readonly productsPerNumber: number;
}

export interface RuleAdvice {
  readonly n: number;
  readonly f: number;
  /** The stored case whose share of Byzantine workers is the least that is not below f / n; else the greatest. */
  readonly measured: { readonly n: number; readonly f: number };
  readonly settings: readonly { readonly setting: string; readonly rules: readonly RankedRule[] }[];
  readonly default: string;
}

export function adviseRule(n: number, f: number): RuleAdvice {
  const path = FIGURES.map((relative) => fileURLToPath(new URL(relative, import.meta.url))).find(existsSync);
  if (path === undefined) throw new OperatorError('docs/results/which-rule.csv is not beside this program');
  const { cells } = readResultsFile(whichRule, 'standard', path);
  const known = [...new Set(cells.map(({ settings }) => Number(settings['f'])))].sort((a, b) => a - b);
  const measuredF = known.find((one) => one * n >= f * MEASURED_WORKERS) ?? known.at(-1) ?? 0;
  const own = where(cells, { f: measuredF });
  const settings = [...new Set(own.map((cell) => String(cell.settings['setting'])))];
  return {
    n,
    f,
    measured: { n: MEASURED_WORKERS, f: measuredF },
    settings: settings.map((setting) => ({ setting, rules: ranked(where(own, { setting }), n, f) })),
    default: pipelineName(DEFAULT_PIPELINE),
  };
}

/** Rules that bear f of n: what ran under the most attacks first, the best worst case first among those. */
function ranked(cells: readonly FinishedCell[], n: number, f: number): RankedRule[] {
  const rules = Object.keys(RULES).filter((rule) => bears(rule, n, f));
  return standingsOf(cells, rules).map(({ rule, cells: own, worst, attacks }) => ({
    rule,
    worst: worst.accuracy,
    under: worst.attack,
    attacks,
    calm: accuracyOf(where(own, { attack: 'none' })).mean,
    seeds: new Set(where(own, { attack: worst.attack }).map(({ settings }) => settings['seed'])).size,
    productsPerNumber: rulePrice(parsePipeline(RULES[rule], 'rule'), n).productsPerNumber,
  }));
}

function bears(rule: string, n: number, f: number): boolean {
  // a mean can be computed of anything
  if (2 * f >= n) return false;
  try {
    checkPipeline(parsePipeline(RULES[rule], 'rule'), n, f, 'rule');
    return true;
  } catch (error) {
    if (error instanceof OperatorError) return false;
    throw error;
  }
}

export function printAdvice(advice: RuleAdvice): string {
  const { n, f, measured, settings } = advice;
  const lines = [
    `Rules for a cohort of ${n} of which ${f} may be Byzantine, from stored runs with ${measured.f} of ${measured.n} (docs/which-rule.md):`,
  ];
  if (f * measured.n > measured.f * n) {
    lines.push(
      `No run has as large a share of attackers as ${f} of ${n}: expect less than what stands here.`,
    );
  }
  if (2 * f >= n) lines.push('No rule bears half of its inputs.');
  for (const { setting, rules } of settings) {
    if (rules.length === 0) continue;
    const table = new Table({
      head: ['rule', 'worst accuracy', 'under', 'of attacks', 'no attack', 'seeds', 'products a number'],
      style: { head: [], border: [] },
    });
    for (const one of rules.slice(0, SHOWN)) {
      const calm = Number.isNaN(one.calm) ? '' : percent(one.calm);
      table.push([
        one.rule,
        percent(one.worst),
        one.under,
        one.attacks,
        calm,
        one.seeds,
        one.productsPerNumber,
      ]);
    }
    lines.push(setting, table.toString());
  }
  const shown = settings.flatMap(({ rules }) => rules.slice(0, SHOWN).map(({ rule }) => rule));
  const ownStep = OWN_STEP.filter((rule) => shown.includes(rule));
  if (ownStep.length > 0) {
    lines.push(
      `${ownStep.join(' and ')}: of a step that does not depend on the length of gradients, so one rate is not one step; compare at several rates (docs/which-rule.md).`,
    );
  }
  lines.push(`Where an experiment names no rule: ${advice.default}.`);
  return `${lines.join('\n')}\n`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
