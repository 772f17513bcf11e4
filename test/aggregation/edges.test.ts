import assert from 'node:assert/strict';
import { aggregate } from '../../src/aggregation/aggregate.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { ALL_RULES, nameOf } from './all-rules.ts';
import { LINEAR_ALGEBRAS } from './linear-algebras.ts';
import { naiveAggregate } from './naive/pipeline.ts';
import { norm } from './naive/vectors.ts';
import { assertClose, matrixOf, pipelineOf, PLAIN, randomRows, run } from './run-aggregate.ts';

const repeat = <T>(n: number, value: T): T[] => new Array<T>(n).fill(value);

for (const { name, create } of LINEAR_ALGEBRAS) {
  describe(`aggregation at its edges, ${name}`, () => {
    const linalg = create();
    after(() => linalg.close());

    for (const { pipeline, movesWithInputs, degree } of ALL_RULES) {
      describe(nameOf(pipeline), () => {
        const whole = movesWithInputs || degree === 1;

        it('takes one input', () => {
          const { vector } = run(pipeline, [[0.25, -0.5]], { f: 0, linalg });
          if (whole) assertClose(vector, [0.25, -0.5], 1e-6, 'the input itself');
          assert.ok(vector.every(Number.isFinite), 'finite');
        });

        it('takes f = 0', () => {
          const rows = randomRows(3, 6, 4);
          const { vector } = run(pipeline, rows, { f: 0, linalg });
          assertClose(vector, naiveAggregate(pipelineOf(pipeline), rows, { f: 0 }), 1e-4, 'as in R^d');
        });

        it('takes equal inputs', () => {
          const { vector } = run(pipeline, repeat(11, [3, -4, 12]), { f: 2, linalg });
          if (whole) assertClose(vector, [3, -4, 12], 1e-6, 'the common input');
          assert.ok(vector.every(Number.isFinite), 'finite');
        });

        it('takes zeros', () => {
          const { vector } = run(pipeline, repeat(11, [0, 0]), { f: 2, linalg });
          assert.deepEqual(vector.map(Math.abs), [0, 0], 'zero');
        });

        it('takes duplicates, so that the Gram matrix is singular', () => {
          const [a, b, c] = [
            [1, 2, 3, 4],
            [2, 1, 0, 5],
            [1.5, 2, 2, 4],
          ];
          const rows = [a, b, c, a, b, c, a, a, c, c, b] as number[][];
          const { vector } = run(pipeline, rows, { f: 2, linalg });
          const expected = naiveAggregate(pipelineOf(pipeline), rows, { f: 2 });
          assertClose(vector, expected, 1e-4, 'as in R^d');
        });

        it('takes denormal numbers', () => {
          // 2^-140 is a float32 denormal; its square vanishes even in float64's eyes of a float32
          const rows = randomRows(4, 11, 5).map((row) =>
            row.map((x) => Math.fround(Math.round(8 * x) * 2 ** -140)),
          );
          const { vector } = run(pipeline, rows, { f: 2, linalg });
          const expected = naiveAggregate(pipelineOf(pipeline), rows, { f: 2 });
          // of some dozen units in the last place
          const allowed = 0.02 + 4e-42 / norm(expected);
          if (degree !== undefined) assertClose(vector, expected, allowed, 'as in R^d');
          assert.ok(vector.every(Number.isFinite), 'finite');
        });

        it('takes numbers near the end of float32', () => {
          const rows = randomRows(5, 11, 5).map((row) => row.map((x) => Math.fround(x * 2 ** 124)));
          const { vector } = run(pipeline, rows, { f: 2, linalg });
          const expected = naiveAggregate(pipelineOf(pipeline), rows, { f: 2 });
          assertClose(vector, expected, 1e-4, 'as in R^d');
        });

        it('bears one huge input among close ones, wherever it stands', () => {
          for (const place of [0, 5, 10]) {
            const rows = randomRows(6, 11, 6, { center: 10, spread: 1e-3 });
            rows[place] = [1e30, -1e30, 1e30, 0, 1, 2];
            // its own input or its mean would be drowned
            if (pipeline.rule === 'mean' || (pipeline.rule === 'monna' && place === 0)) continue;
            const { vector } = run(pipeline, rows, { f: 2, linalg });
            const expected = naiveAggregate(pipelineOf(pipeline), rows, { f: 2 });
            const allowed = pipeline.rule === 'flag' ? 1e-3 : 1e-5;
            if (pipeline.rule === 'flag' && pipeline.arithmetic === 'paper') continue; // sums raw inputs
            assertClose(vector, expected, allowed, `as in R^d, huge input ${place}`);
          }
        });

        it('names the rows that hold NaN or an infinity, and writes nothing', () => {
          const rows = randomRows(7, 11, 40);
          (rows[2] as number[])[39] = NaN;
          (rows[7] as number[])[0] = -Infinity;
          (rows[8] as number[])[3] = 3e38; // large is no fault
          const matrix = matrixOf(rows, linalg);
          const out = new Float32Array(40).fill(5);
          const result = aggregate(pipelineOf(pipeline), matrix, { f: 2, linalg, out });
          matrix.free();
          assert.deepEqual(result, { kind: 'non-finite-inputs', rows: [2, 7] }, 'rows 2 and 7');
          assert.ok(
            out.every((x) => x === 5),
            'out is as it was',
          );
        });
      });
    }

    it('finds the rows that are not finite when the first one is', () => {
      for (const rule of ['median', 'mean', 'krum', 'normalized-mean']) {
        const rows = randomRows(8, 7, 3);
        (rows[0] as number[])[1] = Infinity;
        const matrix = matrixOf(rows, linalg);
        const result = aggregate(pipelineOf(rule), matrix, { f: 1, linalg, out: new Float32Array(3) });
        matrix.free();
        assert.deepEqual(result, { kind: 'non-finite-inputs', rows: [0] }, rule);
      }
    });
  });
}

describe('aggregation, options', () => {
  const rows = randomRows(9, 7, 3);

  it('breaks ties by index', () => {
    const line = [[0], [1], [2], [3], [4], [5], [6]];
    // scores of 4 nearest: 30, 15, 10, 10, 10, 15, 30
    assert.deepEqual(run('krum', line, { f: 1 }).vector, [2], 'of three equal scores the first');
    assert.deepEqual(
      run({ rule: 'monna', own: 3 }, line, { f: 3 }).vector,
      [2.75 - 0.25],
      'of 1 and 5 the first',
    );
    const ctma = run({ rule: 'ctma', base: 'median' }, line, { f: 3 });
    assert.deepEqual(ctma.vector, [2.5], 'CTMA keeps 3, 2, 4 and of 1 and 5 the first');
  });

  it('buckets by the seed of the caller, and by that of the pipeline where there is none', () => {
    const pipeline = { rule: 'median', pre: [{ name: 'bucketing', s: 2, seed: 'own' }] };
    const by = (seed?: Uint8Array): number[] => run(pipeline, rows, { f: 1, ...(seed && { seed }) }).vector;
    const seeds = Array.from({ length: 8 }, (_, i) => by(Uint8Array.of(i)).join());
    assert.equal(by(Uint8Array.of(3)).join(), seeds[3], 'repeats');
    assert.ok(new Set(seeds).size > 4, 'differs between seeds');
    assert.equal(by().join(), by().join(), "the pipeline's own seed repeats");
    assert.throws(
      () => run({ rule: 'median', pre: ['bucketing'] }, rows, { f: 1 }),
      /internal error: seed of bucketing is missing/,
      "no seed at all is the caller's fault",
    );
  });

  it('refuses weights and own inputs that make no sense', () => {
    const refused = (options: object, sentence: RegExp, pipeline: unknown = 'median'): void => {
      assert.throws(
        () => run(pipeline, rows, { f: 1, ...options }),
        (error) => error instanceof OperatorError && sentence.test(error.message),
        String(sentence),
      );
    };
    refused({ weights: Float64Array.of(1, 2) }, /^weights must have one value for each of 7 inputs, got 2/);
    refused({ weights: new Float64Array(7) }, /^weights must have a positive value/);
    refused(
      { weights: Float64Array.of(1, 1, 1, 1, 1, 1, -1) },
      /^weights must be finite and not negative \(place 6\), got -1/,
    );
    refused({ weights: new Float64Array(7).fill(NaN) }, /^weights must be finite/);
    refused(
      { weights: new Float64Array(7).fill(1) },
      /^weights cannot be used: krum has no weighted form/,
      'krum',
    );
    refused({ own: 7 }, /^own must be the index of one of 7 inputs, got 7/, 'monna');
    refused({ f: 4 }, /^median needs n > 2 f, but n = 7 and f = 4/);
  });

  it('takes 70,000 inputs without a table of their pairs where nobody compares them', () => {
    const many = Array.from({ length: 70_000 }, (_, i) => [i, -i]);
    for (const rule of ['mean', 'median', { rule: 'ctma', base: 'median' }]) {
      const { vector } = run(rule, many, { f: 2 });
      assert.ok(Math.abs((vector[0] as number) - 34_999.5) < 1.5, `${nameOf(rule)}: ${vector[0]}`);
    }
  });

  it('weighs as if inputs were repeated', () => {
    const counts = [1, 3, 2, 1, 1, 4, 1];
    const repeated = rows.flatMap((row, i) => repeat(counts[i] as number, row));
    for (const pipeline of [
      { rule: 'mean' },
      { rule: 'median' },
      { rule: 'geometric-median', iterations: 8 },
      { rule: 'geometric-median', iterations: 'converge' },
      { rule: 'ctma', base: 'mean', trim: 0.25 },
    ]) {
      const weighted = run(pipeline, rows, { f: 1, weights: Float64Array.from(counts) }).vector;
      assertClose(weighted, run(pipeline, repeated, { f: 1 }).vector, 1e-6, nameOf(pipeline));
    }
  });

  it('adds the previous aggregate with any coefficient', () => {
    const previous = Float32Array.from({ length: 3 }, (_, i) => 10 * (i + 1));
    for (const iterations of [1, 3]) {
      const pipeline = { pre: ['arc'], rule: 'centered-clipping', tau: 0.5, iterations };
      const { vector, result } = run(pipeline, rows, { f: 1, previous });
      const expected = naiveAggregate(pipelineOf(pipeline), rows, { f: 1, previous: [...previous] });
      assertClose(vector, expected, 1e-6, `${iterations} iterations`);
      assert.ok((result.previousCoefficient ?? 0) > 0, 'the previous aggregate takes part');
    }
  });

  it('gives the same bytes whether or not the inputs are known to be finite', () => {
    for (const { pipeline } of ALL_RULES) {
      const many = randomRows(10, 11, 50);
      const plain = run(pipeline, many, { f: 2, linalg: PLAIN }).vector;
      assert.deepEqual(run(pipeline, many, { f: 2, knownFinite: true }).vector, plain, nameOf(pipeline));
    }
  });
});
