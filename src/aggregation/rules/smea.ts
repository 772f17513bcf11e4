/**
 * SMEA, smallest-maximum-eigenvalue averaging (Allouah, Guerraoui, Gupta, Pinot, Stephan, ICML 2023, arXiv 2302.04787):
 * the mean of the n - f inputs whose covariance has the least top eigenvalue. Exact, by branch and bound: adding a point
 * adds a positive semidefinite term to a set's scatter about its own mean, so the top eigenvalue only grows, and any
 * Rayleigh quotient of a part of a subset bounds it from below. Of equal subsets the lexicographically first is taken.
 */
import { defineRule, majorityFault } from '../define-rule.ts';
import { squaredDistance, type Geometry } from '../geometry.ts';
import { meanOfKept } from '../linear-result.ts';
import type { LinearAlgebra } from '../../linalg/linear-algebra.ts';

/** Power iterations behind a bound; more give a sharper bound for more work. */
const BOUND_ITERATIONS = 3;
/** A subset that could be better by less than this is not looked at, so that ties do not undo the bounds. */
const SLACK = 1 + 1e-9;

/** The exact search may have to look at every subset of n - f inputs. */
const MOST_SUBSETS = 25_000;

export const smea = defineRule('smea', {
  source: 'Allouah et al., ICML 2023',
  needs: `n > 2f, at most ${MOST_SUBSETS.toLocaleString('en')} subsets of n - f`,
  fault: (_spec, n, f) =>
    binomial(n, f) > MOST_SUBSETS
      ? `at most ${MOST_SUBSETS} subsets of n - f inputs (its search is exact)`
      : majorityFault(n, f),
  combine: (geometry, _spec, { f, linalg }) =>
    meanOfKept(geometry, new Search(geometry, geometry.count - f, linalg).run()),
});

function binomial(n: number, k: number): number {
  let result = 1;
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i;
  return result;
}

class Search {
  private readonly n: number;
  private readonly keep: number;
  private readonly gram: Float64Array;
  private readonly linalg: Pick<LinearAlgebra, 'eigenSymmetric'>;
  private readonly geometry: Geometry;
  private readonly direction: Float64Array;
  private best: readonly number[] = [];
  private least = Infinity;

  constructor(geometry: Geometry, keep: number, linalg: Pick<LinearAlgebra, 'eigenSymmetric'>) {
    this.geometry = geometry;
    this.n = geometry.count;
    this.keep = keep;
    this.linalg = linalg;
    // as it is: around a mean of all inputs, a single huge one would drown the others
    this.gram = Float64Array.from({ length: this.n * this.n }, (_, k) => {
      return geometry.gram[Math.floor(k / this.n) * geometry.size + (k % this.n)]!;
    });
    this.direction = new Float64Array(this.n);
  }

  run(): readonly number[] {
    this.extend([], 0);
    return this.best;
  }

  private extend(subset: readonly number[], next: number): void {
    if (subset.length === this.keep) {
      const top = this.topEigenvalue(subset);
      if (top < this.least || this.best.length === 0) {
        this.least = top;
        this.best = subset;
      }
      return;
    }
    // leave enough points to complete the subset
    for (let i = next; i <= this.n - (this.keep - subset.length); i++) {
      const larger = [...subset, i];
      if (!this.cannotImprove(larger)) this.extend(larger, i + 1);
    }
  }

  /** Whether a lower bound of the top eigenvalue of every completion reaches the least one found. */
  private cannotImprove(subset: readonly number[]): boolean {
    if (this.least === Infinity) return false;
    const last = subset[subset.length - 1]!;
    // two points alone have the scatter eigenvalue d^2 / 2
    const limit = this.least / SLACK;
    if (subset.some((i) => squaredDistance(this.geometry, i, last) / 2 >= limit)) return true;
    if (subset.length === this.keep) return false;
    return this.rayleighBound(subset) >= limit;
  }

  /** Power iteration on the centred Gram matrix of the subset, from the last direction tried. */
  private rayleighBound(subset: readonly number[]): number {
    const { gram, n, direction } = this;
    const k = subset.length;
    let u = Float64Array.from(subset, (i) => direction[i]! || (i % 2 === 0 ? 1 : -1) * (1 + i / n));
    let quotient = 0;
    for (let t = 0; t < BOUND_ITERATIONS; t++) {
      center(u);
      const norm = Math.sqrt(u.reduce((sum, x) => sum + x * x, 0));
      if (!(norm > 0)) return 0;
      const product = new Float64Array(k);
      quotient = 0;
      for (let a = 0; a < k; a++) {
        u[a]! /= norm;
      }
      for (let a = 0; a < k; a++) {
        for (let b = 0; b < k; b++) product[a]! += gram[subset[a]! * n + subset[b]!]! * u[b]!;
        quotient += u[a]! * product[a]!;
      }
      u = product;
    }
    subset.forEach((i, a) => (direction[i] = u[a]!));
    return quotient;
  }

  private topEigenvalue(subset: readonly number[]): number {
    const { gram, n } = this;
    const k = subset.length;
    const means = Float64Array.from(subset, (i) => subset.reduce((sum, j) => sum + gram[i * n + j]!, 0) / k);
    const mean = means.reduce((sum, m) => sum + m, 0) / k;
    const centred = new Float64Array(k * k);
    for (let a = 0; a < k; a++) {
      for (let b = 0; b < k; b++) {
        centred[a * k + b] = gram[subset[a]! * n + subset[b]!]! - means[a]! - means[b]! + mean;
      }
    }
    return this.linalg.eigenSymmetric(centred, k).values[k - 1]!;
  }
}

function center(u: Float64Array): void {
  const mean = u.reduce((sum, x) => sum + x, 0) / u.length;
  for (let a = 0; a < u.length; a++) u[a]! -= mean;
}
