/** AssemblyScript. What a vector's values become at most. */

/** The largest level of int8. */
export const LEVELS: f64 = 127;
/** The bits of the largest finite bfloat16. */
export const LARGEST_BFLOAT16: u32 = 0x7f7f;
