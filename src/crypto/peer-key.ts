/**
 * A peer's one key: Ed25519 (RFC 8032) through node:crypto, made from a 32-byte seed. Its id is the libp2p peer id.
 *
 * Verification is OpenSSL's: cofactorless, S must be below the group order, and R is compared byte for byte, so a
 * non-canonical R never passes. OpenSSL accepts non-canonical and small-order public keys; `publicKeyOf` refuses them
 * before it is asked. Every peer runs this one rule, so all agree on every signature.
 */
import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { assert, present } from '../foundation/assert.ts';
import { concatBytes, fromHex } from '../foundation/bytes.ts';
import { BoundedCache } from './bounded-cache.ts';
import { sha256 } from './hash.ts';
import { peerIdOf, publicKeyOf, type PeerId } from './peer-id.ts';
import type { SignatureScheme } from './schemes.ts';

export const SEED_BYTES = 32;
const SIGNATURE_BYTES = 64;

const PKCS8_PREFIX = present(fromHex('302e020100300506032b657004220420'), 'prefix');
const SPKI_PREFIX = present(fromHex('302a300506032b6570032100'), 'prefix');
const CACHED_KEYS = 16_384;

const verifiers = new BoundedCache<PeerId, KeyObject>(CACHED_KEYS);

/**
 * Signatures that hold, by signer, statement and signature: a round shows each three times and more (on a contribution,
 * in the proposal that lists it, in the decision; on a vote and in the certificate), and to look it up costs a twentieth
 * of what it costs to verify. What a key of this process signed holds as well. Those that do not hold are not remembered: whoever sends them has its author pay each time.
 */
const REMEMBERED_SIGNATURES = 8_192;

const held = new BoundedCache<string, true>(REMEMBERED_SIGNATURES);

/** Keeps the seed: it is also what libp2p and the ECVRF need. */
export class PeerKey implements SignatureScheme {
  readonly id: PeerId;
  readonly publicKey: Uint8Array;
  readonly seed: Uint8Array;
  private readonly key: KeyObject;

  constructor(seed: Uint8Array) {
    assert(seed.length === SEED_BYTES, `key seed of ${seed.length} bytes`);
    this.seed = seed.slice();
    this.key = privateKeyOf(this.seed);
    const spki = createPublicKey(this.key).export({ format: 'der', type: 'spki' });
    this.publicKey = new Uint8Array(spki.subarray(SPKI_PREFIX.length));
    this.id = peerIdOf(this.publicKey);
  }

  sign(bytes: Uint8Array): Uint8Array {
    const signature = new Uint8Array(sign(null, bytes, this.key));
    // own messages are checked like everybody's, and what was just made holds
    held.set(nameOf(this.id, bytes, signature), true);
    return signature;
  }

  verify(peer: PeerId, bytes: Uint8Array, signature: Uint8Array): boolean {
    return verifySignature(peer, bytes, signature);
  }
}

/** Node's key object of a 32-byte seed. */
export function privateKeyOf(seed: Uint8Array): KeyObject {
  return createPrivateKey({
    key: Buffer.from(concatBytes(PKCS8_PREFIX, seed)),
    format: 'der',
    type: 'pkcs8',
  });
}

/** Whether the peer signed the bytes; needs no key of one's own. */
export function verifySignature(peer: PeerId, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES) return false;
  const name = nameOf(peer, bytes, signature);
  if (held.get(name) !== undefined) return true;
  const key = verifierOf(peer);
  if (key === undefined || !verify(null, bytes, key, signature)) return false;
  held.set(name, true);
  return true;
}

function nameOf(peer: PeerId, bytes: Uint8Array, signature: Uint8Array): string {
  return peer + Buffer.concat([sha256(bytes), signature]).toString('latin1');
}

function verifierOf(peer: PeerId): KeyObject | undefined {
  const known = verifiers.get(peer);
  if (known !== undefined) return known;
  const publicKey = publicKeyOf(peer);
  if (publicKey === undefined) return undefined;
  const key = createPublicKey({
    key: Buffer.from(concatBytes(SPKI_PREFIX, publicKey)),
    format: 'der',
    type: 'spki',
  });
  verifiers.set(peer, key);
  return key;
}
