/** How large an experiment is, as far as it can be told before anything is downloaded, opened or started. */
import type { Experiment } from '../config/experiment.ts';
import { experimentSize, type ExperimentSize } from '../config/experiment-size.ts';
import { MAX_BODY_BYTES } from '../network/limits.ts';
import { bytesText } from '../observe/sentences.ts';
import { knownShapeOf } from '../training/data/data-shape.ts';
import { provideDataset } from '../training/data/provide-dataset.ts';
import { shapeOf } from '../training/open-data.ts';
import { openTask } from '../training/open-task.ts';
import type { DataShape } from '../training/task.ts';
import { isOwnTask } from '../training/task-digest.ts';
import { tryTaskModule } from '../training/try-task-module.ts';

/**
 * Undefined where only the files of the data set or the model's own module tell; throws an OperatorError where the model
 * does not fit the data or something is too large.
 */
export async function sizeWithoutFiles(experiment: Experiment): Promise<ExperimentSize | undefined> {
  const shape = knownShapeOf(experiment.data);
  if (isOwnTask(experiment.model) || shape === undefined) return undefined;
  return sizeOver(experiment, shape);
}

/** As above, with the model opened as a peer opens it, and the files of the data set where their folder is given. */
export async function sizeWithFiles(
  experiment: Experiment,
  dataDir: string | undefined,
): Promise<ExperimentSize | undefined> {
  const { data, model } = experiment;
  if (model.kind === 'task-module') {
    await tryTaskModule(model.path);
    return sizeOver(experiment, undefined);
  }
  const known = knownShapeOf(data);
  if (known !== undefined) return sizeOver(experiment, known);
  if (dataDir === undefined) return undefined;
  return sizeOver(experiment, await shapeOf(await provideDataset(data, { dataDir }), model));
}

async function sizeOver(experiment: Experiment, shape: DataShape | undefined): Promise<ExperimentSize> {
  const { parameters } = await openTask(experiment.model, shape);
  return experimentSize(experiment, parameters, MAX_BODY_BYTES);
}

/** One line for people. */
export function sizeText(size: ExperimentSize): string {
  return `${parametersText(size)}; ${bodiesText(size)}; ${memoryText(size)}`;
}

export function parametersText({ parameters }: ExperimentSize): string {
  return `${parameters.toLocaleString('en-US')} parameter${parameters === 1 ? '' : 's'}`;
}

export function bodiesText(size: ExperimentSize): string {
  const { contributionBytes, updateBytes, stateBytes, memberReceivesBytes } = size;
  return (
    `a contribution has ${bytesText(contributionBytes)}, an update ${bytesText(updateBytes)}, the state ` +
    `${bytesText(stateBytes)}; a member receives ${bytesText(memberReceivesBytes)} of contributions a round`
  );
}

export function memoryText({ memoryBytes }: ExperimentSize): string {
  return `vectors and bodies take ${bytesText(memoryBytes)} of a peer's memory, beside what trains`;
}

/**
 * A sentence where a batch is larger than what its worker has, which works and is seldom what was meant;
 * `leastExamples` are those of the peer that has the fewest.
 */
export function repeatedExamples(batchSize: number, leastExamples: number): string | undefined {
  if (batchSize <= leastExamples) return undefined;
  return (
    `batchSize, ${batchSize}, is more than the ${leastExamples} examples of the peer that has the fewest: ` +
    'a batch of it holds examples more than once'
  );
}
