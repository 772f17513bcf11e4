/** The mean gradient over any number of examples, read and differentiated chunk by chunk. */
import { poisonBatch } from '../attacks/data-poison.ts';
import type { Batch, Dataset } from './dataset.ts';
import type { GradientEngine } from './gradient-engine.ts';
import type { BatchRequest } from './training-requests.ts';
import { TrainingError } from './training-error.ts';

/**
 * Chunks are weighted by their size, so the result is that of one large batch (batch normalisation aside, whose
 * statistics are a chunk's). `stopped` is asked between chunks.
 */
export async function gradientOverExamples(
  engine: GradientEngine,
  parameters: Float32Array,
  dataset: Dataset,
  { indices, poison }: Pick<BatchRequest, 'indices' | 'poison'>,
  out: Float32Array,
  stopped: () => boolean,
): Promise<{ loss: number }> {
  const total = indices === 'all' ? dataset.size : indices.length;
  const { chunkSize } = engine;
  const read = (from: number, to: number): Batch => {
    const numbers =
      indices === 'all' ? Array.from({ length: to - from }, (_, i) => from + i) : indices.slice(from, to);
    const batch = dataset.read(numbers);
    return poison === undefined ? batch : poisonBatch(batch, numbers, dataset, poison);
  };
  if (total <= chunkSize) return engine.gradient(parameters, read(0, total), out);
  const sum = new Float64Array(out.length);
  let loss = 0;
  for (let from = 0; from < total; from += chunkSize) {
    if (stopped()) throw new TrainingError('aborted', 'the gradient was aborted');
    const batch = read(from, Math.min(from + chunkSize, total));
    const share = batch.size / total;
    loss += share * (await engine.gradient(parameters, batch, out)).loss;
    for (let i = 0; i < out.length; i++) sum[i] = (sum[i] as number) + share * (out[i] as number);
  }
  out.set(sum);
  return { loss };
}
