/**
 * What an experiment's id says of a task that lies in files: the SHA-256 of their bytes. The files that a task
 * module imports are not followed; a task that must be the same everywhere is one file, or names its packages' versions.
 */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { assert } from '../foundation/assert.ts';
import { readRegular } from '../files/regular-file.ts';
import { invalidField } from '../foundation/operator-error.ts';
import { readModelJson } from './model-json.ts';
import type { TaskFiles, TaskSpec } from './task-spec.ts';

type OwnTaskSpec = Extract<TaskSpec, TaskFiles>;

/** A model or task of the user's own, which lies in files. */
export function isOwnTask(spec: TaskSpec): spec is OwnTaskSpec {
  return spec.kind === 'layers-model' || spec.kind === 'task-module';
}

/**
 * The spec of this machine: its path counts from `folder`, its digest is that of the files. Throws an OperatorError
 * for files that are missing or are not those that a stated digest names. Built-in models stay as they are.
 */
export function pinTask(spec: TaskSpec, folder: string): TaskSpec {
  if (!isOwnTask(spec)) return spec;
  const anchored = { ...spec, path: resolve(folder, spec.path) };
  const digest = taskDigest(anchored);
  if (spec.digest !== undefined && spec.digest !== digest) {
    throw invalidField(`the digest of ${spec.path}`, `be ${spec.digest} as stated`, digest);
  }
  return { ...anchored, ...(digest === undefined ? {} : { digest }) };
}

/** What all peers share of a spec: the files' digest stands for the files. */
export function sharedTask(spec: TaskSpec): unknown {
  if (!isOwnTask(spec)) return spec;
  const { kind, digest } = spec;
  assert(digest !== undefined, 'a task is pinned before it is shared');
  return { kind, digest };
}

/** 64 hexadecimal digits for a Layers model (with its weights) or a task module; undefined for built-in models. */
export function taskDigest(spec: TaskSpec): string | undefined {
  if (!isOwnTask(spec)) return undefined;
  const hash = createHash('sha256').update('synod-task');
  const { path } = spec;
  const files = spec.kind === 'task-module' ? [path] : [path, ...readModelJson(path).weightFiles];
  for (const file of files) {
    const bytes = readRegular(file, spec.kind === 'task-module' ? LARGEST_MODULE_BYTES : LARGEST_FILE_BYTES);
    hash.update(Float64Array.of(bytes.length)).update(bytes);
  }
  return hash.digest('hex');
}

const LARGEST_MODULE_BYTES = 2 ** 24;
const LARGEST_FILE_BYTES = 2 ** 32;
