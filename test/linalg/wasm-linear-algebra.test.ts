import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SEGMENT_COLUMNS } from '../../src/linalg/gram-blocks.ts';
import type { LinearAlgebra, Matrix } from '../../src/linalg/linear-algebra.ts';
import { openLinearAlgebra } from '../../src/linalg/open-linear-algebra.ts';
import { createPlainLinearAlgebra } from '../../src/linalg/plain-linear-algebra.ts';
import { createWasmLinearAlgebra, type WasmLinearAlgebra } from '../../src/linalg/wasm-linear-algebra.ts';
import { bytesOf, fill, nameOf, normalRows, statisticsFor, tiedRows } from './naive.ts';

const plain = createPlainLinearAlgebra();

/** Everything that the contract offers on the same inputs, by name, as bytes. */
function everyResult(linalg: LinearAlgebra, rows: readonly Float32Array[], d: number): Map<string, string> {
  const n = rows.length;
  const x = fill(linalg, rows, d);
  const reference = rows[n - 1]!;
  const coefficients = Float64Array.from(rows, (_, i) => (i - 1.3) / n);
  const results = new Map<string, string>();
  const vector = (name: string, compute: (out: Float32Array) => void) => {
    const out = new Float32Array(d);
    compute(out);
    results.set(name, bytesOf(out));
  };
  results.set('gram', bytesOf(linalg.gram(x)));
  results.set('gram less reference', bytesOf(linalg.gram(x, reference)));
  results.set('gram less own row', bytesOf(linalg.gram(x, x.row(0))));
  results.set('distances', bytesOf(linalg.squaredDistances(x, reference, new Float64Array(n).fill(0.1))));
  vector('sum', (out) => linalg.weightedSum(x, coefficients, out));
  vector('sum on base', (out) => linalg.weightedSum(x, coefficients, out, reference));
  for (const statistic of statisticsFor(n))
    vector(nameOf(statistic), (out) => linalg.columns(x, statistic, out));
  linalg.weightedSum(x, coefficients, x.row(n - 1));
  results.set('sum in place', bytesOf(x.row(n - 1)));
  x.free();
  return results;
}

function assertSameResults(
  actual: ReadonlyMap<string, string>,
  expected: ReadonlyMap<string, string>,
  what: string,
): void {
  for (const [name, bytes] of expected) assert.ok(actual.get(name) === bytes, `${what}: ${name}`);
}

describe('WebAssembly linear algebra', () => {
  const teams: WasmLinearAlgebra[] = [];

  before(async () => {
    teams.push(...[1, 2, 3].map((threads) => createWasmLinearAlgebra({ threads })));
    await Promise.all(teams.map(({ ready }) => ready));
  });

  after(() => {
    for (const team of teams) {
      assert.equal(team.usedBytes, 0, 'every call gave its memory back');
      team.close();
    }
  });

  it('gives the bytes of plain typed arrays on 1, 2 and 3 threads', () => {
    const shapes = [
      [1, 1],
      [1, 9],
      [2, 2],
      [3, 255],
      [4, 256],
      [5, 257],
      [6, 1023],
      [7, SEGMENT_COLUMNS * 2 + 3],
    ] as const;
    for (const [n, d] of [...shapes, [16, 513], [17, 70], [33, 41], [64, 19]] as const) {
      const rows = normalRows(n, d, 1);
      const expected = everyResult(plain, rows, d);
      for (const team of teams) {
        assertSameResults(everyResult(team, rows, d), expected, `${n} x ${d}, ${team.threads} threads`);
      }
    }
  });

  it('gives the bytes of plain typed arrays for ties, zeros of both signs, denormal and huge values', () => {
    const team = teams[1]!;
    for (const [n, d] of [
      [5, 300],
      [16, 131],
    ] as const) {
      const mixed = normalRows(n, d, 2).map((row, i) => row.map((x) => x * 10 ** (((i * 19) % 77) - 40)));
      for (const rows of [tiedRows(n, d, 3), normalRows(n, d, 3, 1e38), normalRows(n, d, 4, 1e-44), mixed]) {
        const bounded = rows.map((row) => row.map((x) => Math.max(-3.4e38, Math.min(3.4e38, x))));
        assertSameResults(everyResult(team, bounded, d), everyResult(plain, bounded, d), `${n} x ${d}`);
      }
    }
  });

  it('gives the bytes of plain typed arrays on both sides of the longest network', () => {
    for (const n of [256, 257]) {
      for (const rows of [normalRows(n, 21, 5), tiedRows(n, 21, 5)]) {
        assertSameResults(everyResult(teams[0]!, rows, 21), everyResult(plain, rows, 21), `n ${n}`);
      }
    }
  });

  it('finds the rows that hold NaN or an infinity, wherever they are', () => {
    const d = SEGMENT_COLUMNS + 13;
    for (const linalg of [plain, ...teams]) {
      const x = fill(linalg, normalRows(6, d, 6, 5e37), d);
      assert.deepEqual(linalg.nonFiniteRows(x), [], 'huge values are finite');
      x.row(1)[d - 1] = NaN;
      x.row(3)[0] = -Infinity;
      x.row(4)[SEGMENT_COLUMNS + 7] = Infinity;
      assert.deepEqual(linalg.nonFiniteRows(x), [1, 3, 4], 'first, last and middle columns');
      x.free();
    }
  });

  it('does not slow down or fail on columns that defeat a plain quick-select', () => {
    const n = 1200;
    const organ = Float32Array.from({ length: n }, (_, i) => Math.min(i, n - i));
    const rows = Array.from(organ, (x, i) => Float32Array.of(x, i, -i, 1));
    assertSameResults(
      everyResult(teams[0]!, rows, 4),
      everyResult(plain, rows, 4),
      'organ pipe, sorted, equal',
    );
  });

  it('gives the bytes of plain typed arrays for random small shapes (property)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(99),
        (n, d, seed) => {
          const rows = normalRows(n, d, seed);
          assertSameResults(everyResult(teams[0]!, rows, d), everyResult(plain, rows, d), `${n} x ${d}`);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('keeps matrices apart, zeroed and alive while the memory grows', () => {
    const [team] = teams as [WasmLinearAlgebra];
    const first = team.createMatrix(2, 5);
    first.row(1).fill(7);
    const others = Array.from({ length: 20 }, (_, i) => team.createMatrix(i + 1, 30_000));
    assert.deepEqual([...first.row(1)], [7, 7, 7, 7, 7], 'kept');
    assert.deepEqual([...team.squaredDistances(first, new Float32Array(5))], [0, 245], 'and computed with');
    others.forEach((matrix) => matrix.row(0).fill(9));
    others.forEach((matrix) => matrix.free());
    const reused = team.createMatrix(4, 50_000);
    assert.ok(reused.row(3).every((x) => x === 0) && reused.row(0).every((x) => x === 0), 'zeroed again');
    reused.free();
    first.free();
    assert.throws(() => first.row(0), /0 once freed/);
  });

  it('refuses more memory than it may use, and a matrix that is not its own', () => {
    const small = createWasmLinearAlgebra({ threads: 1, maximumBytes: 1_000_000 });
    assert.throws(
      () => small.createMatrix(100, 10_000),
      /may use 1000000/,
      'an OperatorError names the limit',
    );
    const stranger: Matrix = plain.createMatrix(2, 2);
    assert.throws(() => small.gram(stranger), /another LinearAlgebra/);
    assert.deepEqual([...small.gram(small.createMatrix(2, 0))], [0, 0, 0, 0], 'd = 0');
    small.close();
  });

  it('opens where SIMD and shared memory exist', () => {
    const linalg = openLinearAlgebra({ threads: 1 });
    assert.ok('ready' in linalg, 'this engine has both');
    linalg.close();
  });
});
