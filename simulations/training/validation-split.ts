/** Examples set aside from the training split, which no worker holds: hyper-parameters are chosen by them, never by the test. */
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { partition, type Labels, type PartitionSpec } from '../../src/training/data/partition.ts';

export interface ValidationSplit {
  /** Examples of the training split, ascending; none of them is in a shard. */
  readonly validation: Int32Array;
  /** One ascending list for each worker. */
  readonly shards: readonly Int32Array[];
}

/** A random `share` of the examples is set aside, at least one; the rest is cut as `spec` says. */
export function splitForValidation(
  data: Labels,
  share: number,
  workers: number,
  spec: PartitionSpec,
  seed: string,
): ValidationSplit {
  const order = Array.from({ length: data.size }, (_, i) => i);
  new SeededRandom(seed, 'validation').shuffle(order);
  const count = Math.min(data.size - 1, Math.max(1, Math.round(share * data.size)));
  const kept = Int32Array.from(order.slice(count)).sort();
  const rest: Labels = {
    size: kept.length,
    classes: data.classes,
    label: (i) => data.label(kept[i] as number),
  };
  return {
    validation: Int32Array.from(order.slice(0, count)).sort(),
    shards: partition(rest, workers, spec, seed).map((shard) => shard.map((i) => kept[i] as number)),
  };
}
