/** Means and standard errors over seeds, and groups of cells. For reports. */

export interface Estimate {
  readonly mean: number;
  /** Standard error of the mean; NaN for one value. */
  readonly standardError: number;
  readonly count: number;
}

export function estimateOf(values: readonly number[]): Estimate {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, standardError: count > 1 ? Math.sqrt(squares / (count - 1) / count) : NaN, count };
}

/** The geometric mean: for gaps that range over many decades. NaN where a value is not positive. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** `91.2 +- 0.3`, in percent. */
export function percent({ mean, standardError }: Estimate): string {
  const error = Number.isNaN(standardError) ? '' : ` ± ${(100 * standardError).toFixed(1)}`;
  return `${(100 * mean).toFixed(1)}${error}`;
}

export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
