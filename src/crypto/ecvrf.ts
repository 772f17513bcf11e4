/**
 * ECVRF-EDWARDS25519-SHA512-TAI, RFC 9381 sections 5.1 to 5.5, suite 0x03: a proof that only the key's holder can make,
 * of an output that even the holder cannot choose. The key is the peer's Ed25519 key; the challenge's domain byte and
 * the nonce's input (a curve point, not a message) keep its proofs apart from its signatures.
 * Curve arithmetic is @noble/curves'. Points decode by RFC 8032 section 5.1.3: y below p, no negative zero. Keys of
 * small order are refused (validate_key TRUE, section 5.4.5), which gives full uniqueness.
 */
import { createHash } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import { assert } from '../foundation/assert.ts';
import { concatBytes, equalBytes } from '../foundation/bytes.ts';

export const PROOF_BYTES = 80;
export const OUTPUT_BYTES = 64;

type Point = InstanceType<typeof ed25519.Point>;

const POINT_BYTES = 32;
const CHALLENGE_BYTES = 16;
const SCALAR_BYTES = 32;
const SUITE = 0x03;
const ENCODE_TO_CURVE = 0x01;
const CHALLENGE = 0x02;
const PROOF_TO_HASH = 0x03;
const BACK = 0x00;
const MOST_TRIES = 256;
const ORDER = ed25519.Point.Fn.ORDER;

/** The proof (80 bytes) and the output (64 bytes) for an input, under the key of a 32-byte seed; section 5.1. */
export function ecvrfProve(seed: Uint8Array, input: Uint8Array): { proof: Uint8Array; output: Uint8Array } {
  const { prefix, scalar, point: publicPoint, pointBytes } = ed25519.utils.getExtendedPublicKey(seed);
  const h = encodeToCurve(pointBytes, input);
  assert(h !== undefined, 'no curve point in 256 tries');
  const gamma = h.multiply(scalar);
  // RFC 8032 nonce, section 5.4.2.2: never zero but with negligible chance
  const nonce = littleEndian(sha512(prefix, h.toBytes())) % ORDER;
  const challenge = challengeOf([
    publicPoint,
    h,
    gamma,
    ed25519.Point.BASE.multiply(nonce),
    h.multiply(nonce),
  ]);
  const s = (nonce + littleEndian(challenge) * scalar) % ORDER;
  return {
    proof: concatBytes(gamma.toBytes(), challenge, toLittleEndian(s, SCALAR_BYTES)),
    output: outputOf(gamma),
  };
}

/** The output that the proof proves, or undefined where key or proof is malformed or wrong; section 5.3. */
export function ecvrfVerify(
  publicKey: Uint8Array,
  input: Uint8Array,
  proof: Uint8Array,
): Uint8Array | undefined {
  if (proof.length !== PROOF_BYTES) return undefined;
  const y = decodePoint(publicKey);
  if (y === undefined || y.isSmallOrder()) return undefined;
  const gamma = decodePoint(proof.subarray(0, POINT_BYTES));
  const challenge = proof.subarray(POINT_BYTES, POINT_BYTES + CHALLENGE_BYTES);
  const s = littleEndian(proof.subarray(POINT_BYTES + CHALLENGE_BYTES));
  if (gamma === undefined || s >= ORDER) return undefined;
  const h = encodeToCurve(publicKey, input);
  if (h === undefined) return undefined;
  const c = littleEndian(challenge);
  const u = ed25519.Point.BASE.multiplyUnsafe(s).subtract(y.multiplyUnsafe(c));
  const v = h.multiplyUnsafe(s).subtract(gamma.multiplyUnsafe(c));
  return equalBytes(challengeOf([y, h, gamma, u, v]), challenge) ? outputOf(gamma) : undefined;
}

/** Section 5.4.1.1, try and increment, salted with the public key. */
function encodeToCurve(salt: Uint8Array, input: Uint8Array): Point | undefined {
  for (let counter = 0; counter < MOST_TRIES; counter++) {
    const hash = sha512(Uint8Array.of(SUITE, ENCODE_TO_CURVE), salt, input, Uint8Array.of(counter, BACK));
    const point = decodePoint(hash.subarray(0, POINT_BYTES))?.clearCofactor();
    if (point !== undefined && !point.is0()) return point;
  }
  return undefined;
}

/** Section 5.4.3. */
function challengeOf(points: readonly Point[]): Uint8Array {
  const encoded = points.map((point) => point.toBytes());
  return sha512(Uint8Array.of(SUITE, CHALLENGE), ...encoded, Uint8Array.of(BACK)).slice(0, CHALLENGE_BYTES);
}

/** Section 5.2: the cofactor takes away what torsion a prover could add to Gamma. */
function outputOf(gamma: Point): Uint8Array {
  return sha512(Uint8Array.of(SUITE, PROOF_TO_HASH), gamma.clearCofactor().toBytes(), Uint8Array.of(BACK));
}

function decodePoint(bytes: Uint8Array): Point | undefined {
  try {
    return ed25519.Point.fromBytes(bytes);
  } catch {
    return undefined;
  }
}

function sha512(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha512');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => value * 256n + BigInt(byte), 0n);
}

function toLittleEndian(value: bigint, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
}
