/** What `synod simulate` does, from settings to table. */
import { join } from 'node:path';
import Table from 'cli-table3';
import { pipelineName } from '../../src/aggregation/pipeline-name.ts';
import { checkOutputFile, checkOutputFolder } from '../../src/files/output-target.ts';
import { untilInterrupted } from '../interrupt.ts';
import { sizeWithoutFiles } from '../../src/run/known-size.ts';
import { endedLog } from '../../src/observe/sentences.ts';
import { createRunDisplay } from '../display/run-display.ts';
import { openDashboard } from '../observe/open-dashboard.ts';
import { RunRecorder } from '../../src/run/recording/run-recorder.ts';
import { lookAtDataFolder } from '../data-folder.ts';
import { provideData } from '../provide-data.ts';
import { runBaselines, type Baselines } from './baselines.ts';
import { keepModel } from './final-model.ts';
import { createProgress, kibibytes, percent, SILENT } from './progress.ts';
import { runOverNetwork, type NetworkRun, type RecordedModel } from '../../src/run/run-network.ts';
import { settle, type SimulateFlags, type Settings } from './settings.ts';

export async function runSimulation(
  flags: SimulateFlags & { readonly json: boolean; readonly verbose: boolean },
): Promise<void> {
  const settings = settle(flags);
  await sizeWithoutFiles(settings.experiment);
  const folder = flags.dir ?? newRunFolder('simulate');
  checkOutputFolder(folder, '--dir');
  lookAtDataFolder(flags.dataDir, settings.experiment.data);
  if (flags.out !== undefined) {
    const inputs = [flags.experiment, flags.model].filter((path) => path !== undefined);
    checkOutputFile(flags.out, { field: '--out', inputs });
  }
  const { signal, release } = untilInterrupted();
  const { rounds } = settings.experiment;
  const quiet = flags.quiet ?? false;
  const open = (title: string) => (quiet ? SILENT : createProgress(title, rounds, process.stderr));
  let recorder: RunRecorder | undefined;
  const dashboard = await openDashboard(folder, flags.dashboard);
  try {
    const data = await provideData(settings.experiment.data, { dataDir: settings.dataDir, signal });
    if (!quiet) process.stderr.write(`${introduce(settings)}\n`);
    const title = settings.attack === undefined ? 'peers' : 'peers, attacked';
    const display = createRunDisplay({ stream: process.stderr, title, quiet });
    const record = (model: RecordedModel) => {
      const { experiment, byzantine: adversaries, attack, attackName } = settings;
      const onFault = (reason: string) => display.say(endedLog(reason));
      recorder = new RunRecorder({
        folder,
        onFault,
        source: 'simulation',
        experiment,
        adversaries,
        ...(attack === undefined ? {} : { attack: attackName }),
        ...model,
      });
      recorder.log.tap((event) => display.take(event));
      return recorder;
    };
    const run = await runOverNetwork({
      settings,
      data,
      say: (text) => display.say(text),
      signal,
      verbose: flags.verbose,
      record,
    }).finally(() => display.stop());
    // before the baselines, which take as long again: who ends them early has the model
    const sample = await keepModel({ settings, data, run, out: flags.out });
    const baselines = settings.baselines
      ? await runBaselines({ settings, data, progress: open, signal })
      : undefined;
    if (baselines !== undefined) recordBaselines(recorder, settings, baselines);
    recorder?.end('finished', undefined, run.digestsAgree);
    process.stderr.write(`\n${tableOf(settings, run, baselines)}\n`);
    if (!Number.isFinite(run.evaluation.loss)) {
      process.stderr.write(
        'The model has diverged: its loss is not finite, and its accuracy is that of guessing.\n',
      );
    }
    if (sample !== undefined) process.stderr.write(`\nWhat the model writes:\n${sample}\n`);
    const summary = { ...summaryOf(settings, run, baselines), ...(sample === undefined ? {} : { sample }) };
    if (flags.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
    else process.stderr.write(`${nextSteps(settings)}\nLook at it again: npx synod observe ${folder}\n`);
    if (!run.digestsAgree) throw new Error('honest peers ended with different state digests');
  } catch (error) {
    // what a signal cut short may fail in words of its own
    const why = (signal.aborted ? signal.reason : error) as Error;
    recorder?.end(signal.aborted ? 'stopped' : 'failed', why.message);
    throw why;
  } finally {
    await dashboard?.stop();
    release();
  }
}

/** Where a run is kept that no flag names a folder for. */
function newRunFolder(what: string): string {
  const stamp = new Date().toISOString().replace(/[:.]/g, '-').slice(0, 19);
  return join('runs', `${what}-${stamp}-${process.pid}`);
}

function recordBaselines(
  recorder: RunRecorder | undefined,
  { experiment, attack, attackName }: Settings,
  { meanUnderAttack, meanWithoutAttack }: Baselines,
): void {
  const last = experiment.rounds - 1;
  if (attack !== undefined) {
    const { accuracy, loss } = meanUnderAttack;
    recorder?.evaluated(last, accuracy, loss, `plain mean under ${attackName}`);
  }
  recorder?.evaluated(last, meanWithoutAttack.accuracy, meanWithoutAttack.loss, 'plain mean, no attack');
}

function introduce({ experiment, byzantine, attackName }: Settings): string {
  const { roster, rounds, committee, data } = experiment;
  const attackers = byzantine.length === 0 ? 'none attacks' : `${byzantine.length} send ${attackName}`;
  return `${roster.length} peers (${attackers}); ${rounds} rounds on ${data.name}; committees of ${committee.size}`;
}

function tableOf(settings: Settings, run: NetworkRun, baselines: Baselines | undefined): string {
  const { experiment, attackName } = settings;
  const table = new Table({ head: ['run', 'accuracy', 'loss'], style: { head: [], border: [] } });
  const row = (name: string, { accuracy, loss }: { accuracy: number; loss: number }) =>
    table.push([
      name,
      Number.isNaN(accuracy) ? '-' : percent(accuracy),
      loss < 1e4 ? loss.toFixed(3) : loss.toExponential(1),
    ]);
  row(
    `this run: ${pipelineName(settings.experiment.aggregation.pipeline)} under ${attackName}`,
    run.evaluation,
  );
  if (baselines !== undefined) {
    if (settings.attack !== undefined) row(`plain mean under ${attackName}`, baselines.meanUnderAttack);
    row('plain mean, no attack', baselines.meanWithoutAttack);
  }
  const agreement = run.digestsAgree
    ? `all honest peers hold state ${run.stateDigest.slice(0, 16)}`
    : 'HONEST PEERS HOLD DIFFERENT STATES';
  return [
    table.toString(),
    `${run.secondsPerRound.toFixed(2)} s and ${kibibytes(run.bytesPerPeerPerRound)} a peer and round over ${experiment.rounds} rounds; ${agreement}`,
  ].join('\n');
}

function nextSteps({ experiment, attack }: Settings): string {
  if (experiment.data.name !== 'glyphs') return 'Next: npx synod simulate --help';
  return attack === undefined || (attack as { kind: string }).kind === 'ipm'
    ? 'Next: npx synod simulate --attack alie          (or --rule median, --data mnist, --help)'
    : 'Next: npx synod simulate --data mnist           (or --rule median, --attack label-flip, --help)';
}

function summaryOf(settings: Settings, run: NetworkRun, baselines: Baselines | undefined): object {
  const { experiment, byzantine } = settings;
  return {
    accuracy: run.evaluation.accuracy,
    loss: run.evaluation.loss,
    baselineMeanAccuracy: baselines?.meanUnderAttack.accuracy ?? null,
    meanWithoutAttackAccuracy: baselines?.meanWithoutAttack.accuracy ?? null,
    rounds: experiment.rounds,
    peers: experiment.roster.length,
    byzantine: byzantine.length,
    stateDigest: run.stateDigest,
    digestsAgree: run.digestsAgree,
    bytesPerPeerPerRound: Math.round(run.bytesPerPeerPerRound),
    secondsPerRound: run.secondsPerRound,
    viewChanges: run.viewChanges,
    backend: run.backend,
  };
}
