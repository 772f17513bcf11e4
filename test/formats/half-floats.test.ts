import assert from 'node:assert/strict';
import { widenBfloat16, widenFloat16 } from '../../src/formats/half-floats.ts';

describe('floats of 16 bits', () => {
  const widened = (widen: typeof widenFloat16, ...halves: number[]): number[] => {
    const into = new Float32Array(halves.length);
    widen(Uint16Array.from(halves), into);
    return [...into];
  };

  it('of IEEE 754 are widened exactly: normal, subnormal, zeros, infinities, NaN', () => {
    assert.deepEqual(
      widened(widenFloat16, 0x3c00, 0xc000, 0x7bff, 0x0400, 0x03ff, 0x0001, 0x0000, 0x8000),
      [1, -2, 65_504, 2 ** -14, 1023 * 2 ** -24, 2 ** -24, 0, -0],
      'values of the standard',
    );
    assert.deepEqual(widened(widenFloat16, 0x7c00, 0xfc00, 0x7e00), [Infinity, -Infinity, NaN], 'the others');
  });

  it('of brain are the upper halves of float32', () => {
    const values = [1, -2.5, 3.3895313892515355e38, 0, -0, Infinity, 2 ** -133];
    const words = new Uint32Array(Float32Array.from(values).buffer);
    assert.deepEqual(widened(widenBfloat16, ...[...words].map((word) => word >>> 16)), values, 'all exact');
  });
});
