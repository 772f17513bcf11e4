import {
  add,
  distance,
  dot,
  eigenPairs,
  norm,
  outerSum,
  scale,
  subtract,
  weightedMean,
  zero,
  mean,
  type EigenPair,
  type Vector,
} from './vectors.ts';

export function geometricMedian(
  rows: readonly Vector[],
  weights: Vector,
  iterations: number,
  nu: number,
  start: Vector = zero((rows[0] as Vector).length),
): number[] {
  let z = [...start];
  for (let t = 0; t < iterations; t++) {
    z = weightedMean(
      rows,
      rows.map((x, i) => (weights[i] as number) / Math.max(nu, distance(x, z))),
    );
  }
  return z;
}

/** The sum of weighted distances that the geometric median minimises. */
export const medianObjective = (rows: readonly Vector[], weights: Vector, z: Vector): number =>
  rows.reduce((sum, x, i) => sum + (weights[i] as number) * distance(x, z), 0);

export function centeredClipping(
  rows: readonly Vector[],
  tau: number,
  iterations: number,
  start: Vector,
): number[] {
  let v = [...start];
  for (let t = 0; t < iterations; t++) {
    const steps = rows.map((x) => {
      const difference = subtract(x, v);
      return scale(difference, Math.min(1, tau / norm(difference) || 1));
    });
    v = add(v, mean(steps));
  }
  return v;
}

export function caf(rows: readonly Vector[], f: number): number[] {
  const n = rows.length;
  let c = rows.map(() => 1);
  let best = mean(rows);
  let least = Infinity;
  const total = (): number => c.reduce((sum, x) => sum + x, 0);
  while (total() > n - 2 * f) {
    const mu = weightedMean(rows, c);
    const centred = rows.map((x) => subtract(x, mu));
    const sum = total();
    const { value, vector } = eigenPairs(
      outerSum(
        centred,
        c.map((weight) => weight / sum),
      ),
    )[0] as EigenPair;
    if (value < least) [least, best] = [value, mu];
    const tau = centred.map((x) => dot(x, vector) ** 2);
    const greatest = Math.max(...tau.filter((_, i) => (c[i] as number) > 0));
    if (!(greatest > 0)) break;
    c = c.map((weight, i) => weight * Math.max(0, 1 - (tau[i] as number) / greatest));
  }
  return best;
}

export const normalize = (x: Vector): number[] => (norm(x) === 0 ? [...x] : scale(x, 1 / norm(x)));
