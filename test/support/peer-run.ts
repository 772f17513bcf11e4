/** A run of real peers on loopback, each a process of its own with its own folder and log. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createKeyFile, KEY_FILE_NAME } from '../../src/crypto/key-file.ts';
import type { PeerId } from '../../src/crypto/peer-id.ts';
import { present } from '../../src/foundation/assert.ts';
import type { Behaviour } from '../../simulations/behaviours.ts';
import { startByzantinePeer, startSynod, type Started } from './cli.ts';
import { eventually } from './eventually.ts';
import { LogTail } from './log-tail.ts';

export interface RunPeer {
  readonly name: string;
  readonly id: PeerId;
  readonly folder: string;
  readonly log: LogTail;
  readonly behaviours: readonly Behaviour[];
  running: Started;
  /** Starts the process again, after it ended. */
  restart(): void;
}

export interface PeerRunOptions {
  /** An empty folder; the peers' folders are made in it. */
  readonly folder: string;
  readonly peers: number;
  /** Of the experiment file, on top of a small model and short time-outs. */
  readonly experiment: Readonly<Record<string, unknown>>;
  /** By number; honest where absent. */
  readonly behaviours?: Readonly<Record<number, readonly Behaviour[]>>;
  readonly flags?: readonly string[];
  /** Seconds for which a peer serves on after the last round. */
  readonly linger?: number;
  /** What computes gradients; `cpu` where absent. */
  readonly backend?: string;
  /** Flags of Node.js itself for the honest peers. */
  readonly nodeFlags?: readonly string[];
  /** Peers of the roster that are not started here. */
  readonly emptySeats?: readonly PeerId[];
}

const PATIENCE_MS = 180_000;

export class PeerRun {
  readonly peers: readonly RunPeer[];
  readonly experimentFile: string;
  private readonly options: PeerRunOptions;
  readonly addresses: readonly string[];
  private readonly strangers: RunPeer[] = [];

  private constructor(
    options: PeerRunOptions,
    experimentFile: string,
    ids: readonly PeerId[],
    ports: readonly number[],
  ) {
    this.options = options;
    this.experimentFile = experimentFile;
    this.addresses = ids.map((id, i) => `/ip4/127.0.0.1/tcp/${ports[i]}/p2p/${id}`);
    this.peers = ids.map((id, i) => {
      const others = this.addresses.filter((_, other) => other !== i);
      return this.launch(`peer-${i}`, id, present(ports[i], 'port'), others, options.behaviours?.[i] ?? []);
    });
  }

  static async start(options: PeerRunOptions): Promise<PeerRun> {
    const { folder, peers: count, experiment, emptySeats = [] } = options;
    const names = Array.from({ length: count }, (_, i) => `peer-${i}`);
    const keys = await Promise.all(names.map((name) => createKeyFile(join(folder, name, KEY_FILE_NAME))));
    const ports = await freePorts(count);
    const experimentFile = join(folder, 'experiment.json');
    const ids = keys.map(({ id }) => id);
    const roster = [...ids, ...emptySeats];
    writeFileSync(experimentFile, JSON.stringify({ ...SMALL, ...experiment, roster }));
    return new PeerRun(options, experimentFile, ids, ports);
  }

  get all(): readonly RunPeer[] {
    return [...this.peers, ...this.strangers];
  }

  get honest(): readonly RunPeer[] {
    return this.all.filter(({ behaviours }) => behaviours.length === 0);
  }

  /** A peer that is not in the roster; it knows everyone's address. `first` starts it the first time. */
  async addStranger(
    name: string,
    flags: readonly string[] = [],
    first?: (args: readonly string[]) => Started,
  ): Promise<RunPeer> {
    mkdirSync(join(this.options.folder, name));
    const { id } = await createKeyFile(join(this.options.folder, name, KEY_FILE_NAME));
    const [port] = await freePorts(1);
    const stranger = this.launch(name, id, present(port, 'port'), this.addresses, [], flags, first);
    this.strangers.push(stranger);
    return stranger;
  }

  private launch(
    name: string,
    id: PeerId,
    port: number,
    bootstrap: readonly string[],
    behaviours: readonly Behaviour[],
    flags: readonly string[] = [],
    first?: (args: readonly string[]) => Started,
  ): RunPeer {
    const dir = join(this.options.folder, name);
    const args = [
      ...['peer', '--experiment', this.experimentFile, '--dir', dir, '--local-network'],
      ...['--backend', this.options.backend ?? 'cpu'],
      ...[
        '--listen',
        `/ip4/127.0.0.1/tcp/${port}`,
        '--linger',
        String(this.options.linger ?? 0),
        ...(this.options.flags ?? []),
      ],
      ...[...flags, ...bootstrap.flatMap((address) => ['--bootstrap', address])],
    ];
    const start = (): Started =>
      behaviours.length === 0
        ? startSynod(args, { nodeFlags: this.options.nodeFlags ?? [] })
        : startByzantinePeer(behaviours, args);
    const log = new LogTail(join(dir, 'log.jsonl'));
    const peer: RunPeer = {
      name,
      id,
      folder: dir,
      log,
      behaviours,
      running: first === undefined ? start() : first(args),
      restart: () => undefined,
    };
    return Object.assign(peer, { restart: () => void (peer.running = start()) });
  }

  /** Waits until these peers have decided a round; throws with its output where one of them ended before. */
  async reach(round: number, peers: readonly RunPeer[] = this.honest, withinMs = PATIENCE_MS): Promise<void> {
    for (const peer of peers) {
      const { name, log } = peer;
      await eventually(
        `round ${round} at ${name}, which is at ${log.last}`,
        () => {
          if (hasEnded(peer)) throw new Error(`${name} ended: ${peer.running.output().stderr}`);
          return log.last >= round;
        },
        withinMs,
      );
    }
  }

  /** Throws where two honest peers have different states after a round, or an honest one was convicted. */
  compareStates(): void {
    const dishonest = this.peers.filter(({ behaviours }) => behaviours.length > 0).map(({ id }) => id);
    const all = new Map<number, string>();
    for (const { log, name } of this.honest) {
      log.update();
      const alarms = log.alarms.filter(({ about }) => about === undefined || !dishonest.includes(about));
      if (alarms.length > 0) throw new Error(`${name}: ${JSON.stringify(alarms)}`);
      for (const [round, digest] of log.digests) {
        const known = all.get(round) ?? digest;
        if (known !== digest) throw new Error(`${name} has another state after round ${round}`);
        all.set(round, known);
      }
    }
  }

  async stop(): Promise<void> {
    for (const { running } of this.all) running.process.kill('SIGINT');
    await Promise.all(this.all.map(({ running }) => running.finished));
  }
}

/** By itself, or because the system ended it. */
export function hasEnded({ running: { process } }: Pick<RunPeer, 'running'>): boolean {
  return process.exitCode !== null || process.signalCode !== null;
}

const SMALL = {
  name: 'peer-run',
  rounds: 100_000,
  batchSize: 8,
  model: { kind: 'mlp', hidden: [8] },
  data: { name: 'glyphs', train: 400, test: 100 },
  checkpointRounds: 5,
  inactivityCohorts: 0,
  timing: {
    collectMs: 1000,
    proposeMs: 1500,
    prevoteMs: 500,
    precommitMs: 500,
    growthMs: 500,
    rebroadcastMs: 500,
    catchUpMs: 1000,
  },
};

export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
