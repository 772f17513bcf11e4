/** A program: prints the SHA-256 of each model's gradient on wasm, for the test that compares processes. */
import { createHash } from 'node:crypto';
import { bytesOf } from '../../src/foundation/bytes.ts';
import { startBackend } from '../../src/training/backends/start-backend.ts';
import { initialParameters } from '../../src/training/initial-parameters.ts';
import { openMemoryDataset } from '../../src/training/memory-dataset.ts';
import { openTask } from '../../src/training/open-task.ts';
import { createGradientEngine } from '../../src/training/tensor-engine.ts';
import { MODEL_CASES } from './model-cases.ts';

const backend = await startBackend('wasm', { allowSoftware: false });
for (const model of MODEL_CASES) {
  const dataset = openMemoryDataset(model.data);
  const task = await openTask(model.task, dataset);
  const engine = await createGradientEngine(task, dataset, backend);
  const gradient = new Float32Array(engine.parameterCount);
  await engine.gradient(initialParameters(task, 1), dataset.read([...Array(model.batch).keys()]), gradient);
  process.stdout.write(`${createHash('sha256').update(bytesOf(gradient)).digest('hex')}\n`);
}
