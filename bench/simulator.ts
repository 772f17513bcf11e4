/**
 * Worker gradients a second of the simulator, on one thread: CPU time, so that what else the machine does falls out;
 * the simulator runs as many such threads as there are cores. `bench/torch_simulator.py` does the same in PyTorch, on as
 * many examples that lie in memory, as they do here once they were read.
 *
 *   npm run bench:simulator -- --data-dir DIR
 */
import { parseArgs } from 'node:util';
import { openLocalEngine } from '../simulations/training/local-engine.ts';
import type { DatasetSpec } from '../src/training/data/dataset-spec.ts';
import { parseDatasetSpec } from '../src/training/data/dataset-spec.ts';
import type { TaskSpec } from '../src/training/task-spec.ts';

const { values: flags } = parseArgs({
  options: { 'data-dir': { type: 'string', default: '../shared/data' } },
});
const SOFTMAX = { kind: 'logistic-regression', form: 'softmax', bias: true } as const;
const CASES: readonly {
  readonly name: string;
  readonly task: TaskSpec;
  readonly batch: number;
  readonly count: number;
}[] = [
  { name: 'logistic regression', task: SOFTMAX, batch: 4, count: 10000 },
  { name: 'logistic regression', task: SOFTMAX, batch: 32, count: 2000 },
  { name: 'MLP 784-32-10', task: { kind: 'mlp', hidden: [32] }, batch: 4, count: 2000 },
  { name: 'MLP 784-32-10', task: { kind: 'mlp', hidden: [32] }, batch: 32, count: 1000 },
  { name: 'MLP 784-64-10', task: { kind: 'mlp', hidden: [64] }, batch: 32, count: 1000 },
  { name: 'CTMA CNN', task: { kind: 'ctma-cnn' }, batch: 4, count: 200 },
  { name: 'CTMA CNN', task: { kind: 'ctma-cnn' }, batch: 32, count: 60 },
];

const EXAMPLES = 4096;

const data = { ...parseDatasetSpec('mnist', 'data'), dir: flags['data-dir'] } as DatasetSpec;
for (const { name, task, batch, count } of CASES) {
  const engine = await openLocalEngine({ task, data, backend: 'wasm' });
  const parameters = await engine.initialParameters('bench');
  const run = async (rounds: number) => {
    for (let i = 0; i < rounds; i++) {
      const indices = Int32Array.from({ length: batch }, (_, k) => (i * batch + k) % EXAMPLES);
      await engine.gradient({ parameters, dataset: 'train', indices });
    }
  };
  await run(Math.max(count, EXAMPLES / batch)); // the compiler's share, and every example once
  const before = process.cpuUsage();
  await run(count);
  const { user, system } = process.cpuUsage(before);
  const ms = (user + system) / 1000 / count;
  process.stdout.write(
    `${name}, batch ${batch}: ${ms.toFixed(3)} ms, ${(1000 / ms).toFixed(0)} gradients/s a core\n`,
  );
  engine.close();
}
