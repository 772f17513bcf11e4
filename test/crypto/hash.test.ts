import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { toHex, utf8 } from '../../src/foundation/bytes.ts';
import { beaconInput, nextSeed } from '../../src/crypto/beacon.ts';
import { digestOf, hashOf, isDigest, sha256, type HashPart } from '../../src/crypto/hash.ts';

describe('hash', () => {
  it('is SHA-256', () => {
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    assert.equal(toHex(sha256(utf8('abc'))), abc, 'FIPS 180-4, "abc"');
  });

  it('frames the tag and each part by kind and length, most significant byte first', () => {
    const framed = Buffer.from(
      '01' + '0000000000000001' + '74' + '00' + '0000000000000002' + '0aff' + '02' + '0000000000000100',
      'hex',
    );
    const expected = createHash('sha256').update(framed).digest('hex');
    assert.equal(digestOf('t', Uint8Array.of(0x0a, 0xff), 256), expected, 'written out by hand');
    assert.equal(toHex(hashOf('t', Uint8Array.of(0x0a, 0xff), 256)), expected, 'the same as bytes');
  });

  it('differs for different lists of parts', () => {
    const part = fc.oneof(
      fc.uint8Array({ maxLength: 4 }),
      fc.string({ maxLength: 3 }),
      fc.nat(3),
    ) as fc.Arbitrary<HashPart>;
    const list = fc.array(part, { maxLength: 3 });
    const show = (parts: readonly HashPart[]) =>
      JSON.stringify(parts.map((p) => (p instanceof Uint8Array ? { hex: toHex(p) } : p)));
    fc.assert(
      fc.property(list, list, (a, b) => {
        assert.equal(digestOf('x', ...a) === digestOf('x', ...b), show(a) === show(b), 'equal only if equal');
      }),
      { numRuns: 500 },
    );
    assert.notEqual(digestOf('ab', 'c'), digestOf('a', 'bc'), 'no sliding between tag and part');
    assert.notEqual(digestOf('a', '1'), digestOf('a', 1), 'a number is no text');
    assert.notEqual(digestOf('a'), digestOf('a', ''), 'an empty part counts');
  });

  it('takes no number that a double cannot hold', () => {
    for (const value of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
      assert.throws(() => digestOf('a', value), /safe integer/, `${value}`);
    }
  });

  it('knows a digest', () => {
    assert.ok(isDigest(digestOf('a')), 'a digest');
    for (const text of ['', 'ab', digestOf('a').toUpperCase(), `${digestOf('a')}0`, `${digestOf('a')}\n`]) {
      assert.equal(isDigest(text), false, JSON.stringify(text));
    }
  });

  it('frames large parts as it frames small ones', () => {
    const large = Uint8Array.from({ length: 70_000 }, (_, i) => i * 7);
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(large.length));
    const expected = createHash('sha256')
      .update(Buffer.from('01' + '0000000000000001' + '74' + '02' + '0000000000000003' + '00', 'hex'))
      .update(length)
      .update(large)
      .update(Buffer.from('01' + '0000000000000001' + '75', 'hex'))
      .digest('hex');
    assert.equal(digestOf('t', 3, large, 'u'), expected, 'between two small ones');
    const atTheEnd = createHash('sha256')
      .update(Buffer.from('01' + '0000000000000001' + '74' + '00', 'hex'))
      .update(length)
      .update(large)
      .digest('hex');
    assert.equal(digestOf('t', large), atTheEnd, 'at the end');
  });
});

describe('beacon', () => {
  it('binds input and seed to all that they depend on', () => {
    const seed = new Uint8Array(32).fill(1);
    const other = new Uint8Array(32).fill(2);
    const inputs = [
      beaconInput('e', seed, 1),
      beaconInput('f', seed, 1),
      beaconInput('e', other, 1),
      beaconInput('e', seed, 2),
      nextSeed(seed, 1, other),
      nextSeed(other, 1, other),
      nextSeed(seed, 2, other),
      nextSeed(seed, 1, seed),
    ].map(toHex);
    assert.equal(new Set(inputs).size, inputs.length, 'all differ');
    assert.equal(nextSeed(seed, 1, other).length, 32, '32 bytes');
  });
});
