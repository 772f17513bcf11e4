/**
 * Names a data set as plain data, so that an experiment file can hold it and a worker thread can open it. The fields
 * `dir` and `memoryMiB` are local to a peer; all others are the same for everyone (`sharedSpec`).
 */
import { invalidField } from '../../foundation/operator-error.ts';
import type { Dataset } from '../dataset.ts';
import { Fields } from './fields.ts';
import { GlyphDataset, parseGlyphs, type GlyphsSpec } from './glyphs.ts';
import { IDX_SETS, openIdx, parseIdx, type IdxSpec } from './idx.ts';

export type DatasetSpec = GlyphsSpec | IdxSpec;
export type Split = 'train' | 'test';

export const DATASET_NAMES = ['glyphs', ...IDX_SETS] as const;

/** A spec from an experiment file or a flag: a name (`mnist`) or an object with a name. Throws OperatorError. */
export function parseDatasetSpec(value: unknown, field: string): DatasetSpec {
  const fields = new Fields(typeof value === 'string' ? { name: value } : value, field);
  const name = fields.oneOf('name', DATASET_NAMES);
  if (name === undefined) throw invalidField(`${field}.name`, `be one of ${DATASET_NAMES.join(', ')}`, name);
  const spec = name === 'glyphs' ? parseGlyphs(fields) : parseIdx(name, fields);
  fields.end();
  return spec;
}

/** The part of a spec that all peers of an experiment share; it may enter the experiment's digest. */
export function sharedSpec(spec: DatasetSpec): Omit<DatasetSpec, 'dir' | 'memoryMiB'> {
  if (spec.name === 'glyphs') return spec;
  const { dir: _dir, memoryMiB: _memoryMiB, ...shared } = spec;
  return shared;
}

/** Opens one split. File sets need `dir`. Throws OperatorError where a file is missing or malformed. */
export async function openDataset(spec: DatasetSpec, split: Split): Promise<Dataset> {
  if (spec.name === 'glyphs') return new GlyphDataset(spec, split);
  if (spec.dir === undefined) throw invalidField('data.dir', `be given for ${spec.name}`, spec.dir);
  return openIdx(spec, spec.dir, split);
}
