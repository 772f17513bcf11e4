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
 * Nothing here is wider than n + 1 (flag-subspace.ts).
 * Departures: both begin at |Y'u|^2 = 0 instead of a random Y, which in high dimension is the same; an input of norm
 * zero, or a pair of equal inputs, has no direction and is left out of the fit; 1e-7 guards the weights of both.
 */
import { z } from 'zod';
import { integer } from '../../foundation/schema.ts';
import { defineRule, iterations, majorityFault } from '../define-rule.ts';
import { indexOfAnchor, scaledFrom, squaredDistance, unit, type Geometry } from '../geometry.ts';
import { Frame, type Direction, type Subspace } from './flag-subspace.ts';
import { normsOf } from './normalized-mean.ts';

interface Spec {
  readonly iterations: number;
  readonly arithmetic: 'paper' | 'released';
}

const PAPER_ITERATIONS = 5;
const RELEASED_ITERATIONS = 1;

const GUARD = 1e-7;
const STOP_BELOW = 1e-10;

/** A term of the objective. */
interface Term extends Direction {
  /** Of sqrt(1 - |Y'...|^2) in the objective that stops the iteration. */
  readonly weight: number;
  /** Of the column's outer product, besides its reweighting. */
  readonly columnWeight: number;
}

export const flag = defineRule('flag', {
  source: 'Almasi et al., arXiv 2302.05865',
  needs: 'n > 2f, r <= n',
  about:
    '`r` (ceil((n+1)/2)), `lambda` (0), `arithmetic` released, paper (released), `iterations` (1; paper 5)',
  settings: {
    /** Subspace dimension. */
    r: integer(1).exactOptional(),
    lambda: z.number().min(0).default(0),
    iterations: iterations.optional(),
    arithmetic: z.enum(['paper', 'released']).default('released'),
  },
  settle: (schema) =>
    schema.transform((spec) => ({
      ...spec,
      iterations: spec.iterations ?? (spec.arithmetic === 'paper' ? PAPER_ITERATIONS : RELEASED_ITERATIONS),
    })),
  fault: ({ r }, n, f) => (r !== undefined && r > n ? `r = ${r} <= n` : majorityFault(n, f)),
  measures: () => ({ level: 'gram', anchors: ['origin'] }),
  combine(geometry, spec, { linalg }) {
    const n = geometry.count;
    const origin = indexOfAnchor(geometry, 'origin');
    const norms = normsOf(geometry);
    const units = Array.from(norms, (norm, i) =>
      norm === 0 ? unit(geometry, origin) : scaledFrom(geometry, origin, i, 1 / norm),
    );
    const frame = new Frame(geometry, units, origin, linalg);
    const r = Math.min(spec.r ?? Math.ceil((n + 1) / 2), n);
    const released = spec.arithmetic === 'released';
    const pairs =
      spec.lambda === 0
        ? []
        : released
          ? releasedPairs(n, spec.lambda)
          : paperPairs(geometry, norms, spec.lambda);
    const inputs = Array.from(norms, (_, i): Term => {
      return { i, j: i, a: 1, b: 0, difference: 1, weight: 1, columnWeight: 1 };
    });
    const subspace = iterate(frame, [...inputs, ...pairs], r, spec);
    const scales = released ? new Float64Array(n).fill(1) : norms;
    return { combination: frame.project(geometry, origin, subspace, scales, released ? 1 / r : 1 / n) };
  },
});

/** Both orders of a pair count, in either arithmetic. */
const ORDERS = 2;

function releasedPairs(n: number, lambda: number): Term[] {
  const columnWeight = ORDERS * (lambda / (n * (n - 1))) ** 2;
  return pairsOf(n, (i, j) => ({ i, j, a: 1, b: 1, difference: 0, weight: 0, columnWeight }));
}

function paperPairs(geometry: Geometry, norms: Float64Array, lambda: number): Term[] {
  const weight = ORDERS * (lambda / (norms.length - 1));
  return pairsOf(norms.length, (i, j) => {
    const distance = Math.sqrt(squaredDistance(geometry, i, j));
    if (distance === 0) return undefined;
    const [a, b] = [norms[i]! / distance, norms[j]! / distance];
    return { i, j, a, b, difference: (norms[i]! - norms[j]!) / distance, weight, columnWeight: weight };
  });
}

function pairsOf(n: number, term: (i: number, j: number) => Term | undefined): Term[] {
  const terms: Term[] = [];
  for (let i = 1; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const pair = term(i, j);
      if (pair !== undefined) terms.push(pair);
    }
  }
  return terms;
}

function iterate(frame: Frame, terms: readonly Term[], r: number, spec: Spec): Subspace {
  let subspace: Subspace = { columns: new Float64Array(0), r: 0 };
  let explained: Float64Array = new Float64Array(terms.length);
  let value = objective(terms, explained);
  for (let t = 0; t < spec.iterations; t++) {
    const next = frame.fit(terms, columnWeights(terms, explained), r);
    const nextExplained = frame.explained(terms, next);
    const nextValue = objective(terms, nextExplained);
    const lowered = value - nextValue;
    if (spec.arithmetic === 'released' && !(lowered > 0)) break;
    [subspace, explained, value] = [next, nextExplained, nextValue];
    if (Math.abs(lowered) <= STOP_BELOW || value <= STOP_BELOW) break;
  }
  return subspace;
}

function objective(terms: readonly Term[], explained: Float64Array): number {
  return terms.reduce((sum, { weight }, k) => sum + weight * Math.sqrt(Math.max(0, 1 - explained[k]!)), 0);
}

/** A column is scaled by (|1 - v| + 1e-7)^(-1/4), its outer product by the square of that. */
function columnWeights(terms: readonly Term[], explained: Float64Array): Float64Array {
  return Float64Array.from(
    terms,
    ({ columnWeight }, k) => columnWeight / Math.sqrt(Math.abs(1 - explained[k]!) + GUARD),
  );
}
