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

const EXP_TERMS = 18;
/** The high part of ln 2 ends in zeros, so that its product with any exponent is exact. */
const LN_2_HIGH = 0.69314718036912381649;
const LN_2_LOW = 1.9082149292705877e-10;

/** e^x within 2 units in the last place where the result is a normal number; 0 below, Infinity above. */
export function exactExp(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x > 709.782712893384) return Infinity;
  if (x < -708.3964185322641) return 0;
  const power = Math.floor(x / LN_2 + 0.5);
  const rest = x - power * LN_2_HIGH - power * LN_2_LOW; // |rest| <= 0.3466
  let sum = 1;
  for (let k = EXP_TERMS; k >= 1; k--) sum = 1 + (rest * sum) / k;
  return sum * powerOfTwo(power - (power >> 1)) * powerOfTwo(power >> 1);
}

/** 2^k for -1022 <= k <= 1023. */
function powerOfTwo(k: number): number {
  scratch.setUint32(0, (k + 1023) << 20);
  scratch.setUint32(4, 0);
  return scratch.getFloat64(0);
}

const PI = 3.14159265358979323846;
const COSINE_TERMS = 10;

/** cos(pi numerator / denominator) for integers, within 2e-16; exact at multiples of pi / 2. */
export function exactCosPi(numerator: number, denominator: number): number {
  // fold into [0, pi / 4]: cos is even, has period 2 pi, changes sign at pi - x, turns into sin at pi / 2 - x
  let a = Math.abs(numerator) % (2 * denominator);
  if (a > denominator) a = 2 * denominator - a;
  const negative = 2 * a > denominator;
  if (negative) a = denominator - a;
  const sine = 4 * a > denominator;
  const x = sine ? (PI * (denominator - 2 * a)) / (2 * denominator) : (PI * a) / denominator;
  const x2 = x * x;
  // Horner on sum (-1)^k x^(2k) / (2k)! or, times x, sum (-1)^k x^(2k) / (2k + 1)!
  const odd = sine ? 1 : 0;
  let sum = 1;
  for (let k = COSINE_TERMS; k >= 1; k--) sum = 1 - (sum * x2) / ((2 * k - 1 + odd) * (2 * k + odd));
  const value = sine ? x * sum : sum;
  return negative ? -value : value;
}
