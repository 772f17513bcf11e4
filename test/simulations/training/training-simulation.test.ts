/** The fast path against the run of real peers' applications: equal seeds, equal state digests. */
import assert from 'node:assert/strict';
import { runIdeally } from '../../../simulations/ideal-run.ts';
import { simulatedKeys, TrainingLab, type LabSettings } from '../../../simulations/training/training-lab.ts';
import { proposerOf, sampleCommittee } from '../../../src/committee/sampling.ts';
import { experimentId, genesisSeed, parseExperiment } from '../../../src/config/experiment.ts';
import { beaconInput, nextSeed } from '../../../src/crypto/beacon.ts';
import { peerRandomness } from '../../../src/crypto/peer-randomness.ts';
import { openTraining } from '../../../src/runtime/open-training.ts';

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

describe('training simulation', () => {
  const centered = {
    ...LAB,
    experiment: {
      ...LAB.experiment,
      estimator: 'momentum',
      aggregation: { f: 1, rule: 'centered-clipping', tau: 0.5 },
    },
  };
  const cases: readonly (readonly [string, LabSettings])[] = [
    ['', LAB],
    [', centered clipping across rounds', centered],
  ];
  for (const [title, settings] of cases) {
    it(`reaches the state digests of the peers' own applications, round by round${title}`, () =>
      compareWithPeers(settings));
  }

  async function compareWithPeers(settings: LabSettings): Promise<void> {
    const keys = simulatedKeys(settings.workers);
    const roster = keys.map(({ id }) => id).sort();
    const experiment = parseExperiment({ committee: { size: 1 }, ...settings.experiment, roster });
    const randomness = new Map(keys.map((key) => [key.id, peerRandomness(key)]));
    const training = await openTraining(experiment, {
      backend: 'wasm',
      data: experiment.data,
      trainingThreads: 1,
      aggregationThreads: 1,
    });
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
