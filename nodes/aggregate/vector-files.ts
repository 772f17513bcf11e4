/**
 * The files that `synod aggregate` reads and writes, as n vectors of d values: one .npy matrix, or one .safetensors file
 * for each vector. Column 0 .. d - 1 of the second kind runs through the tensors in the order of the output file.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { RowSource } from '../../src/aggregation/aggregate-stream.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import type { VectorSink } from '../../src/linalg/column-source.ts';
import { openNpyVectors } from './npy-vectors.ts';
import { openSafetensorsVectors } from './safetensors-vectors.ts';

export interface VectorFiles {
  readonly source: RowSource;
  readonly bytesRead: () => number;
  /** Starts the output, which is of the inputs' kind and type. */
  createOutput(path: string): VectorOutput;
  close(): void;
}

export interface VectorOutput extends VectorSink {
  /** Puts the file in its place. */
  finish(): void;
  /** Leaves nothing behind; harmless once finished. */
  abandon(): void;
}

const SAFETENSORS = '.safetensors';

/** Opens one .npy file, a folder of .safetensors files, or a list of these; checks that `out` is of the same kind. */
export function openVectorFiles(paths: readonly string[], out: string): VectorFiles {
  const [first] = paths;
  if (first === undefined) throw new OperatorError('name at least one input file');
  if (paths.length === 1 && first.endsWith('.npy')) {
    checkOutput(out, '.npy');
    return openNpyVectors(first);
  }
  const files = paths.length === 1 && isFolder(first) ? safetensorsIn(first) : paths;
  const stranger = files.find((path) => !path.endsWith(SAFETENSORS));
  if (stranger !== undefined) {
    throw new OperatorError(
      `inputs must be one .npy file, or a folder or list of .safetensors files, got ${stranger}`,
    );
  }
  checkOutput(out, SAFETENSORS);
  return openSafetensorsVectors(files);
}

function checkOutput(out: string, extension: string): void {
  if (!out.endsWith(extension)) {
    throw new OperatorError(`--out must end in ${extension}, as the inputs do, got ${out}`);
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** By name, so that the rows keep their numbers. */
function safetensorsIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(SAFETENSORS));
  if (names.length === 0) throw new OperatorError(`${folder} holds no .safetensors file`);
  return names.sort().map((name) => join(folder, name));
}
