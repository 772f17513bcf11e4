/**
 * Gradients in the calling thread: softmax regression and fully connected networks straight on the kernels, everything
 * else by the training room's engine.
 */
import { poisonBatch } from '../../src/attacks/data-poison.ts';
import { assert, present } from '../../src/foundation/assert.ts';
import type { BackendName } from '../../src/training/backends/all-backends.ts';
import { openDataset, type DatasetSpec } from '../../src/training/data/dataset-spec.ts';
import type { Dataset } from '../../src/training/dataset.ts';
import { initialParameters } from '../../src/training/initial-parameters.ts';
import { openData } from '../../src/training/open-data.ts';
import { openTask } from '../../src/training/open-task.ts';
import type { ParameterSpec } from '../../src/training/task.ts';
import type { TaskSpec } from '../../src/training/task-spec.ts';
import { TaskRunner } from '../../src/training/task-runner.ts';
import type { GradientRequest, GradientResult } from '../../src/training/training-requests.ts';
import { DenseNetwork } from './dense-network.ts';
import { cacheExamples } from './example-cache.ts';

export interface LocalEngine {
  readonly parameterCount: number;
  readonly parameters: readonly ParameterSpec[];
  /** The training split. */
  readonly train: Dataset;
  initialParameters(seed: string): Promise<Float32Array>;
  /** Of the training split. */
  gradient(request: GradientRequest): Promise<GradientResult>;
  /** On the first `examples` of the test split, or all of it. */
  evaluate(
    parameters: Float32Array,
    examples: number | undefined,
  ): Promise<{ readonly loss: number; readonly accuracy: number }>;
  /** Accuracy on these examples of the training split. */
  validate(parameters: Float32Array, indices: Int32Array): Promise<number>;
  close(): void;
}

export interface LocalEngineOptions {
  readonly task: TaskSpec;
  /** With its folder. */
  readonly data: DatasetSpec;
  readonly backend: BackendName | 'auto';
}

export async function openLocalEngine({ task, data, backend }: LocalEngineOptions): Promise<LocalEngine> {
  const dense =
    task.kind === 'mlp' || (task.kind === 'logistic-regression' && task.form === 'softmax' && task.bias);
  return dense ? openDense(task, data) : openTensor(task, data, backend);
}

const EVALUATION_CHUNK_EXAMPLES = 500;

async function openDense(
  spec: Extract<TaskSpec, { kind: 'mlp' | 'logistic-regression' }>,
  data: DatasetSpec,
): Promise<LocalEngine> {
  const train = cacheExamples(await openDataset(data, 'train'));
  const test = cacheExamples(await openDataset(data, 'test'));
  const task = await openTask(spec, train);
  const network = new DenseNetwork(task.parameters, spec.l2 ?? 0);
  return {
    parameterCount: network.parameterCount,
    parameters: task.parameters,
    train,
    initialParameters: (seed) => Promise.resolve(initialParameters(task, seed)),
    gradient: ({ parameters, indices, poison }) => {
      const all = indices === 'all' ? Int32Array.from({ length: train.size }, (_, i) => i) : indices;
      const batch = train.read(all);
      return Promise.resolve(
        network.gradient(parameters, poison === undefined ? batch : poisonBatch(batch, all, train, poison)),
      );
    },
    evaluate: (parameters, examples = test.size) => {
      const length = Math.min(examples, test.size);
      return Promise.resolve(
        evaluateDense(
          network,
          parameters,
          test,
          Int32Array.from({ length }, (_, i) => i),
        ),
      );
    },
    validate: (parameters, indices) =>
      Promise.resolve(evaluateDense(network, parameters, train, indices).accuracy),
    close: () => {},
  };
}

function evaluateDense(
  network: DenseNetwork,
  parameters: Float32Array,
  data: Dataset,
  indices: Int32Array,
): { readonly loss: number; readonly accuracy: number } {
  const sums = { loss: 0, accuracy: 0 };
  for (let from = 0; from < indices.length; from += EVALUATION_CHUNK_EXAMPLES) {
    const chunk = indices.subarray(from, from + EVALUATION_CHUNK_EXAMPLES);
    const { loss, accuracy } = network.evaluate(parameters, data.read(chunk));
    sums.loss += (loss * chunk.length) / indices.length;
    sums.accuracy += (accuracy * chunk.length) / indices.length;
  }
  return sums;
}

const never = () => false;

async function openTensor(
  task: TaskSpec,
  data: DatasetSpec,
  backend: BackendName | 'auto',
): Promise<LocalEngine> {
  const runner = await TaskRunner.start({
    task,
    datasets: {
      train: { kind: 'stored', spec: data, split: 'train' },
      test: { kind: 'stored', spec: data, split: 'test' },
    },
    backend,
    lost: [],
  });
  return {
    parameterCount: runner.engine.parameterCount,
    parameters: runner.task.parameters,
    train: await openData(data, task, 'train'),
    initialParameters: (seed) => Promise.resolve(initialParameters(runner.task, seed)),
    gradient: async ({ parameters, indices, poison }) => {
      const batch = { dataset: 'train', indices, ...(poison === undefined ? {} : { poison }) };
      const job = { kind: 'gradients', parameters, batches: [batch], out: [undefined] } as const;
      const result = await runner.run(job, never);
      assert(result.kind === 'gradients', 'the runner answers what it was asked');
      return { gradient: present(result.rows[0], 'a gradient'), loss: result.losses[0] ?? NaN };
    },
    evaluate: async (parameters, examples) => {
      const indices =
        examples === undefined ? {} : { indices: Int32Array.from({ length: examples }, (_, i) => i) };
      const job = {
        kind: 'evaluate',
        dataset: 'test',
        calibration: 'train',
        parameters,
        ...indices,
      } as const;
      const result = await runner.run(job, never);
      assert(result.kind === 'evaluate', 'the runner answers what it was asked');
      return result.evaluation;
    },
    validate: async (parameters, indices) => {
      const job = { kind: 'evaluate', dataset: 'train', calibration: 'train', parameters, indices } as const;
      const result = await runner.run(job, never);
      assert(result.kind === 'evaluate', 'the runner answers what it was asked');
      return result.evaluation.accuracy;
    },
    close: () => runner.close(),
  };
}
