import assert from 'node:assert/strict';
import { keepLimitText, parseKeepLimit } from '../../src/run/keep-limit.ts';

describe('what a peer keeps', () => {
  for (const [text, limit, shown] of [
    ['all', { kind: 'all' }, 'all'],
    ['1000 rounds', { kind: 'rounds', rounds: 1000 }, '1,000 rounds'],
    ['1round', { kind: 'rounds', rounds: 1 }, '1 round'],
    ['20GB', { kind: 'bytes', bytes: 20e9 }, '20 GB'],
    ['1.5 tb', { kind: 'bytes', bytes: 1.5e12 }, '1.5 TB'],
    ['500MB', { kind: 'bytes', bytes: 500e6 }, '500 MB'],
    ['2GiB', { kind: 'bytes', bytes: 2 ** 31 }, '2.147 GB'],
  ] as const) {
    it(`is read from ${text}, and said`, () => {
      assert.deepEqual(parseKeepLimit(text, '--keep'), limit);
      assert.equal(keepLimitText(limit), shown);
    });
  }

  for (const text of [
    '',
    '20',
    'GB',
    '0GB',
    '0 rounds',
    '1.5 rounds',
    '-1GB',
    '20 KB',
    '1e3MB',
    'ALL',
    '9999999TB',
  ]) {
    it(`is refused in one sentence where it is ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parseKeepLimit(text, '--keep'),
        /^OperatorError: --keep must be a number of rounds or of MB, GB or TB above 0, or all, such as "1000 rounds" or 20GB, got "/,
      );
    });
  }
});
