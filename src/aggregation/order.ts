/** Orders that every peer agrees on: by value, ties by index. */

/** The indices of the `count` least values, nearest first; ties go to the lower index. */
export function leastIndices(values: ArrayLike<number>, count: number): number[] {
  return Array.from({ length: values.length }, (_, i) => i)
    .sort((a, b) => values[a]! - values[b]! || a - b)
    .slice(0, count);
}

/** The index of the least value; ties go to the lower index. */
export function leastIndex(values: ArrayLike<number>): number {
  let least = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! < values[least]!) least = i;
  return least;
}
