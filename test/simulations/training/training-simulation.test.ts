/** The fast path against the run of real peers' applications: equal seeds, equal state digests. */
import assert from 'node:assert/strict';
import { runIdeally } from '../../../simulations/ideal-run.ts';
import { openLocalEngine } from '../../../simulations/training/local-engine.ts';
import { simulatedKeys, TrainingLab, type LabSettings } from '../../../simulations/training/training-lab.ts';
import { proposerOf, sampleCommittee } from '../../../src/committee/sampling.ts';
import {
  experimentId,
  genesisSeed,
  parseExperiment,
  type Experiment,
} from '../../../src/config/experiment.ts';
import { beaconInput, nextSeed } from '../../../src/crypto/beacon.ts';
import { peerRandomness } from '../../../src/crypto/peer-randomness.ts';
import { ATTACK_KINDS } from '../../../src/attacks/attack-spec.ts';
import type { Seed } from '../../../src/foundation/seeded-random.ts';
import { openLinearAlgebra } from '../../../src/linalg/open-linear-algebra.ts';
import { openTraining, trainingOver, type OpenTraining } from '../../../src/learning/open-training.ts';
import type { GradientRequest } from '../../../src/training/training-requests.ts';

const LAB: LabSettings = {
  experiment: {
    rounds: 4,
    seed: 'fast path',
    // without a bias it goes to the tensor engine, as in a peer
    model: { kind: 'logistic-regression', form: 'softmax', bias: false },
    data: { name: 'glyphs', train: 300, test: 50 },
    batchSize: 4,
    estimator: { kind: 'momentum', clipDifferences: { factor: 2 } },
    optimizer: { learningRate: 0.1, momentum: 0.5 },
    aggregation: { f: 1, pre: ['nnm'], rule: 'median' },
    compression: {
      contribution: { kind: 'top-k', keep: 0.2, values: 'int8' },
      feedback: 'ef14',
      update: 'bfloat16',
    },
    cohort: { size: 5 },
  },
  workers: 7,
  byzantine: 2,
  attack: 'alie',
  evaluations: 1,
  curveExamples: 10,
};

/** What peers train with; models that reproductions train by an engine of their own use that one here too. */
async function openPeers(experiment: Experiment): Promise<OpenTraining> {
  if (experiment.model.kind !== 'mlp') {
    const threads = { trainingThreads: 1, aggregationThreads: 1 };
    return openTraining(experiment, { backend: 'wasm', data: experiment.data, ...threads });
  }
  const engine = await openLocalEngine({ task: experiment.model, data: experiment.data, backend: 'wasm' });
  const { parameterCount, parameters, train } = engine;
  const pool = {
    ...{ parameterCount, task: { name: 'mlp', parameters } },
    backend: { name: 'cpu', skipped: [] } as const,
    initialParameters: (seed: Seed) => engine.initialParameters(String(seed)),
    gradient: (request: GradientRequest) => engine.gradient(request),
    evaluate: () => Promise.reject(new Error('nobody evaluates here')),
    close: () => Promise.resolve(engine.close()),
  };
  return trainingOver(experiment, pool, train, openLinearAlgebra({ threads: 1 }));
}

const small = (experiment: LabSettings['experiment']): LabSettings['experiment'] => ({
  ...experiment,
  cohort: { size: 3 },
  aggregation: { f: 1, rule: 'median' },
  compression: { contribution: 'int8' },
  estimator: 'momentum',
});

describe('training simulation', () => {
  const centered = {
    ...LAB,
    experiment: {
      ...LAB.experiment,
      estimator: 'momentum',
      aggregation: { f: 1, rule: 'centered-clipping', tau: 0.5 },
    },
  };
  const dense = { ...LAB, experiment: { ...LAB.experiment, model: { kind: 'mlp', hidden: [6] } } };
  const COMPRESSIONS = [
    { contribution: 'int8' },
    { contribution: { kind: 'top-k', keep: 0.2, values: 'int8' }, feedback: 'ef14' },
    { contribution: 'bfloat16', update: 'float32' },
    { contribution: { kind: 'qsgd', levels: 6 } },
    { contribution: { kind: 'rand-k', keep: 0.5 } },
  ];
  const cases: readonly (readonly [string, LabSettings])[] = [
    ['clipped differences, top-k with feedback', LAB],
    ['centered clipping across rounds', centered],
    ...ATTACK_KINDS.map((attack, at): [string, LabSettings] => {
      const experiment = { ...(at % 4 === 0 ? LAB.experiment : dense.experiment), estimator: 'momentum' };
      const compression = COMPRESSIONS[at % COMPRESSIONS.length];
      const settings = { ...LAB, attack, experiment: { ...experiment, compression, rounds: 3 } };
      return [`${attack}, ${at % 4 === 0 ? 'tensor engine' : 'dense engine'}`, settings];
    }),
    ['nobody honest in a small cohort', { ...LAB, byzantine: 5, experiment: small(LAB.experiment) }],
  ];
  for (const [title, settings] of cases) {
    it(`reaches the state digests of the peers' own applications, round by round: ${title}`, () =>
      compareWithPeers(settings));
  }

  async function compareWithPeers(settings: LabSettings): Promise<void> {
    const keys = simulatedKeys(settings.workers);
    const roster = keys.map(({ id }) => id).sort();
    const experiment = parseExperiment({ committee: { size: 1 }, ...settings.experiment, roster });
    const randomness = new Map(keys.map((key) => [key.id, peerRandomness(key)]));
    const training = await openPeers(experiment);
    let expected: readonly string[];
    try {
      const byzantine = roster.slice(roster.length - settings.byzantine);
      const run = await runIdeally({ experiment, training, randomness, byzantine, attack: settings.attack });
      expected = run.digests;
    } finally {
      await training.close();
    }

    const seeds = [genesisSeed(experiment)];
    for (let round = 0; round + 1 < experiment.rounds; round++) {
      const seed = seeds[round]!;
      const committee = sampleCommittee(seeds[Math.max(0, round - 1)]!, 0, roster, experiment.committee.size);
      const input = beaconInput(experimentId(experiment), seed, round);
      const { output } = randomness.get(proposerOf(committee, 0))!.prove(input);
      seeds.push(nextSeed(seed, round, output));
    }
    const lab = TrainingLab.open({ dataDir: undefined, backend: 'wasm' });
    try {
      const { simulation } = await lab.prepare(settings, (round) => seeds[round]!);
      const digests: string[] = [];
      for (let round = 0; round < experiment.rounds; round++) {
        await simulation.runRound();
        digests.push(simulation.digest());
      }
      assert.deepEqual(digests, expected, 'the same digest after every round');
      assert.equal(new Set(digests).size, digests.length, 'and another one each round');
    } finally {
      await lab.close();
    }
  }

  it('repeats for a seed and differs for another', async () => {
    const lab = TrainingLab.open({ dataDir: undefined, backend: 'auto' });
    const dense = { ...LAB.experiment, model: { kind: 'mlp', hidden: [4] }, compression: {} };
    const run = (seed: string) => lab.run({ ...LAB, experiment: { ...dense, seed } });
    try {
      const [a, b, c] = [await run('a'), await run('a'), await run('b')];
      assert.equal(a.digest, b.digest, 'one seed, one state');
      assert.notEqual(a.digest, c.digest, 'another seed, another state');
      assert.equal(a.curve.at(-1)?.round, 4, 'the curve ends with the run');
    } finally {
      await lab.close();
    }
  });
});
