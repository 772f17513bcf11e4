import assert from 'node:assert/strict';
import { littleEndian, littleEndianBytes } from '../../src/foundation/little-endian.ts';

describe('little-endian numbers', () => {
  const bytes = Uint8Array.of(9, 9, 9, 9, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 7);

  it('are read from any offset, in place where they are aligned', () => {
    assert.deepEqual(littleEndian(Float32Array, bytes, 4, 2), Float32Array.of(1, -2));
    const shifted = Uint8Array.of(0, ...bytes);
    assert.deepEqual(littleEndian(Float32Array, shifted, 5, 2), Float32Array.of(1, -2), 'not aligned');
    assert.deepEqual(littleEndian(Uint16Array, bytes, 6, 1), Uint16Array.of(0x3f80));
    assert.equal(littleEndian(Float32Array, bytes, 4, 2).buffer, bytes.buffer, 'a view');
    assert.notEqual(littleEndian(Float32Array, shifted, 5, 2).buffer, shifted.buffer, 'a copy');
  });

  it('are copied out of a buffer of a pool, whose slice is a view', () => {
    const pool = Buffer.alloc(64, 0xff);
    pool.set(bytes, 3);
    const read = littleEndian(Float32Array, pool.subarray(3, 3 + bytes.length), 4, 2);
    pool.fill(0);
    assert.deepEqual(read, Float32Array.of(1, -2));
  });

  it('are written least significant byte first', () => {
    assert.deepEqual(littleEndianBytes(Float32Array.of(1, -2)), bytes.slice(4, 12));
    assert.deepEqual(littleEndianBytes(Uint16Array.of(0x3f80)), Uint8Array.of(0x80, 0x3f));
  });
});
