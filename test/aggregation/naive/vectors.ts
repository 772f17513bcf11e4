/** Plain float64 vectors: the second implementation shares nothing with the first. */
export type Vector = readonly number[];

export const add = (a: Vector, b: Vector): number[] => a.map((x, c) => x + (b[c] as number));
export const subtract = (a: Vector, b: Vector): number[] => a.map((x, c) => x - (b[c] as number));
export const scale = (a: Vector, s: number): number[] => a.map((x) => s * x);
export const dot = (a: Vector, b: Vector): number => a.reduce((sum, x, c) => sum + x * (b[c] as number), 0);
export const norm = (a: Vector): number => Math.sqrt(dot(a, a));
export const distance = (a: Vector, b: Vector): number => norm(subtract(a, b));
export const zero = (d: number): number[] => new Array<number>(d).fill(0);

export function mean(rows: readonly Vector[]): number[] {
  return weightedMean(
    rows,
    rows.map(() => 1),
  );
}

export function weightedMean(rows: readonly Vector[], weights: Vector): number[] {
  const total = weights.reduce((sum, w) => sum + w, 0);
  return (rows[0] as Vector).map((_, c) =>
    rows.reduce((sum, row, i) => sum + ((weights[i] as number) / total) * (row[c] as number), 0),
  );
}

/** Indices by ascending value, ties by index. */
export function order(values: Vector): number[] {
  return values
    .map((value, i) => [value, i] as const)
    .sort((a, b) => a[0] - b[0] || a[1] - b[1])
    .map(([, i]) => i);
}

export function pick<T>(items: readonly T[], indices: readonly number[]): T[] {
  return indices.map((i) => items[i] as T);
}

/** Every subset of `size` of 0 .. n - 1, in lexicographic order. */
export function* subsets(n: number, size: number, from = 0): Generator<number[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let i = from; i <= n - size; i++) {
    for (const rest of subsets(n, size - 1, i + 1)) yield [i, ...rest];
  }
}

export interface EigenPair {
  readonly value: number;
  readonly vector: number[];
}

/** Eigenpairs of a symmetric matrix by Jacobi rotations, greatest value first. */
export function eigenPairs(matrix: readonly Vector[]): EigenPair[] {
  const n = matrix.length;
  const a = matrix.map((row) => [...row]);
  const v = matrix.map((_, i) => matrix.map((_, j) => (i === j ? 1 : 0)));
  const at = (m: number[][], i: number, j: number): number => (m[i] as number[])[j] as number;
  for (let sweep = 0; sweep < 60; sweep++) {
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (Math.abs(at(a, p, q)) < 1e-300) continue;
        const theta = (at(a, q, q) - at(a, p, p)) / (2 * at(a, p, q));
        const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        for (const m of [a, v]) {
          for (const row of m) {
            const [x, y] = [row[p] as number, row[q] as number];
            row[p] = c * x - s * y;
            row[q] = s * x + c * y;
          }
        }
        const [rowP, rowQ] = [a[p] as number[], a[q] as number[]];
        for (let k = 0; k < n; k++) {
          const [x, y] = [rowP[k] as number, rowQ[k] as number];
          rowP[k] = c * x - s * y;
          rowQ[k] = s * x + c * y;
        }
      }
    }
  }
  return a
    .map((row, k) => ({ value: row[k] as number, vector: v.map((vRow) => vRow[k] as number) }))
    .sort((x, y) => y.value - x.value);
}

/** sum_i weights_i x_i x_i' as a d x d matrix. */
export function outerSum(rows: readonly Vector[], weights: Vector): number[][] {
  const d = (rows[0] as Vector).length;
  return Array.from({ length: d }, (_, a) =>
    Array.from({ length: d }, (_, b) =>
      rows.reduce((sum, row, i) => sum + (weights[i] as number) * (row[a] as number) * (row[b] as number), 0),
    ),
  );
}
