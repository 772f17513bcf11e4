/** A whole pipeline in R^d, rule by rule and vector by vector. */
import { SeededRandom } from '../../../src/foundation/seeded-random.ts';
import type { Pipeline } from '../../../src/aggregation/pipeline.ts';
import type { BaseRuleSpec, PreAggregatorSpec } from '../../../src/aggregation/specs.ts';
import { meamed, median, phocas, trimmedMean, weightedMedian } from './coordinate-wise.ts';
import { flag } from './flag.ts';
import { caf, centeredClipping, geometricMedian, normalize } from './iterative.ts';
import { bulyan, krum, mda, monna, multiKrum, nnm, smea } from './selecting.ts';
import { distance, mean, norm, order, pick, scale, weightedMean, zero, type Vector } from './vectors.ts';

export interface NaiveOptions {
  readonly f: number;
  readonly seed?: Uint8Array;
  readonly previous?: Vector;
  readonly weights?: Vector;
  readonly own?: number;
}

const CONVERGED_ITERATIONS = 3000;

export function naiveAggregate(
  { pre, rule }: Pipeline,
  inputs: readonly Vector[],
  options: NaiveOptions,
): number[] {
  let rows = inputs;
  let unmixed = inputs;
  let mixed = false;
  for (const part of pre) {
    rows = naivePre(part, rows, options);
    mixed ||= part.name === 'nnm' || part.name === 'bucketing';
    if (!mixed) unmixed = rows;
  }
  if (!('base' in rule)) return naiveRule(rule, rows, options);
  const center = naiveRule(rule.base, rows, options);
  const nearest = order(unmixed.map((x) => distance(x, center)));
  const n = unmixed.length;
  if (options.weights === undefined && rule.trim === undefined) {
    return mean(pick(unmixed, nearest.slice(0, n - options.f)));
  }
  const weights = options.weights ?? unmixed.map(() => 1);
  let left = (1 - (rule.trim ?? options.f / n)) * weights.reduce((sum, w) => sum + w, 0);
  const cut = unmixed.map(() => 0);
  for (const i of nearest) {
    cut[i] = Math.min(left, weights[i] as number);
    left -= cut[i];
  }
  return weightedMean(unmixed, cut);
}

function naivePre(pre: PreAggregatorSpec, rows: readonly Vector[], { f, seed }: NaiveOptions): Vector[] {
  const n = rows.length;
  const clip = (c: number): Vector[] => rows.map((x) => (norm(x) <= c ? x : scale(x, c / norm(x))));
  switch (pre.name) {
    case 'nnm':
      return nnm(rows, f);
    case 'bucketing': {
      const shuffled = new SeededRandom(seed ?? pre.seed ?? 0, 'bucketing').shuffle(rows.map((_, i) => i));
      const buckets: number[][] = [];
      shuffled.forEach((i, place) => (buckets[Math.floor(place / pre.s)] ??= []).push(i));
      return buckets.map((bucket) => mean(pick(rows, bucket)));
    }
    case 'clip':
      return clip(pre.c);
    case 'arc': {
      const descending = rows.map(norm).sort((a, b) => b - a);
      return clip(descending[Math.floor((2 * f * (n - f)) / n)] as number);
    }
  }
}

function naiveRule(rule: BaseRuleSpec, rows: readonly Vector[], options: NaiveOptions): number[] {
  const { f } = options;
  const weights = options.weights ?? rows.map(() => 1);
  switch (rule.name) {
    case 'module':
      throw new Error("a rule of one's own has no second implementation");
    case 'mean':
      return weightedMean(rows, weights);
    case 'normalized-mean':
      return mean(rows.map(normalize));
    case 'median':
      return options.weights ? weightedMedian(rows, options.weights) : median(rows, rule.ties);
    case 'trimmed-mean':
      return trimmedMean(rows, f);
    case 'meamed':
      return meamed(rows, f);
    case 'phocas':
      return phocas(rows, f);
    case 'krum':
      return krum(rows, f);
    case 'multi-krum':
      return multiKrum(rows, f);
    case 'bulyan':
      return bulyan(rows, f);
    case 'monna':
      return monna(rows, f, options.own ?? rule.own);
    case 'mda':
      return mda(rows, f);
    case 'smea':
      return smea(rows, f);
    case 'caf':
      return caf(rows, f);
    case 'geometric-median':
      return rule.iterations === 'converge'
        ? geometricMedian(rows, weights, CONVERGED_ITERATIONS, Math.max(rule.nu, 1e-12), mean(rows))
        : geometricMedian(rows, weights, rule.iterations, rule.nu);
    case 'centered-clipping':
      return centeredClipping(
        rows,
        rule.tau,
        rule.iterations,
        options.previous ?? zero((rows[0] as Vector).length),
      );
    case 'flag':
      return flag(rows, { ...rule, r: rule.r ?? Math.ceil((rows.length + 1) / 2) });
  }
}
