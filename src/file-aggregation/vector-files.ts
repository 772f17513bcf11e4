/**
 * The files that `synod aggregate` reads and writes, as n vectors of d values: one .npy matrix, or one .safetensors file
 * for each vector (or one index of shards). Column 0 .. d - 1 of the second kind runs through the tensors in the order of
 * the output file. Files of a folder are rows in natural order: w2 before w10.
 */
import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { attempt, statOf } from '../files/file-fault.ts';
import { INDEX, SAFETENSORS } from '../formats/tensor-files.ts';
import { naturalOrder } from '../foundation/natural-order.ts';
import { invalidField, OperatorError } from '../foundation/operator-error.ts';
import type { IntegerTensors, VectorFiles } from './vector-source.ts';
import { openNpyVectors } from './npy-vectors.ts';
import { openSafetensorsVectors } from './safetensors-vectors.ts';

const MATRIX = '.npy';

/** Opens one .npy file, a folder of .safetensors files, or a list of these; checks that `out` is of the same kind. */
export function openVectorFiles(
  paths: readonly string[],
  out: string,
  integers: IntegerTensors = 'refuse',
): VectorFiles {
  const [first] = paths;
  if (first === undefined) throw new OperatorError('name at least one input file');
  if (paths.length === 1 && first.endsWith(MATRIX)) {
    checkOutput(out, MATRIX);
    return openNpyVectors(first);
  }
  const isAlone = paths.length === 1 && statOf(first)?.isDirectory() === true;
  const files = isAlone ? safetensorsIn(first) : paths.map(modelAt);
  const stranger = files.find((path) => !path.endsWith(SAFETENSORS) && !path.endsWith(INDEX));
  if (stranger !== undefined) throw new OperatorError(strangerFault(stranger));
  checkOutput(out, SAFETENSORS);
  refuseTwice(files);
  return openSafetensorsVectors(files, namesOf(files), integers);
}

function strangerFault(path: string): string {
  const rule = 'inputs must be one .npy file, or a folder or list of .safetensors files';
  if (!path.endsWith(MATRIX)) return `${rule}, got ${path}`;
  return `${rule}, got ${path} among others: one matrix holds all vectors (np.save('all.npy', np.stack(vectors)))`;
}

/** A vector that counts twice is one more of those that may be Byzantine, whatever f says. */
function refuseTwice(files: readonly string[]): void {
  const known = new Map<string, string>();
  for (const file of files) {
    const { dev, ino } = attempt('read', file, () => statSync(file, { bigint: true }));
    const place = `${dev} ${ino}`;
    const other = known.get(place);
    if (other !== undefined) {
      const twice = other === file ? `${file} twice` : `${other} and ${file}, which are one file`;
      throw new OperatorError(
        `inputs must be different files, got ${twice} (weights let one count for more)`,
      );
    }
    known.set(place, file);
  }
}

function checkOutput(out: string, extension: string): void {
  if (!out.endsWith(extension)) {
    throw invalidField('out', `end in ${extension}, as the inputs do`, out);
  }
}

/** Of a list: a folder stands for the model whose shards it holds. */
function modelAt(path: string): string {
  if (statOf(path)?.isDirectory() !== true) return path;
  const [index, ...others] = namesIn(path).filter((name) => name.endsWith(INDEX));
  if (index !== undefined && others.length === 0) return join(path, index);
  throw new OperatorError(
    `a folder among several inputs must hold one model in shards, with its model${INDEX}, got ${path}`,
  );
}

const SHARD = /-\d{5}-of-\d{5}\.safetensors$/;

function safetensorsIn(folder: string): string[] {
  const all = namesIn(folder);
  const names = all.filter((name) => name.endsWith(SAFETENSORS)).sort(naturalOrder);
  const shard = all.find((name) => name.endsWith(INDEX)) ?? names.find((name) => SHARD.test(name));
  if (shard !== undefined) {
    throw new OperatorError(
      `${folder} holds the shards of one model (${shard}): name one such folder for each vector, or one file`,
    );
  }
  if (names.length === 0) throw new OperatorError(`${folder} holds no .safetensors file${foundInstead(all)}`);
  return names.map((name) => join(folder, name));
}

function foundInstead(names: readonly string[]): string {
  if (names.length === 0) return ': it is empty';
  const shown = names.slice(0, 3).join(', ');
  return `, but ${shown}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;
}

/** Without what systems leave beside files (`._w1.safetensors`, `.DS_Store`). */
function namesIn(folder: string): string[] {
  return attempt('read', folder, () => readdirSync(folder)).filter((name) => !name.startsWith('.'));
}

/** File names where they tell the rows apart, else paths. */
function namesOf(files: readonly string[]): string[] {
  const names = files.map((file) => basename(file));
  return new Set(names).size === files.length ? names : [...files];
}
