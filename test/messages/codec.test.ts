import assert from 'node:assert/strict';
import { choice, constant, decodeExactly, encode, integer, record, union } from '../../src/messages/codec.ts';

interface Cat {
  readonly is: 'cat';
  readonly lives: number;
}
interface Dog {
  readonly is: 'dog';
}
const cat = record<Cat>('cat', { is: constant('cat'), lives: integer(9) });
const dog = record<Dog>('dog', { is: constant('dog') });

describe('wire numbers', () => {
  it('are those given to the variants, whatever their order', () => {
    const pets = union<Cat | Dog, 'is'>('pet', 'is', { dog: [7, dog], cat: [2, cat] });
    const same = union<Cat | Dog, 'is'>('pet', 'is', { cat: [2, cat], dog: [7, dog] });
    const bytes = encode(pets, { is: 'cat', lives: 9 });
    assert.equal(Buffer.from(bytes).toString('hex'), '82028109', '[2, [9]]');
    assert.deepEqual(decodeExactly(same, bytes, 100), { is: 'cat', lives: 9 });
  });

  it('refuse a number that no variant has', () => {
    const pets = union<Cat | Dog, 'is'>('pet', 'is', { cat: [0, cat], dog: [3, dog] });
    assert.equal(
      decodeExactly(pets, Uint8Array.of(0x82, 1, 0x80), 100),
      undefined,
      'variant 1 is not in use',
    );
    assert.deepEqual(decodeExactly(pets, Uint8Array.of(0x82, 3, 0x80), 100), { is: 'dog' });
    const colour = choice({ red: 1, blue: 2 });
    assert.equal(decodeExactly(colour, Uint8Array.of(0), 100), undefined, 'word 0 is not in use');
    assert.equal(decodeExactly(colour, Uint8Array.of(2), 100), 'blue');
  });

  it('belong to one word each', () => {
    assert.throws(() => choice({ red: 1, blue: 1 }), /a number of its own/);
    assert.throws(
      () => union<Cat | Dog, 'is'>('pet', 'is', { cat: [1, cat], dog: [1, dog] }),
      /a number of its own/,
    );
  });
});
