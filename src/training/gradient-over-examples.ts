/** The mean gradient over any number of examples, read and differentiated chunk by chunk. */
import { chunksOf } from './chunks.ts';
import type { Dataset } from './dataset.ts';
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
  request: Pick<BatchRequest, 'indices' | 'poison'>,
  out: Float32Array,
  stopped: () => boolean,
): Promise<{ loss: number }> {
  let sum: Float64Array | undefined;
  let loss = 0;
  for (const { batch, share } of chunksOf(dataset, request, engine.chunkSize)) {
    if (stopped()) throw new TrainingError('aborted', 'the gradient was aborted');
    const result = await engine.gradient(parameters, batch, out);
    if (share === 1) return result;
    loss += share * result.loss;
    sum ??= new Float64Array(out.length);
    for (let i = 0; i < out.length; i++) sum[i] = (sum[i] as number) + share * (out[i] as number);
  }
  if (sum !== undefined) out.set(sum);
  return { loss };
}
