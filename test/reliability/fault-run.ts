/** Real peers, on loopback or each on a host of its own, whose rounds are timed while something is done to them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawn } from 'node:child_process';
import { createKeyFile, KEY_FILE_NAME } from '../../src/crypto/key-file.ts';
import type { PeerId } from '../../src/crypto/peer-id.ts';
import { present } from '../../src/foundation/assert.ts';
import { follow, type Started } from '../support/cli.ts';
import { LogTail } from '../support/log-tail.ts';
import { freePorts, hasEnded } from '../support/peer-run.ts';
import { NetworkLab, type Host } from './network-lab.ts';

export const BUILT_PROGRAM = fileURLToPath(new URL('../../dist/nodes/synod.js', import.meta.url));

export interface FaultRunOptions {
  /** An empty folder. */
  readonly folder: string;
  /** The `synod` program to try; another build may be tried in its place. */
  readonly program?: string;
  readonly peers: number;
  /** Each peer on a host of its own; else all of them on loopback. */
  readonly lab?: boolean;
  readonly experiment?: Readonly<Record<string, unknown>>;
  /** Of peer i, after the common ones. */
  readonly flags?: (i: number, run: FaultRun) => readonly string[];
  /** What peer i listens on and is known by; by default one IPv4 address. */
  readonly listen?: (host: Host, port: number) => readonly string[];
  /** The address of peer 0 that the others start with. */
  readonly bootstrap?: (host: Host, port: number) => string;
  readonly say?: (line: string) => void;
}

export interface FaultPeer {
  readonly name: string;
  readonly id: PeerId;
  readonly folder: string;
  readonly port: number;
  readonly log: LogTail;
  host: Host | undefined;
  running: Started;
}

/** Seconds from one decided round to the next, at the peers that were to go on. */
export interface Pace {
  readonly rounds: number;
  readonly median: number;
  readonly slowest: number;
}

const PORT = 4001;
/** No run of a fault may wait longer for a single round. */
const PATIENCE_MS = 120_000;

export class FaultRun {
  readonly peers: FaultPeer[] = [];
  readonly lab: NetworkLab | undefined;
  readonly experiment: string;
  readonly options: FaultRunOptions;
  readonly ports: readonly number[];
  private readonly started: Started[] = [];

  private constructor(options: FaultRunOptions, ports: readonly number[]) {
    this.options = options;
    this.ports = ports;
    this.experiment = join(options.folder, 'experiment.json');
    this.lab = options.lab === true ? new NetworkLab(ports.length) : undefined;
  }

  /** Makes hosts, keys and the experiment; starts the first `atOnce` of the peers. */
  static async start(options: FaultRunOptions, atOnce = options.peers): Promise<FaultRun> {
    const { peers, folder } = options;
    mkdirSync(folder, { recursive: true });
    const names = Array.from({ length: peers }, (_, i) => `peer-${i}`);
    const keys = await Promise.all(names.map((name) => createKeyFile(join(folder, name, KEY_FILE_NAME))));
    const ports = options.lab === true ? names.map(() => PORT) : await freePorts(peers);
    const run = new FaultRun(options, ports);
    try {
      const roster = keys.map(({ id }) => id);
      writeFileSync(run.experiment, JSON.stringify({ ...EXPERIMENT, ...options.experiment, roster }));
      for (const [i, name] of names.entries()) {
        const dir = join(folder, name);
        run.peers.push({
          ...{ name, folder: dir, port: present(ports[i], 'port'), id: present(roster[i], 'id') },
          log: new LogTail(join(dir, 'log.jsonl')),
          host: run.lab?.hosts[i],
          running: undefined as unknown as Started,
        });
      }
      for (let i = 0; i < atOnce; i++) run.launch(i);
      return run;
    } catch (error) {
      await run.stop();
      throw error;
    }
  }

  /** Starts a peer, or starts it again. */
  launch(i: number, flags: readonly string[] = []): void {
    const peer = this.peer(i);
    peer.running = this.startIn(peer, peer.folder, peer.port, [
      ...this.addressFlags(i),
      ...(this.options.flags?.(i, this) ?? []),
      ...flags,
    ]);
  }

  /** A process of its own with the key in a folder. */
  startIn(peer: FaultPeer, dir: string, port: number, flags: readonly string[]): Started {
    const { program = BUILT_PROGRAM } = this.options;
    const args = [program, 'peer', '--experiment', this.experiment, '--dir', dir, '--backend', 'cpu'];
    const listen = flags.includes('--listen') ? [] : ['--listen', `/ip4/127.0.0.1/tcp/${port}`];
    const all = [...args, ...listen, ...(this.lab === undefined ? ['--local-network'] : []), ...flags];
    const started = follow(
      peer.host?.start(process.execPath, all) ??
        spawn(process.execPath, all, { stdio: ['ignore', 'pipe', 'pipe'] }),
    );
    this.started.push(started);
    return started;
  }

  private addressFlags(i: number): string[] {
    const { host, port } = this.peer(i);
    if (host === undefined) return i === 0 ? [] : ['--bootstrap', this.bootstrap()];
    const listen = this.options.listen?.(host, port) ?? [`/ip4/${host.ip4}/tcp/${port}`];
    const flags = listen.flatMap((address) => ['--listen', address]);
    return i === 0 ? flags : [...flags, '--bootstrap', this.bootstrap()];
  }

  /** Where the first peer is found. */
  bootstrap(): string {
    const { host, port, id } = this.peer(0);
    if (host === undefined) return `/ip4/127.0.0.1/tcp/${port}/p2p/${id}`;
    return `${this.options.bootstrap?.(host, port) ?? `/ip4/${host.ip4}/tcp/${port}`}/p2p/${id}`;
  }

  peer(i: number): FaultPeer {
    return present(this.peers[i], `peer ${i}`);
  }

  signal(i: number, signal: NodeJS.Signals): void {
    this.peer(i).running.process.kill(signal);
  }

  async kill(i: number): Promise<void> {
    const { running } = this.peer(i);
    running.process.kill('SIGKILL');
    await running.finished;
  }

  /** Waits for a round at some peers; throws with the output of one that ended, and with the logs after long. */
  async reach(round: number, at: readonly number[] = this.peers.map((_, i) => i)): Promise<void> {
    const patience = performance.now() + PATIENCE_MS;
    for (const i of at) {
      const peer = this.peer(i);
      const { log, running, name } = peer;
      while (log.last < round) {
        if (hasEnded(peer)) throw new Error(`${name}: ${running.output().stderr}`);
        if (performance.now() > patience)
          throw new Error(`${name} is at ${log.last}, not at ${round}\n${this.lastWords()}`);
        await sleep(50);
      }
    }
  }

  /** Plays so many rounds and tells how long they took at the slowest of the peers. */
  async pace(rounds: number, at: readonly number[]): Promise<Pace> {
    const [witness = 0] = at;
    const from = Math.max(...at.map((i) => this.peer(i).log.last));
    const since = Date.now();
    await this.reach(from + rounds, at);
    const times = this.peer(witness)
      .log.decidedAt()
      .filter(({ round, atMs }) => round <= from + rounds && atMs >= since)
      .map(({ atMs }) => atMs);
    const seconds = [since, ...times]
      .slice(1)
      .map((atMs, k) => (atMs - ([since, ...times][k] ?? since)) / 1000);
    seconds.sort((a, b) => a - b);
    const pace = {
      rounds: seconds.length,
      median: rounded(seconds[seconds.length >> 1] ?? Number.NaN),
      slowest: rounded(seconds.at(-1) ?? Number.NaN),
    };
    this.options.say?.(
      `${pace.rounds} rounds, ${pace.median} s each in the median, the slowest ${pace.slowest} s`,
    );
    return pace;
  }

  /** Throws where two peers have different states after a round, or somebody was convicted. */
  compareStates(): void {
    const all = new Map<number, string>();
    for (const { log, name } of this.peers) {
      log.update();
      if (log.alarms.length > 0) throw new Error(`${name}: ${JSON.stringify(log.alarms)}`);
      for (const [round, digest] of log.digests) {
        const known = all.get(round) ?? digest;
        if (known !== digest) throw new Error(`${name} has another state after round ${round}`);
        all.set(round, known);
      }
    }
  }

  private lastWords(): string {
    return this.peers
      .map(({ name, running }) => `${name}:\n${running?.output().stderr.split('\n').slice(-6).join('\n')}`)
      .join('\n');
  }

  async stop(): Promise<void> {
    for (const { process: child } of this.started) child.kill('SIGKILL');
    await Promise.all(this.started.map(({ finished }) => finished));
    this.lab?.remove();
  }
}

function rounded(seconds: number): number {
  return Math.round(100 * seconds) / 100;
}

const EXPERIMENT = {
  name: 'faults',
  rounds: 100_000,
  aggregation: { f: 1, rule: 'ctma', base: 'geometric-median' },
};
