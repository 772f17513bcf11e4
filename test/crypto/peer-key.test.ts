import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify as verifyByOpenssl } from 'node:crypto';
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import type { PrivateKey } from '@libp2p/interface';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { present } from '../../src/foundation/assert.ts';
import { concatBytes, fromHex, toHex } from '../../src/foundation/bytes.ts';
import { isPeerId, peerIdOf, publicKeyOf } from '../../src/crypto/peer-id.ts';
import { PeerKey, verifySignature } from '../../src/crypto/peer-key.ts';

const hex = (text: string) => present(fromHex(text), 'hexadecimal');
const ORDER = ed25519.Point.Fn.ORDER;
const keyOf = (fill: number) => new PeerKey(new Uint8Array(32).fill(fill));
const MESSAGE = Uint8Array.from([1, 2, 3]);

const SMALL_ORDER = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
];

/** What OpenSSL alone says, without the checks on the key. */
function openssl(publicKey: Uint8Array, signature: Uint8Array): boolean {
  const der = concatBytes(hex('302a300506032b6570032100'), publicKey);
  return verifyByOpenssl(
    null,
    MESSAGE,
    createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' }),
    signature,
  );
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

function encodeScalar(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
}

/** S = nonce + H(R, A, M) x, for any encodings of R and A that a cheat likes. */
function signWith(r: Uint8Array, nonce: bigint, publicKey: Uint8Array, secret: bigint): Uint8Array {
  const hash = createHash('sha512')
    .update(concatBytes(r, publicKey, MESSAGE))
    .digest();
  return concatBytes(r, encodeScalar((nonce + littleEndian(hash) * secret) % ORDER));
}

describe('peer key', () => {
  it('follows RFC 8032 section 7.1, tests 1 and 2', () => {
    const one = new PeerKey(hex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'));
    assert.equal(
      toHex(one.publicKey),
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      'public key',
    );
    assert.equal(
      toHex(one.sign(new Uint8Array(0))),
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
      'signature of nothing',
    );
    const two = new PeerKey(hex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'));
    assert.equal(
      toHex(two.sign(Uint8Array.of(0x72))),
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
      'signature of one byte',
    );
  });

  it('has the peer id that libp2p gives the same key', async () => {
    for (const fill of [0, 1, 7, 255]) {
      const libp2pKey = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(fill));
      const expected = peerIdFromPrivateKey(libp2pKey as unknown as PrivateKey).toString();
      assert.equal(keyOf(fill).id, expected, `seed ${fill}`);
      assert.deepEqual(publicKeyOf(expected), keyOf(fill).publicKey, 'and back');
    }
  });

  it('verifies what the peer signed and nothing else', () => {
    const [one, two] = [keyOf(1), keyOf(2)];
    // by another implementation: what our own signs is known to hold
    const signature = ed25519.sign(MESSAGE, one.seed);
    assert.ok(verifySignature(one.id, MESSAGE, signature), 'signed by one');
    assert.ok(two.verify(one.id, MESSAGE, signature), 'two agrees');
    assert.ok(!verifySignature(two.id, MESSAGE, signature), 'not by two');
    assert.ok(!verifySignature(one.id, Uint8Array.of(1, 2), signature), 'other bytes');
    assert.ok(!verifySignature(one.id, MESSAGE, signature.slice(1)), '63 bytes');
    assert.ok(!verifySignature(one.id, MESSAGE, concatBytes(signature, MESSAGE)), '67 bytes');
    assert.ok(verifySignature(one.id, MESSAGE, signature), 'the same again, which is remembered');
    assert.ok(!verifySignature(two.id, MESSAGE, signature), 'still not by two');
    assert.ok(!verifySignature(one.id, Uint8Array.of(1, 2), signature), 'still not for other bytes');
    for (let byte = 0; byte < 64; byte++) {
      const changed = signature.slice();
      changed[byte] = (changed[byte] as number) ^ 0x10;
      assert.ok(!verifySignature(one.id, MESSAGE, changed), `byte ${byte} changed`);
    }
  });

  it('agrees with a second implementation on random keys, messages and flipped bits', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ maxLength: 100 }),
        fc.nat(511),
        (seed, message, bit) => {
          const key = new PeerKey(seed);
          const signature = ed25519.sign(message, seed);
          assert.ok(verifySignature(key.id, message, signature), 'before ours was asked to sign');
          assert.deepEqual(key.sign(message), signature, 'deterministic signature');
          signature[bit >> 3] = (signature[bit >> 3] as number) ^ (1 << (bit & 7));
          const expected = ed25519.verify(signature, message, key.publicKey, { zip215: false });
          assert.equal(verifySignature(key.id, message, signature), expected, `bit ${bit}`);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('refuses S + L, which would make a second signature out of a first (OpenSSL does)', () => {
    const key = keyOf(3);
    const signature = key.sign(MESSAGE);
    const raised = concatBytes(
      signature.slice(0, 32),
      encodeScalar(littleEndian(signature.slice(32)) + ORDER),
    );
    assert.equal(openssl(key.publicKey, raised), false, 'OpenSSL');
    assert.equal(verifySignature(key.id, MESSAGE, raised), false, 'ours');
  });

  it('verifies without the cofactor: torsion in R is refused (OpenSSL does)', () => {
    const key = keyOf(4);
    const { scalar } = ed25519.utils.getExtendedPublicKey(key.seed);
    const torsion = ed25519.Point.fromBytes(hex(SMALL_ORDER[4] as string));
    const r = ed25519.Point.BASE.multiply(5n).add(torsion).toBytes();
    const signature = signWith(r, 5n, key.publicKey, scalar);
    assert.ok(
      ed25519.verify(signature, MESSAGE, key.publicKey, { zip215: true }),
      'a cofactored verifier takes it',
    );
    assert.equal(openssl(key.publicKey, signature), false, 'OpenSSL');
    assert.equal(verifySignature(key.id, MESSAGE, signature), false, 'ours');
  });

  it('compares R byte for byte: the identity passes in its canonical form only (OpenSSL does)', () => {
    const key = keyOf(5);
    const { scalar } = ed25519.utils.getExtendedPublicKey(key.seed);
    const canonical = signWith(hex(SMALL_ORDER[0] as string), 0n, key.publicKey, scalar);
    assert.equal(verifySignature(key.id, MESSAGE, canonical), true, 'R = 0, made with the secret');
    const raised = signWith(hex(`ee${'ff'.repeat(30)}7f`), 0n, key.publicKey, scalar);
    assert.equal(openssl(key.publicKey, raised), false, 'OpenSSL, R = 0 with y = p + 1');
    assert.equal(verifySignature(key.id, MESSAGE, raised), false, 'ours');
  });

  it('refuses keys of small order, under which OpenSSL takes signatures that nobody made', () => {
    let taken = 0;
    for (const point of SMALL_ORDER) {
      const forged = concatBytes(hex(SMALL_ORDER[0] as string), new Uint8Array(32));
      if (openssl(hex(point), forged)) taken += 1;
      assert.equal(publicKeyOf(peerIdOf(hex(point))), undefined, `${point} is no id`);
      assert.equal(verifySignature(peerIdOf(hex(point)), MESSAGE, forged), false, point);
    }
    assert.ok(taken > 0, 'OpenSSL takes some');
  });

  it('decides without the cofactor under a key with a torsion part as well (OpenSSL does)', () => {
    const torsion = ed25519.Point.fromBytes(hex(SMALL_ORDER[4] as string));
    const mixed = ed25519.Point.BASE.multiply(9n).add(torsion).toBytes();
    const verdicts = { cofactored: 0, cofactorless: 0 };
    for (let nonce = 1n; nonce <= 64n; nonce++) {
      const r = ed25519.Point.BASE.multiply(nonce).toBytes();
      const signature = signWith(r, nonce, mixed, 9n);
      if (ed25519.verify(signature, MESSAGE, mixed, { zip215: true })) verdicts.cofactored += 1;
      if (verifySignature(peerIdOf(mixed), MESSAGE, signature)) verdicts.cofactorless += 1;
      assert.equal(
        verifySignature(peerIdOf(mixed), MESSAGE, signature),
        openssl(mixed, signature),
        'as OpenSSL',
      );
    }
    assert.equal(verdicts.cofactored, 64, 'a cofactored verifier takes every one');
    assert.ok(
      verdicts.cofactorless > 0 && verdicts.cofactorless < 32,
      `ours about one in eight: ${verdicts.cofactorless}`,
    );
  });

  it('refuses non-canonical points and what is no point', () => {
    for (const point of [
      `01${'00'.repeat(30)}80`, // negative zero
      `ed${'ff'.repeat(30)}7f`, // y = p
      `f0${'ff'.repeat(30)}7f`, // y = p + 3
      `${'ff'.repeat(31)}7f`,
      '02'.padEnd(64, '0'), // x^2 is no square
    ]) {
      assert.equal(publicKeyOf(peerIdOf(hex(point))), undefined, point);
    }
  });

  it('refuses malformed ids', () => {
    const good = keyOf(1).id;
    assert.ok(isPeerId(good), 'a good one');
    const others = [
      '',
      'z',
      `z${good}`,
      `1${good}`,
      good.slice(0, -1),
      `${good}1`,
      good.replace('K', '0'),
      good.toLowerCase(),
      ` ${good}`,
      'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N',
      '16Uiu2HAmAgXJtVRxTLhQZDLqLLJL9xqL9qj4hF6mQTQ9zDBFiLZc',
      'A'.repeat(100_000),
    ];
    for (const id of others) assert.equal(isPeerId(id), false, `"${id.slice(0, 60)}"`);
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.equal(isPeerId(text), false, text);
      }),
    );
  });
});
