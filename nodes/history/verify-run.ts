/** What `synod verify-run` does: opens the store of a run and its model's shape, checks everything, closes both. */
import { loadExperiment } from '../../src/config/experiment-file.ts';
import { experimentId } from '../../src/config/experiment.ts';
import { protocolConfigOf } from '../../src/config/protocol-config.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { openLinearAlgebra } from '../../src/linalg/open-linear-algebra.ts';
import { createReceivingApplication } from '../../src/learning/receiving-application.ts';
import { verifyHistory, type HistoryReport } from '../../src/driver/verify-history.ts';
import { knownShapeOf } from '../../src/training/data/data-shape.ts';
import { shapeOf } from '../../src/training/open-data.ts';
import { isOwnTask } from '../../src/training/task-digest.ts';
import { openTask } from '../../src/training/open-task.ts';
import { parseTrust, printTrust } from '../trust.ts';
import { provideData } from '../provide-data.ts';
import { openRun } from './open-run.ts';

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
  onRound: (round: number, last: number) => void,
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
      knownShapeOf(data) ?? (await shapeOf(await provideData(data, { dataDir: flags.dataDir }), model));
    const application = createReceivingApplication(experiment, await openTask(model, shape), linalg);
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

export function describeReport(report: VerifyRunReport, recompute: boolean): string {
  const { rounds, certified, applied, recomputed, withoutUpdate, withoutContributions, checkpoints, faults } =
    report;
  const lines = [
    `experiment ${report.experiment}`,
    `${certified} of ${rounds} rounds: certificate, committee, cohort, beacon proof and roster changes are right`,
    `${applied} of ${rounds} rounds: the stored update leads to the certified state${
      withoutUpdate === 0 ? '' : `; ${withoutUpdate} rounds have no update here`
    }`,
    ...(recompute
      ? [
          `${recomputed} of ${rounds} rounds: the contributions lead to the certified update${
            withoutContributions === 0
              ? ''
              : `; of ${withoutContributions} rounds contributions are missing here`
          }`,
        ]
      : []),
    `${checkpoints} checkpoints hold the certified state`,
    `state after the last certified round ${report.anchor}`,
    ...(report.ok ? [`newcomers that are given --trust ${report.trust} take no other history`] : []),
    ...faults.map(({ round, what }) => `WRONG${round === null ? '' : ` in round ${round}`}: ${what}`),
    report.ok
      ? report.complete
        ? 'Everything is right.'
        : 'Everything that could be checked is right.'
      : `${faults.length} things are wrong.`,
  ];
  return `${lines.join('\n')}\n`;
}
