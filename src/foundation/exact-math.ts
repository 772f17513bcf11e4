/**
 * Elementary functions built from + - * / and bit operations only, so that every machine computes the same bits.
 * ECMAScript leaves Math.log, exp, sin and pow to the engine; nothing that two peers must agree on may use those.
 */

const scratch = new DataView(new ArrayBuffer(8));
const LN_2 = 0.693147180559945309417;
const SERIES_TERMS = 20;

/** Natural logarithm of a positive finite double, within 2 units in the last place. */
export function exactLog(x: number): number {
  if (!(x > 0) || x === Infinity) return x === Infinity ? Infinity : x === 0 ? -Infinity : NaN;
  let exponent = 0;
  let value = x;
  if (value < 2.2250738585072014e-308) {
    value *= 2 ** 54;
    exponent = -54;
  }
  scratch.setFloat64(0, value);
  const high = scratch.getUint32(0);
  exponent += (high >>> 20) - 1023;
  scratch.setUint32(0, (high & 0x000fffff) | 0x3ff00000);
  let mantissa = scratch.getFloat64(0); // in [1, 2)
  if (mantissa > 1.4142135623730951) {
    mantissa /= 2;
    exponent += 1;
  }
  // ln m = 2 artanh((m - 1) / (m + 1)); |t| <= 0.1716, so twenty odd terms are below rounding
  const t = (mantissa - 1) / (mantissa + 1);
  const t2 = t * t;
  let sum = 0;
  for (let k = SERIES_TERMS - 1; k >= 0; k--) sum = sum * t2 + 1 / (2 * k + 1);
  return exponent * LN_2 + 2 * t * sum;
}
