/**
 * AssemblyScript. The field modulo p = 2^255 - 19 in ten signed limbs of 26 and 25 bits in turn (radix 2^25.5), each in an
 * i64: Bernstein, Duif, Lange, Schwabe, Yang, "High-speed high-security signatures" (2011), in the layout of its
 * reference code. An element is 80 bytes at an address.
 *
 * Bounds: what `multiply`, `square`, `reduce` and `fromBytes` give has limbs below 1.01 * 2^25 (even) and 1.01 * 2^24
 * (odd); a sum or difference of up to three of them may be multiplied, since all sums of products stay below 2^63.
 */

export const ELEMENT_BYTES: usize = 80;

export function copy(to: usize, from: usize): void {
  memory.copy(to, from, ELEMENT_BYTES);
}

export function setSmall(to: usize, value: i64): void {
  memory.fill(to, 0, ELEMENT_BYTES);
  store<i64>(to, value);
}

export function add(to: usize, a: usize, b: usize): void {
  for (let i: usize = 0; i < ELEMENT_BYTES; i += 8) store<i64>(to + i, load<i64>(a + i) + load<i64>(b + i));
}

export function subtract(to: usize, a: usize, b: usize): void {
  for (let i: usize = 0; i < ELEMENT_BYTES; i += 8) store<i64>(to + i, load<i64>(a + i) - load<i64>(b + i));
}

export function negate(to: usize, a: usize): void {
  for (let i: usize = 0; i < ELEMENT_BYTES; i += 8) store<i64>(to + i, -load<i64>(a + i));
}

/** Carries every limb into the next one and stores them. */
@inline
function storeCarried(
  to: usize,
  h0: i64,
  h1: i64,
  h2: i64,
  h3: i64,
  h4: i64,
  h5: i64,
  h6: i64,
  h7: i64,
  h8: i64,
  h9: i64,
): void {
  let carry: i64;
  carry = (h0 + 33554432) >> 26;
  h1 += carry;
  h0 -= carry << 26;
  carry = (h4 + 33554432) >> 26;
  h5 += carry;
  h4 -= carry << 26;
  carry = (h1 + 16777216) >> 25;
  h2 += carry;
  h1 -= carry << 25;
  carry = (h5 + 16777216) >> 25;
  h6 += carry;
  h5 -= carry << 25;
  carry = (h2 + 33554432) >> 26;
  h3 += carry;
  h2 -= carry << 26;
  carry = (h6 + 33554432) >> 26;
  h7 += carry;
  h6 -= carry << 26;
  carry = (h3 + 16777216) >> 25;
  h4 += carry;
  h3 -= carry << 25;
  carry = (h7 + 16777216) >> 25;
  h8 += carry;
  h7 -= carry << 25;
  carry = (h4 + 33554432) >> 26;
  h5 += carry;
  h4 -= carry << 26;
  carry = (h8 + 33554432) >> 26;
  h9 += carry;
  h8 -= carry << 26;
  carry = (h9 + 16777216) >> 25;
  h0 += carry * 19;
  h9 -= carry << 25;
  carry = (h0 + 33554432) >> 26;
  h1 += carry;
  h0 -= carry << 26;
  store<i64>(to, h0, 0);
  store<i64>(to, h1, 8);
  store<i64>(to, h2, 16);
  store<i64>(to, h3, 24);
  store<i64>(to, h4, 32);
  store<i64>(to, h5, 40);
  store<i64>(to, h6, 48);
  store<i64>(to, h7, 56);
  store<i64>(to, h8, 64);
  store<i64>(to, h9, 72);
}

/** The same element with limbs within the bounds. */
export function reduce(to: usize, f: usize): void {
  storeCarried(
    to,
    load<i64>(f, 0),
    load<i64>(f, 8),
    load<i64>(f, 16),
    load<i64>(f, 24),
    load<i64>(f, 32),
    load<i64>(f, 40),
    load<i64>(f, 48),
    load<i64>(f, 56),
    load<i64>(f, 64),
    load<i64>(f, 72),
  );
}

export function multiply(to: usize, f: usize, g: usize): void {
  const f0 = load<i64>(f, 0);
  const f1 = load<i64>(f, 8);
  const f2 = load<i64>(f, 16);
  const f3 = load<i64>(f, 24);
  const f4 = load<i64>(f, 32);
  const f5 = load<i64>(f, 40);
  const f6 = load<i64>(f, 48);
  const f7 = load<i64>(f, 56);
  const f8 = load<i64>(f, 64);
  const f9 = load<i64>(f, 72);
  const f1x2 = f1 * 2;
  const f3x2 = f3 * 2;
  const f5x2 = f5 * 2;
  const f7x2 = f7 * 2;
  const f9x2 = f9 * 2;
  const g0 = load<i64>(g, 0);
  const g1 = load<i64>(g, 8);
  const g2 = load<i64>(g, 16);
  const g3 = load<i64>(g, 24);
  const g4 = load<i64>(g, 32);
  const g5 = load<i64>(g, 40);
  const g6 = load<i64>(g, 48);
  const g7 = load<i64>(g, 56);
  const g8 = load<i64>(g, 64);
  const g9 = load<i64>(g, 72);
  const g1x19 = g1 * 19;
  const g2x19 = g2 * 19;
  const g3x19 = g3 * 19;
  const g4x19 = g4 * 19;
  const g5x19 = g5 * 19;
  const g6x19 = g6 * 19;
  const g7x19 = g7 * 19;
  const g8x19 = g8 * 19;
  const g9x19 = g9 * 19;
  storeCarried(
    to,
    f0 * g0 + f1x2 * g9x19 + f2 * g8x19 + f3x2 * g7x19 + f4 * g6x19 + f5x2 * g5x19 + f6 * g4x19 + f7x2 * g3x19 + f8 * g2x19 + f9x2 * g1x19,
    f0 * g1 + f1 * g0 + f2 * g9x19 + f3 * g8x19 + f4 * g7x19 + f5 * g6x19 + f6 * g5x19 + f7 * g4x19 + f8 * g3x19 + f9 * g2x19,
    f0 * g2 + f1x2 * g1 + f2 * g0 + f3x2 * g9x19 + f4 * g8x19 + f5x2 * g7x19 + f6 * g6x19 + f7x2 * g5x19 + f8 * g4x19 + f9x2 * g3x19,
    f0 * g3 + f1 * g2 + f2 * g1 + f3 * g0 + f4 * g9x19 + f5 * g8x19 + f6 * g7x19 + f7 * g6x19 + f8 * g5x19 + f9 * g4x19,
    f0 * g4 + f1x2 * g3 + f2 * g2 + f3x2 * g1 + f4 * g0 + f5x2 * g9x19 + f6 * g8x19 + f7x2 * g7x19 + f8 * g6x19 + f9x2 * g5x19,
    f0 * g5 + f1 * g4 + f2 * g3 + f3 * g2 + f4 * g1 + f5 * g0 + f6 * g9x19 + f7 * g8x19 + f8 * g7x19 + f9 * g6x19,
    f0 * g6 + f1x2 * g5 + f2 * g4 + f3x2 * g3 + f4 * g2 + f5x2 * g1 + f6 * g0 + f7x2 * g9x19 + f8 * g8x19 + f9x2 * g7x19,
    f0 * g7 + f1 * g6 + f2 * g5 + f3 * g4 + f4 * g3 + f5 * g2 + f6 * g1 + f7 * g0 + f8 * g9x19 + f9 * g8x19,
    f0 * g8 + f1x2 * g7 + f2 * g6 + f3x2 * g5 + f4 * g4 + f5x2 * g3 + f6 * g2 + f7x2 * g1 + f8 * g0 + f9x2 * g9x19,
    f0 * g9 + f1 * g8 + f2 * g7 + f3 * g6 + f4 * g5 + f5 * g4 + f6 * g3 + f7 * g2 + f8 * g1 + f9 * g0,
  );
}

export function square(to: usize, f: usize): void {
  const f0 = load<i64>(f, 0);
  const f1 = load<i64>(f, 8);
  const f2 = load<i64>(f, 16);
  const f3 = load<i64>(f, 24);
  const f4 = load<i64>(f, 32);
  const f5 = load<i64>(f, 40);
  const f6 = load<i64>(f, 48);
  const f7 = load<i64>(f, 56);
  const f8 = load<i64>(f, 64);
  const f9 = load<i64>(f, 72);
  const f0x2 = f0 * 2;
  const f1x2 = f1 * 2;
  const f1x4 = f1 * 4;
  const f2x2 = f2 * 2;
  const f3x2 = f3 * 2;
  const f3x4 = f3 * 4;
  const f4x2 = f4 * 2;
  const f5x19 = f5 * 19;
  const f5x2 = f5 * 2;
  const f5x4 = f5 * 4;
  const f6x19 = f6 * 19;
  const f6x2 = f6 * 2;
  const f7x19 = f7 * 19;
  const f7x2 = f7 * 2;
  const f7x4 = f7 * 4;
  const f8x19 = f8 * 19;
  const f8x2 = f8 * 2;
  const f9x19 = f9 * 19;
  const f9x2 = f9 * 2;
  storeCarried(
    to,
    f0 * f0 + f1x4 * f9x19 + f2x2 * f8x19 + f3x4 * f7x19 + f4x2 * f6x19 + f5x2 * f5x19,
    f0x2 * f1 + f2x2 * f9x19 + f3x2 * f8x19 + f4x2 * f7x19 + f5x2 * f6x19,
    f0x2 * f2 + f1x2 * f1 + f3x4 * f9x19 + f4x2 * f8x19 + f5x4 * f7x19 + f6 * f6x19,
    f0x2 * f3 + f1x2 * f2 + f4x2 * f9x19 + f5x2 * f8x19 + f6x2 * f7x19,
    f0x2 * f4 + f1x4 * f3 + f2 * f2 + f5x4 * f9x19 + f6x2 * f8x19 + f7x2 * f7x19,
    f0x2 * f5 + f1x2 * f4 + f2x2 * f3 + f6x2 * f9x19 + f7x2 * f8x19,
    f0x2 * f6 + f1x4 * f5 + f2x2 * f4 + f3x2 * f3 + f7x4 * f9x19 + f8 * f8x19,
    f0x2 * f7 + f1x2 * f6 + f2x2 * f5 + f3x2 * f4 + f8x2 * f9x19,
    f0x2 * f8 + f1x4 * f7 + f2x2 * f6 + f3x4 * f5 + f4 * f4 + f9x2 * f9x19,
    f0x2 * f9 + f1x2 * f8 + f2x2 * f7 + f3x2 * f6 + f4x2 * f5,
  );
}

function squareTimes(to: usize, f: usize, times: i32): void {
  square(to, f);
  for (let i = 1; i < times; i++) square(to, to);
}

/** f^((p - 5) / 8) = f^(2^252 - 3); `scratch` has room for three elements, `to` is none of them and not f. */
export function powerForRoot(to: usize, f: usize, scratch: usize): void {
  const a = scratch;
  const b = scratch + ELEMENT_BYTES;
  const c = scratch + 2 * ELEMENT_BYTES;
  square(a, f); // f^2
  squareTimes(b, a, 2); // f^8
  multiply(b, f, b); // f^9
  multiply(a, a, b); // f^11
  square(a, a); // f^22
  multiply(a, b, a); // f^(2^5 - 1)
  squareTimes(b, a, 5);
  multiply(a, b, a); // f^(2^10 - 1)
  squareTimes(b, a, 10);
  multiply(b, b, a); // f^(2^20 - 1)
  squareTimes(c, b, 20);
  multiply(b, c, b); // f^(2^40 - 1)
  squareTimes(b, b, 10);
  multiply(a, b, a); // f^(2^50 - 1)
  squareTimes(b, a, 50);
  multiply(b, b, a); // f^(2^100 - 1)
  squareTimes(c, b, 100);
  multiply(b, c, b); // f^(2^200 - 1)
  squareTimes(b, b, 50);
  multiply(a, b, a); // f^(2^250 - 1)
  squareTimes(a, a, 2);
  multiply(to, a, f);
}

/** f^(p - 2): the inverse, zero for zero. `scratch` has room for three elements, `to` is none of them and not f. */
export function invert(to: usize, f: usize, scratch: usize): void {
  powerForRoot(to, f, scratch);
  squareTimes(to, to, 3); // f^(2^255 - 24)
  multiply(to, to, f);
  multiply(to, to, f);
  multiply(to, to, f); // f^(2^255 - 21)
}

/** From 32 bytes, little endian, the highest bit left out; a number of p or more is taken modulo p. */
export function fromBytes(to: usize, bytes: usize): void {
  const a = load<u64>(bytes);
  const b = load<u64>(bytes, 8);
  const c = load<u64>(bytes, 16);
  const d = load<u64>(bytes, 24);
  // limbs begin at bits 0, 26, 51, 77, 102, 128, 153, 179, 204, 230
  storeCarried(
    to,
    <i64>(a & 0x3ffffff),
    <i64>((a >> 26) & 0x1ffffff),
    <i64>(((a >> 51) | (b << 13)) & 0x3ffffff),
    <i64>((b >> 13) & 0x1ffffff),
    <i64>((b >> 38) & 0x3ffffff),
    <i64>(c & 0x1ffffff),
    <i64>((c >> 25) & 0x3ffffff),
    <i64>(((c >> 51) | (d << 13)) & 0x1ffffff),
    <i64>((d >> 12) & 0x3ffffff),
    <i64>((d >> 38) & 0x1ffffff),
  );
}

/** The 32 bytes of the one number below p, little endian. */
export function toBytes(bytes: usize, f: usize): void {
  let carry: i64;
  let h0 = load<i64>(f, 0);
  let h1 = load<i64>(f, 8);
  let h2 = load<i64>(f, 16);
  let h3 = load<i64>(f, 24);
  let h4 = load<i64>(f, 32);
  let h5 = load<i64>(f, 40);
  let h6 = load<i64>(f, 48);
  let h7 = load<i64>(f, 56);
  let h8 = load<i64>(f, 64);
  let h9 = load<i64>(f, 72);
  let q = (19 * h9 + (1 << 24)) >> 25;
  q = (h0 + q) >> 26;
  q = (h1 + q) >> 25;
  q = (h2 + q) >> 26;
  q = (h3 + q) >> 25;
  q = (h4 + q) >> 26;
  q = (h5 + q) >> 25;
  q = (h6 + q) >> 26;
  q = (h7 + q) >> 25;
  q = (h8 + q) >> 26;
  q = (h9 + q) >> 25;
  h0 += 19 * q; // q is how often p is in it, so that what is above 2^255 may be dropped
  carry = h0 >> 26;
  h1 += carry;
  h0 -= carry << 26;
  carry = h1 >> 25;
  h2 += carry;
  h1 -= carry << 25;
  carry = h2 >> 26;
  h3 += carry;
  h2 -= carry << 26;
  carry = h3 >> 25;
  h4 += carry;
  h3 -= carry << 25;
  carry = h4 >> 26;
  h5 += carry;
  h4 -= carry << 26;
  carry = h5 >> 25;
  h6 += carry;
  h5 -= carry << 25;
  carry = h6 >> 26;
  h7 += carry;
  h6 -= carry << 26;
  carry = h7 >> 25;
  h8 += carry;
  h7 -= carry << 25;
  carry = h8 >> 26;
  h9 += carry;
  h8 -= carry << 26;
  carry = h9 >> 25;
  h9 -= carry << 25;
  store<u64>(bytes, <u64>h0 | (<u64>h1 << 26) | (<u64>h2 << 51));
  store<u64>(bytes, (<u64>h2 >> 13) | (<u64>h3 << 13) | (<u64>h4 << 38), 8);
  store<u64>(bytes, <u64>h5 | (<u64>h6 << 25) | (<u64>h7 << 51), 16);
  store<u64>(bytes, (<u64>h7 >> 13) | (<u64>h8 << 12) | (<u64>h9 << 38), 24);
}
