import assert from 'node:assert/strict';
import { defaultCrypto } from '@chainsafe/libp2p-noise/crypto';
import { noiseCrypto } from '../../src/network/noise-keys.ts';

describe('the keys of noise', () => {
  it('share a secret with each other and with the keys of the library', () => {
    const [one, other] = [noiseCrypto.generateX25519KeyPair(), noiseCrypto.generateX25519KeyPair()];
    const library = defaultCrypto.generateX25519KeyPair();
    for (const theirs of [other, library]) {
      const secret = noiseCrypto.generateX25519SharedKey(one.privateKey, theirs.publicKey);
      const same = defaultCrypto.generateX25519SharedKey(theirs.privateKey, one.publicKey);
      assert.deepEqual(Buffer.from(secret), Buffer.from(same));
    }
    assert.deepEqual(
      [one.publicKey.length, one.privateKey.length],
      [32, 32],
      'what the library sends and keeps are the bytes of the keys',
    );
  });

  it('that were not made here are the library’s to use', () => {
    const { publicKey, privateKey } = noiseCrypto.generateX25519KeyPair();
    const copy = Uint8Array.from(privateKey);
    const theirs = noiseCrypto.generateX25519KeyPair().publicKey;
    assert.deepEqual(
      Buffer.from(noiseCrypto.generateX25519SharedKey(copy, theirs)),
      Buffer.from(noiseCrypto.generateX25519SharedKey(privateKey, theirs)),
    );
    assert.notDeepEqual(Buffer.from(publicKey), Buffer.from(theirs));
  });

  it('that lead to no secret are refused', () => {
    const { privateKey } = noiseCrypto.generateX25519KeyPair();
    const zero = new Uint8Array(32);
    assert.throws(() => noiseCrypto.generateX25519SharedKey(privateKey, zero));
    assert.throws(() => defaultCrypto.generateX25519SharedKey(privateKey, zero), 'as the library does');
  });
});
