/** The two 16-bit floats of neural networks, widened to float32, which holds every value of both exactly. */

/** bfloat16: the upper half of a float32. */
export function widenBfloat16(halves: Uint16Array, into: Float32Array): void {
  const words = new Uint32Array(into.buffer, into.byteOffset, into.length);
  for (let i = 0; i < halves.length; i++) words[i] = (halves[i] as number) << 16;
}

const FRACTION_BITS = 10;
const EXPONENT_MASK = 0x1f;
const BIAS = 15;

/** IEEE 754 binary16: 5 bits of exponent, 10 of fraction. */
export function widenFloat16(halves: Uint16Array, into: Float32Array): void {
  for (let i = 0; i < halves.length; i++) into[i] = float16Of(halves[i] as number);
}

function float16Of(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> FRACTION_BITS) & EXPONENT_MASK;
  const fraction = half & (2 ** FRACTION_BITS - 1);
  if (exponent === EXPONENT_MASK) return fraction === 0 ? sign * Infinity : NaN;
  // without an exponent there is no hidden bit
  if (exponent === 0) return sign * fraction * 2 ** (1 - BIAS - FRACTION_BITS);
  return sign * (fraction + 2 ** FRACTION_BITS) * 2 ** (exponent - BIAS - FRACTION_BITS);
}
