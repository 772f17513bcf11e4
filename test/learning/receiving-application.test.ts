import assert from 'node:assert/strict';
import { bodyDigest } from '../../src/crypto/body-digest.ts';
import { parseExperiment } from '../../src/config/experiment.ts';
import { PeerKey } from '../../src/crypto/peer-key.ts';
import { openLinearAlgebra } from '../../src/linalg/open-linear-algebra.ts';
import { openTraining } from '../../src/learning/open-training.ts';
import { createReceivingApplication } from '../../src/learning/receiving-application.ts';
import { knownShapeOf } from '../../src/training/data/data-shape.ts';
import { openTask } from '../../src/training/open-task.ts';

describe('receiving application', () => {
  it('walks through the same states as the peers that train', async () => {
    const roster = [1, 2, 3].map((i) => new PeerKey(new Uint8Array(32).fill(i)).id).sort();
    const experiment = parseExperiment({
      roster,
      model: { kind: 'mlp', hidden: [6] },
      data: { name: 'glyphs', train: 60, test: 10 },
      estimator: { kind: 'momentum', beta: 0.9 },
      batchSize: 4,
    });
    const local = {
      backend: 'cpu',
      trainingThreads: 1,
      aggregationThreads: 1,
      data: experiment.data,
    } as const;
    const training = await openTraining(experiment, local);
    const linalg = openLinearAlgebra({ threads: 1 });
    try {
      const peers = await training.createApplications(roster.map((self, shard) => ({ self, shard })));
      const receiver = createReceivingApplication(
        experiment,
        await openTask(experiment.model, knownShapeOf(experiment.data)),
        linalg,
      );
      const first = peers[0]!;
      const initial = first.state.parameters.slice();
      assert.equal(receiver.stateDigest, first.stateDigest, 'genesis');
      const { signal } = new AbortController();
      for (let round = 0; round < 3; round++) {
        const context = { round, seed: new Uint8Array(32).fill(round) };
        const contributions = await Promise.all(
          peers.map(async (peer, i) => ({ worker: roster[i]!, body: await peer.train(context, signal) })),
        );
        const { update, updateDigest, stateDigest } = await first.aggregate(context, contributions);
        assert.equal(updateDigest, bodyDigest(update), 'the name of the update');
        assert.equal(
          (await receiver.aggregate(context, contributions)).stateDigest,
          stateDigest,
          'aggregate',
        );
        for (const peer of [...peers, receiver]) {
          assert.equal(await peer.apply(context, update), stateDigest, `round ${round}`);
        }
      }
      assert.notDeepEqual(receiver.state.parameters, initial, 'it moved');
      await assert.rejects(receiver.train({ round: 3, seed: new Uint8Array(32) }, signal), /only receives/);
    } finally {
      await training.close();
      linalg.close();
    }
  });
});
