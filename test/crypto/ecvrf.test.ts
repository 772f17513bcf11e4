import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { present } from '../../src/foundation/assert.ts';
import { concatBytes, fromHex, toHex } from '../../src/foundation/bytes.ts';
import { OUTPUT_BYTES, PROOF_BYTES, ecvrfProve, ecvrfVerify } from '../../src/crypto/ecvrf.ts';
import { PeerKey } from '../../src/crypto/peer-key.ts';
import { peerRandomness, verifyRandomness } from '../../src/crypto/peer-randomness.ts';

const hex = (text: string) => present(fromHex(text), 'hexadecimal');
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

/** RFC 9381 appendix B.3, examples 16 to 18. */
const VECTORS = [
  {
    sk: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    pk: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    alpha: '',
    pi: '8657106690b5526245a92b003bb079ccd1a92130477671f6fc01ad16f26f723f26f8a57ccaed74ee1b190bed1f479d9727d2d0f9b005a6e456a35d4fb0daab1268a1b0db10836d9826a528ca76567805',
    beta: '90cf1df3b703cce59e2a35b925d411164068269d7b2d29f3301c03dd757876ff66b71dda49d2de59d03450451af026798e8f81cd2e333de5cdf4f3e140fdd8ae',
  },
  {
    sk: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    pk: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    alpha: '72',
    pi: 'f3141cd382dc42909d19ec5110469e4feae18300e94f304590abdced48aed5933bf0864a62558b3ed7f2fea45c92a465301b3bbf5e3e54ddf2d935be3b67926da3ef39226bbc355bdc9850112c8f4b02',
    beta: 'eb4440665d3891d668e7e0fcaf587f1b4bd7fbfe99d0eb2211ccec90496310eb5e33821bc613efb94db5e5b54c70a848a0bef4553a41befc57663b56373a5031',
  },
  {
    sk: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    pk: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    alpha: 'af82',
    pi: '9bc0f79119cc5604bf02d23b4caede71393cedfbb191434dd016d30177ccbf8096bb474e53895c362d8628ee9f9ea3c0e52c7a5c691b6c18c9979866568add7a2d41b00b05081ed0f58ee5e31b3a970e',
    beta: '645427e5d00c62a23fb703732fa5d892940935942101e456ecca7bb217c61c452118fec1219202a0edcf038bb6373241578be7217ba85a2687f7a0310b2df19f',
  },
];

/** The eight points of small order, canonical, and the encodings of them that RFC 8032 forbids. */
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
const NON_CANONICAL = [
  '0100000000000000000000000000000000000000000000000000000000000080', // negative zero
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff', // negative zero
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', // y = p
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', // y = p + 1
  'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', // y = 2^255 - 1
];

type Point = InstanceType<typeof ed25519.Point>;

const sha512 = (...parts: Uint8Array[]) =>
  new Uint8Array(
    createHash('sha512')
      .update(concatBytes(...parts))
      .digest(),
  );

/** RFC 9381 section 5.4.1.1, written a second time. */
function encodeToCurve(key: Uint8Array, input: Uint8Array): Point {
  for (let counter = 0; ; counter++) {
    const hash = sha512(Uint8Array.of(3, 1), key, input, Uint8Array.of(counter, 0)).slice(0, 32);
    try {
      return ed25519.Point.fromBytes(hash).multiplyUnsafe(8n);
    } catch {
      continue;
    }
  }
}

/** A cheat: tries nonces until the challenge is divisible by 8, so that whatever is of small order drops out. */
function proveWithout(key: Uint8Array, input: Uint8Array, gamma: Point, secret = 0n): Uint8Array {
  const h = encodeToCurve(key, input);
  for (let nonce = 1n; ; nonce++) {
    const points = [h, gamma, ed25519.Point.BASE.multiply(nonce), h.multiply(nonce)].map((p) => p.toBytes());
    const c = sha512(Uint8Array.of(3, 2), key, ...points, Uint8Array.of(0)).slice(0, 16);
    if ((c[0] as number) % 8 !== 0) continue;
    const challenge = c.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
    const s = (nonce + challenge * secret) % L;
    return concatBytes(
      gamma.toBytes(),
      c,
      Uint8Array.from({ length: 32 }, (_, i) => Number((s >> BigInt(8 * i)) & 255n)),
    );
  }
}

describe('ecvrf', () => {
  for (const [i, { sk, pk, alpha, pi, beta }] of VECTORS.entries()) {
    it(`proves and verifies example ${16 + i} of RFC 9381`, () => {
      const { proof, output } = ecvrfProve(hex(sk), hex(alpha));
      assert.equal(toHex(proof), pi, 'proof');
      assert.equal(toHex(output), beta, 'output');
      assert.equal(toHex(ecvrfVerify(hex(pk), hex(alpha), hex(pi)) ?? hex('')), beta, 'verified output');
      assert.equal(ecvrfVerify(hex(pk), hex(`${alpha}00`), hex(pi)), undefined, 'another input');
    });
  }

  const { pk, alpha, pi, beta } = VECTORS[2] as (typeof VECTORS)[number];
  const part = (from: number, to: number) => hex(pi).slice(from, to);
  const [gamma, challenge, scalar] = [part(0, 32), part(32, 48), part(48, 80)];
  const verify = (proof: Uint8Array, key = hex(pk)) => ecvrfVerify(key, hex(alpha), proof);

  it('refuses a proof with any bit changed', () => {
    for (let bit = 0; bit < 8 * PROOF_BYTES; bit += 5) {
      const changed = hex(pi);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      assert.equal(verify(changed), undefined, `bit ${bit}`);
    }
  });

  it('refuses a scalar that is not reduced', () => {
    const value = scalar.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n) + L;
    const raised = Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
    assert.equal(verify(concatBytes(gamma, challenge, raised)), undefined, 's + L');
  });

  it('refuses malformed points in proof and key', () => {
    for (const point of [...NON_CANONICAL, '02'.padEnd(64, '0')]) {
      assert.equal(verify(concatBytes(hex(point), challenge, scalar)), undefined, `Gamma ${point}`);
      assert.equal(verify(hex(pi), hex(point)), undefined, `key ${point}`);
    }
    assert.equal(verify(hex(pi), hex(pk).slice(1)), undefined, 'a key of 31 bytes');
    for (const length of [0, 32, 79, 81]) {
      assert.equal(verify(new Uint8Array(length)), undefined, `a proof of ${length} bytes`);
    }
  });

  it('refuses keys of small order, for which anyone could make a proof', () => {
    const identity = ed25519.Point.ZERO;
    for (const key of SMALL_ORDER) {
      const proof = proveWithout(hex(key), hex(alpha), identity);
      assert.equal(verify(proof, hex(key)), undefined, key);
    }
  });

  it('has one output even where a cheating prover adds torsion to Gamma', () => {
    // the check passes for Gamma + T, since c T vanishes for c divisible by 8; the output must not move
    const torsion = ed25519.Point.fromBytes(hex(SMALL_ORDER[4] as string));
    const { scalar: x } = ed25519.utils.getExtendedPublicKey(hex((VECTORS[2] as { sk: string }).sk));
    const cheat = encodeToCurve(hex(pk), hex(alpha)).multiply(x).add(torsion);
    const proof = proveWithout(hex(pk), hex(alpha), cheat, x);
    assert.notEqual(toHex(proof.slice(0, 32)), toHex(gamma), 'another Gamma');
    assert.equal(toHex(verify(proof) ?? hex('')), beta, 'accepted, with the same output');
  });

  it('is total over bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 96 }), fc.uint8Array({ maxLength: 40 }), (proof, key) => {
        assert.equal(verify(proof, key), undefined, 'random bytes prove nothing');
      }),
      { numRuns: 200 },
    );
  });

  it("proves under a peer's own key, for that peer alone", () => {
    const [one, two] = [1, 2].map((fill) => new PeerKey(new Uint8Array(32).fill(fill))) as [PeerKey, PeerKey];
    const input = Uint8Array.of(1, 2, 3);
    const { proof, output } = peerRandomness(one).prove(input);
    assert.equal(output.length, OUTPUT_BYTES, 'bytes of output');
    assert.deepEqual(verifyRandomness(one.id, input, proof), output, 'verified');
    assert.equal(verifyRandomness(two.id, input, proof), undefined, "another peer's id");
    assert.equal(peerRandomness(two).verify('nobody', input, proof), undefined, 'a malformed id');
  });
});
