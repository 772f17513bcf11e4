/**
 * X25519 for noise (its specification, section 4.1) with keys kept as Node.js holds them. The library keeps bytes and
 * builds a private key anew, with its public one, for each of the three secrets of a handshake: that took two thirds of
 * each. What is computed is the same.
 */
import { createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { defaultCrypto } from '@chainsafe/libp2p-noise/crypto';
import type { ICryptoInterface } from '@chainsafe/libp2p-noise';
import { present } from '../foundation/assert.ts';

/** A key is forgotten with the bytes that the library has of it. */
const keptKeys = new WeakMap<object, KeyObject>();

export const noiseCrypto: ICryptoInterface = {
  ...defaultCrypto,
  generateX25519KeyPair() {
    const keys = generateKeyPairSync('x25519');
    const { x, d } = keys.privateKey.export({ format: 'jwk' });
    const privateKey = bytesOf(present(d, 'a private key'));
    keptKeys.set(privateKey, keys.privateKey);
    return { publicKey: bytesOf(present(x, 'a public key')), privateKey };
  },
  generateX25519SharedKey(privateKey, publicKey) {
    const kept = keptKeys.get(privateKey);
    if (kept === undefined) return defaultCrypto.generateX25519SharedKey(privateKey, publicKey);
    const x = Buffer.from(publicKey.subarray()).toString('base64url');
    const theirs = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
    return diffieHellman({ privateKey: kept, publicKey: theirs });
  },
};

function bytesOf(base64url: string): Uint8Array {
  return Uint8Array.from(Buffer.from(base64url, 'base64url'));
}
