/** Steps over whole vectors against the plain loops of src/estimation and src/compression, for any number of threads. */
import assert from 'node:assert/strict';
import { parseCompressor } from '../../src/compression/compressor-spec.ts';
import type { Memory } from '../../src/compression/compressor.ts';
import { createCompressor } from '../../src/compression/create-compressor.ts';
import { encodeWithFeedback } from '../../src/compression/error-feedback.ts';
import { createEstimator, parseEstimator } from '../../src/estimation/estimator-spec.ts';
import { parseOptimizer } from '../../src/estimation/outer-optimizer.ts';
import { allFinite } from '../../src/estimation/vector-math.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { sharedFloats } from '../../src/foundation/shared-memory.ts';
import { float32Row, readPacked, type PackedRow } from '../../src/linalg/packed-row.ts';
import { createWasmLinearAlgebra } from '../../src/linalg/wasm-linear-algebra.ts';

/** Three segments, the last of an odd number of columns. */
const D = 70_003;
const LARGEST = 3.4028234663852886e38;
const CONTEXT = { round: 3, seed: new Uint8Array(32).fill(5), worker: 'w' };
const ESTIMATORS = [
  'sgd',
  'momentum',
  { kind: 'momentum', form: 'heavy-ball', clipDifferences: { relativeTo: 'direction' } },
  'mu2-sgd',
  { kind: 'vr-marina-pp', full: { every: 3 } },
  { kind: 'local-steps', steps: 2, inner: 'sgd' },
  {
    kind: 'local-steps',
    steps: 3,
    inner: { kind: 'sgd', learningRate: 0.3, momentum: 0.9 },
    gradientClip: 10,
  },
  { kind: 'local-steps', steps: 3, inner: { kind: 'adamw', learningRate: 0.3, weightDecay: 0.1 } },
];
const OPTIMIZERS = [
  0.1,
  { learningRate: 0.3, weightDecay: 0.01 },
  { learningRate: 0.3, momentum: 0.9 },
  { learningRate: 0.7, momentum: 0.9, nesterov: true, weightDecay: 0.1 },
  { learningRate: 0.01, compensated: true },
  { learningRate: 0.01, momentum: 0.5, nesterov: true, compensated: true },
];

/** Every kind of float32, those that no peer may agree on included. */
function vectorOf(seed: number, wild = false): Float32Array {
  const random = new SeededRandom('vectors', seed);
  const vector = sharedFloats(D);
  const odd = [-0, 0, 1e-45, -1e-40, LARGEST, -LARGEST];
  for (let i = 0; i < D; i++) {
    const x = random.nextNormal();
    vector[i] = wild && i % 7 === 0 ? (odd[(i / 7 + seed) % odd.length] as number) : x;
  }
  return vector;
}

function assertSame(found: Float32Array, expected: Float32Array, what: string): void {
  const bytes = (x: Float32Array) => Buffer.from(x.buffer, x.byteOffset, x.byteLength);
  assert.ok(bytes(found).equals(bytes(expected)), `${what}: the bytes of the plain loop`);
}

describe('vector kernels', () => {
  for (const threads of [1, 2]) {
    const linalg = createWasmLinearAlgebra({ threads });
    const kernels = linalg.vectors;
    before(() => linalg.ready);
    after(() => linalg.close());
    afterEach(() => assert.equal(linalg.usedBytes, 0, 'all scratch memory was given back'));

    it(`combine vectors in any form, in place too, ${threads} threads`, () => {
      const rowOf = (spec: unknown): PackedRow => {
        const compressor = createCompressor(parseCompressor(spec, 'compressor'), D);
        const reader = compressor.open(compressor.encode(vectorOf(1), CONTEXT), CONTEXT);
        assert.ok(typeof reader !== 'string' && reader.packed !== undefined, 'an own encoding');
        return reader.packed;
      };
      const rows = ['int8', 'bfloat16', { kind: 'top-k', keep: 0.01 }].map(rowOf);
      for (const x of [float32Row(vectorOf(2, true)), float32Row(Float32Array.from(vectorOf(2))), ...rows]) {
        const plain = new Float32Array(D);
        readPacked(x, 0, D, plain);
        const y = vectorOf(3, true);
        for (const [a, b] of [
          [1, -1],
          [0.9, 1 - 0.9],
          [1 / 3, 1e-3],
        ] as const) {
          const out = vectorOf(4);
          assert.equal(kernels.combine(a, x, b, float32Row(y), out), true);
          const expected = plain.map((value, i) => a * value + b * (y[i] as number));
          assertSame(out, expected, `${x.kind}, ${a} x + ${b} y`);
          assert.equal(kernels.combine(a, x, 0, undefined, out), true);
          assertSame(
            out,
            plain.map((value) => a * value),
            `${x.kind}, ${a} x`,
          );
        }
        assert.equal(kernels.combine(1, x, 1, float32Row(y), y), true);
        const before = vectorOf(3, true);
        assertSame(
          y,
          plain.map((value, i) => value + (before[i] as number)),
          `${x.kind}, in place`,
        );
      }
    });

    for (const optimizer of OPTIMIZERS) {
      for (const spec of ESTIMATORS) {
        const kind = typeof spec === 'string' ? spec : spec.kind;
        const isPlain = typeof optimizer === 'number';
        if (!isPlain && (kind === 'mu2-sgd' || (kind === 'vr-marina-pp' && 'momentum' in optimizer)))
          continue;
        it(`${JSON.stringify(spec)} with ${JSON.stringify(optimizer)}, ${threads} threads`, async () => {
          const run = async (fast: boolean) => {
            const estimator = createEstimator(
              parseEstimator(spec, 'estimator'),
              parseOptimizer(optimizer, 'optimizer'),
              fast ? kernels : undefined,
            );
            const memory: Memory = new Map();
            let agreed = estimator.initialState(vectorOf(0, true));
            const sent: Float32Array[] = [];
            for (let round = 0; round < 3; round++) {
              const context = { ...CONTEXT, round };
              const plan = estimator.plan(agreed, context);
              const oracle = { d: D, gradient: () => Promise.resolve(vectorOf(10 + round)) };
              sent.push(await estimator.contribute({ oracle, agreed, plan, context, memory }));
              const update = vectorOf(20 + round, round === 1);
              // what is given over may become the parameters' memory
              agreed = estimator.step(agreed, plan, update, fast ? update : undefined);
            }
            return { sent, agreed };
          };
          const [found, expected] = [await run(true), await run(false)];
          expected.sent.forEach((vector, i) => assertSame(found.sent[i]!, vector, `sent in round ${i}`));
          assertSame(found.agreed.parameters, expected.agreed.parameters, 'parameters');
          for (const [name, value] of Object.entries(expected.agreed.shared)) {
            if (typeof value === 'number') assert.equal(found.agreed.shared[name], value, name);
            else assertSame(found.agreed.shared[name] as Float32Array, value, name);
          }
        });
      }
    }

    for (const spec of ['int8', 'bfloat16', { kind: 'top-k', keep: 0.01, values: 'int8' }, 'scaled-sign']) {
      it(`error feedback around ${JSON.stringify(spec)}, ${threads} threads`, () => {
        const compressor = createCompressor(parseCompressor(spec, 'compressor'), D);
        const fast: Memory = new Map();
        const plain: Memory = new Map();
        let owed = new Float32Array(D);
        for (let round = 0; round < 3; round++) {
          const vector = vectorOf(30 + round);
          const context = { ...CONTEXT, round };
          const feedback = { kind: 'ef14', decay: 0.9 } as const;
          const found = encodeWithFeedback(
            compressor,
            feedback,
            vector,
            { ...context, memory: fast },
            kernels,
          );
          const expected = encodeWithFeedback(compressor, feedback, vector, { ...context, memory: plain });
          assert.ok(Buffer.from(found).equals(Buffer.from(expected)), `what is sent in round ${round}`);
          const wanted = owed.map((value, i) => 0.9 * value + (vector[i] as number));
          const bytes = compressor.encode(wanted, context);
          assert.ok(Buffer.from(found).equals(Buffer.from(bytes)), `what is wanted in round ${round}`);
          const sent = new Float32Array(D);
          assert.equal(compressor.decode(bytes, context, sent), undefined);
          owed = wanted.map((value, i) => value - (sent[i] as number));
          assertSame(vectorOf(30 + round), vector, 'the vector is only read');
        }
        assertSame(fast.get('feedback.error') as Float32Array, owed, 'what is kept back');
        for (const [name, value] of plain)
          assertSame(fast.get(name) as Float32Array, value as Float32Array, name);
      });
    }

    it(`find the one value that is not finite, ${threads} threads`, () => {
      const vector = vectorOf(0, true);
      assert.equal(allFinite(vector, kernels), true, 'all are');
      for (const at of [0, 32_768, D - 1]) {
        for (const value of [NaN, Infinity, -Infinity]) {
          const old = vector[at] as number;
          vector[at] = value;
          assert.equal(allFinite(vector, kernels), false, `${value} at ${at}`);
          vector[at] = old;
        }
      }
    });

    it(`leave short vectors to the plain loops, ${threads} threads`, () => {
      const short = new Float32Array(32_768);
      assert.equal(kernels.combine(1, float32Row(short), 0, undefined, short), false);
      assert.equal(kernels.isFinite(float32Row(short)), undefined);
    });
  }
});
