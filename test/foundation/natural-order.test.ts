import assert from 'node:assert/strict';
import fc from 'fast-check';
import { naturalOrder } from '../../src/foundation/natural-order.ts';

describe('naturalOrder', () => {
  it('puts numbers by their value', () => {
    const names = ['w10', 'w2', 'w1', 'w02', 'a', 'w', 'w2b1', 'w2a10', 'w2a9', '9', '10', 'W3'];
    const expected = ['9', '10', 'W3', 'a', 'w', 'w1', 'w02', 'w2', 'w2a9', 'w2a10', 'w2b1', 'w10'];
    assert.deepEqual(names.sort(naturalOrder), expected, 'w2 stands before w10');
  });

  it('orders numbers beyond float64', () => {
    assert.ok(naturalOrder('9007199254740993', '9007199254740992') > 0, 'digits, not doubles');
    assert.ok(naturalOrder('f'.repeat(3) + '9'.repeat(40), 'fff1' + '0'.repeat(40)) < 0, 'by length');
  });

  it('is an order (property)', () => {
    const text = fc.stringMatching(/^[a0-9]{0,6}$/);
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        assert.equal(Math.sign(naturalOrder(a, b)) + Math.sign(naturalOrder(b, a)), 0, 'antisymmetric');
        assert.equal(naturalOrder(a, b) === 0, a === b, 'only equal texts are equal');
        if (naturalOrder(a, b) < 0 && naturalOrder(b, c) < 0) {
          assert.ok(naturalOrder(a, c) < 0, 'transitive');
        }
      }),
    );
  });
});
