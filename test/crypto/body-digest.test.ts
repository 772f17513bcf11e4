import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import {
  bodyDigest,
  bodyDigestOfParts,
  digestBytes,
  digestOfPieceList,
  PIECE_BYTES,
  pieceCount,
  pieceDigest,
  pieceList,
  pieceOf,
} from '../../src/crypto/body-digest.ts';

/** The definition, written a second time over one flat buffer. */
function naiveDigest(body: Uint8Array): string {
  const parts: Buffer[] = [Buffer.from([1]), Buffer.from('synod-body\n')];
  const length = Buffer.alloc(8);
  length.writeUInt32LE(body.length % 2 ** 32, 0);
  length.writeUInt32LE(Math.floor(body.length / 2 ** 32), 4);
  parts.push(length);
  for (let at = 0; at < body.length; at += PIECE_BYTES) {
    const piece = Buffer.concat([Buffer.from([0]), body.slice(at, at + PIECE_BYTES)]);
    parts.push(createHash('sha256').update(piece).digest());
  }
  return createHash('sha256').update(Buffer.concat(parts)).digest('hex');
}

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 131 + (i >>> 8) + 7 * (i >>> 17)) & 255);
}

describe('body digest', () => {
  for (const length of [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES + 17]) {
    it(`agrees with the definition for ${length} bytes`, () => {
      const body = pattern(length);
      assert.equal(bodyDigest(body), naiveDigest(body), 'second implementation');
      assert.equal(pieceCount(length), Math.ceil(length / PIECE_BYTES), 'pieces');
      assert.equal(pieceList(body).length, 32 * pieceCount(length), 'a digest for each piece');
    });
  }

  it('lets each piece be checked alone against the list', () => {
    const body = pattern(2 * PIECE_BYTES + 5);
    const list = pieceList(body);
    for (let i = 0; i < 3; i++) {
      assert.deepEqual(
        Uint8Array.from(pieceDigest(pieceOf(body, i))),
        list.slice(32 * i, 32 * i + 32),
        `piece ${i}`,
      );
    }
    assert.equal(digestOfPieceList(list, body.length), bodyDigest(body), 'the list leads to the digest');
  });

  it('is the same for a body in parts, wherever it is cut', () => {
    const body = pattern(3 * PIECE_BYTES + 17);
    const cuts = fc.array(fc.nat(body.length), { maxLength: 8 });
    fc.assert(
      fc.property(cuts, (at) => {
        const ends = [...at.sort((a, b) => a - b), PIECE_BYTES, body.length].sort((a, b) => a - b);
        const parts = ends.map((end, i) => body.subarray(ends[i - 1] ?? 0, end));
        assert.equal(bodyDigestOfParts(parts), naiveDigest(body), `cut at ${ends.join(' ')}`);
      }),
      { numRuns: 20 },
    );
    assert.equal(bodyDigestOfParts([]), bodyDigest(new Uint8Array(0)), 'no parts');
    const whole = body.subarray(0, 2 * PIECE_BYTES);
    assert.equal(bodyDigestOfParts([whole]), bodyDigest(whole), 'of whole pieces');
  });

  it('changes with any byte, with the length and with the order of pieces', () => {
    const body = pattern(2 * PIECE_BYTES);
    const digest = bodyDigest(body);
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const other = body.slice();
        other[at] = (other[at] ?? 0) ^ change;
        assert.notEqual(bodyDigest(other), digest, `byte ${at}`);
      }),
      { numRuns: 10 },
    );
    const swapped = new Uint8Array([...pieceOf(body, 1), ...pieceOf(body, 0)]);
    assert.notEqual(bodyDigest(swapped), digest, 'order');
    assert.notEqual(digestOfPieceList(pieceList(body), body.length - 1), digest, 'length is bound');
    assert.notEqual(bodyDigest(new Uint8Array(1)), bodyDigest(new Uint8Array(2)), 'zeros of two lengths');
  });

  it('reads digests strictly', () => {
    const digest = bodyDigest(pattern(3));
    assert.equal(digestBytes(digest)?.length, 32, '32 bytes');
    for (const bad of ['', digest.slice(1), `${digest}0`, digest.toUpperCase(), 'g'.repeat(64)]) {
      assert.equal(digestBytes(bad), undefined, `"${bad.slice(0, 8)}..." is no digest`);
    }
  });
});
