import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeAgreedState, encodeAgreedState, type AgreedState } from '../../src/estimation/agreed-state.ts';
import { decodeNamedArrays, encodeNamedArrays } from '../../src/foundation/named-arrays.ts';

const STATE: AgreedState = {
  round: 7,
  steps: 6,
  parameters: Float32Array.of(1.5, -2),
  shared: { velocity: Float32Array.of(0, 3), t: 4 },
};

describe('agreed state', () => {
  it('goes through its canonical bytes unchanged', () => {
    assert.deepEqual(decodeAgreedState(encodeAgreedState(STATE), STATE), STATE);
    const reordered = { ...STATE, shared: { t: 4, velocity: Float32Array.of(0, 3) } };
    assert.deepEqual(
      encodeAgreedState(reordered),
      encodeAgreedState(STATE),
      'the order of names carries nothing',
    );
  });

  it('differs in its bytes wherever it differs', () => {
    const others: AgreedState[] = [
      { ...STATE, round: 8 },
      { ...STATE, steps: 7 },
      { ...STATE, parameters: Float32Array.of(1.5, -2.0000002) },
      { ...STATE, shared: { ...STATE.shared, t: 5 } },
    ];
    for (const other of others) assert.notDeepEqual(encodeAgreedState(other), encodeAgreedState(STATE));
  });

  it('is refused where names, lengths or numbers are wrong', () => {
    const wrong: AgreedState[] = [
      { ...STATE, round: -1 },
      { ...STATE, steps: 0.5 },
      { ...STATE, parameters: Float32Array.of(NaN, 1) },
      { ...STATE, shared: { ...STATE.shared, t: Infinity } },
      { ...STATE, shared: { velocitx: Float32Array.of(0, 3), t: 4 } },
      { ...STATE, parameters: Float32Array.of(1), shared: { velocity: Float32Array.of(0, 3, 1), t: 4 } },
    ];
    for (const state of wrong) {
      assert.equal(decodeAgreedState(encodeAgreedState(state), STATE), undefined, JSON.stringify(state));
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        const state = decodeAgreedState(bytes, STATE);
        if (state !== undefined)
          assert.deepEqual(encodeAgreedState(state), bytes, 'only canonical bytes decode');
      }),
    );
  });
});

describe('named arrays', () => {
  it('decode what they encode, and nothing in another order', () => {
    const entry = fc.oneof(fc.double(), fc.float32Array({ maxLength: 5 }));
    fc.assert(
      fc.property(fc.dictionary(fc.string({ maxLength: 6 }), entry), (entries) => {
        const map = new Map(Object.entries(entries));
        const bytes = encodeNamedArrays(map);
        const back = decodeNamedArrays(bytes);
        assert.deepEqual(new Map([...back!].sort()), new Map([...map].sort()), 'the same entries');
      }),
    );
    const a = encodeNamedArrays(new Map([['a', 1]]));
    const b = encodeNamedArrays(new Map([['b', 1]]));
    assert.equal(decodeNamedArrays(Uint8Array.of(...b, ...a)), undefined, 'out of order');
    assert.equal(decodeNamedArrays(Uint8Array.of(...a, ...a)), undefined, 'twice the same');
  });

  it('survive any bytes without allocating what they claim', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const entries = decodeNamedArrays(bytes);
        if (entries !== undefined) assert.deepEqual(encodeNamedArrays(entries).length, bytes.length);
      }),
    );
    assert.equal(
      decodeNamedArrays(Uint8Array.of(0, 0, 1, 255, 255, 255, 255)),
      undefined,
      'a claim of 16 GiB',
    );
  });
});
