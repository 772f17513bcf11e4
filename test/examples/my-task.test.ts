import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { present } from '../../src/foundation/assert.ts';
import { startBackend } from '../../src/training/backends/start-backend.ts';
import { batchIndices } from '../../src/training/data/batches.ts';
import { initialParameters } from '../../src/training/initial-parameters.ts';
import { openTaskModule } from '../../src/training/open-task-module.ts';
import { createGradientEngine } from '../../src/training/tensor-engine.ts';

const EXAMPLE = fileURLToPath(new URL('../../docs/examples/my-task/task.ts', import.meta.url));

describe('the example of a task of one’s own', () => {
  it('learns its spiral', async () => {
    const task = await openTaskModule(EXAMPLE);
    const data = present(task.data, 'the data of the example');
    const [train, test] = [await data.open('train'), await data.open('test')];
    assert.deepEqual(
      [train.size, test.size, train.featureShape, train.classes],
      [720, 180, [2], 3],
      'its data',
    );
    const engine = await createGradientEngine(
      task,
      train,
      await startBackend('cpu', { allowSoftware: false }),
    );
    const parameters = initialParameters(task, 1);
    const before = await engine.evaluate(parameters, test);
    const gradient = new Float32Array(engine.parameterCount);
    const shard = Int32Array.from({ length: train.size }, (_, i) => i);
    for (let round = 0; round < 300; round++) {
      await engine.gradient(parameters, train.read(batchIndices(shard, 64, 1, 'w', round)), gradient);
      parameters.forEach((value, i) => (parameters[i] = value - 0.3 * (gradient[i] as number)));
    }
    const after = await engine.evaluate(parameters, test);
    engine.close();
    assert.ok(before.accuracy < 0.6, `untrained: ${before.accuracy}`);
    assert.ok(after.accuracy > 0.9, `trained: ${after.accuracy}`);
  });
});
