/** A run in this process: every peer a libp2p host of its own in this process, all of them one application thread. */
import { protocolConfigOf } from '../config/protocol-config.ts';
import { peerRandomness } from '../crypto/peer-randomness.ts';
import { present } from '../foundation/assert.ts';
import type { Transport } from '../network/transport.ts';
import { Verifier } from '../protocol/verification/verifier.ts';
import { repeatedExamples } from './known-size.ts';
import { ApplicationThread } from '../learning/application-thread.ts';
import { SETTLEMENT_ROUNDS } from '../protocol/limits.ts';
import type { Keep } from '../storage/kept-history.ts';
import { openMemoryStore } from '../storage/open-store.ts';
import type { Store } from '../storage/store.ts';
import { certificatesOf } from './certificates-of.ts';
import type { DatasetSpec } from '../training/data/dataset-spec.ts';
import { sizeText } from './known-size.ts';
import { startHosts, wireOf, wireText } from './simulated-hosts.ts';
import { startPeer, type RunningPeer } from './start-peer.ts';
import type { RunDescription } from './recording/run-header.ts';
import type { RunRecorder } from './recording/run-recorder.ts';
import { RunWatch, type RunResult, type WatchOptions } from './run-watch.ts';

export interface NetworkRun extends RunResult {
  /** Where `keepCertificates` asked for them: each round's decision as it travels, by round. */
  readonly certificates: readonly Uint8Array[];
}

export interface NetworkRunOptions extends WatchOptions {
  /** The experiment's data set and where it lies. */
  readonly data: DatasetSpec;
  readonly keepCertificates?: boolean;
  /** Opens the run's event log, once the model is known; nothing is written where it is left out. */
  readonly record?: (model: RecordedModel) => RunRecorder;
}

export type RecordedModel = Pick<
  RunDescription,
  'parameters' | 'backend' | 'contributionBytes' | 'updateBytes'
>;

/** Nobody joins a simulation or reads its stores afterwards: what a step back needs is enough, however long it runs. */
const KEPT_IN_MEMORY: Keep = { limit: { kind: 'rounds', rounds: 1 }, leastRounds: 2 * SETTLEMENT_ROUNDS };
/** No peer is killed in a simulation, so a decided round is not decided again: the round before is for those that lag. */
const CONTRIBUTION_ROUNDS = 2;

export async function runOverNetwork(options: NetworkRunOptions): Promise<NetworkRun> {
  const { settings, signal } = options;
  const { experiment, keys, byzantine, attack } = settings;
  const thread = await ApplicationThread.open(
    {
      experiment,
      local: {
        backend: settings.backend,
        trainingThreads: 1,
        data: options.data,
      },
      peers: keys.map(({ id: self }, shard) =>
        attack !== undefined && byzantine.includes(self)
          ? { self, shard, attack, byzantine }
          : { self, shard },
      ),
    },
    signal,
  );
  const transports: Transport[] = [];
  const peers: RunningPeer[] = [];
  const stores: Store[] = [];
  try {
    reportBackend(thread, options);
    const wire = wireOf(settings, thread.size);
    options.say(wireText(wire));
    transports.push(
      ...(await startHosts(
        settings,
        wire,
        ({ id }, { level, message }) => {
          if (options.verbose && level !== 'debug') options.say(`${id.slice(-4)} ${message}`);
        },
        signal,
      )),
    );
    signal.throwIfAborted();
    const first = present(thread.applications[0], 'application');
    const { parameters, contributionBytes, updateBytes } = thread.size;
    const backend = thread.backend.name;
    const recorder = options.record?.({ parameters, backend, contributionBytes, updateBytes });
    const watch = new RunWatch(options, thread.applications, transports, recorder);
    const config = protocolConfigOf(experiment, first);
    for (const [i, key] of keys.entries()) {
      const transport = present(transports[i], 'transport');
      const application = present(thread.applications[i], 'application');
      const recording = recorder?.peer(key.id, transport);
      application.onTrainingFault = (round, fault) => watch.untrained(key.id, round, fault);
      const observer = watch.observerOf(key.id);
      const store = await openMemoryStore({
        ...{ experiment: config.experiment, keep: KEPT_IN_MEMORY },
        contributionRounds: CONTRIBUTION_ROUNDS,
      });
      stores.push(store);
      const peer = await startPeer({
        experiment,
        key,
        application: recording?.application(application) ?? application,
        transport,
        store,
        fresh: true,
        observer: recording?.observing(observer) ?? observer,
        ...(recording && { onEffect: recording.onEffect, onPayload: recording.onPayload }),
        onFailure: (error) => watch.fail(error as Error),
        verifier: new Verifier(config, { signatures: key, randomness: peerRandomness(key) }),
      });
      recording?.attach(peer.machine);
      peers.push(peer);
    }
    const result = await watch.result(thread.backend.name);
    if (options.keepCertificates !== true) return { ...result, certificates: [] };
    const witness = keys.findIndex(({ id }) => !byzantine.includes(id));
    return { ...result, certificates: await certificatesOf(present(stores[witness], 'a store'), config) };
  } finally {
    for (const peer of peers) peer.stop();
    await Promise.all([thread.close(), ...transports.map((transport) => transport.stop())]);
  }
}

function reportBackend(thread: ApplicationThread, { say, verbose, settings }: NetworkRunOptions): void {
  say(sizeText(thread.size));
  const repeated = repeatedExamples(settings.experiment.batchSize, thread.leastExamples);
  if (repeated !== undefined) say(repeated);
  if (!verbose) return;
  for (const { name, reason } of thread.backend.skipped) say(`back end ${name} skipped: ${reason}`);
  say(`back end ${thread.backend.name}, ${thread.size.parameters} parameters`);
}
