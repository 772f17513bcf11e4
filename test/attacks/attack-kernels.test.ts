/** What attacks send of long vectors: with kernels, on any number of threads, the bytes of the plain loops. */
import assert from 'node:assert/strict';
import { ATTACK_KINDS, parseAttack } from '../../src/attacks/attack-spec.ts';
import { meanOf, momentsOf, plus, scaled } from '../../src/attacks/statistics.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { sharedFloats } from '../../src/foundation/shared-memory.ts';
import type { VectorKernels } from '../../src/linalg/linear-algebra.ts';
import { createWasmLinearAlgebra } from '../../src/linalg/wasm-linear-algebra.ts';

/** Three segments, the last of an odd number of columns; long enough to serve again. */
const D = 70_003;
const ROUNDS = 4;
const LARGEST = 3.4028234663852886e38;

const VARIANTS: readonly unknown[] = [
  ...ATTACK_KINDS.filter((kind) => !kind.endsWith('-search')),
  ...['alie-search', 'foe-search'].map((kind) => ({ kind, evaluations: 6 })),
  ...['min-max', 'min-sum'].flatMap((kind) =>
    ['unit', 'sign'].map((perturbation) => ({ kind, perturbation })),
  ),
  { kind: 'sign-flip', of: 'mean', scale: 1.7 },
  { kind: 'alie', z: 1.5 },
  { kind: 'mimic', warmUpRounds: 2 },
  { kind: 'delayed', rounds: 1 },
  { kind: 'ramp', rate: 0.1, limit: 0.25 },
];

/** Cheaper than normal numbers, which are not needed here. */
function vectorOf(...seed: readonly (string | number)[]): Float32Array {
  const random = new SeededRandom('vectors', ...seed);
  const vector = sharedFloats(D);
  for (let i = 0; i < D; i++) vector[i] = i % 97 === 0 ? -0 : random.next() - 0.4;
  return vector;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function assertSame(found: Float32Array, expected: Float32Array, what: string): void {
  assert.ok(bytesOf(found).equals(bytesOf(expected)), `${what}: the bytes of the plain loop`);
}

/** Over some rounds, each vector copied before its memory serves again. */
function sentBy(spec: unknown, kernels: VectorKernels | undefined): Float32Array[] {
  const attack = parseAttack(spec, 'attack');
  const memory = new Map<string, unknown>();
  return Array.from({ length: ROUNDS }, (_, round) => {
    const honest = [0, 1, 2].map((i) => vectorOf(round, i));
    const [own, parameters] = [vectorOf(round, 'own'), vectorOf(round, 'parameters')];
    const forged = attack.forge({
      ...{
        round,
        n: 5,
        f: 2,
        own,
        parameters,
        initialParameters: vectorOf('first'),
        honest,
        memory,
        kernels,
      },
      random: new SeededRandom('attack', round),
      aggregate: (vectors) => {
        const [out, strongest] = [new Float32Array(D), vectors.at(-1) as Float32Array];
        return out.map((_, i) => Math.min(strongest[i] as number, honest[0]![i] as number));
      },
    });
    const sent = forged.slice();
    if (![own, ...honest].includes(forged)) kernels?.spare.give(forged);
    return sent;
  });
}

/** Spelled out column by column. */
function naiveMoments(vectors: readonly Float32Array[]): readonly [Float32Array, Float32Array] {
  const [mean, deviation] = [new Float32Array(D), new Float32Array(D)];
  for (let i = 0; i < D; i++) {
    let sum = 0;
    for (const vector of vectors) sum += vector[i] as number;
    mean[i] = sum / vectors.length;
    let squares = 0;
    for (const vector of vectors) {
      const difference = (vector[i] as number) - (mean[i] as number);
      squares += difference * difference;
    }
    deviation[i] = Math.sqrt(squares / Math.max(1, vectors.length - 1));
  }
  return [mean, deviation];
}

describe('attacks with vector kernels', () => {
  const algebras = [1, 2].map((threads) => createWasmLinearAlgebra({ threads }));
  const kernelsOf = [undefined, ...algebras.map(({ vectors }) => vectors)];
  before(() => Promise.all(algebras.map(({ ready }) => ready)));
  after(() => algebras.forEach((algebra) => algebra.close()));
  afterEach(() => algebras.forEach(({ usedBytes }) => assert.equal(usedBytes, 0, 'scratch was given back')));

  for (const spec of VARIANTS) {
    it(`${JSON.stringify(spec)} sends the same bytes`, () => {
      const [expected = [], ...found] = kernelsOf.map((kernels) => sentBy(spec, kernels));
      for (const [at, sent] of found.entries()) {
        sent.forEach((vector, round) =>
          assertSame(vector, expected[round]!, `${at + 1} threads, round ${round}`),
        );
      }
    });
  }

  it('means and deviations are those of a sum by ascending vector, rounded once', () => {
    const wild = vectorOf('wild').map((x, i) =>
      i % 5 === 0 ? [-0, 1e-45, LARGEST, -LARGEST][(i / 5) % 4]! : x,
    );
    for (const count of [1, 2, 3, 8]) {
      const vectors = Array.from({ length: count }, (_, i) => (i === 1 ? wild : vectorOf('moments', i)));
      const [mean, deviation] = naiveMoments(vectors);
      for (const kernels of kernelsOf) {
        const what = `${count} vectors, ${kernels === undefined ? 'plain' : 'kernels'}`;
        const moments = momentsOf(vectors, kernels);
        assertSame(moments.mean, mean, `mean of ${what}`);
        assertSame(moments.deviation, deviation, `deviation of ${what}`);
        assertSame(meanOf(vectors, kernels), mean, `mean alone of ${what}`);
      }
    }
  });

  it('sums and multiples take the place of what they are made of where they may', () => {
    const [a, b] = [vectorOf('a'), vectorOf('b')];
    for (const kernels of kernelsOf) {
      const sum = a.slice();
      assert.equal(plus(sum, -0.3, b, kernels, sum), sum);
      assertSame(
        sum,
        a.map((x, i) => x + -0.3 * (b[i] as number)),
        'a - 0.3 b',
      );
      const multiple = a.slice();
      assert.equal(scaled(multiple, 1 / 3, kernels, multiple), multiple);
      assertSame(
        multiple,
        a.map((x) => (1 / 3) * x),
        'a / 3',
      );
    }
  });
});
