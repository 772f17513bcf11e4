/**
 * The Flag aggregator (Almasi, Mishra, Vamanan, Ravi, arXiv 2302.05865): a subspace Y of dimension r is fitted to the
 * unit inputs u_i by iteratively reweighted least squares, and the inputs are averaged after projection on it.
 *
 * paper:    minimises sum_i sqrt(1 - |Y'u_i|^2) + lambda / (n - 1) sum_{i != j} sqrt(1 - |Y'u_ij|^2), u_ij the unit vector of
 *           x_i - x_j, until the objective changes by less than 1e-10; returns (1 / n) Y Y' sum_i x_i.
 * released: the authors' code: pairs are u_i - u_j as they are, the column of a pair is scaled by lambda / (n (n - 1)), the
 *           objective that stops the iteration counts the inputs only, a step that does not lower it is undone;
 *           returns (1 / r) Y Y' sum_i u_i, so the result does not depend on the inputs' norms.
 *
 * Nothing here is wider than n: with K the Gram matrix of the unit inputs, Y = U A for an n x r matrix A (flag-subspace.ts).
 * Departures: both begin at |Y'u|^2 = 0 instead of a random Y, which in high dimension is the same; an input of norm
 * zero, or a pair of equal inputs, has no direction and is left out of the fit; 1e-7 guards the weights of both.
 */
import { gramAround, indexOfAnchor, mix, scaledFrom, squaredDistance, unit, unmix } from '../geometry.ts';
import type { Combination, Geometry } from '../geometry.ts';
import type { LinearRule } from '../linear-rule.ts';
import type { LinearRuleSpec } from '../specs.ts';
import { fitSubspace, projectOnto, UnitSpace, type Subspace } from './flag-subspace.ts';
import { normsOf } from './normalized-mean.ts';

type Spec = Extract<LinearRuleSpec, { name: 'flag' }>;

const GUARD = 1e-7;
const STOP_BELOW = 1e-10;

/** A difference scale_i u_i - scale_j u_j of unit inputs that the subspace should contain. */
interface Pair {
  readonly i: number;
  readonly j: number;
  readonly scaleI: number;
  readonly scaleJ: number;
}

/** |Y'(scaleI u_i - scaleJ u_j)|^2 */
type Explained = (i: number, j: number, scaleI: number, scaleJ: number) => number;

export const flag: LinearRule<Spec> = (geometry, spec, { linalg }) => {
  const n = geometry.count;
  const origin = indexOfAnchor(geometry, 'origin');
  const norms = normsOf(geometry);
  const units: Combination[] = Array.from(norms, (norm, i) =>
    norm === 0 ? unit(geometry, origin) : scaledFrom(geometry, origin, i, 1 / norm),
  );
  const unitGeometry = mix(geometry, units);
  const center = unit(unitGeometry, indexOfAnchor(unitGeometry, 'origin'));
  const space = new UnitSpace(gramAround(unitGeometry, center), n, linalg);
  const r = Math.min(spec.r ?? Math.ceil((n + 1) / 2), n);
  const pairs = spec.lambda > 0 ? pairsOf(geometry, norms, spec.arithmetic) : [];
  const subspace = iterate(space, pairs, r, spec);

  const released = spec.arithmetic === 'released';
  const sums = projectOnto(subspace, space, released ? new Float64Array(n).fill(1) : norms);
  const combination = new Float64Array(unitGeometry.size);
  let rest = 1;
  for (let i = 0; i < n; i++) {
    combination[i] = sums[i]! / (released ? r : n);
    rest -= combination[i]!;
  }
  combination[indexOfAnchor(unitGeometry, 'origin')]! += rest;
  return { combination: unmix(geometry, units, combination) };
};

function pairsOf(geometry: Geometry, norms: Float64Array, arithmetic: Spec['arithmetic']): Pair[] {
  const pairs: Pair[] = [];
  for (let i = 0; i < geometry.count; i++) {
    for (let j = 0; j < i; j++) {
      if (arithmetic === 'released') {
        pairs.push({ i, j, scaleI: 1, scaleJ: 1 });
        continue;
      }
      const distance = Math.sqrt(squaredDistance(geometry, i, j));
      if (distance > 0) pairs.push({ i, j, scaleI: norms[i]! / distance, scaleJ: norms[j]! / distance });
    }
  }
  return pairs;
}

function iterate(space: UnitSpace, pairs: readonly Pair[], r: number, spec: Spec): Subspace {
  const { n } = space;
  const paper = spec.arithmetic === 'paper';
  let subspace: Subspace = { columns: new Float64Array(0), r: 0 };
  let explained: Explained = () => 0;
  let value = objective(explained, n, pairs, spec);
  for (let t = 0; t < spec.iterations; t++) {
    const next = fitSubspace(space, weightsOf(explained, n, pairs, spec), r);
    const nextExplained = space.explainedBy(next);
    const nextValue = objective(nextExplained, n, pairs, spec);
    const lowered = value - nextValue;
    if (!paper && !(lowered > 0)) break;
    [subspace, explained, value] = [next, nextExplained, nextValue];
    if (Math.abs(lowered) <= STOP_BELOW || value <= STOP_BELOW) break;
  }
  return subspace;
}

function objective(explained: Explained, n: number, pairs: readonly Pair[], spec: Spec): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += sine(explained(i, i, 1, 0));
  if (spec.arithmetic === 'released') return sum;
  for (const { i, j, scaleI, scaleJ } of pairs) {
    sum += bothOrders(spec.lambda / (n - 1)) * sine(explained(i, j, scaleI, scaleJ));
  }
  return sum;
}

function sine(explained: number): number {
  return Math.sqrt(Math.max(0, 1 - explained));
}

function bothOrders(weight: number): number {
  return 2 * weight;
}

/** The sum of the coefficient outer products of all weighted columns, n x n: diagonal plus a weighted Laplacian. */
function weightsOf(explained: Explained, n: number, pairs: readonly Pair[], spec: Spec): Float64Array {
  const weights = new Float64Array(n * n);
  for (let i = 0; i < n; i++) weights[i * n + i] = columnFactor(explained(i, i, 1, 0)) ** 2;
  for (const pair of pairs) {
    const factor = columnFactor(explained(pair.i, pair.j, pair.scaleI, pair.scaleJ));
    const squared =
      spec.arithmetic === 'paper'
        ? factor * factor * (spec.lambda / (n - 1))
        : (factor * (spec.lambda / (n * (n - 1)))) ** 2;
    addPair(weights, n, pair, bothOrders(squared));
  }
  return weights;
}

/** (|1 - v| + 1e-7)^(-1/4): the factor of a column whose squared projection on Y is v. */
function columnFactor(v: number): number {
  return 1 / Math.sqrt(Math.sqrt(Math.abs(1 - v) + GUARD));
}

/** Adds weight (scale_i e_i - scale_j e_j)(scale_i e_i - scale_j e_j)'. */
function addPair(weights: Float64Array, n: number, { i, j, scaleI, scaleJ }: Pair, weight: number): void {
  weights[i * n + i]! += weight * scaleI * scaleI;
  weights[j * n + j]! += weight * scaleJ * scaleJ;
  weights[i * n + j]! -= weight * scaleI * scaleJ;
  weights[j * n + i]! -= weight * scaleI * scaleJ;
}
