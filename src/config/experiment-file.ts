/** Reads an experiment file (YAML or JSON) from disk. Paths inside it count from the file's folder. */
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { KIND_BYTES, kindOf } from '../files/file-kind.ts';
import { readRegular } from '../files/regular-file.ts';
import { OperatorError, reasonOf } from '../foundation/operator-error.ts';
import { pinTask } from '../training/task-digest.ts';
import { pinRules } from './own-rules.ts';
import { parseExperiment, type Experiment } from './experiment.ts';

const MAX_FILE_BYTES = 16 * 1024 * 1024;
/** Of one value, nested ones multiplied: a few lines could stand for gigabytes. */
const MOST_ALIASES = 100;

/** The checked experiment; throws an OperatorError for a missing, unreadable or wrong file. */
export function loadExperiment(path: string): Experiment {
  return pinExperiment(parseExperiment(readDocument(path), 'experiment'), dirname(resolve(path)));
}

/** The experiment with its own model and rule, if it has any, found and digested; a path in it counts from `folder`. */
export function pinExperiment(experiment: Experiment, folder: string): Experiment {
  const { aggregation, model } = experiment;
  return {
    ...experiment,
    model: pinTask(model, folder),
    aggregation: { ...aggregation, pipeline: pinRules(aggregation.pipeline, folder) },
  };
}

/** The file's plain content, before it is checked. `what` names the file in sentences: `the experiment file`. */
export function readDocument(path: string, what = 'the experiment file'): unknown {
  const text = readText(path, what);
  const refuse = (reason: string, cause?: unknown): never => {
    throw new OperatorError(`${what} ${path} must be YAML or JSON: ${reason}`, { cause });
  };
  try {
    // what it warns of (keys that are lists, unknown tags) is no field of ours and is told as such
    const document = parseDocument(text, { prettyErrors: true, logLevel: 'error' });
    const [fault] = document.errors;
    if (fault?.code === 'MULTIPLE_DOCS') refuse('it holds several documents, parted by ---', fault);
    if (fault !== undefined) refuse((fault.message.split('\n')[0] as string).replace(/:$/, ''), fault);
    const content: unknown = document.toJS({ maxAliasCount: MOST_ALIASES });
    if (content === null || content === undefined) refuse('it holds nothing');
    if (!isTree(content)) refuse('one of its aliases holds itself');
    return content;
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    // the parser and what turns its nodes into values throw for aliases without anchor, too many, and deep nesting
    return refuse(error instanceof RangeError ? 'it is nested too deeply' : reasonOf(error), error);
  }
}

function isTree(content: unknown): boolean {
  try {
    JSON.stringify(content);
    return true;
  } catch (error) {
    if (error instanceof RangeError) throw error;
    return false;
  }
}

function readText(path: string, what: string): string {
  const bytes = readRegular(path, MAX_FILE_BYTES);
  const kind = kindOf(bytes.subarray(0, KIND_BYTES));
  if (kind !== undefined && kind !== 'a JSON text') {
    throw new OperatorError(`${what} ${path} must be YAML or JSON, but it is ${kind}`);
  }
  return bytes.toString('utf8');
}
