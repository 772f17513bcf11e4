/**
 * ECVRF-EDWARDS25519-SHA512-TAI, RFC 9381 sections 5.1 to 5.5, suite 0x03: a proof that only the key's holder can make,
 * of an output that even the holder cannot choose. The key is the peer's Ed25519 key; the challenge's domain byte and
 * the nonce's input (a curve point, not a message) keep its proofs apart from its signatures.
 * Points decode by RFC 8032 section 5.1.3: y below p, no negative zero. Keys of small order are refused (validate_key
 * TRUE, section 5.4.5), which gives full uniqueness. Curve arithmetic is `curve.ts`, which tests compare with noble's.
 */
import { createHash } from 'node:crypto';
import { assert } from '../foundation/assert.ts';
import { concatBytes, equalBytes } from '../foundation/bytes.ts';
import { BASE_POINT, Curve, POINT_BYTES, SCALAR_BYTES, type Place } from './curve.ts';

export const PROOF_BYTES = 80;
export const OUTPUT_BYTES = 64;

const CHALLENGE_BYTES = 16;
const SUITE = 0x03;
const ENCODE_TO_CURVE = 0x01;
const CHALLENGE = 0x02;
const PROOF_TO_HASH = 0x03;
const BACK = 0x00;
const MOST_TRIES = 256;
/** Of the base point, RFC 8032 section 5.1. */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

const curve = new Curve();
// places of points
const [BASE, PUBLIC, HASHED, GAMMA, U, V, SCRATCH] = [0, 1, 2, 3, 4, 5, 6] as const;
assert(curve.decode(BASE, BASE_POINT), 'the base point is a point');

/** The proof (80 bytes) and the output (64 bytes) for an input, under the key of a 32-byte seed; section 5.1. */
export function ecvrfProve(seed: Uint8Array, input: Uint8Array): { proof: Uint8Array; output: Uint8Array } {
  const { scalar, prefix } = secretOf(seed);
  curve.multiplySecretly(PUBLIC, BASE, scalar);
  const publicKey = curve.encode(PUBLIC);
  const h = encodeToCurve(publicKey, input);
  assert(h !== undefined, 'no curve point in 256 tries');
  curve.multiplySecretly(GAMMA, HASHED, scalar);
  // RFC 8032 nonce, section 5.4.2.2: never zero but with negligible chance
  const nonce = littleEndian(sha512(prefix, h)) % ORDER;
  const nonceBytes = toLittleEndian(nonce, SCALAR_BYTES);
  curve.multiplySecretly(U, BASE, nonceBytes);
  curve.multiplySecretly(V, HASHED, nonceBytes);
  const gamma = curve.encode(GAMMA);
  const challenge = challengeOf([publicKey, h, gamma, curve.encode(U), curve.encode(V)]);
  const s = (nonce + littleEndian(challenge) * littleEndian(scalar)) % ORDER;
  return {
    proof: concatBytes(gamma, challenge, toLittleEndian(s, SCALAR_BYTES)),
    output: outputOf(GAMMA),
  };
}

/** The output that the proof proves, or undefined where key or proof is malformed or wrong; section 5.3. */
export function ecvrfVerify(
  publicKey: Uint8Array,
  input: Uint8Array,
  proof: Uint8Array,
): Uint8Array | undefined {
  if (proof.length !== PROOF_BYTES) return undefined;
  if (!curve.decode(PUBLIC, publicKey) || isSmallOrder(PUBLIC)) return undefined;
  const gamma = proof.subarray(0, POINT_BYTES);
  const c = proof.subarray(POINT_BYTES, POINT_BYTES + CHALLENGE_BYTES);
  const s = proof.subarray(POINT_BYTES + CHALLENGE_BYTES);
  if (littleEndian(s) >= ORDER || !curve.decode(GAMMA, gamma)) return undefined;
  const h = encodeToCurve(publicKey, input);
  if (h === undefined) return undefined;
  curve.combine(U, BASE, s, PUBLIC, c);
  curve.combine(V, HASHED, s, GAMMA, c);
  const expected = challengeOf([publicKey, h, gamma, curve.encode(U), curve.encode(V)]);
  return equalBytes(expected, c) ? outputOf(GAMMA) : undefined;
}

/** RFC 8032, section 5.1.5: the secret scalar (32 bytes) and the prefix of nonces. */
function secretOf(seed: Uint8Array): { readonly scalar: Uint8Array; readonly prefix: Uint8Array } {
  const hash = sha512(seed);
  const scalar = hash.slice(0, SCALAR_BYTES);
  scalar[0] = (scalar[0] ?? 0) & 248;
  scalar[31] = ((scalar[31] ?? 0) & 127) | 64;
  return { scalar, prefix: hash.subarray(SCALAR_BYTES) };
}

function isSmallOrder(point: Place): boolean {
  curve.clearCofactor(SCRATCH, point);
  return curve.isNeutral(SCRATCH);
}

/** Section 5.4.1.1, try and increment, salted with the public key: the point in its place, and its encoding. */
function encodeToCurve(salt: Uint8Array, input: Uint8Array): Uint8Array | undefined {
  for (let counter = 0; counter < MOST_TRIES; counter++) {
    const hash = sha512(Uint8Array.of(SUITE, ENCODE_TO_CURVE), salt, input, Uint8Array.of(counter, BACK));
    if (!curve.decode(SCRATCH, hash.subarray(0, POINT_BYTES))) continue;
    curve.clearCofactor(HASHED, SCRATCH);
    if (!curve.isNeutral(HASHED)) return curve.encode(HASHED);
  }
  return undefined;
}

/** Section 5.4.3, of encoded points. */
function challengeOf(encoded: readonly Uint8Array[]): Uint8Array {
  return sha512(Uint8Array.of(SUITE, CHALLENGE), ...encoded, Uint8Array.of(BACK)).slice(0, CHALLENGE_BYTES);
}

/** Section 5.2: the cofactor takes away what torsion a prover could add to Gamma. */
function outputOf(gamma: Place): Uint8Array {
  curve.clearCofactor(SCRATCH, gamma);
  return sha512(Uint8Array.of(SUITE, PROOF_TO_HASH), curve.encode(SCRATCH), Uint8Array.of(BACK));
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
