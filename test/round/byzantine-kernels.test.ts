/**
 * Rounds with Byzantine workers whose vectors are long enough that their memory serves again: with kernels, the states of
 * plain arrays, in which every vector is new.
 */
import assert from 'node:assert/strict';
import { parsePipeline } from '../../src/aggregation/pipeline.ts';
import { ATTACK_KINDS, parseAttack } from '../../src/attacks/attack-spec.ts';
import { parseCompressor } from '../../src/compression/compressor-spec.ts';
import { createCompressor } from '../../src/compression/create-compressor.ts';
import { createEstimator, parseEstimator } from '../../src/estimation/estimator-spec.ts';
import { parseOptimizer } from '../../src/estimation/outer-optimizer.ts';
import { newVector } from '../../src/estimation/vector-math.ts';
import type { LinearAlgebra } from '../../src/linalg/linear-algebra.ts';
import { createPlainLinearAlgebra } from '../../src/linalg/plain-linear-algebra.ts';
import { createWasmLinearAlgebra } from '../../src/linalg/wasm-linear-algebra.ts';
import { HeardContributions } from '../../src/round/heard-contributions.ts';
import { ByzantineWorker } from '../../src/round/byzantine-worker.ts';
import { ReceiverRound } from '../../src/round/receiver-round.ts';
import { WorkerRound } from '../../src/round/worker-round.ts';
import {
  TrainingSimulation,
  type SimulationOptions,
} from '../../simulations/training/training-simulation.ts';

const D = 70_003;
const ROSTER = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const BYZANTINE = ['b', 'e', 'f'];
const ROUNDS = 5;

const CLIPPED = { kind: 'momentum', clipDifferences: { factor: 2 } };
const CASES: readonly (readonly [attack: unknown, estimator: unknown])[] = [
  ...ATTACK_KINDS.filter((kind) => !kind.endsWith('-search')).map((kind) => [kind, 'momentum'] as const),
  ...['alie-search', 'foe-search'].flatMap((kind) =>
    ['momentum', CLIPPED].map((estimator) => [{ kind, evaluations: 4 }, estimator] as const),
  ),
  ['mimic', CLIPPED],
  [{ kind: 'delayed', rounds: 1 }, 'sgd'],
];

type Parts = Pick<SimulationOptions, 'receiver' | 'estimator' | 'oracleOf'>;

/** Workers with losses of their own, cheap to derive. */
function partsOf(estimatorSpec: unknown, linalg: LinearAlgebra): Parts {
  const kernels = linalg.vectors;
  const estimator = createEstimator(
    parseEstimator(estimatorSpec, 'estimator'),
    parseOptimizer(0.3, 'optimizer'),
    kernels,
  );
  const compressorOf = (spec: unknown) =>
    createCompressor(parseCompressor(spec, 'compressor'), D, undefined, linalg.encoding);
  const receiver = new ReceiverRound({
    ...{ estimator, linalg, f: 1 },
    contributionCompressor: compressorOf('int8'),
    plainCompressor: compressorOf('float32'),
    updateCompressor: compressorOf('bfloat16'),
    pipeline: parsePipeline({ pre: ['nnm'], rule: 'median' }, 'aggregation'),
  });
  const oracleOf: Parts['oracleOf'] = (worker) => ({
    d: D,
    gradient(parameters, sample) {
      const gradient = newVector(D, kernels);
      let noise = worker.charCodeAt(0) * 7919 + (sample.kind === 'batch' ? sample.round * 104_729 : 0);
      for (let i = 0; i < D; i++) {
        noise = (noise * 1_103_515_245 + 12_345) & 0x7fffffff;
        gradient[i] = (parameters[i] as number) + noise / 2 ** 31 - 0.4;
      }
      return Promise.resolve(gradient);
    },
  });
  return { estimator, receiver, oracleOf };
}

async function statesOf(attack: unknown, estimator: unknown, linalg: LinearAlgebra): Promise<string[]> {
  const simulation = new TrainingSimulation({
    ...partsOf(estimator, linalg),
    ...{ roster: ROSTER, byzantine: new Set(BYZANTINE), cohortSize: 5, feedback: { kind: 'none' } },
    ...{ attack: parseAttack(attack, 'attack'), initial: new Float32Array(D), seed: 1 },
  });
  const digests: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await simulation.runRound();
    digests.push(Buffer.from(simulation.digest()).toString('hex'));
  }
  return digests;
}

/** What a Byzantine process of its own sends that hears of honest workers. */
async function sentByListener(attack: unknown, linalg: LinearAlgebra): Promise<string[]> {
  const { estimator, receiver, oracleOf } = partsOf('momentum', linalg);
  const workerOf = (self: string): WorkerRound =>
    new WorkerRound({
      ...{ self, estimator, receiver },
      feedback: { kind: 'none' },
      oracle: () => oracleOf(self, undefined),
    });
  const honest = ['a', 'c', 'd'].map(workerOf);
  const heard = new HeardContributions();
  const listener = new ByzantineWorker(workerOf('b'), {
    ...{ attack: parseAttack(attack, 'attack'), initialParameters: new Float32Array(D), heard },
  });
  const agreed = estimator.initialState(new Float32Array(D).fill(0.1));
  const effort = { signal: new AbortController().signal, onLoss: () => undefined };
  const sent: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const context = { round, seed: new Uint8Array(32).fill(round) };
    const contributions = [];
    for (const worker of honest) {
      contributions.push({ worker: worker.self, body: await worker.contribute(agreed, context, effort) });
    }
    heard.hear(context, { contributions, accomplices: [] });
    sent.push(Buffer.from(await listener.contribute(agreed, context, effort)).toString('base64'));
  }
  return sent;
}

describe('Byzantine workers over long vectors', () => {
  const plain = createPlainLinearAlgebra();
  const algebras = [1, 2].map((threads) => createWasmLinearAlgebra({ threads }));
  before(() => Promise.all(algebras.map(({ ready }) => ready)));
  after(() => algebras.forEach((algebra) => algebra.close()));

  for (const [attack, estimator] of CASES) {
    it(`${JSON.stringify(attack)} among workers with ${JSON.stringify(estimator)}`, async () => {
      const expected = await statesOf(attack, estimator, plain);
      for (const linalg of algebras) assert.deepEqual(await statesOf(attack, estimator, linalg), expected);
    });
  }

  for (const attack of ['alie', 'mimic', 'min-max']) {
    it(`${attack} from what is heard`, async () => {
      const expected = await sentByListener(attack, plain);
      for (const linalg of algebras) {
        const found = await sentByListener(attack, linalg);
        assert.ok(
          found.every((body, round) => body === expected[round]),
          'the same bodies',
        );
      }
    });
  }
});
