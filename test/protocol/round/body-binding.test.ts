import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BINDING_BYTES, bindBody, carriedBy } from '../../../src/protocol/round/body-binding.ts';

const anchors = fc.constantFrom('aa'.repeat(32), 'bb'.repeat(32));
const workers = fc.constantFrom('peer-a', 'peer-b');
const bound = fc.record({ anchor: anchors, worker: workers });

describe('body binding', () => {
  it('carries the bytes for the worker and the state that it is bound to, and for nobody else', () => {
    fc.assert(
      fc.property(fc.uint8Array(), bound, bound, (bytes, to, other) => {
        const body = bindBody(bytes, to);
        assert.equal(body.length, bytes.length + BINDING_BYTES, 'its length');
        const same = to.anchor === other.anchor && to.worker === other.worker;
        assert.deepEqual(carriedBy(body, other), same ? bytes : undefined, JSON.stringify([to, other]));
      }),
    );
  });

  it('carries nothing where the bytes are no bound body', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), bound, (bytes, to) => {
        assert.equal(carriedBy(bytes, to), undefined);
      }),
    );
  });
});
