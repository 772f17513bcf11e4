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
      // growing and shrinking: memory is laid out anew, and used again
      for (const size of [1, 5, 2, 40, 3]) {
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

  it('has the gradient of its loss, by finite differences', async () => {
    const task = await openTask({ kind: 'mlp', hidden: [6, 5], l2: 0.05 }, DATA);
    const network = new DenseNetwork(task.parameters, 0.05);
    const random = new SeededRandom('directions');
    // biases of zero would put units whose inputs are all off exactly on their kink
    const parameters = initialParameters(task, 9).map((value) => value + 0.1 * random.nextNormal());
    const { gradient } = network.gradient(parameters, batchOf(16));
    const h = 1e-3;
    for (let trial = 0; trial < 20; trial++) {
      const direction = Float32Array.from(
        parameters,
        () => random.nextNormal() / Math.sqrt(parameters.length),
      );
      const lossAt = (step: number) =>
        network.gradient(
          parameters.map((value, i) => value + step * direction[i]!),
          batchOf(16),
        ).loss;
      const slope = (lossAt(h) - lossAt(-h)) / (2 * h);
      const expected = gradient.reduce((sum, value, i) => sum + value * direction[i]!, 0);
      assert.ok(
        Math.abs(slope - expected) < 1e-3,
        `along direction ${trial}: ${slope}, expected ${expected}`,
      );
    }
  });

  it('counts right answers', async () => {
    const task = await openTask({ kind: 'logistic-regression', form: 'softmax', bias: true }, DATA);
    const network = new DenseNetwork(task.parameters, 0);
    const parameters = new Float32Array(network.parameterCount);
    parameters[network.parameterCount - 4] = 1; // the bias of class 1
    const batch = { features: new Float32Array(12), labels: Int32Array.of(1, 2), size: 2 };
    assert.equal(network.evaluate(parameters, batch).accuracy, 0.5, 'class 1 is always chosen');
  });
});
