/**
 * What each rule and pre-aggregator needs of n (inputs) and f (how many of them may be Byzantine), with the theorem's
 * bound where there is one. Where f = 0 there is nothing to bear, so only what the computation itself needs is asked.
 */
import type { BaseRuleSpec, Pipeline, PreAggregatorSpec, RuleSpec } from './specs.ts';

/** The exact search for the subset of least diameter is a vertex cover of at most f of n: exponential in f alone. */
const MDA_LARGEST_F = 24;
/** The exact search of SMEA may have to look at every subset of n - f inputs. */
const SMEA_MOST_SUBSETS = 25_000;

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
    const needs = preAggregatorNeeds(pre, rows, f);
    if (needs !== undefined) return `${pre.name} needs ${needs}, but ${given}`;
    if (pre.name === 'bucketing') {
      given = `bucketing by s = ${pre.s} leaves n = ${Math.ceil(rows / pre.s)} of ${rows} and f = ${f}`;
      rows = Math.ceil(rows / pre.s);
    }
    mixed ||= isMixing(pre);
    if (!mixed) trimmed = { rows, given };
  }
  const { rule } = pipeline;
  if (rule.name === 'monna' && pipeline.pre.some((pre) => pre.name === 'bucketing')) {
    return 'monna cannot follow bucketing: no bucket is the own input';
  }
  if (rule.name !== 'ctma') return fault(rule, rows, f, given);
  if (!(2 * f < trimmed.rows)) return `ctma needs n > 2 f, but ${trimmed.given}`;
  const base = fault(rule.base, rows, f, given);
  return base === undefined ? undefined : `ctma's base ${base}`;
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
  const base = rule.name === 'ctma' ? rule.base : rule;
  return ['mean', 'median', 'trimmed-mean', 'meamed', 'phocas'].includes(base.name);
}

/** Whether its outputs mix several inputs; the others scale each input by itself. */
export function isMixing(pre: PreAggregatorSpec): boolean {
  return pre.name === 'nnm' || pre.name === 'bucketing';
}

/** A sentence where the pipeline has no weighted form (arXiv 2501.09621 defines three); undefined where it has. */
export function weightedFault(pipeline: Pipeline): string | undefined {
  const mixing = pipeline.pre.find(isMixing);
  if (mixing !== undefined) return `${mixing.name} has no weighted form`;
  const { rule } = pipeline;
  const weighed: RuleSpec = rule.name === 'ctma' ? rule.base : rule;
  if (weighed.name === 'median' && weighed.ties === 'lower') {
    return 'the median with ties = lower has no weighted form; leave ties out (the mean of both values is taken)';
  }
  if (weighed.name === 'mean' || weighed.name === 'median' || weighed.name === 'geometric-median')
    return undefined;
  return `${weighed.name} has no weighted form; mean, median, geometric-median and ctma over these have one`;
}

function preAggregatorNeeds(pre: PreAggregatorSpec, n: number, f: number): string | undefined {
  return pre.name === 'nnm' && !(2 * f < n) ? 'n > 2 f' : undefined;
}

function fault(rule: BaseRuleSpec, n: number, f: number, given: string): string | undefined {
  const needs = ruleNeeds(rule, n, f);
  return needs === undefined ? undefined : `${rule.name} needs ${needs}, but ${given}`;
}

/** The bound that n and f break; undefined where they keep it. */
function ruleNeeds(rule: BaseRuleSpec, n: number, f: number): string | undefined {
  switch (rule.name) {
    case 'mean':
    case 'normalized-mean':
      return undefined;
    case 'krum':
    case 'multi-krum':
      return f > 0 && !(n >= 2 * f + 3) ? 'n >= 2 f + 3' : undefined;
    case 'bulyan':
      return f > 0 && !(n >= 4 * f + 3) ? 'n >= 4 f + 3' : undefined;
    case 'mda':
      if (f > MDA_LARGEST_F) return `f <= ${MDA_LARGEST_F} (its exact search grows exponentially with f)`;
      break;
    case 'smea':
      if (binomial(n, f) > SMEA_MOST_SUBSETS) {
        return `at most ${SMEA_MOST_SUBSETS} subsets of n - f inputs (its search is exact)`;
      }
      break;
    case 'monna':
      if (!(rule.own < n)) return `own = ${rule.own} to be one of the inputs`;
      break;
    case 'flag':
      if (rule.r !== undefined && rule.r > n) return `r = ${rule.r} <= n`;
      break;
    default:
  }
  return 2 * f < n ? undefined : 'n > 2 f';
}

function binomial(n: number, k: number): number {
  let result = 1;
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i;
  return result;
}
