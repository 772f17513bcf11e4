/**
 * Fast stand-ins for Ed25519 and the ECVRF: 64-bit keyed mixes that nobody in a simulation tries to break. Whoever
 * holds a peer's scheme can sign as that peer and as nobody else.
 */
import { equalBytes, utf8 } from '../src/foundation/bytes.ts';
import { hashOf } from '../src/crypto/hash.ts';
import type { PeerId } from '../src/crypto/peer-id.ts';
import type { SignatureScheme, VerifiableRandomness } from '../src/crypto/schemes.ts';

const secrets = new Map<PeerId, number>();

function secretOf(peer: PeerId): number {
  let secret = secrets.get(peer);
  if (secret === undefined) {
    secret = 0x9e3779b9;
    for (const byte of utf8(peer)) secret = Math.imul(secret ^ byte, 0x01000193);
    secrets.set(peer, secret);
  }
  return secret;
}

function fakeSignature(peer: PeerId, bytes: Uint8Array): Uint8Array {
  let a = secretOf(peer);
  let b = ~a;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b + byte, 0x85ebca6b) ^ (b >>> 13);
  }
  a ^= a >>> 15;
  b ^= b >>> 16;
  return Uint8Array.of(a, a >>> 8, a >>> 16, a >>> 24, b, b >>> 8, b >>> 16, b >>> 24);
}

export function fakeVerify(peer: PeerId, bytes: Uint8Array, signature: Uint8Array): boolean {
  return signature.length === 8 && equalBytes(signature, fakeSignature(peer, bytes));
}

export function fakeSignatures(self: PeerId): SignatureScheme {
  return { sign: (bytes) => fakeSignature(self, bytes), verify: fakeVerify };
}

function fakeOutput(peer: PeerId, input: Uint8Array): Uint8Array {
  return hashOf('fake-vrf', secretOf(peer) >>> 0, input);
}

export function fakeRandomness(self: PeerId): VerifiableRandomness {
  return {
    prove(input) {
      const output = fakeOutput(self, input);
      return { proof: output, output };
    },
    verify: fakeVerifyRandomness,
  };
}

export function fakeVerifyRandomness(
  peer: PeerId,
  input: Uint8Array,
  proof: Uint8Array,
): Uint8Array | undefined {
  const output = fakeOutput(peer, input);
  return equalBytes(output, proof) ? output : undefined;
}
