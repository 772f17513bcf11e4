import assert from 'node:assert/strict';
import { parseLineRate } from '../../../nodes/cli/line-rate.ts';

describe('the rate of a line', () => {
  it('is read as people write it, in bytes a second', () => {
    const rates = ['100mbit', '1.5 Gbit/s', '56kbit'].map((text) => parseLineRate(text, '--line'));
    assert.deepEqual(rates, [12_500_000, 187_500_000, 7_000]);
  });

  for (const text of ['100', '0mbit', 'fast', '100MB', '-1mbit', '1e3mbit', '']) {
    it(`is refused in one sentence where it is ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parseLineRate(text, '--line'),
        /^OperatorError: --line must be a rate above 0 in kbit, mbit or gbit a second, such as 100mbit, got "/,
      );
    });
  }
});
