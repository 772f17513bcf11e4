/** Against @noble/curves, and against the definition where the edge is. */
import assert from 'node:assert/strict';
import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { BASE_POINT, Curve } from '../../src/crypto/curve.ts';

type Point = InstanceType<typeof ed25519.Point>;

const { BASE, Fn } = ed25519.Point;
const P = 2n ** 255n - 19n;
const curve = new Curve();

const littleEndian = (value: bigint): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
const multiple = (scalar: bigint): Point =>
  scalar === 0n ? ed25519.Point.ZERO : BASE.multiplyUnsafe(scalar);

/** Scalars of all lengths, with the ends of the range and of the windows. */
const scalar = fc.oneof(
  fc.bigInt({ min: 0n, max: Fn.ORDER - 1n }),
  fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
  fc.constantFrom(0n, 1n, 2n, 15n, 16n, 17n, 8n * 16n ** 61n, Fn.ORDER - 1n),
);
const EIGHT_TORSION = '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05';

function decoded(place: number, point: Point): void {
  assert.ok(curve.decode(place, point.toBytes()), 'noble makes a point');
}

describe('the curve in WebAssembly', () => {
  it('has the base point of RFC 8032', () => {
    assert.deepEqual(BASE_POINT, BASE.toBytes());
  });

  it('decodes what noble decodes by RFC 8032, and encodes it to the same bytes', () => {
    const near = fc.bigInt({ min: -40n, max: 40n }).map((offset) => littleEndian(P + offset));
    const small = fc.bigInt({ min: 0n, max: 40n }).map(littleEndian);
    const any = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(fc.oneof(any, near, small), fc.boolean(), (bytes, negative) => {
        const given = bytes.slice();
        if (negative) given[31] = (given[31] ?? 0) | 0x80;
        let known: Point | undefined;
        try {
          known = ed25519.Point.fromBytes(given);
        } catch {
          known = undefined;
        }
        assert.equal(curve.decode(0, given), known !== undefined);
        if (known !== undefined) assert.deepEqual(curve.encode(0), given);
      }),
      { numRuns: 600 },
    );
    assert.equal(curve.decode(0, new Uint8Array(31)), false, 'too short');
  });

  it('combines points as noble does', () => {
    fc.assert(
      fc.property(scalar, scalar, scalar, scalar, (a, b, s, c) => {
        const [p, q] = [multiple(a), multiple(b)];
        decoded(0, p);
        decoded(1, q);
        curve.combine(2, 0, littleEndian(s), 1, littleEndian(c));
        const expected = multiple((a * s - b * c + Fn.ORDER * Fn.ORDER) % Fn.ORDER);
        assert.deepEqual(curve.encode(2), expected.toBytes());
        curve.multiplySecretly(3, 0, littleEndian(s));
        assert.deepEqual(curve.encode(3), multiple((a * s) % Fn.ORDER).toBytes());
      }),
      { numRuns: 60 },
    );
  });

  it('adds points with torsion, and clears it', () => {
    const torsion = ed25519.Point.fromHex(EIGHT_TORSION);
    fc.assert(
      fc.property(scalar, fc.integer({ min: 0, max: 7 }), (a, times) => {
        let p = multiple(a);
        for (let i = 0; i < times; i++) p = p.add(torsion);
        decoded(0, p);
        curve.clearCofactor(1, 0);
        assert.deepEqual(curve.encode(1), p.clearCofactor().toBytes());
        assert.equal(curve.isNeutral(1), a === 0n);
        decoded(1, torsion);
        curve.combine(2, 0, littleEndian(1n), 1, littleEndian(BigInt(times)));
        assert.deepEqual(curve.encode(2), multiple(a).toBytes(), 'taken away again');
      }),
      { numRuns: 40 },
    );
  });

  it('keeps its bounds over long chains of doublings and additions', () => {
    decoded(0, BASE);
    let expected = 1n;
    for (let i = 0; i < 200; i++) {
      const factor = BigInt(i) * 7919n + 3n;
      curve.combine(0, 0, littleEndian(factor), 0, littleEndian(1n));
      expected = (expected * (factor - 1n)) % Fn.ORDER;
    }
    assert.deepEqual(curve.encode(0), multiple(expected).toBytes());
  });
});
