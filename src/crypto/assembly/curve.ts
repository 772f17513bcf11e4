/**
 * AssemblyScript. The curve of Ed25519, -x^2 + y^2 = 1 + d x^2 y^2 (RFC 8032, section 5.1), in extended coordinates
 * (X : Y : Z : T) with x = X / Z, y = Y / Z, x y = T / Z: four field elements at an address. Formulas: Hisil, Wong,
 * Carter, Dawson, "Twisted Edwards Curves Revisited" (2008); the addition is complete, so the same for all points.
 * One thread uses an instance, and the scratch memory below, at a time.
 */
import {
  ELEMENT_BYTES,
  add,
  copy,
  fromBytes,
  invert,
  multiply,
  negate,
  powerForRoot,
  reduce,
  setSmall,
  square,
  subtract,
  toBytes,
} from './field';

const POINT_BYTES: usize = 4 * ELEMENT_BYTES;
const WINDOW_BITS: i32 = 4;
const WINDOWS: i32 = 64;
const TABLE_POINTS: usize = 16;

// Scratch, below what the caller uses (from 32 KiB on)
const D: usize = 1024;
const TWICE_D: usize = D + ELEMENT_BYTES;
const ROOT_OF_MINUS_ONE: usize = TWICE_D + ELEMENT_BYTES;
const TEMPORARIES: usize = ROOT_OF_MINUS_ONE + ELEMENT_BYTES;
const CHOSEN: usize = 4096;
const FIRST_TABLE: usize = 8192;
const SECOND_TABLE: usize = FIRST_TABLE + TABLE_POINTS * POINT_BYTES;

/** Where the n-th of a few elements that live for one function lies. */
function temporary(n: usize): usize {
  return TEMPORARIES + n * ELEMENT_BYTES;
}

const Y: usize = ELEMENT_BYTES;
const Z: usize = 2 * ELEMENT_BYTES;
const T: usize = 3 * ELEMENT_BYTES;

/** Called once, with the 32 bytes of d and of a square root of -1. */
export function setConstants(d: usize, rootOfMinusOne: usize): void {
  fromBytes(D, d);
  add(TWICE_D, D, D);
  reduce(TWICE_D, TWICE_D);
  fromBytes(ROOT_OF_MINUS_ONE, rootOfMinusOne);
}

function setNeutral(point: usize): void {
  setSmall(point, 0);
  setSmall(point + Y, 1);
  setSmall(point + Z, 1);
  setSmall(point + T, 0);
}

/** From E, F, G, H as the papers name them, in temporaries 4 to 7. */
function finish(to: usize): void {
  multiply(to, temporary(4), temporary(5));
  multiply(to + Y, temporary(6), temporary(7));
  multiply(to + Z, temporary(5), temporary(6));
  multiply(to + T, temporary(4), temporary(7));
}

/** Section 3.1 of the paper, with a = -1 and k = 2 d. */
function addPoints(to: usize, p: usize, q: usize): void {
  const a = temporary(0);
  const b = temporary(1);
  const c = temporary(2);
  const d = temporary(3);
  subtract(a, p + Y, p);
  subtract(b, q + Y, q);
  multiply(a, a, b);
  add(b, p + Y, p);
  add(c, q + Y, q);
  multiply(b, b, c);
  multiply(c, p + T, TWICE_D);
  multiply(c, c, q + T);
  multiply(d, p + Z, q + Z);
  add(d, d, d);
  subtract(temporary(4), b, a);
  subtract(temporary(5), d, c);
  add(temporary(6), d, c);
  add(temporary(7), b, a);
  finish(to);
}

/** Section 3.3 of the paper. */
function doublePoint(to: usize, p: usize): void {
  const a = temporary(0);
  const b = temporary(1);
  const c = temporary(2);
  const sum = temporary(3);
  const e = temporary(4);
  const f = temporary(5);
  const g = temporary(6);
  const h = temporary(7);
  square(a, p);
  square(b, p + Y);
  square(c, p + Z);
  add(c, c, c);
  add(sum, p, p + Y);
  square(e, sum);
  add(h, a, b);
  subtract(e, e, h);
  negate(h, h);
  subtract(g, b, a);
  subtract(f, g, c);
  reduce(f, f); // four terms
  finish(to);
}

/** Eight times the point. */
export function clearCofactor(to: usize, p: usize): void {
  doublePoint(to, p);
  doublePoint(to, to);
  doublePoint(to, to);
}

function isZero(element: usize): bool {
  const bytes = temporary(15);
  toBytes(bytes, element);
  return (load<u64>(bytes) | load<u64>(bytes, 8) | load<u64>(bytes, 16) | load<u64>(bytes, 24)) == 0;
}

function areEqual(a: usize, b: usize): bool {
  const difference = temporary(14);
  subtract(difference, a, b);
  reduce(difference, difference);
  return isZero(difference);
}

export function isNeutral(p: usize): bool {
  return isZero(p) && areEqual(p + Y, p + Z);
}

/** RFC 8032, section 5.1.2. */
export function encodePoint(bytes: usize, p: usize): void {
  const inverse = temporary(8);
  const x = temporary(9);
  const y = temporary(10);
  invert(inverse, p + Z, temporary(11));
  multiply(x, p, inverse);
  multiply(y, p + Y, inverse);
  toBytes(bytes, x);
  const sign = load<u8>(bytes) & 1;
  toBytes(bytes, y);
  store<u8>(bytes, load<u8>(bytes, 31) | (sign << 7), 31);
}

/** RFC 8032, section 5.1.3, y below p and no negative zero; false where the bytes are no point. */
export function decodePoint(to: usize, bytes: usize): bool {
  const sign = load<u8>(bytes, 31) >> 7;
  const u = temporary(0);
  const v = temporary(1);
  const v3 = temporary(2);
  const x = temporary(3);
  const check = temporary(4);
  fromBytes(to + Y, bytes);
  toBytes(check, to + Y);
  for (let i: usize = 0; i < 32; i++) {
    const given = load<u8>(bytes + i) & (i == 31 ? 0x7f : 0xff);
    if (load<u8>(check + i) != given) return false;
  }
  setSmall(to + Z, 1);
  square(u, to + Y);
  multiply(v, u, D);
  subtract(u, u, to + Z);
  add(v, v, to + Z);
  square(v3, v);
  multiply(v3, v3, v);
  square(x, v3);
  multiply(x, x, v);
  multiply(x, x, u);
  powerForRoot(check, x, temporary(5)); // (u v^7)^((p - 5) / 8)
  multiply(x, check, v3);
  multiply(x, x, u);
  square(check, x);
  multiply(check, check, v);
  if (!areEqual(check, u)) {
    negate(u, u);
    if (!areEqual(check, u)) return false;
    multiply(x, x, ROOT_OF_MINUS_ONE);
  }
  toBytes(check, x);
  if (isZero(x) && sign == 1) return false;
  if ((load<u8>(check) & 1) != sign) negate(x, x);
  copy(to, x);
  multiply(to + T, x, to + Y);
  return true;
}

/** 0, p, 2 p, ... 15 p. */
function fillTable(table: usize, p: usize): void {
  setNeutral(table);
  memory.copy(table + POINT_BYTES, p, POINT_BYTES);
  for (let i: usize = 2; i < TABLE_POINTS; i++) {
    addPoints(table + i * POINT_BYTES, table + (i - 1) * POINT_BYTES, p);
  }
}

function digitOf(scalar: usize, window: i32): usize {
  const byte = load<u8>(scalar + (window >> 1));
  return (window & 1) == 0 ? byte & 15 : byte >> 4;
}

/** s p - c q, for scalars of 32 bytes, little endian. For public numbers: what it does depends on them (Straus). */
export function combine(to: usize, p: usize, s: usize, q: usize, c: usize): void {
  fillTable(FIRST_TABLE, p);
  negate(CHOSEN, q);
  copy(CHOSEN + Y, q + Y);
  copy(CHOSEN + Z, q + Z);
  negate(CHOSEN + T, q + T);
  fillTable(SECOND_TABLE, CHOSEN);
  setNeutral(to);
  for (let window = WINDOWS - 1; window >= 0; window--) {
    for (let i = 0; i < WINDOW_BITS; i++) doublePoint(to, to);
    const first = digitOf(s, window);
    if (first != 0) addPoints(to, to, FIRST_TABLE + first * POINT_BYTES);
    const second = digitOf(c, window);
    if (second != 0) addPoints(to, to, SECOND_TABLE + second * POINT_BYTES);
  }
}

/** s p for a secret scalar of 32 bytes, little endian: the same steps and the same addresses whatever it is. */
export function multiplySecretly(to: usize, p: usize, s: usize): void {
  fillTable(FIRST_TABLE, p);
  setNeutral(to);
  for (let window = WINDOWS - 1; window >= 0; window--) {
    for (let i = 0; i < WINDOW_BITS; i++) doublePoint(to, to);
    choose(digitOf(s, window));
    addPoints(to, to, CHOSEN);
  }
  // what came from the secret
  memory.fill(FIRST_TABLE, 0, TABLE_POINTS * POINT_BYTES);
  memory.fill(CHOSEN, 0, POINT_BYTES);
}

/** Copies one point of the first table by reading all of them. */
function choose(digit: usize): void {
  memory.fill(CHOSEN, 0, POINT_BYTES);
  for (let i: usize = 0; i < TABLE_POINTS; i++) {
    const mask = <i64>(i == digit ? -1 : 0);
    for (let at: usize = 0; at < POINT_BYTES; at += 8) {
      const value = load<i64>(FIRST_TABLE + i * POINT_BYTES + at) & mask;
      store<i64>(CHOSEN + at, load<i64>(CHOSEN + at) | value);
    }
  }
}
