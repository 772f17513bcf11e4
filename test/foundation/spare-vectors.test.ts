import assert from 'node:assert/strict';
import { isShared } from '../../src/foundation/shared-memory.ts';
import { SpareVectors } from '../../src/foundation/spare-vectors.ts';

const LONG = 65_536;

describe('spare vectors', () => {
  it('lend the memory that was given back to the next of that length', () => {
    const spare = new SpareVectors();
    const [first, second, longer] = [spare.take(LONG), spare.take(LONG), spare.take(LONG + 1)];
    assert.ok(isShared(first));
    assert.equal(new Set([first, second, longer]).size, 3);
    for (const vector of [first, longer]) spare.give(vector);
    assert.equal(spare.take(LONG), first);
    assert.notEqual(spare.take(LONG), second, 'it was never given back');
    assert.equal(spare.take(LONG + 1), longer);
  });

  it('take nothing that is not theirs, nothing twice, and nothing short', () => {
    const spare = new SpareVectors();
    const strange = new Float32Array(LONG);
    spare.give(strange);
    assert.notEqual(spare.take(LONG), strange);
    const own = spare.take(LONG);
    spare.give(own);
    assert.throws(() => spare.give(own), /given back once/);
    const short = spare.take(100);
    spare.give(short);
    assert.notEqual(spare.take(100), short);
  });
});
