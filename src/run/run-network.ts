/** A run in this process: every peer a libp2p host of its own in this process, all of them one application thread. */
import { experimentId } from '../config/experiment.ts';
import { protocolConfigOf } from '../config/protocol-config.ts';
import type { PeerKey } from '../crypto/peer-key.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import { peerRandomness } from '../crypto/peer-randomness.ts';
import { present } from '../foundation/assert.ts';
import { createLibp2pTransport } from '../network/libp2p-transport.ts';
import type { Transport } from '../network/transport.ts';
import type { RoundReport } from '../protocol/effect.ts';
import { Verifier } from '../protocol/verification/verifier.ts';
import { describeTrainingFault, type TrainingFault } from '../learning/training-fault.ts';
import { repeatedExamples } from '../learning/repeated-examples.ts';
import { ApplicationThread, type RemoteApplication } from '../learning/application-thread.ts';
import type { Observer } from '../driver/environment.ts';
import { topicsOf } from '../driver/transport-network.ts';
import { SETTLEMENT_ROUNDS } from '../protocol/limits.ts';
import type { Keep } from '../storage/kept-history.ts';
import { openMemoryStore } from '../storage/open-store.ts';
import type { Store } from '../storage/store.ts';
import { certificatesOf } from './certificates-of.ts';
import type { DatasetSpec } from '../training/data/dataset-spec.ts';
import type { Evaluation } from '../training/gradient-engine.ts';
import { sizeText } from './known-size.ts';
import { startPeer, type RunningPeer } from './start-peer.ts';
import type { RunDescription } from './recording/run-header.ts';
import type { RunRecorder } from './recording/run-recorder.ts';
import { SkippedRounds } from './skipped-rounds.ts';
import type { SimulateSettings } from './simulate-settings.ts';

export interface NetworkRun {
  readonly evaluation: Evaluation;
  /** What the honest peers agreed on. */
  readonly parameters: Float32Array;
  /** Of the whole state after the last round, at the first honest peer. */
  readonly stateDigest: string;
  /** Of the training state alone, without roster and seed. */
  readonly applicationDigest: string;
  /** Every honest peer ended with the same digest. */
  readonly digestsAgree: boolean;
  readonly bytesPerPeerPerRound: number;
  readonly secondsPerRound: number;
  readonly viewChanges: number;
  readonly backend: string;
  /** Where `keepCertificates` asked for them: each round's decision as it travels, by round. */
  readonly certificates: readonly Uint8Array[];
}

export interface NetworkRunOptions {
  readonly settings: SimulateSettings;
  /** The experiment's data set and where it lies. */
  readonly data: DatasetSpec;
  /** Takes sentences for whoever watches. */
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
  readonly verbose: boolean;
  readonly keepCertificates?: boolean;
  /** Opens the run's event log, once the model is known; nothing is written where it is left out. */
  readonly record?: (model: RecordedModel) => RunRecorder;
}

export type RecordedModel = Pick<
  RunDescription,
  'parameters' | 'backend' | 'contributionBytes' | 'updateBytes'
>;

/** Rounds between two looks at the test set while the run goes on. */
const EVALUATE_EVERY_ROUNDS = 10;
/** Nobody joins a simulation or reads its stores afterwards: what a step back needs is enough, however long it runs. */
const KEPT_IN_MEMORY: Keep = { limit: { kind: 'rounds', rounds: 1 }, leastRounds: 2 * SETTLEMENT_ROUNDS };
const LOOPBACK = '/ip4/127.0.0.1/tcp/0';

export async function runOverNetwork(options: NetworkRunOptions): Promise<NetworkRun> {
  const { settings, signal } = options;
  const { experiment, keys, byzantine, attack } = settings;
  const thread = await ApplicationThread.open(
    {
      experiment,
      local: {
        backend: settings.backend,
        trainingThreads: 1,
        aggregationThreads: 1,
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
    transports.push(...(await startTransports(options)));
    signal.throwIfAborted();
    const first = present(thread.applications[0], 'application');
    const { parameters, contributionBytes, updateBytes } = thread.size;
    const backend = thread.backend.name;
    const recorder = options.record?.({ parameters, backend, contributionBytes, updateBytes });
    const watch = new Watch(options, thread.applications, transports, recorder);
    const config = protocolConfigOf(experiment, first);
    for (const [i, key] of keys.entries()) {
      const transport = present(transports[i], 'transport');
      const application = present(thread.applications[i], 'application');
      const recording = recorder?.peer(key.id, transport);
      application.onTrainingFault = (round, fault) => watch.untrained(key.id, round, fault);
      const observer = watch.observerOf(key.id);
      const store = await openMemoryStore({ experiment: config.experiment, keep: KEPT_IN_MEMORY });
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

/** All hosts know each other's addresses from the start. */
async function startTransports({ settings, say, verbose }: NetworkRunOptions): Promise<Transport[]> {
  const { experiment, keys } = settings;
  const id = experimentId(experiment);
  const transports = await Promise.all(
    keys.map((key: PeerKey) =>
      createLibp2pTransport({
        privateKeySeed: key.seed,
        experiment: id,
        topics: topicsOf(id),
        transport: settings.transport,
        listen: settings.transport === 'tcp' ? [LOOPBACK] : [`/memory/${key.id.slice(-8)}`],
        localNetwork: true,
        log: ({ level, message }) => {
          if (verbose && level !== 'debug') say(`${key.id.slice(-4)} ${message}`);
        },
      }),
    ),
  );
  await Promise.all(transports.map((transport) => transport.start()));
  transports.forEach((transport, i) => {
    transport.keepConnected(transports.slice(0, i).flatMap((other) => other.addresses().slice(0, 1)));
  });
  return transports;
}

/** Follows the run through the peers' own reports and ends it when every honest peer has played the last round. */
class Watch {
  private readonly options: NetworkRunOptions;
  private readonly recorder: RunRecorder | undefined;
  private readonly applications: readonly RemoteApplication[];
  private readonly transports: readonly Transport[];
  private readonly honest: ReadonlySet<PeerId>;
  private readonly finals = new Map<PeerId, string>();
  private readonly diverged = new Set<PeerId>();
  private readonly startedAt = performance.now();
  private readonly done: Promise<void>;
  private evaluating = false;
  private readonly skips: SkippedRounds;
  private viewChanges = 0;
  private shown = -1;
  private settleDone!: { resolve(): void; reject(error: Error): void };

  constructor(
    options: NetworkRunOptions,
    applications: readonly RemoteApplication[],
    transports: readonly Transport[],
    recorder: RunRecorder | undefined,
  ) {
    this.options = options;
    this.skips = new SkippedRounds(options.settings.experiment);
    this.recorder = recorder;
    this.applications = applications;
    this.transports = transports;
    const { keys, byzantine } = options.settings;
    this.honest = new Set(keys.map(({ id }) => id).filter((id) => !byzantine.includes(id)));
    this.done = new Promise((resolve, reject) => {
      this.settleDone = { resolve, reject };
    });
    this.done.catch(() => undefined);
    const onAbort = () => this.settleDone.reject(options.signal.reason as Error);
    options.signal.addEventListener('abort', onAbort, { once: true });
  }

  observerOf(peer: PeerId): Observer {
    const { say, verbose } = this.options;
    return {
      decided: (report) => this.decided(peer, report),
      reported: (report) => {
        if (report.event === 'view-changed') this.viewChanges += 1;
        if (verbose || report.event === 'excluded') say(`${peer.slice(-4)} ${describeReport(report)}`);
      },
      refused: (fault, from) => {
        if (verbose) say(`${peer.slice(-4)} refused ${fault} from ${from.slice(-4)}`);
      },
    };
  }

  /** Each honest peer says once that its training has left the range of numbers. */
  untrained(peer: PeerId, round: number, fault: TrainingFault): void {
    if (this.diverged.has(peer) || !this.honest.has(peer)) return;
    this.diverged.add(peer);
    this.skips.diverged(round);
    this.options.say(`${peer.slice(-4)} ${describeTrainingFault(round, fault)}`);
  }

  fail(error: Error): void {
    this.settleDone.reject(error);
  }

  async result(backend: string): Promise<Omit<NetworkRun, 'certificates'>> {
    await this.done;
    const fault = this.skips.fault();
    if (fault !== undefined) throw fault;
    const seconds = (performance.now() - this.startedAt) / 1000;
    const { rounds } = this.options.settings.experiment;
    const evaluation = await this.witness().evaluate();
    this.recorder?.evaluated(rounds - 1, evaluation.accuracy, evaluation.loss);
    const digests = [...this.honest].map((peer) => this.finals.get(peer));
    return {
      evaluation,
      parameters: await this.witness().parameters(),
      stateDigest: present(digests[0], 'digest'),
      applicationDigest: this.witness().stateDigest,
      digestsAgree: digests.every((digest) => digest === digests[0]),
      bytesPerPeerPerRound: this.sentBytes() / this.transports.length / rounds,
      secondsPerRound: seconds / rounds,
      viewChanges: this.viewChanges,
      backend,
    };
  }

  private decided(peer: PeerId, report: RoundReport): void {
    const { rounds } = this.options.settings.experiment;
    const played = report.round + 1;
    if (played > this.shown) {
      this.show(report);
      const mostly = this.skips.add(report);
      if (mostly !== undefined) this.options.say(mostly);
    }
    if (played < rounds || !this.honest.has(peer)) return;
    this.finals.set(peer, report.stateDigest);
    if (this.finals.size === this.honest.size) this.settleDone.resolve();
  }

  private show(report: RoundReport): void {
    const played = report.round + 1;
    this.shown = played;
    if (played % EVALUATE_EVERY_ROUNDS === 0) this.evaluate(report.round);
  }

  /** At most one at a time: a slow test set must not pile up behind a fast run. */
  private evaluate(round: number): void {
    if (this.evaluating) return;
    this.evaluating = true;
    this.witness()
      .evaluate(this.options.signal)
      .then(
        (evaluation) => {
          this.recorder?.evaluated(round, evaluation.accuracy, evaluation.loss);
        },
        () => undefined, // the run is ending; its result is evaluated by itself
      )
      .finally(() => {
        this.evaluating = false;
      });
  }

  /** The application of an honest peer: its state is what the run agreed on. */
  private witness(): RemoteApplication {
    const index = this.options.settings.keys.findIndex(({ id }) => this.honest.has(id));
    return present(this.applications[index], 'an honest peer');
  }

  private sentBytes(): number {
    return this.transports.reduce((sum, transport) => sum + transport.traffic().sentBytes, 0);
  }
}

function describeReport(report: Parameters<Observer['reported']>[0]): string {
  const { event, ...details } = report;
  return `${event} ${JSON.stringify(details, (_, value: unknown) => (value instanceof Uint8Array ? `${value.length} bytes` : value))}`;
}
