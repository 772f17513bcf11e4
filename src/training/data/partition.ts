/**
 * Which examples of a shared data set each worker holds. Every peer computes the same shards from the same seed, so a
 * partition costs nothing on the wire. Dirichlet shards follow Hsu, Qi, Brown (arXiv 1909.06335) as it is commonly
 * done: for each class, the workers' shares are Dirichlet(alpha). Label-sorted shards follow McMahan et al.
 * (arXiv 1602.05629): sorted by label, cut into workers * pieces runs, dealt at random. Similarity shards follow Karimireddy
 * et al. (SCAFFOLD, ICML 2020): a part of each is drawn from all examples, the rest follows the labels.
 */
import { z } from 'zod';
import { invalidField } from '../../foundation/operator-error.ts';
import { integer, named, parseWith } from '../../foundation/schema.ts';
import { SeededRandom, type Seed } from '../../foundation/seeded-random.ts';
import { unreachable } from '../../foundation/assert.ts';
import type { Dataset } from '../dataset.ts';
import { dirichlet } from './dirichlet.ts';

export type PartitionSpec =
  /** A random cut into equal shards. */
  | { readonly kind: 'iid' }
  /** Shares of each class drawn from Dirichlet(alpha): the smaller alpha, the more the workers differ. */
  | { readonly kind: 'dirichlet'; readonly alpha: number }
  /** Each worker gets `pieces` runs of the examples sorted by label. */
  | { readonly kind: 'label-sorted'; readonly pieces: number }
  /** A random `share` of the examples is cut at random, the rest is sorted by label first: ByzFL's gamma-similarity. */
  | { readonly kind: 'similarity'; readonly share: number }
  /** Worker w holds the examples w, w + workers, w + 2 workers, ... */
  | { readonly kind: 'strides' }
  /** Every worker holds all examples. */
  | { readonly kind: 'shared' }
  /** Every worker trains on a data set of its own, which is not cut at all. */
  | { readonly kind: 'own' };

export type Labels = Pick<Dataset, 'size' | 'classes' | 'label'>;

const LEAST_ALPHA = 0.001;
const LARGEST_ALPHA = 1e6;
const MOST_PIECES = 1000;

export const PARTITION = named('kind', [
  z.strictObject({ kind: z.literal('iid') }),
  z.strictObject({ kind: z.literal('dirichlet'), alpha: z.number().min(LEAST_ALPHA).max(LARGEST_ALPHA) }),
  z.strictObject({ kind: z.literal('label-sorted'), pieces: integer(1, MOST_PIECES).default(1) }),
  z.strictObject({ kind: z.literal('similarity'), share: z.number().min(0).max(1) }),
  z.strictObject({ kind: z.literal('strides') }),
  z.strictObject({ kind: z.literal('shared') }),
  z.strictObject({ kind: z.literal('own') }),
]);

/** A partition from an experiment file or a flag: a kind (`iid`) or an object with a kind. Throws OperatorError. */
export function parsePartition(value: unknown, field: string): PartitionSpec {
  return parseWith<PartitionSpec>(PARTITION, value, field);
}

/** One ascending list of example indices for each worker; none is empty. Throws OperatorError where examples lack. */
export function partition(data: Labels, workers: number, spec: PartitionSpec, seed: Seed): Int32Array[] {
  if (spec.kind === 'shared' || spec.kind === 'own') {
    const all = Int32Array.from({ length: data.size }, (_, i) => i);
    return Array.from({ length: workers }, () => all);
  }
  const pieces = spec.kind === 'label-sorted' ? spec.pieces : 1;
  if (data.size < workers * pieces) {
    throw invalidField('the data set', `have an example for each of ${workers * pieces} shards`, data.size);
  }
  const random = new SeededRandom(seed, 'partition', spec.kind);
  return cut(data, workers, spec, random).map((shard) => Int32Array.from(shard).sort());
}

function cut(
  data: Labels,
  workers: number,
  spec: Exclude<PartitionSpec, { kind: 'shared' | 'own' }>,
  random: SeededRandom,
): number[][] {
  switch (spec.kind) {
    case 'iid':
      return runs(random.shuffle(indices(data)), workers);
    case 'strides':
      return Array.from({ length: workers }, (_, w) => indices(data).filter((i) => i % workers === w));
    case 'label-sorted': {
      const dealt = random.shuffle(runs(byClass(data, random).flat(), workers * spec.pieces));
      return Array.from({ length: workers }, (_, w) =>
        dealt.slice(w * spec.pieces, (w + 1) * spec.pieces).flat(),
      );
    }
    case 'similarity': {
      const shuffled = random.shuffle(indices(data));
      const alike = Math.round(spec.share * data.size);
      const sorted = shuffled.slice(alike).sort((a, b) => data.label(a) - data.label(b)); // stable: random within a class
      const common = runs(shuffled.slice(0, alike), workers);
      return feedTheEmpty(runs(sorted, workers).map((own, w) => own.concat(common[w] ?? [])));
    }
    case 'dirichlet': {
      const shards = Array.from({ length: workers }, (): number[] => []);
      for (const members of byClass(data, random)) {
        let share = 0;
        let from = 0;
        dirichlet(random, spec.alpha, workers).forEach((portion, w) => {
          share += portion;
          const to = w === workers - 1 ? members.length : Math.round(share * members.length);
          shards[w] = (shards[w] as number[]).concat(members.slice(from, to));
          from = Math.max(from, to);
        });
      }
      return feedTheEmpty(shards);
    }
    default:
      return unreachable(spec);
  }
}

function indices(data: Labels): number[] {
  return Array.from({ length: data.size }, (_, i) => i);
}

/** Cuts a list into runs whose lengths differ by one at most. */
function runs(items: readonly number[], count: number): number[][] {
  return Array.from({ length: count }, (_, k) =>
    items.slice(Math.floor((k * items.length) / count), Math.floor(((k + 1) * items.length) / count)),
  );
}

/** The examples of each class, in random order. */
function byClass(data: Labels, random: SeededRandom): number[][] {
  const members = Array.from({ length: data.classes }, (): number[] => []);
  for (let i = 0; i < data.size; i++) (members[data.label(i)] as number[]).push(i);
  return members.map((list) => random.shuffle(list));
}

/** A worker without examples could not train: it takes one from the largest shard. */
function feedTheEmpty(shards: number[][]): number[][] {
  for (const shard of shards) {
    if (shard.length > 0) continue;
    const largest = shards.reduce((best, other) => (other.length > best.length ? other : best));
    shard.push(largest.pop() as number);
  }
  return shards;
}
