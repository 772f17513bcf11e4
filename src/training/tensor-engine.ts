/** The gradient engine on TF.js: cuts the flat vector into tensors, differentiates the task's loss, flattens again. */
import * as tf from '@tensorflow/tfjs-core';
import type { Walk } from '../estimation/walk.ts';
import { assert, present } from '../foundation/assert.ts';
import type { Backend } from './backends/backend.ts';
import type { Batch, Chunk, Dataset } from './dataset.ts';
import { Descent, type Differentiated } from './descent.ts';
import { evaluateInChunks } from './evaluate-task.ts';
import type { Evaluation, EvaluationOptions, GradientEngine } from './gradient-engine.ts';
import { layoutOf, type DataShape, type ParameterLayout, type Task, type TensorBatch } from './task.ts';
import { TrainingError } from './training-error.ts';

const DEFAULT_CHUNK_EXAMPLES = 512;

/** `data` gives the shapes of features and labels. One engine per task; several may share a back end. */
export async function createGradientEngine(
  task: Task,
  data: DataShape,
  backend: Backend,
): Promise<GradientEngine> {
  const engine = new TensorEngine(task, data, backend);
  await engine.activate();
  return engine;
}

class TensorEngine implements GradientEngine {
  readonly backend: Backend['name'];
  readonly parameterCount: number;
  readonly chunkSize: number;
  private readonly layout: ParameterLayout;
  private readonly task: Task;
  private readonly data: DataShape;
  private readonly device: Backend;
  private closed = false;

  constructor(task: Task, data: DataShape, device: Backend) {
    this.task = task;
    this.data = data;
    this.device = device;
    this.backend = device.name;
    this.chunkSize = task.chunkSize ?? DEFAULT_CHUNK_EXAMPLES;
    this.layout = layoutOf(task.parameters);
    this.parameterCount = this.layout.total;
  }

  async gradient(parameters: Float32Array, batch: Batch, out: Float32Array): Promise<{ loss: number }> {
    assert(parameters.length === this.parameterCount, `parameters have ${this.parameterCount} values`);
    assert(out.length === this.parameterCount, `the gradient has ${this.parameterCount} values`);
    assert(batch.size > 0, 'a batch has examples');
    await this.activate();
    const { value, grads } = tf.tidy(() => this.differentiate(this.cut(parameters), batch));
    try {
      await this.device.read(grads, out);
      return { loss: await this.readScalar(value) };
    } finally {
      tf.dispose([value, grads]);
      this.failIfLost();
    }
  }

  async descend(
    walk: Walk,
    samples: Iterable<Iterable<Chunk>>,
    stopped: () => boolean,
  ): Promise<readonly number[]> {
    for (const vector of [walk.position, ...walk.moments])
      assert(vector.length === this.parameterCount, `the walk's vectors have ${this.parameterCount} values`);
    await this.activate();
    const descent = new Descent(walk, (flat) => this.cut(flat));
    const losses: number[] = [];
    try {
      for (const chunks of samples) {
        const { value, grads } = this.meanOver(descent.position, chunks, stopped);
        try {
          descent.step(grads);
          losses.push(await this.readScalar(value));
        } finally {
          tf.dispose([value, grads]);
        }
      }
      await this.device.read(descent.position, walk.position);
      for (const [i, moment] of descent.moments.entries())
        await this.device.read(moment, walk.moments[i] as Float32Array);
      return losses;
    } finally {
      descent.dispose();
      this.failIfLost();
    }
  }

  async evaluate(
    parameters: Float32Array,
    dataset: Dataset,
    options: EvaluationOptions = {},
  ): Promise<Evaluation> {
    assert(parameters.length === this.parameterCount, `parameters have ${this.parameterCount} values`);
    await this.activate();
    const tensors = this.cut(parameters);
    try {
      const chunkSize = options.chunkSize ?? this.chunkSize;
      return await evaluateInChunks(this.task, tensors, dataset, {
        ...options,
        chunkSize,
        toTensors: (batch) => this.batchTensors(batch),
      });
    } finally {
      tf.dispose(tensors);
      this.failIfLost();
    }
  }

  async predict(parameters: Float32Array, features: Batch['features'], size: number): Promise<Float32Array> {
    await this.activate();
    const scores = tf.tidy(() =>
      this.task.predict(
        this.cut(parameters),
        tf.tensor(features, [size, ...this.data.featureShape], this.data.featureType),
      ),
    );
    try {
      const out = new Float32Array(scores.size);
      await this.device.read([scores], out);
      return out;
    } finally {
      scores.dispose();
    }
  }

  close(): void {
    this.closed = true;
  }

  /** Several back ends may live in one thread; TF.js runs each operation on the one that was set last. */
  async activate(): Promise<void> {
    if (this.closed) throw new TrainingError('closed', 'the gradient engine is closed');
    this.failIfLost();
    if (tf.getBackend() !== this.device.registryName) await tf.setBackend(this.device.registryName);
  }

  private differentiate(position: tf.Tensor[], batch: Batch): Differentiated {
    const tensors = this.batchTensors(batch);
    const loss = (...cut: tf.Tensor[]): tf.Scalar => this.task.loss(cut, tensors);
    return tf.valueAndGrads(loss)(position);
  }

  /** Loss and gradient of all chunks together, each weighted by its share. */
  private meanOver(position: tf.Tensor[], chunks: Iterable<Chunk>, stopped: () => boolean): Differentiated {
    let sum: Differentiated | undefined;
    try {
      for (const { batch, share } of chunks) {
        if (stopped()) throw new TrainingError('aborted', 'the walk was aborted');
        const before = sum;
        sum = tf.tidy(() => {
          const { value, grads } = this.differentiate(position, batch);
          if (share === 1) return { value, grads };
          const add = <T extends tf.Tensor>(part: T, known: T | undefined): T =>
            known === undefined ? tf.mul(part, share) : tf.add(known, tf.mul(part, share));
          return {
            value: add(value, before?.value),
            grads: grads.map((gradient, i) => add(gradient, before?.grads[i])),
          };
        });
        if (before !== undefined) tf.dispose([before.value, before.grads]);
      }
    } catch (error) {
      if (sum !== undefined) tf.dispose([sum.value, sum.grads]);
      throw error;
    }
    return present(sum, 'a chunk of the sample');
  }

  private async readScalar(scalar: tf.Scalar): Promise<number> {
    const value = new Float32Array(1);
    await this.device.read([scalar], value);
    return value[0] as number;
  }

  private cut(parameters: Float32Array): tf.Tensor[] {
    const { offsets, sizes } = this.layout;
    return this.task.parameters.map(({ shape }, i) => {
      const offset = offsets[i] as number;
      return tf.tensor(parameters.subarray(offset, offset + (sizes[i] as number)), [...shape], 'float32');
    });
  }

  private batchTensors({ features, labels, size }: Batch): TensorBatch {
    const { featureShape, featureType, labelShape } = this.data;
    return {
      features: tf.tensor(features, [size, ...featureShape], featureType),
      labels: tf.tensor(labels, [size, ...labelShape], 'int32'),
      size,
    };
  }

  private failIfLost(): void {
    const reason = this.device.lost();
    if (reason !== undefined) throw new TrainingError('device-lost', reason);
  }
}
