/** Checks a stored run: opens its store and its model's shape, checks everything, closes both. */
import { baseOf } from '../aggregation/specs.ts';
import { openPipeline } from '../round/open-pipeline.ts';
import { loadExperiment } from '../config/experiment-file.ts';
import { experimentId } from '../config/experiment.ts';
import { protocolConfigOf } from '../config/protocol-config.ts';
import { OperatorError } from '../foundation/operator-error.ts';
import { openLinearAlgebra } from '../linalg/open-linear-algebra.ts';
import { createReceivingApplication } from '../learning/receiving-application.ts';
import { verifyHistory, type HistoryReport } from '../driver/verify-history.ts';
import type { DatasetSpec } from '../training/data/dataset-spec.ts';
import { provideDataset } from '../training/data/provide-dataset.ts';
import { knownShapeOf } from '../training/data/data-shape.ts';
import { shapeOf } from '../training/open-data.ts';
import { isOwnTask } from '../training/task-digest.ts';
import { openTask } from '../training/open-task.ts';
import { parseTrust, printTrust } from './trust.ts';
import { openRun } from './open-run.ts';

/** Finds or fetches the data set; only its shape is needed. */
export type ProvideData = (spec: DatasetSpec, options: { readonly dataDir?: string }) => Promise<DatasetSpec>;

export interface VerifyRunFlags {
  readonly dir: string;
  readonly recompute: boolean;
  readonly experiment?: string | undefined;
  readonly dataDir?: string | undefined;
  readonly trust?: string | undefined;
  readonly threads: number;
}

export interface VerifyRunReport extends HistoryReport {
  /** Nothing is wrong. */
  readonly ok: boolean;
  /** Everything that was asked for could be checked. */
  readonly complete: boolean;
  readonly experiment: string;
  readonly rounds: number;
  /** What `--trust` takes to name the state after the last certified round. */
  readonly trust: string;
}

export async function verifyRun(
  flags: VerifyRunFlags,
  onRound: (round: number, last: number) => void = () => undefined,
  provide: ProvideData = provideDataset,
): Promise<VerifyRunReport> {
  const trusted = parseTrust(flags.trust);
  const { store, experiment, path } = await openRun(flags.dir);
  const linalg = openLinearAlgebra({ threads: flags.threads });
  try {
    const stated = flags.experiment === undefined ? undefined : loadExperiment(flags.experiment);
    if (stated !== undefined && experimentId(stated) !== store.experiment) {
      const found = experimentId(stated);
      throw new OperatorError(`${path} belongs to experiment ${store.experiment}, not to ${found}`);
    }
    const { data, model } = stated ?? experiment;
    if (stated === undefined && isOwnTask(model)) {
      throw new OperatorError(
        `${path} trained a model of its user's own: name its experiment file with --experiment`,
      );
    }
    const shape =
      knownShapeOf(data) ??
      (await shapeOf(
        await provide(data, flags.dataDir === undefined ? {} : { dataDir: flags.dataDir }),
        model,
      ));
    if (
      stated === undefined &&
      flags.recompute &&
      baseOf(experiment.aggregation.pipeline.rule).name === 'module'
    ) {
      throw new OperatorError(
        `${path} aggregated by a rule of its user's own: name its experiment file with --experiment`,
      );
    }
    const pipeline = flags.recompute ? await openPipeline(stated ?? experiment) : undefined;
    const task = await openTask(model, shape);
    const application = createReceivingApplication(experiment, task, linalg, pipeline);
    const config = protocolConfigOf(experiment, application);
    const report = await verifyHistory(store, config, {
      application,
      recompute: flags.recompute,
      trusted,
      onRound,
    });
    const rounds = store.history === undefined ? 0 : store.history.last + 1;
    const trust = printTrust({ round: report.certified, anchor: report.anchor });
    const ok = report.faults.length === 0;
    const complete = ok && report.applied === rounds && report.withoutContributions === 0;
    return { ok, complete, experiment: store.experiment, rounds, trust, ...report };
  } finally {
    linalg.close();
    await store.close();
  }
}
