import assert from 'node:assert/strict';
import type { Walk } from '../../src/estimation/walk.ts';
import { createPoolOracle } from '../../src/learning/pool-oracle.ts';
import type { DescendRequest } from '../../src/training/training-requests.ts';

describe('the oracle over a training pool', () => {
  const asked: DescendRequest[] = [];
  const pool = {
    parameterCount: 2,
    gradient: () => Promise.resolve({ gradient: Float32Array.of(1, 2), loss: 3 }),
    descend: (request: DescendRequest) => {
      asked.push(request);
      return Promise.resolve([0.5, 0.25]);
    },
  };
  const losses: number[] = [];
  const oracleOf = (takesWalks: boolean) =>
    createPoolOracle({
      ...{ pool, takesWalks, dataset: 'train', batchSize: 3, seed: 's', worker: 'w' },
      shard: Int32Array.from({ length: 9 }, (_, i) => i),
      onLoss: (loss) => losses.push(loss),
    });
  const walk: Walk = {
    inner: { kind: 'sgd', learningRate: 1, momentum: 0 },
    ...{ gradientClip: undefined, steps: 5, position: new Float32Array(2), moments: [] },
  };

  it('hands a walk over whole where the pool takes walks, and tells each loss', async () => {
    const samples = [0, 1].map((draw) => ({ kind: 'batch', round: 4, draw }) as const);
    await oracleOf(true).descend?.(walk, samples);
    assert.deepEqual(losses, [0.5, 0.25]);
    assert.equal(walk.steps, 7);
    const [request] = asked;
    assert.equal(request?.walk, walk);
    const [first, second] = request?.batches ?? [];
    assert.deepEqual([first?.dataset, second?.dataset], ['train', 'train']);
    assert.ok(first?.indices.length === 3 && second?.indices.length === 3);
    assert.notDeepEqual(first.indices, second.indices, 'another minibatch each step');
  });

  it('takes none where it does not', () => {
    assert.ok(!('descend' in oracleOf(false)));
  });
});
