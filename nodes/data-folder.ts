/** `--data-dir` as it is looked at before anything starts: the folder is there, and is one that is read. */
import { statOf } from '../src/files/file-fault.ts';
import { invalidField } from '../src/foundation/operator-error.ts';
import type { DatasetSpec } from '../src/training/data/dataset-spec.ts';

/** Throws an OperatorError where the flag names what is no folder, be it used or not. */
export function checkDataFolder(dataDir: string | undefined): void {
  if (dataDir === undefined) return;
  const status = statOf(dataDir);
  if (status === undefined) throw invalidField('--data-dir', 'name a folder that exists', dataDir);
  if (!status.isDirectory())
    throw invalidField('--data-dir', 'name a folder, but a file lies there', dataDir);
}

/** Why nothing is read from the folder; undefined where it is not given, or is read. */
export function unusedDataFolder(dataDir: string | undefined, { name }: DatasetSpec): string | undefined {
  if (dataDir === undefined) return undefined;
  if (name === 'glyphs') return `--data-dir ${dataDir} is not read: ${name} are drawn by the program itself`;
  if (name === 'task') return `--data-dir ${dataDir} is not read: the task module brings its own data`;
  return undefined;
}

/** Both: a fault is thrown, and a folder that is not read is told of. */
export function lookAtDataFolder(
  dataDir: string | undefined,
  spec: DatasetSpec,
  say: (sentence: string) => void = (sentence) => void process.stderr.write(`synod: ${sentence}\n`),
): void {
  checkDataFolder(dataDir);
  const unused = unusedDataFolder(dataDir, spec);
  if (unused !== undefined) say(unused);
}
