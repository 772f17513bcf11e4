/** AssemblyScript. What a vector's values become at most. */

/** The largest level of int8. */
export const LEVELS: f64 = 127;
/** The bits of the largest finite bfloat16. */
export const LARGEST_BFLOAT16: u32 = 0x7f7f;

/** 1.5 * 2^52: whole numbers near it differ in their lower words, by what they differ. */
const INTEGER_AT: f64 = 6755399441055744;

/** Two whole numbers in float64 within the levels, as integers in the lower words. */
export function boundedWords(level: v128): v128 {
  const bounded = f64x2.pmax(f64x2.pmin(level, f64x2.splat(LEVELS)), f64x2.splat(-LEVELS));
  return f64x2.add(bounded, f64x2.splat(INTEGER_AT));
}
