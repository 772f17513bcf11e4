import assert from 'node:assert/strict';
import { Interned } from '../../src/foundation/interned.ts';

describe('interned objects', () => {
  it('are the first that was given under their name', () => {
    const interned = new Interned<Uint8Array>();
    const [first, second, other] = [1, 1, 2].map((value) => Uint8Array.of(value)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    assert.equal(interned.of('a', first), first, 'the first');
    assert.equal(interned.of('a', second), first, 'in place of an equal one');
    assert.equal(interned.of('b', other), other, 'another name');
    assert.equal(interned.get('a'), first);
    assert.equal(interned.get('c'), undefined, 'a name that nobody gave');
  });
});
