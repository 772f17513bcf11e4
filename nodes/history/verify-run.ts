/** What `synod verify-run` does: opens the store and the model of a run, checks everything, closes both. */
import { loadExperiment } from '../../src/config/experiment-file.ts';
import { experimentId } from '../../src/config/experiment.ts';
import { protocolConfigOf } from '../../src/config/protocol-config.ts';
import { present } from '../../src/foundation/assert.ts';
import { OperatorError, invalidField } from '../../src/foundation/operator-error.ts';
import { ApplicationThread } from '../../src/runtime/application-thread.ts';
import { verifyHistory, type HistoryReport } from '../../src/runtime/verify-history.ts';
import { provideData } from '../provide-data.ts';
import { openRun } from './open-run.ts';

export interface VerifyRunFlags {
  readonly dir: string;
  readonly recompute: boolean;
  readonly experiment?: string | undefined;
  readonly dataDir?: string | undefined;
  readonly threads: number;
}

export interface VerifyRunReport extends HistoryReport {
  readonly ok: boolean;
  readonly experiment: string;
  readonly rounds: number;
}

export async function verifyRun(
  flags: VerifyRunFlags,
  onRound: (round: number, last: number) => void,
): Promise<VerifyRunReport> {
  if (!(Number.isSafeInteger(flags.threads) && flags.threads >= 1)) {
    throw invalidField('--threads', 'be a whole number of at least 1', flags.threads);
  }
  const { store, experiment, path } = await openRun(flags.dir);
  let thread: ApplicationThread | undefined;
  try {
    if (flags.experiment !== undefined) {
      const expected = experimentId(loadExperiment(flags.experiment));
      if (expected !== store.experiment) {
        throw new OperatorError(`${path} belongs to experiment ${store.experiment}, not to ${expected}`);
      }
    }
    // applying and aggregating need the model's shape only, but the model opens with its data
    const spec = await provideData(experiment.data, { dataDir: flags.dataDir });
    const dir = 'dir' in spec ? spec.dir : undefined;
    thread = await ApplicationThread.open({
      experiment,
      local: {
        backend: 'auto',
        trainingThreads: 1,
        aggregationThreads: flags.threads,
        ...(dir === undefined ? {} : { dataDir: dir }),
      },
      peers: [{ self: present(experiment.roster[0], 'a roster'), shard: 0 }],
    });
    const application = present(thread.applications[0], 'application');
    const config = protocolConfigOf(experiment, application);
    const report = await verifyHistory(store, config, { application, recompute: flags.recompute, onRound });
    const rounds = store.history === undefined ? 0 : store.history.last + 1;
    return { ok: report.faults.length === 0, experiment: store.experiment, rounds, ...report };
  } finally {
    await thread?.close();
    await store.close();
  }
}

export function describeReport(report: VerifyRunReport, recompute: boolean): string {
  const { rounds, certified, applied, recomputed, withoutUpdate, checkpoints, faults } = report;
  const lines = [
    `experiment ${report.experiment}`,
    `${certified} of ${rounds} rounds: certificate, committee, cohort, beacon proof and roster changes are right`,
    `${applied} of ${rounds} rounds: the stored update leads to the certified state${
      withoutUpdate === 0 ? '' : `; ${withoutUpdate} rounds have no update here`
    }`,
    ...(recompute
      ? [`${recomputed} of ${rounds} rounds: the contributions lead to the certified update`]
      : []),
    `${checkpoints} checkpoints hold the certified state`,
    `state after the last certified round ${report.anchor}`,
    ...faults.map(({ round, what }) => `WRONG${round === null ? '' : ` in round ${round}`}: ${what}`),
    report.ok ? 'Everything is right.' : `${faults.length} things are wrong.`,
  ];
  return `${lines.join('\n')}\n`;
}
