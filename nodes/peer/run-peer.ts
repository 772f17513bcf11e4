/** What `synod peer` does: opens key, ledger, training and network, plays the rounds, and closes all of it again. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAttack } from '../../src/attacks/attack-spec.ts';
import type { Experiment } from '../../src/config/experiment.ts';
import { loadExperiment } from '../../src/config/experiment-file.ts';
import { KEY_FILE_NAME, loadKeyFile } from '../../src/crypto/key-file.ts';
import type { PeerId } from '../../src/crypto/peer-id.ts';
import { makeOutputFolder } from '../../src/files/output-target.ts';
import { present } from '../../src/foundation/assert.ts';
import { unresolvedNames } from '../../src/network/resolve-names.ts';
import type { ApplicationThread } from '../../src/learning/application-thread.ts';
import type { KeepLimit } from '../../src/storage/kept-history.ts';
import { serveMetrics } from '../../src/telemetry/metrics-server.ts';
import { createRunLog, type RunLog } from '../../src/telemetry/run-log.ts';
import type { BackendName } from '../../src/training/backends/all-backends.ts';
import { untilInterrupted } from '../interrupt.ts';
import { sizeText } from '../../src/run/known-size.ts';
import { lookAtDataFolder } from '../data-folder.ts';
import { provideData } from '../provide-data.ts';
import { createRunDisplay } from '../display/run-display.ts';
import { endedLog } from '../../src/observe/sentences.ts';
import { openDashboard } from '../observe/open-dashboard.ts';
import { repeatedExamples } from '../../src/run/known-size.ts';
import { describeTrainingFault } from '../../src/learning/training-fault.ts';
import { RunRecorder } from '../../src/run/recording/run-recorder.ts';
import { parseTrust } from '../../src/run/trust.ts';
import { openPeerStore, openPeerThread } from '../../src/run/open-peer.ts';
import { startPeer, type RunningPeer, type WrapNetwork } from '../../src/run/start-peer.ts';
import { checkAddresses } from './check-addresses.ts';
import { checkCollusion } from './check-collusion.ts';
import { Farewell } from './farewell.ts';
import { freeBytesAt, keptWords } from './kept-words.ts';
import { openNetwork, type NetworkFlags } from './open-network.ts';
import { PeerMetrics } from './peer-metrics.ts';
import { PeerWatch, shortened } from './peer-watch.ts';
import { speakRegularly } from './regular-words.ts';
import { nameOf } from './round-story.ts';
import { TwinAlarm } from '../../src/run/twin-alarm.ts';

export interface PeerFlags extends NetworkFlags {
  readonly experiment: string;
  readonly dir: string;
  readonly dataDir?: string | undefined;
  readonly backend: BackendName | 'auto';
  readonly keepContributions: boolean;
  readonly keep: KeepLimit;
  readonly resync: boolean;
  readonly attack?: string | undefined;
  readonly collude: readonly string[];
  readonly trust?: string | undefined;
  readonly metrics?: string | undefined;
  readonly dashboard?: string | undefined;
  /** Stands before this peer's lines on the terminal. */
  readonly name?: string | undefined;
  readonly evaluateEvery: number;
  readonly linger: number;
  readonly leaveOnExit: boolean;
  readonly quiet: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
}

/** `wrapNetwork` is for tests: no flag leads to it. */
export async function runPeer(flags: PeerFlags, wrapNetwork?: WrapNetwork): Promise<void> {
  const experiment = loadExperiment(flags.experiment);
  checkFlags(flags);
  lookAtDataFolder(flags.dataDir, experiment.data);
  const key = await loadKeyFile(join(flags.dir, KEY_FILE_NAME));
  const { bootstrap, doubts } = checkAddresses(flags, key.id, experiment);
  checkCollusion(flags, key.id, experiment);
  makeOutputFolder(flags.dir, '--dir');
  let farewell: Farewell | undefined;
  const { signal, release } = untilInterrupted(undefined, (end) => farewell?.begins(end) ?? false);
  // on a terminal the rounds are shown in place; elsewhere each is a line of the log
  const isShown = process.stderr.isTTY && !flags.quiet && !flags.verbose;
  const display = isShown
    ? createRunDisplay({ stream: process.stderr, title: 'peer', quiet: false })
    : undefined;
  const log = createRunLog(join(flags.dir, 'log.jsonl'), {
    verbose: flags.verbose,
    name: flags.name ?? nameOf(key.id),
    quiet: flags.quiet,
    ...(display && { show: (line, message) => (message === 'round' ? undefined : display.say(line)) }),
  });
  const closers: (() => Promise<void> | void)[] = [release, () => log.close(), () => display?.stop()];
  const closing = <T>(value: T, close: (value: T) => Promise<void> | void): T => {
    closers.unshift(() => close(value));
    return value;
  };
  try {
    for (const doubt of doubts) log.warn(doubt);
    void unresolvedNames(bootstrap).then((faults) => faults.forEach((fault) => log.warn(fault)));
    const { fresh, store, partial } = await openPeerStore(flags.dir, experiment, {
      ...flags,
      onDoubt: (doubt) => log.warn(doubt),
    });
    closing(store, (opened) => opened.close());
    closing(partial, (opened) => opened.close());
    const thread = closing(
      await openPeerThread(experiment, key.id, {
        backend: flags.backend,
        attack: flags.attack,
        provide: (spec) => provideData(spec, { dataDir: flags.dataDir, signal }),
        signal,
      }),
      (opened) => opened.close(),
    );
    log.info('training ready', { backend: thread.backend.name, parameters: thread.size.parameters });
    log.info(sizeText(thread.size));
    const kept = keptWords({
      keep: store.keep,
      size: thread.size,
      keepsContributions: flags.keepContributions,
      heldRounds: (store.history?.last ?? -1) + 1 - store.droppedBelow,
      freeBytes: await freeBytesAt(flags.dir),
    });
    log.info(kept.about);
    if (kept.doubt !== undefined) log.warn(kept.doubt);
    const repeated = repeatedExamples(experiment.batchSize, thread.leastExamples);
    if (repeated !== undefined) log.warn(repeated);
    for (const { name, reason } of thread.backend.skipped) log.debug(`back end ${name} skipped: ${reason}`);
    const twins = new TwinAlarm(key.id, log);
    const transport = closing(await openNetwork(flags, experiment, key, log, twins), (opened) =>
      opened.stop(),
    );
    signal.throwIfAborted();
    const application = present(thread.applications[0], 'application');
    const watch = new PeerWatch(
      experiment,
      application,
      transport,
      log,
      1000 * flags.evaluateEvery,
      (round, accuracy, loss) => recorder.evaluated(round, accuracy, loss),
    );
    twins.onRefusal((error) => watch.fail(error));
    application.onTrainingFault = (round, fault) => {
      log.warn(describeTrainingFault(round, fault));
      watch.diverged(round);
    };
    const measures = flags.metrics === undefined ? undefined : new PeerMetrics(transport);
    if (measures !== undefined) {
      const served = await serveMetrics(measures.metrics, flags.metrics ?? '');
      closing(served, (server) => server.stop());
      log.info('metrics', { url: served.url });
    }
    const dashboard = await openDashboard(flags.dir, flags.dashboard);
    closing(dashboard, (server) => server?.stop());
    const recorder = closing(openRecorder(flags, experiment, key.id, thread, log), (opened) =>
      opened.close(),
    );
    const recording = recorder.peer(key.id, transport);
    if (display !== undefined) recorder.log.tap((event) => display.take(event));
    signal.addEventListener('abort', () => watch.fail(signal.reason as Error), { once: true });
    const observer = recording.observing(watch.observer);
    const peer = closing(
      await startPeer({
        experiment,
        key,
        application: recording.application(application),
        transport,
        store,
        partial,
        fresh,
        trusted: parseTrust(flags.trust),
        listens: flags.attack === undefined ? undefined : { accomplices: flags.collude },
        ...(wrapNetwork === undefined ? {} : { wrapNetwork }),
        observer: measures?.observing(observer) ?? observer,
        onEffect: (effect) => {
          watch.saw(effect);
          if (effect.type === 'decide') queueMicrotask(() => farewell?.decided());
          recording.onEffect(effect);
          measures?.onEffect(effect);
        },
        onPayload: (kind, direction, byteLength) => {
          recording.onPayload(kind, direction, byteLength);
          measures?.onPayload(kind, direction, byteLength);
        },
        onTrouble: (what, error) => {
          const { message } = error as Error;
          watch.story.trouble(what, message);
          log.debug(`${what}: ${message}`);
        },
        onFailure: (error) => watch.fail(error as Error),
      }),
      (running: RunningPeer) => running.stop(),
    );
    measures?.attach(peer);
    recording.attach(peer.machine);
    if (flags.leaveOnExit) {
      farewell = new Farewell(key.id, log);
      farewell.attach(peer);
    }
    watch.anchor = () => peer.machine.position.anchor;
    watch.seats = () => peer.machine.people.seats;
    const warn: RunLog['warn'] = (text, details) => {
      log.warn(text, details);
      recording.word('warn', text);
    };
    const words = speakRegularly({
      ...{ experiment, transport, watch, log: { ...log, warn }, wantsRelay: flags.relay },
      people: () => peer.machine.people,
      onWaiting: (seconds, why) => recording.waiting(seconds, why),
    });
    closing(words, clearInterval);
    const outcome = await watch.finished().catch((error: unknown) => {
      recorder.end(signal.aborted ? 'stopped' : 'failed', (error as Error).message);
      throw error;
    });
    recorder.evaluated(outcome.rounds - 1, outcome.accuracy, outcome.loss);
    recorder.end('finished');
    log.info('result', { ...outcome, accuracy: shortened(outcome.accuracy), loss: shortened(outcome.loss) });
    if (flags.json) process.stdout.write(`${JSON.stringify({ peer: key.id, ...outcome })}\n`);
    await lingerFor(flags.linger, signal);
  } catch (error) {
    // what a signal cut short may fail in words of its own
    signal.throwIfAborted();
    throw error;
  } finally {
    for (const close of closers) await close();
  }
}

function checkFlags(flags: PeerFlags): void {
  parseTrust(flags.trust);
  if (flags.attack !== undefined) parseAttack(flags.attack, '--attack');
}

function openRecorder(
  flags: PeerFlags,
  experiment: Experiment,
  self: PeerId,
  thread: ApplicationThread,
  log: RunLog,
): RunRecorder {
  const { parameters, contributionBytes, updateBytes } = thread.size;
  return new RunRecorder({
    folder: flags.dir,
    onFault: (reason) => log.error(endedLog(reason)),
    source: 'peer',
    experiment,
    self,
    adversaries: flags.attack === undefined ? [] : [self, ...flags.collude],
    ...(flags.attack === undefined ? {} : { attack: flags.attack }),
    parameters,
    backend: thread.backend.name,
    contributionBytes,
    updateBytes,
  });
}

/** Others may still need the last round from us. */
async function lingerFor(seconds: number, signal: AbortSignal): Promise<void> {
  await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);
}
