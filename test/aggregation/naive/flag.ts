/** The Flag aggregator in R^d: every weighted column written out, singular vectors from the d x d matrix C C'. */
import { normalize } from './iterative.ts';
import { add, dot, eigenPairs, norm, outerSum, scale, subtract, zero, type Vector } from './vectors.ts';

interface Column {
  readonly vector: Vector;
  /** Factor of the term in the objective, and of the column besides its reweighting. */
  readonly factor: number;
}

export function flag(
  rows: readonly Vector[],
  options: {
    readonly r: number;
    readonly lambda: number;
    readonly iterations: number;
    readonly arithmetic: 'paper' | 'released';
  },
): number[] {
  const { r, lambda, iterations, arithmetic } = options;
  const p = rows.length;
  const d = (rows[0] as Vector).length;
  const paper = arithmetic === 'paper';
  const units = rows.map(normalize);
  const columns: Column[] = units.map((vector) => ({ vector, factor: 1 }));
  if (lambda > 0) {
    rows.forEach((_, i) =>
      rows.forEach((_, j) => {
        if (i === j) return;
        const source = paper ? rows : units;
        const difference = subtract(source[i] as Vector, source[j] as Vector);
        if (paper && norm(difference) === 0) return;
        columns.push({
          vector: paper ? normalize(difference) : difference,
          factor: paper ? Math.sqrt(lambda / (p - 1)) : lambda / (p * (p - 1)),
        });
      }),
    );
  }
  let basis: Vector[] = [];
  const explained = (x: Vector, y: readonly Vector[]): number =>
    y.reduce((sum, direction) => sum + dot(x, direction) ** 2, 0);
  const objective = (y: readonly Vector[]): number =>
    (paper ? columns : columns.slice(0, p)).reduce(
      (sum, { vector, factor }) =>
        sum + (paper ? factor ** 2 : 1) * Math.sqrt(Math.max(0, 1 - explained(vector, y))),
      0,
    );
  let value = objective(basis);
  for (let t = 0; t < iterations; t++) {
    const weighted = columns.map(({ vector, factor }) =>
      scale(vector, factor * (Math.abs(1 - explained(vector, basis)) + 1e-7) ** -0.25),
    );
    const pairs = eigenPairs(
      outerSum(
        weighted,
        weighted.map(() => 1),
      ),
    );
    const next = pairs
      .slice(0, r)
      .filter((pair) => pair.value > 1e-12 * (pairs[0] as { value: number }).value)
      .map((pair) => pair.vector);
    const nextValue = objective(next);
    const lowered = value - nextValue;
    if (!paper && !(lowered > 0)) break;
    basis = next;
    value = nextValue;
    if (Math.abs(lowered) <= 1e-10 || value <= 1e-10) break;
  }
  const total = (paper ? rows : units).reduce(add, zero(d));
  const projected = basis.reduce((sum, y) => add(sum, scale(y, dot(y, total))), zero(d));
  return scale(projected, 1 / (paper ? p : r));
}
