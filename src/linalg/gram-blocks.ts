/**
 * The order of additions in a Gram matrix, which is part of its definition: every implementation folds in this order,
 * so plain typed arrays, WebAssembly and any number of threads give the same bytes.
 *
 * Columns are cut into segments, segments into folds. In a fold, four float32 lanes each add up the float32 products
 * of every fourth column; the lanes are then widened and added to two float64 sums. A segment's two sums are added at
 * its end, and the segments in order. A lane adds at most FOLD_COLUMNS / 4 products, so the relative error of a
 * squared norm stays below (FOLD_COLUMNS / 4 + 1) 2^-24 = 3.9e-6, whatever d is.
 *
 * float32 products overflow near 1e19 and vanish below 1e-19. A segment in which a row's squared norm leaves
 * [SMALLEST, LARGEST] is therefore computed again with float64 products, which are exact for float32 inputs and
 * cannot overflow. By Cauchy-Schwarz the diagonal alone tells; a row that is all zeros is exempt.
 */

/** Columns whose sum is one addend of the whole; streams cut here too, so a stream gives the bytes of one pass. */
export const SEGMENT_COLUMNS = 32_768;

/** Columns whose products make one addend of an inner product in float64. */
export const PIECE_COLUMNS = 4096;

/** Columns whose products are added in float32. */
export const FOLD_COLUMNS = 256;

/** Squared norms of a row's segment between which float32 products are safe: 2^-85 and 2^120. */
export const SMALLEST_SQUARED_NORM = 2 ** -85;
export const LARGEST_SQUARED_NORM = 2 ** 120;

/** Adds a lower triangle, row by row, to both halves of a row-major n x n matrix. */
export function addTriangle(matrix: Float64Array, triangle: Float64Array, n: number): void {
  for (let i = 0, at = 0; i < n; i++) {
    for (let j = 0; j <= i; j++, at++) {
      matrix[i * n + j]! += triangle[at]!;
      if (j < i) matrix[j * n + i]! += triangle[at]!;
    }
  }
}
