/** What `synod peer` does: opens key, ledger, training and network, plays the rounds, and closes all of it again. */
import { existsSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAttack } from '../../src/attacks/attack-spec.ts';
import { experimentId, type Experiment } from '../../src/config/experiment.ts';
import { loadExperiment } from '../../src/config/experiment-file.ts';
import { KEY_FILE_NAME, loadKeyFile } from '../../src/crypto/key-file.ts';
import type { PeerId } from '../../src/crypto/peer-id.ts';
import type { PeerKey } from '../../src/crypto/peer-key.ts';
import { present } from '../../src/foundation/assert.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { parseLearnedAddress } from '../../src/network/addresses.ts';
import { createLibp2pTransport } from '../../src/network/libp2p-transport.ts';
import type { Transport } from '../../src/network/transport.ts';
import { ApplicationThread } from '../../src/runtime/application-thread.ts';
import { topicsOf } from '../../src/runtime/transport-network.ts';
import { openStore } from '../../src/storage/open-store.ts';
import type { Store } from '../../src/storage/store.ts';
import { serveMetrics } from '../../src/telemetry/metrics-server.ts';
import { createRunLog, type RunLog } from '../../src/telemetry/run-log.ts';
import type { BackendName } from '../../src/training/backends/backend.ts';
import { untilInterrupted } from '../interrupt.ts';
import { provideData } from '../provide-data.ts';
import { openDashboard } from '../observe/open-dashboard.ts';
import type { PeerRecorder } from '../observe/peer-recorder.ts';
import { RunRecorder } from '../observe/run-recorder.ts';
import { startPeer, type RunningPeer, type WrapNetwork } from '../start-peer.ts';
import { PeerMetrics } from './peer-metrics.ts';
import { PeerWatch } from './peer-watch.ts';
import { waitingFor } from './waiting.ts';

export interface PeerFlags {
  readonly experiment: string;
  readonly dir: string;
  readonly listen: readonly string[];
  readonly announce: readonly string[];
  readonly bootstrap: readonly string[];
  readonly dataDir?: string | undefined;
  readonly backend: BackendName | 'auto';
  readonly localNetwork: boolean;
  readonly mdns: boolean;
  readonly upnp: boolean;
  readonly relay: boolean;
  readonly keepContributions: boolean;
  readonly resync: boolean;
  readonly attack?: string | undefined;
  readonly metrics?: string | undefined;
  readonly dashboard?: string | undefined;
  readonly linger: number;
  readonly json: boolean;
  readonly verbose: boolean;
}

/** Experiments that this key has been used in, one id a line: tells a first start from a lost disk. */
const STARTED_FILE_NAME = 'started';
const DIAGNOSE_EVERY_MS = 5_000;

/** `wrapNetwork` is for tests: no flag leads to it. */
export async function runPeer(flags: PeerFlags, wrapNetwork?: WrapNetwork): Promise<void> {
  const experiment = loadExperiment(flags.experiment);
  checkFlags(flags);
  const key = await loadKeyFile(join(flags.dir, KEY_FILE_NAME));
  const { signal, release } = untilInterrupted();
  const log = createRunLog(join(flags.dir, 'log.jsonl'), flags.verbose);
  const closers: (() => Promise<void> | void)[] = [release, () => log.close()];
  const closing = <T>(value: T, close: (value: T) => Promise<void> | void): T => {
    closers.unshift(() => close(value));
    return value;
  };
  try {
    const { fresh, store } = await openPeerStore(flags, experiment);
    closing(store, (opened) => opened.close());
    const thread = closing(await openThread(flags, experiment, key.id, signal), (opened) => opened.close());
    log.info('training ready', { backend: thread.backend.name, parameters: thread.parameterCount });
    for (const { name, reason } of thread.backend.skipped) log.debug(`back end ${name} skipped: ${reason}`);
    const transport = closing(await openTransport(flags, experiment, key, log), (opened) => opened.stop());
    signal.throwIfAborted();
    const application = present(thread.applications[0], 'application');
    const watch = new PeerWatch(experiment, application, transport, log);
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
    signal.addEventListener('abort', () => watch.fail(signal.reason as Error), { once: true });
    const observer = recording.observing(watch.observer);
    const peer = closing(
      await startPeer({
        experiment,
        key,
        application: recording.application(application),
        transport,
        store,
        fresh,
        ...(wrapNetwork === undefined ? {} : { wrapNetwork }),
        observer: measures?.observing(observer) ?? observer,
        onEffect: (effect) => {
          recording.onEffect(effect);
          measures?.onEffect(effect);
        },
        onPayload: (kind, direction, byteLength) => {
          recording.onPayload(kind, direction, byteLength);
          measures?.onPayload(kind, direction, byteLength);
        },
        onTrouble: (what, error) => log.debug(`${what}: ${(error as Error).message}`),
        onFailure: (error) => watch.fail(error as Error),
      }),
      (running: RunningPeer) => running.stop(),
    );
    measures?.attach(peer, experiment);
    recording.attach(peer.machine);
    watch.anchor = () => peer.machine.position.anchor;
    closing(diagnoseRegularly(experiment, transport, watch, log, recording), clearInterval);
    const outcome = await watch.finished().catch((error: unknown) => {
      recorder.end(
        signal.aborted ? 'stopped' : 'failed',
        peer.machine.position.round,
        (error as Error).message,
      );
      throw error;
    });
    recorder.evaluated(outcome.rounds - 1, outcome.accuracy, outcome.loss);
    recorder.end('finished', outcome.rounds);
    log.info('result', { ...outcome, accuracy: rounded(outcome.accuracy), loss: rounded(outcome.loss) });
    if (flags.json) process.stdout.write(`${JSON.stringify({ peer: key.id, ...outcome })}\n`);
    await lingerFor(flags.linger, signal);
  } finally {
    for (const close of closers) await close();
  }
}

/** For the log: a test set does not tell more digits. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

function checkFlags(flags: PeerFlags): void {
  if (flags.attack !== undefined) parseAttack(flags.attack, '--attack');
}

async function openPeerStore(
  flags: PeerFlags,
  experiment: Experiment,
): Promise<{ readonly store: Store; readonly fresh: boolean }> {
  const id = experimentId(experiment);
  const started = join(flags.dir, STARTED_FILE_NAME);
  const known = existsSync(started) ? (await readFile(started, 'utf8')).split('\n') : [];
  const store = await openStore(join(flags.dir, id.slice(0, 16)), {
    experiment: id,
    about: new TextEncoder().encode(JSON.stringify(experiment)),
    keepContributions: flags.keepContributions,
    resync: flags.resync,
  });
  const fresh = !known.includes(id);
  if (fresh) await appendFile(started, `${id}\n`);
  return { store, fresh };
}

async function openThread(
  flags: PeerFlags,
  experiment: Experiment,
  self: PeerId,
  signal: AbortSignal,
): Promise<ApplicationThread> {
  const seat = experiment.roster.indexOf(self);
  if (seat === -1 && experiment.admission.policy === 'genesis') {
    throw new OperatorError(
      `experiment.roster must name this peer where admission is by genesis, got a roster without ${self}`,
    );
  }
  const data = await provideData(experiment.data, { dataDir: flags.dataDir, signal });
  return ApplicationThread.open({
    experiment,
    local: {
      backend: flags.backend,
      trainingThreads: 1,
      aggregationThreads: 1,
      data,
    },
    peers: [
      {
        self,
        // a peer that joins later shares a shard of the partition with a peer of the genesis
        shard: seat === -1 ? shardOfStranger(self, experiment.roster.length) : seat,
        ...(flags.attack === undefined ? {} : { attack: flags.attack }),
      },
    ],
  });
}

function openRecorder(
  flags: PeerFlags,
  experiment: Experiment,
  self: PeerId,
  thread: ApplicationThread,
  log: RunLog,
): RunRecorder {
  const { maxContributionBytes, maxUpdateBytes } = present(thread.applications[0], 'application');
  return new RunRecorder({
    folder: flags.dir,
    onFault: (reason) => log.error(`the event log ends here: ${reason}`),
    source: 'peer',
    experiment,
    self,
    adversaries: flags.attack === undefined ? [] : [self],
    ...(flags.attack === undefined ? {} : { attack: flags.attack }),
    parameters: thread.parameterCount,
    backend: thread.backend.name,
    maxContributionBytes,
    maxUpdateBytes,
  });
}

function shardOfStranger(self: PeerId, shards: number): number {
  let sum = 0;
  for (const character of self) sum = (sum * 31 + character.charCodeAt(0)) % shards;
  return sum;
}

async function openTransport(
  flags: PeerFlags,
  experiment: Experiment,
  key: PeerKey,
  log: RunLog,
): Promise<Transport> {
  const id = experimentId(experiment);
  const transport = await createLibp2pTransport({
    privateKeySeed: key.seed,
    experiment: id,
    topics: topicsOf(id),
    listen: flags.listen,
    announce: flags.announce,
    bootstrap: flags.bootstrap,
    localNetwork: flags.localNetwork,
    mdns: flags.mdns,
    upnp: flags.upnp,
    relayClient: flags.relay,
    log: ({ level, message }) => log[level](message),
  });
  await transport.start();
  log.info('listening', { peer: key.id, experiment: id, addresses: transport.addresses() });
  if (!canBeDialled(flags, transport)) {
    log.warn(
      'no public address: only peers that name this one as --bootstrap will dial it;' +
        ' where all peers are on one machine or trusted network, start all of them with --local-network',
    );
  }
  return transport;
}

/** Whether others will dial what they learn of this peer's addresses. */
function canBeDialled(flags: PeerFlags, transport: Transport): boolean {
  if (flags.localNetwork || flags.relay || flags.upnp) return true;
  return transport.addresses().some((address) => parseLearnedAddress(address, false) !== undefined);
}

/** Says why the peer is not connected, and what it waits for, for as long as it does. */
function diagnoseRegularly(
  experiment: Experiment,
  transport: Transport,
  watch: PeerWatch,
  log: RunLog,
  recording: PeerRecorder,
): NodeJS.Timeout {
  let said = '';
  return setInterval(() => {
    const connected = transport.connected();
    const text = connected.length === 0 ? transport.diagnose().join('; ') : '';
    if (text !== '' && text !== said) log.warn(`not connected: ${text}`);
    said = text;
    const seconds = watch.patience.word(performance.now());
    if (seconds === undefined) return;
    const waiting = waitingFor(experiment, transport.self, connected);
    log.info('waiting', { seconds, ...waiting });
    recording.waiting(seconds, waiting.why);
  }, DIAGNOSE_EVERY_MS).unref();
}

/** Others may still need the last round from us. */
async function lingerFor(seconds: number, signal: AbortSignal): Promise<void> {
  await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);
}
