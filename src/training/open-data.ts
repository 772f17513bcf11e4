/** One split, or only the shapes, of an experiment's data: a set by name, or the one that its task module defines. */
import { FieldError, OperatorError, invalidField, reasonOf } from '../foundation/operator-error.ts';
import { knownShapeOf } from './data/data-shape.ts';
import { openDataset, type DatasetSpec, type Split } from './data/dataset-spec.ts';
import type { Dataset } from './dataset.ts';
import { openTaskModule } from './open-task-module.ts';
import type { DataShape, Task } from './task.ts';
import type { TaskSpec } from './task-spec.ts';

/** Throws OperatorError where files or the module's `data` are missing. */
export async function openData(spec: DatasetSpec, model: TaskSpec, split: Split): Promise<Dataset> {
  if (spec.name !== 'task' || model.kind !== 'task-module') return openDataset(spec, split);
  return openTaskData(await openTaskModule(model.path), model.path, split);
}

/** As knownShapeOf; opens the files where it must. */
export async function shapeOf(spec: DatasetSpec, model: TaskSpec): Promise<DataShape> {
  return knownShapeOf(spec) ?? (await openData(spec, model, 'test'));
}

/** Throws OperatorError where the test split does not fit the training split; it may lack some of its classes. */
export function checkSplits(train: Dataset, test: Dataset): void {
  const describe = ({ featureShape, featureType, labelShape }: Dataset): string =>
    `features [${featureShape.join(', ')}] of ${featureType} and labels [${labelShape.join(', ')}]`;
  const [expected, found] = [describe(train), describe(test)];
  if (found !== expected)
    throw invalidField('the test split', `have ${expected}, as the training split`, found);
  if (test.classes > train.classes) {
    throw invalidField(
      'the test split',
      `have the ${train.classes} classes of the training split`,
      test.classes,
    );
  }
}

export async function openTaskData(task: Task, path: string, split: Split): Promise<Dataset> {
  if (task.data === undefined) {
    throw new OperatorError(
      `the task module ${path} must define data, or the experiment must name a data set`,
    );
  }
  try {
    return await task.data.open(split);
  } catch (error) {
    // of the module's own description, which is no field of the experiment
    if (error instanceof FieldError)
      throw new OperatorError(`the task module ${path}: ${error.message}`, { cause: error });
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(`the task module ${path} throws in data.open('${split}'): ${reasonOf(error)}`, {
      cause: error,
    });
  }
}
