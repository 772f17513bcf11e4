/**
 * What each rule and pre-aggregator needs of n (inputs) and f (how many of them may be Byzantine), with the theorem's
 * bound where there is one. Where f = 0 there is nothing to bear, so only what the computation itself needs is asked.
 */
import { majorityFault } from './define-rule.ts';
import {
  baseOf,
  preAggregatorOf,
  ruleOf,
  type Pipeline,
  type PreAggregatorSpec,
  type RuleSpec,
} from './specs.ts';
import { ALL_RULES } from './all-rules.ts';

/** Rows of numbers that are only ever read column by column or summed. */
const MOST_ROWS = 2 ** 20;
/** Rows that are compared with each other: a table of as many float64 squared takes 512 MiB. */
const MOST_COMPARED_ROWS = 8192;

/** A sentence that names the rule, its bound and the values; undefined where n and f are within all bounds. */
export function pipelineFault(pipeline: Pipeline, n: number, f: number): string | undefined {
  if (!Number.isSafeInteger(n) || n < 1) return `n must be an integer of at least 1, got ${n}`;
  const tooMany = rowsFault(pipeline, n);
  if (tooMany !== undefined) return tooMany;
  if (!Number.isSafeInteger(f) || f < 0) return `f must be an integer of at least 0, got ${f}`;
  if (f >= n) return `f must be below n = ${n}, got ${f}`;
  let rows = n;
  let given = `n = ${n} and f = ${f}`;
  let trimmed = { rows, given };
  let mixed = false;
  for (const pre of pipeline.pre) {
    const definition = preAggregatorOf(pre);
    const needs = definition.fault?.(pre, rows, f);
    if (needs !== undefined) return `${pre.name} needs ${needs}, but ${given}`;
    const left = definition.leaves?.(pre, rows);
    if (left !== undefined) {
      given = `${pre.name} by ${left.by} leaves n = ${left.count} of ${rows} and f = ${f}`;
      rows = left.count;
    }
    mixed ||= definition.mixes;
    if (!mixed) trimmed = { rows, given };
  }
  const { rule } = pipeline;
  const base = baseOf(rule);
  const regrouping = pipeline.pre.find((pre) => preAggregatorOf(pre).leaves !== undefined);
  if (regrouping !== undefined && ruleOf(base)?.definition.usesOwn === true) {
    return `${ruleName(base)} cannot follow ${regrouping.name}: none of what it leaves is the own input`;
  }
  const faultOfBase = fault(base, rows, f, given);
  if (base === rule) return faultOfBase;
  const faultOfRule = fault(rule, trimmed.rows, f, trimmed.given);
  return faultOfRule ?? (faultOfBase === undefined ? undefined : `${rule.name}'s base ${faultOfBase}`);
}

function rowsFault({ pre, rule }: Pipeline, n: number): string | undefined {
  const hint = 'each row is the vector of one input: is the matrix transposed?';
  if (n > MOST_ROWS) return `n must be at most ${MOST_ROWS} inputs, got ${n} (${hint})`;
  const comparing = pre[0]?.name ?? (readsColumnsOnly(rule) ? undefined : rule.name);
  if (comparing === undefined || n <= MOST_COMPARED_ROWS) return undefined;
  return `${comparing} compares inputs in a table of n x n, which is made for at most ${MOST_COMPARED_ROWS}, got ${n} (${hint})`;
}

/** Whether n x n numbers are never needed: memory and work grow with n alone. */
function readsColumnsOnly(rule: RuleSpec): boolean {
  const base = ruleOf(baseOf(rule));
  if (base === undefined) return false;
  const { definition, spec } = base;
  if (definition.columns !== undefined) return definition.pick === undefined;
  return definition.measures?.(spec).level === 'nothing';
}

/** Whether its outputs mix several inputs; the others scale each input by itself. */
function isMixing(pre: PreAggregatorSpec): boolean {
  return preAggregatorOf(pre).mixes;
}

/** A sentence where the pipeline has no weighted form (arXiv 2501.09621 defines three); undefined where it has. */
export function weightedFault(pipeline: Pipeline): string | undefined {
  const mixing = pipeline.pre.find(isMixing);
  if (mixing !== undefined) return `${mixing.name} has no weighted form`;
  const base = baseOf(pipeline.rule);
  const loaded = ruleOf(base);
  const answer = loaded?.definition.weighted?.(loaded.spec);
  if (answer === true) return undefined;
  const known = ALL_RULES.filter(({ weighted }) => weighted !== undefined).map(({ name }) => name);
  return answer ?? `${ruleName(base)} has no weighted form; ${known.join(', ')} and ctma over these have one`;
}

/** A rule of the user's own has the name that its file gives it, or its file's. */
function ruleName(rule: RuleSpec): string {
  return rule.name === 'module' ? (rule.loaded?.definition.name ?? rule.path) : rule.name;
}

/** Of a rule of the user's own that is not loaded yet the bound of most rules is asked for. */
function fault(rule: RuleSpec, n: number, f: number, given: string): string | undefined {
  const loaded = ruleOf(rule);
  const ask = loaded?.definition.fault;
  const needs = loaded === undefined || ask === undefined ? majorityFault(n, f) : ask(loaded.spec, n, f);
  return needs === undefined ? undefined : `${ruleName(rule)} needs ${needs}, but ${given}`;
}
