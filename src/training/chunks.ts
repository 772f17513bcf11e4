/** A request's examples as batches that fit one pass of the engine, each with its share of the whole. */
import { poisonBatch } from '../attacks/data-poison.ts';
import type { Chunk, Dataset } from './dataset.ts';
import type { BatchRequest } from './training-requests.ts';

/** Read one by one, when they are asked for. */
export function* chunksOf(
  dataset: Dataset,
  { indices, poison }: Pick<BatchRequest, 'indices' | 'poison'>,
  chunkSize: number,
): Generator<Chunk> {
  const total = indices === 'all' ? dataset.size : indices.length;
  for (let from = 0; from < total; from += chunkSize) {
    const to = Math.min(from + chunkSize, total);
    const numbers =
      indices === 'all' ? Array.from({ length: to - from }, (_, i) => from + i) : indices.slice(from, to);
    const batch = dataset.read(numbers);
    yield {
      batch: poison === undefined ? batch : poisonBatch(batch, numbers, dataset, poison),
      share: batch.size / total,
    };
  }
}
