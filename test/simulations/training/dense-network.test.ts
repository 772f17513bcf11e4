import assert from 'node:assert/strict';
import { DenseNetwork } from '../../../simulations/training/dense-network.ts';
import { SeededRandom } from '../../../src/foundation/seeded-random.ts';
import { startBackend } from '../../../src/training/backends/start-backend.ts';
import type { Batch } from '../../../src/training/dataset.ts';
import { initialParameters } from '../../../src/training/initial-parameters.ts';
import { openTask } from '../../../src/training/open-task.ts';
import { createGradientEngine } from '../../../src/training/tensor-engine.ts';
import type { TaskSpec } from '../../../src/training/task-spec.ts';

const DATA = { featureShape: [3, 2], featureType: 'float32', labelShape: [], classes: 5 } as const;

function batchOf(size: number): Batch {
  const random = new SeededRandom('dense', size);
  return {
    features: Float32Array.from({ length: 6 * size }, () => random.nextNormal()),
    labels: Int32Array.from({ length: size }, () => random.nextBelow(5)),
    size,
  };
}

describe('dense network', () => {
  const specs: TaskSpec[] = [
    { kind: 'mlp', hidden: [7, 4], l2: 0.1 },
    { kind: 'mlp', hidden: [9] },
    { kind: 'logistic-regression', form: 'softmax', bias: true, l2: 0.2 },
  ];
  for (const spec of specs) {
    it(`agrees with the tensor engine: ${JSON.stringify(spec)}`, async () => {
      const task = await openTask(spec, DATA);
      const engine = await createGradientEngine(
        task,
        DATA,
        await startBackend('cpu', { allowSoftware: true }),
      );
      const network = new DenseNetwork(task.parameters, (spec as { l2?: number }).l2 ?? 0);
      const random = new SeededRandom('parameters');
      const parameters = initialParameters(task, 3).map((value) => value + 0.1 * random.nextNormal());
      for (const size of [1, 2, 5]) {
        const expected = new Float32Array(engine.parameterCount);
        const { loss } = await engine.gradient(parameters, batchOf(size), expected);
        const own = network.gradient(parameters, batchOf(size));
        assert.ok(Math.abs(own.loss - loss) < 1e-5, `loss ${own.loss}, expected ${loss}`);
        own.gradient.forEach((value, i) => {
          assert.ok(
            Math.abs(value - expected[i]!) < 1e-5,
            `gradient[${i}] ${value}, expected ${expected[i]}`,
          );
        });
      }
    });
  }

  it('counts right answers', async () => {
    const task = await openTask({ kind: 'logistic-regression', form: 'softmax', bias: true }, DATA);
    const network = new DenseNetwork(task.parameters, 0);
    const parameters = new Float32Array(network.parameterCount);
    parameters[network.parameterCount - 4] = 1; // the bias of class 1
    const batch = { features: new Float32Array(12), labels: Int32Array.of(1, 2), size: 2 };
    assert.equal(network.evaluate(parameters, batch).accuracy, 0.5, 'class 1 is always chosen');
  });
});
