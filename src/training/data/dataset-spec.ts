/**
 * Names a data set as plain data, so that an experiment file can hold it and a worker thread can open it. The fields
 * `dir` and `memoryMiB` are local to a peer; all others are the same for everyone (`sharedSpec`).
 */
import { z } from 'zod';
import { unreachable } from '../../foundation/assert.ts';
import { invalidField } from '../../foundation/operator-error.ts';
import { named, parseWith } from '../../foundation/schema.ts';
import type { Dataset } from '../dataset.ts';
import { openCifar, CIFAR_SPEC, type CifarSpec } from './cifar.ts';
import { openCsv, CSV_SPEC, type CsvSpec } from './csv.ts';
import { GlyphDataset, GLYPHS_SPEC, type GlyphsSpec } from './glyphs.ts';
import { openIdx, IDX_SPECS, type IdxSpec } from './idx.ts';
import { openImages, IMAGES_SPEC, type ImagesSpec } from './images.ts';
import { openLibsvm, LIBSVM_SPECS, type LibsvmSpec } from './libsvm.ts';
import { openText, TEXT_SPEC, type TextSpec } from './text.ts';

export type FileDatasetSpec = IdxSpec | CifarSpec | LibsvmSpec | CsvSpec | TextSpec | ImagesSpec;
/** The data that a task module defines by itself (`open-data.ts`). */
export interface TaskDataSpec {
  readonly name: 'task';
}
export type DatasetSpec = GlyphsSpec | TaskDataSpec | FileDatasetSpec;
export type Split = 'train' | 'test';

export const DATASET = named('name', [
  GLYPHS_SPEC,
  ...IDX_SPECS,
  CIFAR_SPEC,
  ...LIBSVM_SPECS,
  TEXT_SPEC,
  CSV_SPEC,
  IMAGES_SPEC,
  z.strictObject({ name: z.literal('task') }),
]);

/** A spec from an experiment file or a flag: a name (`mnist`) or an object with a name. Throws OperatorError. */
export function parseDatasetSpec(value: unknown, field: string): DatasetSpec {
  return parseWith<DatasetSpec>(DATASET, value, field);
}

/** The part of a spec that all peers of an experiment share; it may enter the experiment's digest. */
export function sharedSpec(spec: DatasetSpec): DatasetSpec {
  if (spec.name === 'glyphs' || spec.name === 'task') return spec;
  const { dir: _dir, memoryMiB: _memoryMiB, ...shared } = spec;
  return shared;
}

/** Opens one split. File sets need `dir`. Throws OperatorError where a file is missing or malformed. */
export async function openDataset(spec: DatasetSpec, split: Split): Promise<Dataset> {
  if (spec.name === 'glyphs') return new GlyphDataset(spec, split);
  if (spec.name === 'task') {
    throw invalidField('data', 'be another set than `task` where the model is no task module', spec.name);
  }
  if (spec.dir === undefined) throw invalidField('data.dir', `be given for ${spec.name}`, spec.dir);
  return openFiles(spec, spec.dir, split);
}

function openFiles(spec: FileDatasetSpec, dir: string, split: Split): Dataset | Promise<Dataset> {
  switch (spec.name) {
    case 'mnist':
    case 'fashion-mnist':
    case 'kmnist':
    case 'idx':
      return openIdx(spec, dir, split);
    case 'cifar10':
      return openCifar(spec, dir, split);
    case 'libsvm':
    case 'a9a':
    case 'mushrooms':
      return openLibsvm(spec, dir, split);
    case 'csv':
      return openCsv(spec, dir, split);
    case 'text':
    case 'tiny-shakespeare':
      return openText(spec, dir, split);
    case 'images':
      return openImages(spec, dir, split);
    default:
      return unreachable(spec);
  }
}
