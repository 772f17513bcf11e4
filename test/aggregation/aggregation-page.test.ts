/** What docs/aggregation.md says that the names leave open, held by the rules themselves. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { assertClose, run } from './run-aggregate.ts';

const page = readFileSync(new URL('../../docs/aggregation.md', import.meta.url), 'utf8').replace(/\s+/g, ' ');

const says = (sentence: RegExp): void => assert.match(page, sentence);

describe('the page of the rules', () => {
  it('says where the geometric median begins', () => {
    says(
      /Weiszfeld's method from \*\*zero\*\*.*\(3 steps for \[1\] and \[2\] give 1\.333\)\. `converge` goes to the end/,
    );
    assertClose(run('geometric-median', [[1], [2]], { f: 0 }).vector, [1.333], 1e-3, 'three steps');
    const far = [[1e6], [1e6 + 1], [1e6 + 2]];
    assertClose(
      run({ rule: 'geometric-median', iterations: 'converge' }, far, { f: 0 }).vector,
      [1e6 + 1],
      1e-6,
      'the end',
    );
  });

  it("says that Flag's default ignores norms and divides by r", () => {
    says(
      /`released`, the authors' code\) \*\*ignores the norms of the inputs and divides by r, not by n\*\*: seven inputs \[1, 2\] give \[0\.783, 1\.565\]/,
    );
    says(/`paper` gives \[1, 2\]/);
    const seven = Array.from({ length: 7 }, () => [1, 2]);
    assertClose(run('flag', seven, { f: 1 }).vector, [0.783, 1.565], 1e-3, 'released');
    const longer = seven.map((row) => row.map((value) => 10 * value));
    assertClose(run('flag', longer, { f: 1 }).vector, [0.783, 1.565], 1e-3, 'whatever the norms');
    assertClose(run({ rule: 'flag', arithmetic: 'paper' }, seven, { f: 1 }).vector, [1, 2], 1e-5, 'paper');
  });

  it('says how many multi-krum averages, and how many bulyan picks', () => {
    says(
      /`multi-krum` averages the n - f inputs of least score, `krum` returns the one of least score, and `bulyan` picks n - 2f inputs/,
    );
    const rows = [[1], [2], [3], [4], [5], [1000]];
    assertClose(run('multi-krum', rows, { f: 1 }).vector, [3], 1e-6, 'the mean of five of six');
    const one = run('krum', rows, { f: 1 }).vector[0];
    assert.ok(
      rows.some(([value]) => value === one),
      'one of the inputs',
    );
  });

  it('says what a weighted median takes at half of the weight, and that ties are refused with weights', () => {
    says(
      /where one reaches exactly half \(within rounding\), the mean of it and the next, so equal weights give what no weights give/,
    );
    says(/`ties: lower` is refused with weights/);
    const rows = [[1], [2], [3], [4], [5], [600]];
    for (const weight of [undefined, 1, 0.1, 1e300, 1e-300]) {
      const weights = weight === undefined ? {} : { weights: new Float64Array(6).fill(weight) };
      assertClose(run('median', rows, { f: 1, ...weights }).vector, [3.5], 1e-6, `weights ${weight}`);
    }
    const weights = new Float64Array(6).fill(1);
    assert.throws(
      () => run({ rule: 'median', ties: 'lower' }, rows, { f: 1, weights }),
      /^OperatorError: weights cannot be used: the median with ties = lower has no weighted form; leave ties out/,
    );
  });
});
