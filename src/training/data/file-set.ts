/**
 * What every data set that lives in files has in common: the fields of its spec, and where its files are looked for
 * (a folder and one folder below it, unpacked or gzip).
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { checkRegular } from '../../files/regular-file.ts';
import { invalidField } from '../../foundation/operator-error.ts';
import { integer, positive } from '../../foundation/schema.ts';

const DEFAULT_MEMORY_MIB = 1024;
const MOST_MEMORY_MIB = 2 ** 20;
const MOST_EXAMPLES = 2 ** 31 - 1;

export interface FileSetSpec {
  /** The folder that holds the files; local to a peer. Absent until `provideDataset` has found or fetched them. */
  readonly dir?: string;
  /** Larger files are read piece by piece instead of being held in memory; local to a peer. */
  readonly memoryMiB?: number;
  /** Only the first so many examples of a split. */
  readonly train?: number;
  readonly test?: number;
}

/** Throws OperatorError where a spec asks for more examples than a split has. */
export function checkLimit(limit: number | undefined, size: number, split: 'train' | 'test'): void {
  if (limit !== undefined && limit > size) {
    throw invalidField(`data.${split}`, `be at most the ${size} examples of the ${split} split`, limit);
  }
}

/** Mean and standard deviation of each channel, after pixels were scaled to [0, 1]. */
export interface Normalization {
  readonly mean: readonly number[];
  readonly sd: readonly number[];
}

/** The fields of FileSetSpec. */
export const FILE_SET = {
  dir: z.string().min(1).exactOptional(),
  memoryMiB: z.number().min(0).max(MOST_MEMORY_MIB).exactOptional(),
  train: integer(1, MOST_EXAMPLES).exactOptional(),
  test: integer(1, MOST_EXAMPLES).exactOptional(),
};

/** What the operator lets one file take in memory. */
export function memoryBytesOf({ memoryMiB = DEFAULT_MEMORY_MIB }: FileSetSpec): number {
  return memoryMiB * 2 ** 20;
}

/** `normalize: { mean: [..], sd: [..] }`, or `normalize: false` for plain [0, 1]. */
export function normalization(channels: number) {
  const row = (item: z.ZodNumber) => z.array(item).length(channels).readonly();
  return z.union([z.literal(false), z.strictObject({ mean: row(z.number()), sd: row(positive) })], {
    error: `be false or { mean, sd } of ${channels} finite numbers each, sd above 0`,
  });
}

/** Values of the 256 bytes of each channel. */
export function byteTables(channels: number, normalization: Normalization | false): readonly Float32Array[] {
  return Array.from({ length: channels }, (_, c) =>
    Float32Array.from({ length: 256 }, (_, byte) =>
      normalization === false
        ? byte / 255
        : (byte / 255 - (normalization.mean[c] as number)) / (normalization.sd[c] as number),
    ),
  );
}

/** Folder names under which each known set is kept, so that one set's files are never taken for another's. */
const FOLDER_NAMES: Readonly<Record<string, readonly string[]>> = {
  mnist: ['mnist'],
  'fashion-mnist': ['fashion-mnist', 'fashionmnist', 'fashion'],
  kmnist: ['kmnist'],
  cifar10: ['cifar10', 'cifar-10', 'cifar-10-batches-bin'],
  a9a: ['libsvm', 'a9a'],
  mushrooms: ['libsvm', 'mushrooms'],
  'tiny-shakespeare': ['tinyshakespeare', 'tiny-shakespeare', 'shakespeare'],
};

/**
 * The first file of these names (or with `.gz`) in the folder or one folder below it; undefined where there is none.
 * Links are followed, also to other disks: whoever runs the peer has put them there, and names of an experiment hold no `..`.
 * Throws OperatorError where it is no regular file.
 */
export function findFile(dir: string, set: string, names: readonly string[]): string | undefined {
  for (const folder of foldersOf(dir, set)) {
    for (const name of names) {
      for (const path of [join(folder, name), join(folder, `${name}.gz`)]) {
        const found = existsSync(path) ? path : sameLetters(path);
        if (found === undefined) continue;
        checkRegular(found);
        return found;
      }
    }
  }
  return undefined;
}

/** A file whose name has the same letters composed in another way (macOS stores an umlaut as two). */
function sameLetters(path: string): string | undefined {
  const [folder, wanted] = [dirname(path), basename(path).normalize('NFC')];
  if (/^[\0-\x7f]*$/.test(wanted) || !existsSync(folder)) return undefined;
  const found = readdirSync(folder).find((name) => name.normalize('NFC') === wanted);
  return found === undefined ? undefined : join(folder, found);
}

/** As findFile; a missing file is the operator's fault. */
export function requireFile(dir: string, set: string, names: readonly string[]): string {
  const path = findFile(dir, set, names);
  if (path === undefined) {
    throw invalidField(
      `the folder of ${set}`,
      `hold ${names[0]} (or ${names[0]}.gz) in itself or one folder below`,
      dir,
    );
  }
  return path;
}

function foldersOf(dir: string, set: string): string[] {
  if (!existsSync(dir)) return [];
  const own = FOLDER_NAMES[set] ?? [];
  const foreign = new Set(
    Object.values(FOLDER_NAMES)
      .flat()
      .filter((name) => !own.includes(name)),
  );
  const below = readdirSync(dir, { withFileTypes: true })
    .filter(
      (entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !foreign.has(entry.name.toLowerCase()),
    )
    .map((entry) => entry.name)
    .sort((a, b) => Number(own.includes(b.toLowerCase())) - Number(own.includes(a.toLowerCase())));
  return [dir, ...below.map((name) => join(dir, name))];
}
