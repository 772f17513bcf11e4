/**
 * What an experiment's digest says of a task that lies in files: the SHA-256 of their bytes. The files that a task
 * module imports are not followed; a task that must be the same everywhere is one file, or names its packages' versions.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OperatorError } from '../foundation/operator-error.ts';
import type { TaskSpec } from './task-spec.ts';

/** 64 hexadecimal digits for a Layers model (with its weights) or a task module; undefined for built-in models. */
export function taskDigest(spec: TaskSpec): string | undefined {
  if (spec.kind !== 'layers-model' && spec.kind !== 'task-module') return undefined;
  const hash = createHash('sha256').update('synod-task');
  try {
    for (const path of spec.kind === 'task-module' ? [spec.path] : modelFiles(spec.path)) {
      const bytes = readFileSync(path);
      hash.update(Float64Array.of(bytes.length)).update(bytes);
    }
  } catch (error) {
    throw new OperatorError(`the files of ${spec.path} must be readable: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return hash.digest('hex');
}

function modelFiles(path: string): readonly string[] {
  const { weightsManifest = [] } = JSON.parse(readFileSync(path, 'utf8')) as {
    weightsManifest?: readonly { readonly paths: readonly string[] }[];
  };
  return [path, ...weightsManifest.flatMap(({ paths }) => paths.map((name) => join(dirname(path), name)))];
}
