import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { reportFault } from '../../../nodes/cli/fault-report.ts';
import { Interrupted } from '../../../nodes/interrupt.ts';
import { assert as assertInside } from '../../../src/foundation/assert.ts';
import { OperatorError } from '../../../src/foundation/operator-error.ts';
import { reviveError, toPlainError } from '../../../src/foundation/plain-error.ts';
import { StoreError } from '../../../src/storage/store.ts';
import { TrainingError } from '../../../src/training/training-error.ts';

const quiet = { verbose: false, versions: 'synod 1' };
const verbose = { ...quiet, verbose: true };

function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return assert.fail('nothing was thrown');
}

describe('the report of a fault', () => {
  const OPERATORS: readonly (readonly [what: string, error: unknown, text: RegExp, exitCode: number])[] = [
    ['an operator fault', new OperatorError('--f must be small'), /^--f must be small$/, 2],
    ['a signal', new Interrupted('SIGTERM'), /^stopped by SIGTERM$/, 143],
    ['a full disk', new StoreError('disk-full', 'the disk is full'), /^the disk is full$/, 2],
    ['a missing file', thrown(() => readFileSync('/nowhere/x')), /^\/nowhere\/x: it does not exist$/, 2],
    ['a folder', thrown(() => readFileSync('/')), /^it is a folder$/, 2],
    [
      'a missing file below another error',
      new Error('cannot go on', { cause: thrown(() => readFileSync('/nowhere/x')) }),
      /^\/nowhere\/x: it does not exist$/,
      2,
    ],
    [
      'a missing file in a thread',
      reviveError(structuredClone(toPlainError(thrown(() => readFileSync('/nowhere/x'))))),
      /^\/nowhere\/x: it does not exist$/,
      2,
    ],
    [
      'an operator fault in a thread',
      reviveError(structuredClone(toPlainError(new OperatorError('bad image')))),
      /^bad image$/,
      2,
    ],
    [
      'a refused connection',
      Object.assign(new Error('connect'), { code: 'ECONNREFUSED', address: '127.0.0.1', port: 9 }),
      /^127\.0\.0\.1 port 9: nothing listens there$/,
      2,
    ],
    [
      'a current folder that is gone',
      Object.assign(new Error('x'), { code: 'ENOENT', syscall: 'uv_cwd' }),
      /^the current folder does not exist any more/,
      2,
    ],
    ['too little memory', new RangeError('Array buffer allocation failed'), /^there is not enough memory/, 2],
  ];
  for (const [what, error, text, exitCode] of OPERATORS) {
    it(`is one sentence for ${what}`, () => {
      const report = reportFault(error, quiet);
      assert.match(report.text, text);
      assert.doesNotMatch(report.text, /\n/);
      assert.equal(report.exitCode, exitCode);
    });
  }

  const OURS: readonly (readonly [what: string, error: unknown])[] = [
    ['a failed assertion', thrown(() => assertInside(false, 'the sum is 0'))],
    ['an error of the training', new TrainingError('engine-failed', 'the sum is 0')],
    ['a type error', new TypeError('the sum is 0')],
    ['something that is no error', 'the sum is 0'],
  ];
  for (const [what, error] of OURS) {
    it(`says that it is ours, and how to report it, for ${what}`, () => {
      const { text, exitCode } = reportFault(error, quiet);
      assert.match(text, /^internal error: .*the sum is 0\nThis is a fault of Synod/);
      assert.match(text, /--verbose, and: synod 1\.$/);
      assert.doesNotMatch(text, /\n\s+at /, 'no stack that nobody asked for');
      assert.equal(exitCode, 1);
      const told = reportFault(error, verbose);
      if (error instanceof Error) assert.match(told.text, /\n\s+at /, 'the stack');
      assert.match(told.text, /please report it/i);
    });
  }
});
