import assert from 'node:assert/strict';
import { LINEAR_ALGEBRAS } from './linear-algebras.ts';
import { assertClose, run, type TestOptions } from './run-aggregate.ts';

/** What a rule gives on inputs worked by hand. */
interface Case {
  readonly what: string;
  readonly pipeline: unknown;
  readonly rows: number[][];
  readonly f: number;
  readonly options?: Omit<TestOptions, 'f'>;
  readonly expected: number[];
}

const column = (...values: number[]): number[][] => values.map((x) => [x]);
const SQRT2 = Math.SQRT2;

const CASES: readonly Case[] = [
  {
    what: 'mean',
    pipeline: 'mean',
    rows: [
      [1, 2],
      [3, 6],
      [5, 1],
    ],
    f: 0,
    expected: [3, 3],
  },
  {
    what: 'weighted mean',
    pipeline: 'mean',
    rows: column(1, 5),
    f: 0,
    options: { weights: Float64Array.of(3, 1) },
    expected: [2],
  },
  {
    // units (1, 0), (0.6, 0.8), and a zero that stays zero
    what: 'normalized mean',
    pipeline: 'normalized-mean',
    rows: [
      [2, 0],
      [3, 4],
      [0, 0],
    ],
    f: 0,
    expected: [1.6 / 3, 0.8 / 3],
  },
  { what: 'median of an even number', pipeline: 'median', rows: column(9, 1, 4, 2), f: 1, expected: [3] },
  {
    what: 'lower median',
    pipeline: { rule: 'median', ties: 'lower' },
    rows: column(9, 1, 4, 2),
    f: 1,
    expected: [2],
  },
  {
    // cumulative weights 2, 3, 7 of 7: the first that exceeds 3.5 is the last
    what: 'weighted median',
    pipeline: 'median',
    rows: column(1, 2, 3),
    f: 1,
    options: { weights: Float64Array.of(2, 1, 4) },
    expected: [3],
  },
  {
    // cumulative weights 2, 3, 3, 6 of 6: 3 is half, the next value with a weight is 4
    what: 'weighted median at exactly half',
    pipeline: 'median',
    rows: column(1, 2, 3, 4),
    f: 1,
    options: { weights: Float64Array.of(2, 1, 0, 3) },
    expected: [3],
  },
  { what: 'trimmed mean', pipeline: 'trimmed-mean', rows: column(100, 1, 2, 6, -50), f: 1, expected: [3] },
  {
    // n - f - 2 = 2 neighbours: scores 1 + 4, 1 + 1, 1 + 4, 64 + 81, ...
    what: 'krum',
    pipeline: 'krum',
    rows: column(0, 1, 2, 10, 30),
    f: 1,
    expected: [1],
  },
  {
    // the same scores: 5, 2, 5, 145, 1184; the four least are averaged
    what: 'multi-krum',
    pipeline: 'multi-krum',
    rows: column(0, 1, 2, 10, 30),
    f: 1,
    expected: [3.25],
  },
  {
    // one step from zero: weights 1/3 and 1/6, so (3 / 3 + 6 / 6) / (1/2)
    what: 'one step of RFA',
    pipeline: { rule: 'geometric-median', iterations: 1 },
    rows: column(3, 6),
    f: 0,
    expected: [4],
  },
  {
    // second step from 4: weights 1 and 1/2
    what: 'two steps of RFA',
    pipeline: { rule: 'geometric-median', iterations: 2 },
    rows: column(3, 6),
    f: 0,
    expected: [4],
  },
  {
    // the medoid is 1 (distances 1 + 9); from it the weights are 1, 10 (nu) and 1/9: (0 + 10 + 10/9) / (1 + 10 + 1/9)
    what: 'one step of RFA from the medoid',
    pipeline: { rule: 'geometric-median', iterations: 1, start: 'medoid' },
    rows: column(0, 1, 10),
    f: 0,
    expected: [1],
  },
  {
    // 1 and 2 are both medoids, the first is taken: weights 1, 10, 1 and 1/9, so (10 + 2 + 10/9) / (12 + 1/9)
    what: 'one step of RFA from the first of two medoids',
    pipeline: { rule: 'geometric-median', iterations: 1, start: 'medoid' },
    rows: column(0, 1, 2, 10),
    f: 0,
    expected: [118 / 109],
  },
  {
    // from zero the input 0.05 counts 1 / nu = 10, the input 1 counts 1
    what: 'the smoothing of RFA',
    pipeline: { rule: 'geometric-median', iterations: 1, nu: 0.1 },
    rows: column(0.05, 1),
    f: 0,
    expected: [1.5 / 11],
  },
  {
    // the Fermat point of a right isosceles triangle with legs 1: on the diagonal at (3 - sqrt 3) / 6
    what: 'a Fermat point',
    pipeline: { rule: 'geometric-median', iterations: 'converge' },
    rows: [
      [0, 0],
      [1, 0],
      [0, 1],
    ],
    f: 1,
    expected: [(3 - Math.sqrt(3)) / 6, (3 - Math.sqrt(3)) / 6],
  },
  {
    what: 'the crossing of the diagonals of a convex quadrilateral',
    pipeline: { rule: 'geometric-median', iterations: 'converge' },
    rows: [
      [0, 0],
      [4, 4],
      [4, 0],
      [0, 4],
    ],
    f: 1,
    expected: [2, 2],
  },
  {
    // an angle of more than 120 degrees: the vertex itself
    what: 'a geometric median that is an input',
    pipeline: { rule: 'geometric-median', iterations: 'converge' },
    rows: [
      [-10, 1],
      [0, 0],
      [10, 1],
    ],
    f: 1,
    expected: [0, 0],
  },
  {
    what: 'a collinear geometric median between two inputs',
    pipeline: { rule: 'geometric-median', iterations: 'converge' },
    rows: column(0, 1, 3, 100),
    f: 1,
    expected: [2],
  },
  {
    what: 'a weighted geometric median',
    pipeline: { rule: 'geometric-median', iterations: 'converge' },
    rows: [
      [5, 5],
      [0, 0],
      [9, 0],
    ],
    f: 1,
    options: { weights: Float64Array.of(3, 1, 1) },
    expected: [5, 5],
  },
  {
    // (0.5, 1, -1) / 3 from zero with tau 1
    what: 'centered clipping from zero',
    pipeline: { rule: 'centered-clipping', tau: 1, iterations: 1 },
    rows: column(0.5, 3, -8),
    f: 1,
    expected: [0.5 / 3],
  },
  {
    // from 10: differences -2, 5, 90 clipped to -2, 4, 4
    what: 'centered clipping from the previous aggregate',
    pipeline: { rule: 'centered-clipping', tau: 4, iterations: 1 },
    rows: column(8, 15, 100),
    f: 1,
    options: { previous: Float32Array.of(10) },
    expected: [12],
  },
  {
    // then from 12: -4, 3, 4
    what: 'two steps of centered clipping',
    pipeline: { rule: 'centered-clipping', tau: 4, iterations: 2 },
    rows: column(8, 15, 100),
    f: 1,
    options: { previous: Float32Array.of(10) },
    expected: [13],
  },
  { what: 'mda', pipeline: 'mda', rows: column(0, 4, 5, 7, 30), f: 2, expected: [16 / 3] },
  {
    what: 'mda, of equal diameters the first',
    pipeline: 'mda',
    rows: column(0, 1, 2),
    f: 1,
    expected: [0.5],
  },
  {
    // in one dimension the top eigenvalue is the variance
    what: 'smea in one dimension',
    pipeline: 'smea',
    rows: column(0, 4, 5, 7, 30),
    f: 2,
    expected: [16 / 3],
  },
  {
    // without either of the last two the spread is 2 along one axis or 2.9 along the other; of the mean only the axis counts
    what: 'smea along the axis of greatest variance',
    pipeline: 'smea',
    rows: [
      [-1, 0],
      [1, 0],
      [0, 0.9],
      [0, -0.9],
      [3, 0],
    ],
    f: 1,
    expected: [0, 0],
  },
  {
    what: 'monna',
    pipeline: { rule: 'monna', own: 1 },
    rows: column(0, 5, 6, 9, -3),
    f: 2,
    expected: [20 / 3],
  },
  {
    what: 'monna, own named by the caller',
    pipeline: 'monna',
    rows: column(0, 5, 6, 9, -3),
    f: 2,
    options: { own: 4 },
    expected: [2 / 3],
  },
  {
    // median 3; nearest four: 3, 2, 5, 0
    what: 'meamed',
    pipeline: 'meamed',
    rows: column(0, 2, 3, 5, 90),
    f: 1,
    expected: [2.5],
  },
  {
    // trimmed mean 10 / 3; nearest four: 3, 2, 5, 0
    what: 'phocas',
    pipeline: 'phocas',
    rows: column(0, 2, 3, 5, 90),
    f: 1,
    expected: [2.5],
  },
  {
    // n = 7, f = 1: Krum picks 2 (scores of 4 neighbours), then 1, 3, 0, 4; median 2, the three nearest are 1, 2, 3
    what: 'bulyan',
    pipeline: 'bulyan',
    rows: column(0, 1, 2, 3, 4, 90, -80),
    f: 1,
    expected: [2],
  },
  {
    // mean 20, top direction the axis: 96 is farthest (76^2) and loses all its weight; the others' mean is 1
    what: 'caf',
    pipeline: 'caf',
    rows: column(0, 1, 1, 2, 96),
    f: 1,
    // c = 1 - (x - 20)^2 / 76^2 for the next mean: weights 5376, 5415, 5415, 5452 of 5776
    expected: [(5415 + 5415 + 2 * 5452) / (5376 + 5415 + 5415 + 5452)],
  },
  {
    // one direction only: the unit inputs lie on it, Y is it, and (1 / r) sum u_i with r = 2
    what: 'flag as released, on a line',
    pipeline: 'flag',
    rows: [
      [3, 4],
      [6, 8],
      [-3, -4],
    ],
    f: 0,
    expected: [0.3, 0.4],
  },
  {
    what: 'flag of the paper, on a line: the mean',
    pipeline: { rule: 'flag', arithmetic: 'paper' },
    rows: [
      [3, 4],
      [6, 8],
      [-3, -4],
    ],
    f: 0,
    expected: [2, 8 / 3],
  },
  {
    // r = 1: the axis that two of three share wins the first fit; the projection of (0, 5) on it is zero
    what: 'flag, the majority direction',
    pipeline: { rule: 'flag', r: 1 },
    rows: [
      [2, 0],
      [7, 0],
      [0, 5],
    ],
    f: 1,
    expected: [2, 0],
  },
  {
    // median 2; the four nearest to it are 0 to 4
    what: 'ctma over the median',
    pipeline: { rule: 'ctma', base: 'median' },
    rows: column(0, 1, 2, 4, 50),
    f: 1,
    expected: [1.75],
  },
  {
    // mean 11.4: 4 (7.4), 2, 1, 0 (11.4) are kept, 50 (38.6) is cut
    what: 'ctma over the mean',
    pipeline: { rule: 'ctma', base: 'mean' },
    rows: column(0, 1, 2, 4, 50),
    f: 1,
    expected: [1.75],
  },
  {
    // weighted median 2; lambda = 1/4 of 8 is cut: by distance 2 (3), 1 (1), 0 (2 of its 2), then nothing of 9 (2)
    what: 'weighted ctma',
    pipeline: { rule: 'ctma', base: 'median' },
    rows: column(0, 1, 2, 9),
    f: 1,
    options: { weights: Float64Array.of(2, 1, 3, 2) },
    expected: [7 / 6],
  },
  {
    // 40 % of 5 is cut: 2, 1 and (of 4 and 0, equally far, the lower index) 0
    what: 'ctma with a share to trim',
    pipeline: { rule: 'ctma', base: 'median', trim: 0.4 },
    rows: column(0, 1, 2, 4, 50),
    f: 1,
    expected: [1],
  },
  {
    // half an input is cut: 0 and 4 are equally far from 2, 50 keeps half of its weight
    what: 'ctma that cuts part of an input',
    pipeline: { rule: 'ctma', base: 'median', trim: 0.1 },
    rows: column(0, 1, 2, 4, 50),
    f: 1,
    expected: [32 / 4.5],
  },
  {
    // the three nearest of each: (0, 1, 2) thrice and (1, 2, 50)
    what: 'nnm, then the median',
    pipeline: { rule: 'median', pre: ['nnm'] },
    rows: column(0, 1, 2, 50),
    f: 1,
    expected: [1],
  },
  {
    what: 'clip, then the mean',
    pipeline: { rule: 'mean', pre: [{ name: 'clip', c: 5 }] },
    rows: [
      [3, 4],
      [30, 40],
      [0, -1],
    ],
    f: 0,
    expected: [2, 7 / 3],
  },
  {
    // floor(2 (1/4) 3) = 1 input is clipped to the next norm, 4
    what: 'arc, then the mean',
    pipeline: { rule: 'mean', pre: ['arc'] },
    rows: column(1, -100, 3, 4),
    f: 1,
    expected: [1],
  },
  {
    what: 'buckets of all inputs, then any rule: the mean',
    pipeline: { rule: 'median', pre: [{ name: 'bucketing', s: 4, seed: 7 }] },
    rows: column(1, 2, 3, 10),
    f: 0,
    expected: [4],
  },
  {
    // clip leaves (1), (1), (-1); base mean 1/3; CTMA trims the clipped rows: both at 1 are kept
    what: 'ctma trims what clipping left',
    pipeline: { rule: 'ctma', base: 'mean', pre: [{ name: 'clip', c: 1 }] },
    rows: column(8, 2, -100),
    f: 1,
    expected: [1],
  },
  {
    what: 'a normalised mean of diagonals',
    pipeline: 'normalized-mean',
    rows: [
      [1, 1],
      [-2, 2],
    ],
    f: 0,
    expected: [0, SQRT2 / 2],
  },
];

for (const { name, create } of LINEAR_ALGEBRAS) {
  describe(`aggregation rules worked by hand, ${name}`, () => {
    const linalg = create();
    after(() => linalg.close());
    for (const { what, pipeline, rows, f, options, expected } of CASES) {
      it(what, () => {
        const { vector } = run(pipeline, rows, { ...options, f, linalg });
        const unit = expected.map((x) => x + 1);
        // shifted by one, so that an expected zero has a scale
        assertClose(
          vector.map((x) => x + 1),
          unit,
          1e-6,
          what,
        );
      });
    }

    it('reports coefficients, kept rows and what it ranked by', () => {
      const rows = column(0, 1, 2, 10, 30);
      const krum = run('krum', rows, { f: 1, linalg }).result;
      assert.deepEqual([...(krum.coefficients ?? [])], [0, 1, 0, 0, 0], 'Krum is one of its inputs');
      assert.equal(krum.report?.measure, 'krum-score', 'scores');
      assert.deepEqual(
        krum.report?.rows.map((row) => row.distance),
        [5, 2, 5, 145, 1184],
        'by hand',
      );
      assert.deepEqual(
        krum.report?.rows.filter((row) => row.kept).map((row) => row.row),
        [1],
        'one is kept',
      );

      const ctma = run({ rule: 'ctma', base: 'median' }, rows, { f: 1, linalg }).result;
      assert.equal(ctma.report?.measure, 'to-base', 'distances to the median');
      assert.deepEqual(
        ctma.report?.rows.map((row) => row.distance),
        [2, 1, 0, 8, 28],
        'median 2',
      );
      assert.deepEqual(
        ctma.report?.rows.map((row) => row.kept),
        [true, true, true, true, false],
        'one is cut',
      );
      assert.deepEqual([...(ctma.coefficients ?? [])], [0.25, 0.25, 0.25, 0.25, 0], 'a mean of four');

      const monna = run({ rule: 'monna', own: 3 }, rows, { f: 1, linalg }).result;
      assert.deepEqual(
        monna.report?.rows.map((row) => row.distance),
        [10, 9, 8, 0, 20],
        'distances to 10',
      );
      assert.equal(monna.report?.measure, 'to-own', 'its own input is the centre');

      const mda = run('mda', rows, { f: 2, linalg }).result;
      assert.deepEqual(
        mda.report?.rows.map((row) => row.kept),
        [true, true, true, false, false],
        'mda',
      );
      assert.deepEqual(
        mda.report?.rows.map((row) => row.distance),
        [1, 0, 1, 9, 29],
        'distances to its mean',
      );

      const mixed = run(
        { rule: 'krum', pre: [{ name: 'bucketing', s: 2, seed: 1 }] },
        column(1, 2, 3, 4, 50),
        {
          f: 0,
          linalg,
        },
      ).result;
      const kept = mixed.report?.rows.filter((row) => row.kept).map((row) => row.row) ?? [];
      assert.equal(mixed.report?.measure, 'to-aggregate', 'of buckets the report is about inputs');
      assert.deepEqual(
        kept,
        [...(mixed.coefficients ?? []).keys()].filter((i) => mixed.coefficients?.[i] !== 0),
        'the bucket kept',
      );

      const clipping = run({ rule: 'centered-clipping', tau: 4 }, column(8, 15, 100), {
        ...{ f: 1, linalg, previous: Float32Array.of(10) },
      }).result;
      const sum = [...(clipping.coefficients ?? [])].reduce((total, c) => total + c, 0);
      assert.ok(
        Math.abs(sum + (clipping.previousCoefficient ?? NaN) - 1) < 1e-12,
        'coefficients add up to 1',
      );
      assert.equal(run('median', rows, { f: 1, linalg }).result.coefficients, undefined, 'a median has none');
      assert.equal(run('median', rows, { f: 1, linalg }).result.report, undefined, 'and keeps no rows');
    });
  });
}
