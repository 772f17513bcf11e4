/**
 * The tensors of a model wherever they lie: in one .safetensors file, or in shards that an index names
 * (`model.safetensors.index.json`, the form of Hugging Face: weight_map from tensor to file). Headers alone are read.
 */
import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { fileInside } from '../files/inside-folder.ts';
import { readJson } from '../files/regular-file.ts';
import { OperatorError, invalidField } from '../foundation/operator-error.ts';
import { parseWith } from '../foundation/schema.ts';
import { openBinaryFile, type BinarySource } from './binary-file.ts';
import { readSafetensorsHeader, type TensorEntry } from './safetensors.ts';

export const SAFETENSORS = '.safetensors';
export const INDEX = '.safetensors.index.json';

export interface PlacedTensor extends TensorEntry {
  readonly source: BinarySource;
}

export interface TensorFiles {
  readonly name: string;
  readonly tensors: ReadonlyMap<string, PlacedTensor>;
  readonly metadata: Readonly<Record<string, string>>;
  close(): void;
}

const LARGEST_INDEX_BYTES = 64 * 2 ** 20;
const MOST_SHARDS = 4096;

const SHARD_INDEX = z.object({
  weight_map: z.record(z.string(), z.string(), { error: 'map names of tensors to names of files' }),
});

/** A .safetensors file or an index of shards. Throws OperatorError where a file is malformed, missing or elsewhere. */
export function openTensorFiles(path: string): TensorFiles {
  const open: BinarySource[] = [];
  const close = (): void => open.forEach((source) => source.close());
  const openShard = (file: string) => {
    const source = openBinaryFile(file);
    open.push(source);
    return { source, header: readSafetensorsHeader(source) };
  };
  try {
    if (path.endsWith(INDEX)) return { ...readShards(path, openShard), close };
    const { source, header } = openShard(path);
    const tensors = new Map([...header.tensors].map(([name, entry]) => [name, { ...entry, source }]));
    return { name: path, tensors, metadata: header.metadata, close };
  } catch (error) {
    close();
    throw error;
  }
}

type OpenShard = (file: string) => {
  readonly source: BinarySource;
  readonly header: ReturnType<typeof readSafetensorsHeader>;
};

function readShards(path: string, openShard: OpenShard): Omit<TensorFiles, 'close'> {
  const { weight_map: places } = parseWith(SHARD_INDEX, readJson(path, LARGEST_INDEX_BYTES), path);
  const expected = new Map(Object.entries(places));
  const shards = [...new Set(expected.values())];
  if (shards.length < 1 || shards.length > MOST_SHARDS) {
    throw invalidField(`${path}: weight_map`, `name from 1 to ${MOST_SHARDS} files`, shards.length);
  }
  const tensors = new Map<string, PlacedTensor>();
  let metadata: Readonly<Record<string, string>> = {};
  for (const shard of shards) {
    const file = fileInside(dirname(path), shard, `${path}: weight_map`, path);
    const { source, header } = openShard(file);
    metadata = { ...header.metadata, ...metadata };
    for (const [name, entry] of header.tensors) {
      const place = expected.get(name);
      if (place !== shard) {
        throw invalidField(
          `${file}: tensor "${name}"`,
          `lie where ${basename(path)} says`,
          place ?? 'nowhere',
        );
      }
      tensors.set(name, { ...entry, source });
    }
  }
  const missing = [...expected].find(([name]) => !tensors.has(name));
  if (missing !== undefined) {
    throw new OperatorError(
      `${path} places the tensor "${missing[0]}" in ${missing[1]}, which does not hold it`,
    );
  }
  return { name: path, tensors, metadata };
}
