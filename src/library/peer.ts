/**
 * `synod/peer`: one peer of a run inside another program: what `synod peer` does, without a terminal. The program keeps
 * the process alive and decides when the peer stops; the peer's threads and sockets are its own.
 *
 * @module synod/peer
 */
import { join } from 'node:path';
import { experimentId, type Experiment } from '../config/experiment.ts';
import { parseExperiment } from '../config/experiment.ts';
import { loadExperiment, pinExperiment } from '../config/experiment-file.ts';
import { createKeyFile, KEY_FILE_NAME, loadKeyFile } from '../crypto/key-file.ts';
import { topicsOf } from '../driver/transport-network.ts';
import { makeOutputFolder } from '../files/output-target.ts';
import { present } from '../foundation/assert.ts';
import { reasonOf } from '../foundation/operator-error.ts';
import { createLibp2pTransport } from '../network/libp2p-transport.ts';
import type { RunEvent } from '../observe/event-table.ts';
import { parseKeepLimit } from '../run/keep-limit.ts';
import { DEFAULT_KEEP, openPeerStore, openPeerThread } from '../run/open-peer.ts';
import { EventStream } from '../run/recording/event-stream.ts';
import { RunRecorder } from '../run/recording/run-recorder.ts';
import { startPeer } from '../run/start-peer.ts';
import { TWIN_WAIT_MS, TwinAlarm } from '../run/twin-alarm.ts';
import { parseTrust, printTrust } from '../run/trust.ts';
import type { BackendName } from '../training/backends/all-backends.ts';
import { provideDataset } from '../training/data/provide-dataset.ts';

export type { Experiment } from '../config/experiment.ts';
export type { RunEvent } from '../observe/event-table.ts';
export type { BackendName } from '../training/backends/all-backends.ts';

export interface PeerOptions {
  /** The experiment file that all peers share, or its fields (docs/experiment.md). */
  readonly experiment: string | Readonly<Record<string, unknown>>;
  /** The peer's own folder: its key (`createKey` makes one), its ledger, its event log. One process at a time. */
  readonly folder: string;
  /** Multiaddresses of this machine; TCP port 0 takes a free one. `/ip4/0.0.0.0/tcp/0` where left out. */
  readonly listen?: readonly string[];
  /** Under which others reach this peer, where those differ. */
  readonly announce?: readonly string[];
  /** Peers to begin with, ending in /p2p/ and their id. */
  readonly bootstrap?: readonly string[];
  /** All peers are on one machine or trusted network: private addresses are dialled. */
  readonly localNetwork?: boolean;
  readonly mdns?: boolean;
  readonly upnp?: boolean;
  /** What computes gradients (docs/backends.md); `auto` where left out. */
  readonly backend?: BackendName | 'auto';
  readonly dataDir?: string;
  /** Keeps contributions too, as long as `keep` allows, so that aggregates can be computed again later. */
  readonly keepContributions?: boolean;
  /** What stays of updates and contributions: the newest `1000 rounds`, the newest `10GB` (the default), or `all`. */
  readonly keep?: string;
  /** `ROUND:DIGEST` of a state that the history must contain. */
  readonly trust?: string;
  /** Takes the sentences of the network and of the store. */
  readonly log?: (level: 'debug' | 'info' | 'warn' | 'error', message: string) => void;
}

export interface PeerOutcome {
  /** Rounds that were decided. */
  readonly rounds: number;
  /** 64 hexadecimal digits, of the whole state after them. */
  readonly stateDigest: string;
  /** What `trust` takes to name this state. */
  readonly trust: string;
}

/** Its iterators hear the events of docs/events.md from the moment that they are made. */
export interface Peer extends AsyncIterable<RunEvent> {
  /** Its peer id, as a roster names it. */
  readonly id: string;
  /** The experiment's id. */
  readonly experiment: string;
  /** Under which it is reached, each ending in /p2p/ and its id. */
  readonly addresses: readonly string[];
  /** After the last round; rejects where the peer cannot go on, and with `stopped` where it was stopped before. */
  readonly finished: Promise<PeerOutcome>;
  /** Other peers to stay connected with, as `bootstrap` names them. */
  connect(addresses: readonly string[]): void;
  /** Length d: the model as this peer holds it now. */
  parameters(): Promise<Float32Array>;
  /** On the test set: a share from 0 to 1 (NaN where there are no right answers), and the mean loss. */
  evaluate(): Promise<{ readonly accuracy: number; readonly loss: number }>;
  /** Gives up the seat in the roster: a round certifies it, and the peer serves on until then. */
  leave(): void;
  /** Ends everything and closes the ledger; a peer that is opened again goes on where this one was. */
  stop(): Promise<void>;
}

/** Makes a peer's key in its folder and gives its id, for the roster. Throws where there is one. */
export async function createKey(folder: string): Promise<string> {
  return (await createKeyFile(join(folder, KEY_FILE_NAME))).id;
}

/** Opens folder, data, back end and network and begins to play. Throws one sentence where one of them is not to be had. */
export async function openPeer(options: PeerOptions): Promise<Peer> {
  const { folder, log = () => undefined } = options;
  const experiment = experimentOf(options.experiment);
  const trusted = parseTrust(options.trust);
  const key = await loadKeyFile(join(folder, KEY_FILE_NAME));
  makeOutputFolder(folder, 'folder');
  const controller = new AbortController();
  const closers: (() => Promise<void> | void)[] = [];
  const closing = <T>(value: T, close: (value: T) => Promise<void> | void): T => {
    closers.unshift(() => close(value));
    return value;
  };
  const close = async (): Promise<void> => {
    for (const one of closers.splice(0)) await one();
  };
  try {
    const { store, partial, fresh } = await openPeerStore(folder, experiment, {
      keepContributions: options.keepContributions ?? false,
      keep: options.keep === undefined ? DEFAULT_KEEP : parseKeepLimit(options.keep, 'keep'),
      resync: false,
      onDoubt: (sentence) => log('warn', sentence),
    });
    closing(store, (opened) => opened.close());
    closing(partial, (opened) => opened.close());
    const { signal } = controller;
    const thread = closing(
      await openPeerThread(experiment, key.id, {
        backend: options.backend ?? 'auto',
        provide: (spec) =>
          provideDataset(spec, {
            ...(options.dataDir !== undefined && { dataDir: options.dataDir }),
            signal,
          }),
        signal,
      }),
      (opened) => opened.close(),
    );
    const id = experimentId(experiment);
    const end = new End();
    const twins = new TwinAlarm(key.id, { warn: (sentence) => log('warn', sentence) });
    twins.onRefusal((error) => end.fail(error));
    const transport = await createLibp2pTransport({
      privateKeySeed: key.seed,
      experiment: id,
      topics: topicsOf(id),
      listen: options.listen ?? ['/ip4/0.0.0.0/tcp/0'],
      announce: options.announce ?? [],
      bootstrap: options.bootstrap ?? [],
      localNetwork: options.localNetwork ?? false,
      mdns: options.mdns ?? false,
      upnp: options.upnp ?? false,
      onTwin: (twin) => twins.saw(twin),
      log: ({ level, message }) => log(level, message),
    });
    await transport.start();
    closing(transport, (started) => started.stop());
    await transport.lookForTwin(TWIN_WAIT_MS);
    twins.check();
    const application = present(thread.applications[0], 'application');
    const { parameters, contributionBytes, updateBytes } = thread.size;
    const stream = new EventStream();
    const recorder = new RunRecorder({
      ...{ folder, source: 'peer', experiment, self: key.id, adversaries: [] },
      onFault: (reason) => log('error', `the event log ends here: ${reason}`),
      ...{ parameters, backend: thread.backend.name, contributionBytes, updateBytes },
    });
    closing(recorder, (opened) => opened.close());
    recorder.log.tap((event) => stream.push(event as RunEvent));
    const recording = recorder.peer(key.id, transport);
    const running = await startPeer({
      ...{ experiment, key, transport, store, partial, fresh, trusted },
      application: recording.application(application),
      observer: recording.observing({
        decided: ({ round, stateDigest }) => {
          if (round + 1 === experiment.rounds) end.reach({ rounds: round + 1, stateDigest });
        },
        reported: ({ event }) => {
          if (event === 'finished') {
            const { rounds } = experiment;
            queueMicrotask(() => end.reach({ rounds, stateDigest: running.machine.position.anchor }));
          }
        },
        refused: (fault, from) => log('debug', `refused ${fault} from ${from}`),
      }),
      ...{ onEffect: recording.onEffect, onPayload: recording.onPayload },
      onTrouble: (what, error) => log('debug', `${what}: ${reasonOf(error)}`),
      onFailure: (error) => end.fail(error as Error),
    });
    closing(running, (started) => started.stop());
    recording.attach(running.machine);
    end.reached.then(
      () => recorder.end('finished'),
      (error: Error) => recorder.end(error instanceof Stopped ? 'stopped' : 'failed', error.message),
    );
    end.reached.then(
      () => stream.end(),
      (error: Error) => stream.end(error instanceof Stopped ? undefined : error),
    );
    return {
      ...{ id: key.id, experiment: id, finished: end.reached },
      get addresses() {
        return transport.addresses();
      },
      connect: (addresses) => transport.keepConnected(addresses),
      parameters: () => application.parameters(),
      evaluate: () => application.evaluate(),
      leave: () => running.leave(),
      stop: async () => {
        end.fail(new Stopped());
        controller.abort();
        await close();
      },
      [Symbol.asyncIterator]: () => stream[Symbol.asyncIterator](),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function experimentOf(source: PeerOptions['experiment']): Experiment {
  return typeof source === 'string' ? loadExperiment(source) : pinExperiment(parseExperiment(source), '.');
}

class Stopped extends Error {
  override readonly name = 'Stopped';

  constructor() {
    super('stopped');
  }
}

/** Settles once: after the last round, or with what ended the peer before. */
class End {
  readonly reached: Promise<PeerOutcome>;
  private settle!: { resolve(outcome: PeerOutcome): void; reject(error: Error): void };

  constructor() {
    this.reached = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    this.reached.catch(() => undefined);
  }

  reach({ rounds, stateDigest }: Omit<PeerOutcome, 'trust'>): void {
    this.settle.resolve({ rounds, stateDigest, trust: printTrust({ round: rounds, anchor: stateDigest }) });
  }

  fail(error: Error): void {
    this.settle.reject(error);
  }
}
