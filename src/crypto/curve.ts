/**
 * Arithmetic on the curve of Ed25519 in WebAssembly (`assembly/curve.ts`), where BigInt would take most of a
 * small round's verification.
 * Points live in numbered places of the module's one page of memory; nothing here waits, so a caller has the places
 * for itself until it returns.
 */
import { readFileSync } from 'node:fs';
import { assert } from '../foundation/assert.ts';

export const POINT_BYTES = 32;
export const SCALAR_BYTES = 32;

/** A point's place, 0 .. PLACES - 1. */
export type Place = number;

interface CurveKernels {
  readonly memory: WebAssembly.Memory;
  setConstants(d: number, rootOfMinusOne: number): void;
  clearCofactor(to: number, p: number): void;
  isNeutral(p: number): number;
  encodePoint(bytes: number, p: number): void;
  decodePoint(to: number, bytes: number): number;
  combine(to: number, p: number, s: number, q: number, c: number): void;
  multiplySecretly(to: number, p: number, s: number): void;
}

const PLACES = 16;
const PLACE_BYTES = 320;
/** Below it lies the kernels' own scratch. */
const INPUTS_AT = 32_768;
const FIRST_INPUT = INPUTS_AT;
const SECOND_INPUT = INPUTS_AT + 32;
const PLACES_AT = INPUTS_AT + 64;

const P = 2n ** 255n - 19n;
/** RFC 8032, section 5.1: d = -121665 / 121666. */
const D = modulo(-121665n * power(121666n, P - 2n));
const ROOT_OF_MINUS_ONE = power(2n, (P - 1n) / 4n);
/** The base point's encoding: y = 4 / 5, x even. */
export const BASE_POINT = littleEndianBytes(modulo(4n * power(5n, P - 2n)));

export class Curve {
  private readonly kernels: CurveKernels;
  private readonly bytes: Uint8Array;

  constructor() {
    const module = new WebAssembly.Module(readFileSync(new URL('./curve.wasm', import.meta.url)));
    this.kernels = new WebAssembly.Instance(module).exports as unknown as CurveKernels;
    this.bytes = new Uint8Array(this.kernels.memory.buffer);
    this.kernels.setConstants(
      this.put(FIRST_INPUT, littleEndianBytes(D)),
      this.put(SECOND_INPUT, littleEndianBytes(ROOT_OF_MINUS_ONE)),
    );
  }

  /** RFC 8032, section 5.1.3: y below p, no negative zero; false where the bytes are no point. */
  decode(to: Place, bytes: Uint8Array): boolean {
    return (
      bytes.length === POINT_BYTES && this.kernels.decodePoint(at(to), this.put(FIRST_INPUT, bytes)) !== 0
    );
  }

  encode(point: Place): Uint8Array {
    this.kernels.encodePoint(FIRST_INPUT, at(point));
    return this.bytes.slice(FIRST_INPUT, FIRST_INPUT + POINT_BYTES);
  }

  /** to = 8 point. */
  clearCofactor(to: Place, point: Place): void {
    this.kernels.clearCofactor(at(to), at(point));
  }

  isNeutral(point: Place): boolean {
    return this.kernels.isNeutral(at(point)) !== 0;
  }

  /** to = s p - c q, in a time that depends on the scalars (at most 32 bytes each, little endian): for public ones. */
  combine(to: Place, p: Place, s: Uint8Array, q: Place, c: Uint8Array): void {
    const [first, second] = [this.put(FIRST_INPUT, s), this.put(SECOND_INPUT, c)];
    this.kernels.combine(at(to), at(p), first, at(q), second);
  }

  /** to = s p, in the same steps whatever the scalar is, which is wiped. */
  multiplySecretly(to: Place, p: Place, s: Uint8Array): void {
    this.kernels.multiplySecretly(at(to), at(p), this.put(FIRST_INPUT, s));
    this.bytes.fill(0, FIRST_INPUT, FIRST_INPUT + SCALAR_BYTES);
  }

  private put(address: number, value: Uint8Array): number {
    assert(value.length <= SCALAR_BYTES, `${value.length} bytes for a place of ${SCALAR_BYTES}`);
    this.bytes.fill(0, address, address + SCALAR_BYTES);
    this.bytes.set(value, address);
    return address;
  }
}

function at(place: Place): number {
  assert(place >= 0 && place < PLACES, `place ${place}`);
  return PLACES_AT + place * PLACE_BYTES;
}

function modulo(value: bigint): bigint {
  return ((value % P) + P) % P;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n, square = modulo(square * square)) {
    if ((rest & 1n) === 1n) result = modulo(result * square);
  }
  return result;
}

function littleEndianBytes(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
}
