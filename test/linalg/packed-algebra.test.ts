/** Passes over packed rows against the same passes on the unpacked values in plain arrays: the bytes are equal. */
import assert from 'node:assert/strict';
import { addInnerProducts } from '../../src/aggregation/passes.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import type { KernelStatistic, Matrix, PackedAlgebra } from '../../src/linalg/linear-algebra.ts';
import { shareRow } from '../../src/linalg/packed-memory.ts';
import {
  float32Row,
  readPacked,
  scaledRow,
  sparseRow,
  zeroRow,
  type PackedRow,
} from '../../src/linalg/packed-row.ts';
import { createPlainLinearAlgebra } from '../../src/linalg/plain-linear-algebra.ts';
import { createWasmLinearAlgebra } from '../../src/linalg/wasm-linear-algebra.ts';

/** Two whole segments of 32,768 columns and a part that is no multiple of four. */
const D = 70_003;
const N = 5;
const plain = createPlainLinearAlgebra();

type Make = (random: SeededRandom) => PackedRow;

const float32: Make = (random) => float32Row(Float32Array.from({ length: D }, () => random.nextNormal()));

const bfloat16: Make = (random) => {
  const words = new Uint32Array(Float32Array.from({ length: D }, () => random.nextNormal()).buffer);
  return { kind: 'bfloat16', d: D, scale: 1, halves: Uint16Array.from(words, (word) => word >>> 16) };
};

const int8 =
  (block: number): Make =>
  (random) => ({
    ...{ kind: 'int8', d: D, scale: 1, block },
    scales: Float32Array.from({ length: Math.ceil(D / block) }, (_, b) => (b === 1 ? 0 : random.next())),
    levels: Int8Array.from({ length: D }, () => random.nextBelow(255) - 127),
  });

/** One in a hundred; the same places for a part, so that products are many. */
const sparse: Make = (random) => {
  const isKept = Array.from({ length: D }, (_, i) => i % 200 === 0 || random.nextBelow(200) === 0);
  const indices = Uint32Array.from(isKept.keys()).filter((i) => isKept[i]);
  return sparseRow(
    D,
    indices,
    Float32Array.from(indices, (i) => (i % 7 === 0 ? -0 : random.nextNormal())),
  );
};

/** Products of float32 vanish in one segment and overflow in another. */
const extreme: Make = () => {
  const indices = Uint32Array.of(3, 4, 40_000, 40_001, 69_999);
  return sparseRow(D, indices, Float32Array.of(1e-25, 2e-30, 1e25, -3e24, 1));
};

const KINDS: readonly (readonly [string, readonly Make[]])[] = [
  ['float32', [float32]],
  ['bfloat16', [bfloat16]],
  ['int8 in blocks of 256', [int8(256)]],
  ['int8 in blocks of 100', [int8(100)]],
  ['int8 in one block', [int8(2 ** 30)]],
  ['int8 in blocks of one', [int8(1)]],
  ['sparse', [sparse]],
  ['sparse, one without entries', [sparse, () => zeroRow(D)]],
  ['sparse, extreme', [extreme, sparse]],
  ['mixed', [float32, bfloat16, int8(64), sparse]],
];

const STATISTICS: readonly KernelStatistic[] = [
  { kind: 'median', ties: 'lower' },
  { kind: 'median', ties: 'mean' },
  { kind: 'trimmed-mean', f: 1 },
  { kind: 'nearest-to-median', keep: 3 },
  { kind: 'nearest-to-trimmed-mean', f: 1, keep: 2 },
  { kind: 'weighted-median', weights: Float64Array.of(1, 2, 0.5, 3, 1) },
];

function matrixOf(rows: readonly PackedRow[]): Matrix {
  const matrix = plain.createMatrix(rows.length, D);
  rows.forEach((row, i) => readPacked(row, 0, D, matrix.row(i)));
  return matrix;
}

function vectorOf(row: PackedRow): Float32Array {
  return matrixOf([row]).row(0);
}

const equal = (found: Float32Array | Float64Array, expected: typeof found, what: string): void =>
  assert.ok(Buffer.from(found.buffer).equals(Buffer.from(expected.buffer)), `${what}: the same bytes`);

function plainInnerProducts(matrix: Matrix, center: Float32Array, points: Float32Array[]): Float64Array {
  const rows = [...Array.from({ length: N }, (_, i) => matrix.row(i)), ...points];
  const products = new Float64Array(points.length * rows.length);
  addInnerProducts(products, rows, center, points);
  return products;
}

function compare(algebra: PackedAlgebra, rows: readonly PackedRow[], beside: PackedRow): void {
  const matrix = matrixOf(rows);
  const vector = vectorOf(beside);
  equal(algebra.gram(rows), plain.gram(matrix), 'gram');
  equal(algebra.gram(rows, beside), plain.gram(matrix, vector), 'gram around a vector');
  equal(algebra.gram(rows, rows[1]), plain.gram(matrix, matrix.row(1)), 'gram around a row');
  equal(
    algebra.squaredDistances(rows, beside),
    plain.squaredDistances(matrix, vector),
    'distances to a vector',
  );
  const norms = plain.squaredDistances(matrix, new Float32Array(D));
  equal(algebra.squaredDistances(rows, zeroRow(D)), norms, 'squared norms');
  const coefficients = Float64Array.of(0.3, -1.25, 0, 2, 1e-3);
  const found = new Float32Array(D);
  const expected = new Float32Array(D);
  algebra.weightedSum(rows, coefficients, found);
  plain.weightedSum(matrix, coefficients, expected);
  equal(found, expected, 'weighted sum');
  algebra.weightedSum(rows, coefficients, found, beside);
  plain.weightedSum(matrix, coefficients, expected, vector);
  equal(found, expected, 'weighted sum on a base');
  const places = [zeroRow(D), beside];
  equal(
    algebra.innerProducts(rows, rows[2]!, places),
    plainInnerProducts(matrix, matrix.row(2), places.map(vectorOf)),
    'inner products',
  );
  const mixed = mixturesOf(matrix, MIXTURES);
  for (const statistic of STATISTICS) {
    algebra.columns(rows, statistic, found);
    plain.columns(matrix, statistic, expected);
    equal(found, expected, JSON.stringify(statistic));
    algebra.mixedColumns(rows, MIXTURES, statistic, found);
    plain.columns(mixed, statistic, expected);
    equal(found, expected, `${JSON.stringify(statistic)} of mixtures`);
  }
}

/** As many as the statistics have weights. */
const MIXTURES = [
  Float64Array.of(0.2, 0.2, 0.2, 0.2, 0.2),
  Float64Array.of(0, 1, 0, 0, 0),
  Float64Array.of(1 / 3, 0, 2 / 3, -0.7, 1e-3),
  Float64Array.of(0, 0, 0, 0, 0),
  Float64Array.of(0, 0, 0.25, 0.25, 0.5),
];

function mixturesOf(matrix: Matrix, points: readonly Float64Array[]): Matrix {
  const mixed = plain.createMatrix(points.length, matrix.d);
  points.forEach((point, k) => plain.weightedSum(matrix, point, mixed.row(k)));
  return mixed;
}

describe('passes over packed rows', () => {
  for (const threads of [1, 2]) {
    describe(`${threads} thread${threads === 1 ? '' : 's'}`, () => {
      const linalg = createWasmLinearAlgebra({ threads });
      before(() => linalg.ready);
      after(() => linalg.close());

      for (const [name, makes] of KINDS) {
        it(name, () => {
          const random = new SeededRandom('packed', name);
          const rows = Array.from({ length: N }, (_, i) => makes[i % makes.length]!(random));
          compare(linalg.packed, rows, float32(random));
          assert.equal(linalg.usedBytes, 0, 'all scratch memory was given back');
        });
      }

      it('rows that are scaled, each value rounded once', () => {
        const random = new SeededRandom('packed', 'scaled');
        const rows = [float32, bfloat16, int8(256), sparse, sparse].map((make, i) =>
          i === 1 ? make(random) : scaledRow(make(random), 0.1 + i / 3),
        );
        compare(linalg.packed, rows, bfloat16(random));
        const value = readOne(rows[0]!, 17);
        assert.equal(value, Math.fround((rows[0] as { values: Float32Array }).values[17]! * 0.1));
      });

      it('more rows than a network takes', () => {
        const random = new SeededRandom('packed', 'many');
        const short = Array.from({ length: 300 }, () =>
          float32Row(Float32Array.from({ length: 50 }, () => random.nextNormal())),
        );
        const matrix = plain.createMatrix(300, 50);
        short.forEach((row, i) => readPacked(row, 0, 50, matrix.row(i)));
        const [found, expected] = [new Float32Array(50), new Float32Array(50)];
        linalg.packed.columns(short, { kind: 'trimmed-mean', f: 20 }, found);
        plain.columns(matrix, { kind: 'trimmed-mean', f: 20 }, expected);
        equal(found, expected, 'trimmed mean');
      });

      it('fewer and more mixtures than rows, up to more than a network takes', () => {
        const random = new SeededRandom('packed', 'mixtures');
        const rows = [float32, int8(100), bfloat16].map((make) => make(random));
        const matrix = matrixOf(rows);
        for (const count of [1, 2, 3, 8, 300]) {
          const points = Array.from({ length: count }, () =>
            Float64Array.from(rows, () => random.nextNormal()),
          );
          const statistic = { kind: 'trimmed-mean', f: Math.floor((count - 1) / 3) } as const;
          const [found, expected] = [new Float32Array(D), new Float32Array(D)];
          linalg.packed.mixedColumns(rows, points, statistic, found);
          plain.columns(mixturesOf(matrix, points), statistic, expected);
          equal(found, expected, `${count} mixtures`);
        }
        assert.equal(linalg.usedBytes, 0, 'all scratch memory was given back');
      });

      it('rows in shared memory stay where they are, and no rows or columns give nothing', () => {
        const row = shareRow(int8(256)(new SeededRandom('shared')));
        assert.equal(shareRow(row).kind === 'int8' && shareRow(row).kind, 'int8');
        const { levels } = shareRow(row) as Extract<PackedRow, { kind: 'int8' }>;
        assert.equal(levels, (row as Extract<PackedRow, { kind: 'int8' }>).levels);
        assert.equal(linalg.packed.gram([]).length, 0);
        assert.deepEqual(linalg.packed.gram([float32Row(new Float32Array(0))]), Float64Array.of(0));
      });
    });
  }
});

describe('a packed row', () => {
  for (const [name, [make]] of KINDS) {
    it(`${name}: any block is the same part of the whole`, () => {
      const row = make!(new SeededRandom('blocks', name));
      const whole = vectorOf(row);
      for (const [start, end] of [
        [0, 1],
        [255, 258],
        [32_700, 40_003],
        [65_535, D],
      ] as const) {
        const block = new Float32Array(end - start + 2).fill(7);
        readPacked(row, start, end, block);
        assert.deepEqual(block.subarray(0, end - start), whole.subarray(start, end));
        assert.deepEqual([...block.subarray(end - start)], [7, 7], 'nothing is written behind the block');
      }
    });
  }
});

function readOne(row: PackedRow, at: number): number {
  const out = new Float32Array(1);
  readPacked(row, at, at + 1, out);
  return out[0] as number;
}
