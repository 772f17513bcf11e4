/** Reads an experiment file (YAML or JSON) from disk. Paths inside it count from the file's folder. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { OperatorError, invalidField } from '../foundation/operator-error.ts';
import { pinTask } from '../training/task-digest.ts';
import { parseExperiment, type Experiment } from './experiment.ts';

const MAX_FILE_BYTES = 16 * 1024 * 1024;

/** The checked experiment; throws an OperatorError for a missing, unreadable or wrong file. */
export function loadExperiment(path: string): Experiment {
  return pinExperiment(parseExperiment(readDocument(path), 'experiment'), dirname(resolve(path)));
}

/** The experiment with its own model, if it has one, found and digested; a path in it counts from `folder`. */
export function pinExperiment(experiment: Experiment, folder: string): Experiment {
  return { ...experiment, model: pinTask(experiment.model, folder) };
}

/** The file's plain content, before it is checked. */
export function readDocument(path: string): unknown {
  const document = parseDocument(readText(path), { prettyErrors: true });
  const [fault] = document.errors;
  if (fault !== undefined) {
    const [line] = fault.message.split('\n');
    throw new OperatorError(`the experiment file ${path} must be YAML or JSON: ${line?.replace(/:$/, '')}`);
  }
  const content: unknown = document.toJS({ maxAliasCount: 100 });
  try {
    JSON.stringify(content);
  } catch {
    throw new OperatorError(`the experiment file ${path} must be a tree: one of its aliases holds itself`);
  }
  return content;
}

function readText(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > MAX_FILE_BYTES) throw invalidField(path, `be at most ${MAX_FILE_BYTES} bytes`, size);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const reason =
      code === 'ENOENT' ? 'exist' : code === 'EISDIR' ? 'be a file, not a folder' : 'be readable';
    throw invalidField('the experiment file', reason, path);
  }
}
