/** One split, or only the shapes, of an experiment's data: a set by name, or the one that its task module defines. */
import { OperatorError, reasonOf } from '../foundation/operator-error.ts';
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

export async function openTaskData(task: Task, path: string, split: Split): Promise<Dataset> {
  if (task.data === undefined) {
    throw new OperatorError(
      `the task module ${path} must define data, or the experiment must name a data set`,
    );
  }
  try {
    return await task.data.open(split);
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(`the task module ${path} throws in data.open('${split}'): ${reasonOf(error)}`, {
      cause: error,
    });
  }
}
