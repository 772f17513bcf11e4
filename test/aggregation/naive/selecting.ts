import { nearestToMedian } from './coordinate-wise.ts';
import {
  distance,
  eigenPairs,
  mean,
  order,
  outerSum,
  pick,
  subsets,
  subtract,
  type Vector,
} from './vectors.ts';

function krumScores(rows: readonly Vector[], f: number): number[] {
  return rows.map((x, i) => {
    const others = rows.filter((_, j) => j !== i).map((y) => distance(x, y) ** 2);
    return others
      .sort((a, b) => a - b)
      .slice(0, Math.max(0, rows.length - f - 2))
      .reduce((sum, d2) => sum + d2, 0);
  });
}

export const krum = (rows: readonly Vector[], f: number): number[] => [
  ...(rows[order(krumScores(rows, f))[0] as number] as Vector),
];

export const multiKrum = (rows: readonly Vector[], f: number): number[] =>
  mean(pick(rows, order(krumScores(rows, f)).slice(0, rows.length - f)));

export const monna = (rows: readonly Vector[], f: number, own: number): number[] => {
  const distances = rows.map((row) => distance(row, rows[own] as Vector));
  return mean(pick(rows, order(distances).slice(0, rows.length - f)));
};

export function bulyan(rows: readonly Vector[], f: number): number[] {
  let left = [...rows];
  const picked: Vector[] = [];
  while (picked.length < rows.length - 2 * f) {
    const best = order(krumScores(left, f))[0] as number;
    picked.push(left[best] as Vector);
    left = left.filter((_, i) => i !== best);
  }
  return nearestToMedian(picked, picked.length - 2 * f);
}

function bestSubset(rows: readonly Vector[], f: number, cost: (subset: Vector[]) => number): number[] {
  let least = Infinity;
  let best: Vector[] = [];
  for (const subset of subsets(rows.length, rows.length - f)) {
    const candidate = pick(rows, subset);
    const value = cost(candidate);
    if (value < least) [least, best] = [value, candidate];
  }
  return mean(best);
}

export const mda = (rows: readonly Vector[], f: number): number[] =>
  bestSubset(rows, f, (subset) => Math.max(...subset.flatMap((x) => subset.map((y) => distance(x, y)))));

export const smea = (rows: readonly Vector[], f: number): number[] =>
  bestSubset(rows, f, (subset) => {
    const center = mean(subset);
    const centred = subset.map((x) => subtract(x, center));
    return (
      eigenPairs(
        outerSum(
          centred,
          centred.map(() => 1 / centred.length),
        ),
      )[0] as { value: number }
    ).value;
  });

export function nnm(rows: readonly Vector[], f: number): number[][] {
  return rows.map((x) => {
    const nearest = order(rows.map((y) => distance(x, y))).slice(0, rows.length - f);
    // added up by index, so that equal sets give equal means to the last bit
    return mean(
      pick(
        rows,
        nearest.sort((a, b) => a - b),
      ),
    );
  });
}
