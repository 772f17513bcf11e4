/** What a worker thread does: one task on one back end, its data sets, and jobs one after another. */
import { OperatorError, invalidField, reasonOf } from '../foundation/operator-error.ts';
import type { BackendChoice } from './backends/backend.ts';
import { selectBackend } from './backends/select-backend.ts';
import { checkTask } from './check-task.ts';
import { chunksOf } from './chunks.ts';
import { openDataset } from './data/dataset-spec.ts';
import type { Chunk, Dataset } from './dataset.ts';
import type { GradientEngine } from './gradient-engine.ts';
import { gradientOverExamples } from './gradient-over-examples.ts';
import { beatOf, newControl, type Beat } from './hook-watch.ts';
import { initialParameters } from './initial-parameters.ts';
import { openMemoryDataset } from './memory-dataset.ts';
import { openTaskData } from './open-data.ts';
import { openTask } from './open-task.ts';
import type { Task } from './task.ts';
import { createGradientEngine } from './tensor-engine.ts';
import { TrainingError } from './training-error.ts';
import type { Job, JobResult, WorkerStart } from './worker-messages.ts';

export class TaskRunner {
  readonly task: Task;
  readonly engine: GradientEngine;
  readonly backend: BackendChoice;
  readonly close: () => void;
  private readonly openSet: (name: string) => Promise<Dataset>;
  private readonly beat: Beat;
  /** The path of a user's own task. */
  private readonly module: string | undefined;

  private constructor(
    parts: Pick<TaskRunner, 'task' | 'engine' | 'backend' | 'close'>,
    { openSet, beat, module }: Surroundings,
  ) {
    this.task = parts.task;
    this.engine = parts.engine;
    this.backend = parts.backend;
    this.close = parts.close;
    this.openSet = openSet;
    this.beat = beat;
    this.module = module;
  }

  static async start(
    options: Omit<WorkerStart, 'control'>,
    beat: Beat = beatOf(newControl()),
  ): Promise<TaskRunner> {
    const { backend, skipped } = await selectBackend(options.backend, options.lost);
    const specs = options.datasets;
    const open = new Map<string, Promise<Dataset>>();
    const holder: { task?: Task } = {};
    const openSet = (name: string): Promise<Dataset> => {
      const known = open.get(name);
      if (known !== undefined) return known;
      const opening = openNamed(name, options, holder.task);
      open.set(name, opening);
      return opening;
    };
    const first = Object.keys(specs)[0];
    // a task module needs no data to be opened, and may bring it
    const shape =
      first === undefined || options.task.kind === 'task-module' ? undefined : await openSet(first);
    const task = await beat.within(() => openTask(options.task, shape));
    holder.task = task;
    const openFirst = (): Promise<Dataset> => openSet(first ?? 'train');
    const isOwn =
      task.data !== undefined &&
      Object.values(specs).every((one) => one.kind === 'stored' && one.spec.name === 'task');
    const data = await (isOwn ? beat.within(openFirst) : openFirst());
    const engine = await createGradientEngine(task, data, backend);
    const module = options.task.kind === 'task-module' ? options.task.path : undefined;
    if (module !== undefined) await beat.within(() => checkTask(task, module, engine, data));
    // the other splits of a module too: whoever opens them later, on the main thread, has nobody to end it
    if (isOwn) await beat.within(() => Promise.all(Object.keys(specs).map(openSet)));
    const close = (): void => {
      engine.close();
      backend.close();
    };
    return new TaskRunner(
      { task, engine, backend: { name: backend.name, skipped }, close },
      { openSet, beat, module },
    );
  }

  /** What a user's own code throws is a sentence that names its file. */
  async run(job: Job, aborted: () => boolean): Promise<JobResult> {
    const { beat, module } = this;
    const isAborted = (): boolean => {
      beat.again();
      return aborted();
    };
    try {
      return await beat.within(() => this.compute(job, isAborted));
    } catch (error) {
      if (module === undefined || error instanceof OperatorError || error instanceof TrainingError)
        throw error;
      const hook = job.kind === 'evaluate' ? 'metrics' : job.kind === 'predict' ? 'predict' : 'loss or data';
      throw new OperatorError(`the task module ${module} throws in ${hook}: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  private async compute(job: Job, aborted: () => boolean): Promise<JobResult> {
    switch (job.kind) {
      case 'gradients':
        return this.gradients(job, aborted);
      case 'descend':
        return this.descend(job, aborted);
      case 'evaluate': {
        const dataset = await this.openSet(job.dataset);
        const calibrate = job.calibration !== undefined && job.calibration !== job.dataset;
        const evaluation = await this.engine.evaluate(job.parameters, dataset, {
          ...(job.indices === undefined ? {} : { indices: job.indices }),
          ...(calibrate ? { calibrationSet: await this.openSet(job.calibration) } : {}),
          aborted,
        });
        return { kind: 'evaluate', evaluation };
      }
      case 'predict':
        return {
          kind: 'predict',
          scores: await this.engine.predict(job.parameters, job.features, job.size),
        };
      case 'initial-parameters':
        return { kind: 'initial-parameters', parameters: initialParameters(this.task, job.seed) };
      case 'describe': {
        const { name, size, featureShape, featureType, labelShape, classes } = await this.openSet(
          job.dataset,
        );
        return {
          kind: 'describe',
          dataset: { name, size, featureShape, featureType, labelShape, classes },
        };
      }
    }
  }

  private async gradients(
    { parameters, batches, out }: Extract<Job, { kind: 'gradients' }>,
    aborted: () => boolean,
  ): Promise<JobResult> {
    const losses: number[] = [];
    const rows: (Float32Array | undefined)[] = [];
    for (const [i, batch] of batches.entries()) {
      if (aborted()) throw new TrainingError('aborted', 'the request was aborted');
      const dataset = await this.openSet(batch.dataset);
      const shared = out[i];
      const row = shared ?? new Float32Array(this.engine.parameterCount);
      const { loss } = await gradientOverExamples(this.engine, parameters, dataset, batch, row, aborted);
      losses.push(loss);
      rows.push(shared === undefined ? row : undefined);
    }
    return { kind: 'gradients', rows, losses };
  }

  private async descend(
    { walk, batches }: Extract<Job, { kind: 'descend' }>,
    aborted: () => boolean,
  ): Promise<JobResult> {
    const samples: Iterable<Chunk>[] = [];
    for (const batch of batches)
      samples.push(chunksOf(await this.openSet(batch.dataset), batch, this.engine.chunkSize));
    return { kind: 'descend', losses: await this.engine.descend(walk, samples, aborted) };
  }
}

/** What a runner needs besides what it shows. */
interface Surroundings {
  readonly openSet: (name: string) => Promise<Dataset>;
  readonly beat: Beat;
  readonly module: string | undefined;
}

async function openNamed(
  name: string,
  { task: model, datasets }: Pick<WorkerStart, 'task' | 'datasets'>,
  task: Task | undefined,
): Promise<Dataset> {
  const spec = datasets[name];
  if (spec?.kind === 'memory') return openMemoryDataset(spec);
  const split = spec?.split ?? name;
  const own = spec === undefined || spec.spec.name === 'task';
  if (own && task !== undefined && model.kind === 'task-module' && (split === 'train' || split === 'test')) {
    return openTaskData(task, model.path, split);
  }
  if (spec !== undefined) return openDataset(spec.spec, spec.split);
  const known = Object.keys(datasets);
  if (known.length === 0) throw new OperatorError('the task has no data: name a data set');
  throw invalidField('dataset', `be one of ${known.join(', ')}`, name);
}
