/** Four honest peers, each a process, and attackers around them: what the peers get done, and what it costs them. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { present } from '../../src/foundation/assert.ts';
import { eventually } from '../support/eventually.ts';
import { follow, type Started } from '../support/cli.ts';
import { PeerRun } from '../support/peer-run.ts';
import { Expenses, type Target } from './stranger-host.ts';

const PEERS = 4;
const FIRST_ROUND = 5;
const PATIENCE_MS = 60_000;
const ENTRY = fileURLToPath(new URL('attacker-process.ts', import.meta.url));
const LOADER = import.meta.resolve('tsx');

export type Sample = ReadonlyMap<string, number>;

export interface Assault {
  readonly rounds: number;
  readonly seconds: number;
  readonly spent: Expenses;
  /** Seconds until every victim had cut it off, or made it wait or dropped what it did; null: never. */
  readonly cutOffSeconds: number | null;
}

export class Siege {
  readonly run: PeerRun;
  private readonly urls: readonly string[];

  private constructor(run: PeerRun, urls: readonly string[]) {
    this.run = run;
    this.urls = urls;
  }

  static async start(folder: string): Promise<Siege> {
    const run = await PeerRun.start({
      folder,
      peers: PEERS,
      experiment: { name: 'siege', aggregation: { f: 1, rule: 'ctma', base: 'geometric-median' } },
      flags: ['--metrics', '0'],
    });
    await run.reach(FIRST_ROUND);
    const urls = run.peers.map(({ running }) => {
      const url = /metrics url=(\S+)/.exec(running.output().stderr)?.[1];
      return present(url, 'the address of the metrics');
    });
    return new Siege(run, urls);
  }

  /** The round that the slowest peer has decided. */
  get round(): number {
    return Math.min(
      ...this.run.peers.map(({ log, running }) => {
        if (running.process.exitCode !== null) throw new Error(running.output().stderr);
        log.update();
        return log.last;
      }),
    );
  }

  /** Rounds that everyone decides in so many seconds. */
  async calm(seconds: number): Promise<number> {
    const before = this.round;
    await sleep(seconds * 1000);
    return this.round - before;
  }

  /** `untilCutOff`: goes on for longer where the victims have not cut it off by then. */
  async assault(names: readonly string[], seconds: number, untilCutOff = false): Promise<Assault> {
    const before = await this.sample();
    const attackers = this.attack(names);
    try {
      const isActing = (): boolean => {
        if (attackers.process.exitCode !== null) throw new Error(attackers.output().stderr);
        return spentIn(attackers).messages > 0;
      };
      await eventually('the attackers act', isActing, PATIENCE_MS);
      const first = this.round;
      const startMs = performance.now();
      let cutOffSeconds: number | null = null;
      const lasts = (forSeconds: number): boolean => performance.now() - startMs < forSeconds * 1000;
      while (lasts(seconds) || (untilCutOff && cutOffSeconds === null && lasts(PATIENCE_MS / 1000))) {
        await sleep(250);
        if (cutOffSeconds !== null) continue;
        const now = await this.sample();
        const isCutOff =
          spentIn(attackers).turnedAway > 0 || now.every((own, i) => isRefused(before[i], own));
        if (isCutOff) cutOffSeconds = (performance.now() - startMs) / 1000;
      }
      const rounds = this.round - first;
      return {
        rounds,
        seconds: (performance.now() - startMs) / 1000,
        spent: spentIn(attackers),
        cutOffSeconds,
      };
    } finally {
      attackers.process.kill('SIGTERM');
      await Promise.race([attackers.finished, sleep(3_000)]);
      attackers.process.kill('SIGKILL');
    }
  }

  /** The metrics of each peer, by name and labels. */
  async sample(): Promise<Sample[]> {
    return Promise.all(
      this.urls.map(async (url) => {
        const text = await (await fetch(url)).text();
        const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
        return new Map(
          lines.map((line) => {
            const at = line.lastIndexOf(' ');
            return [line.slice(0, at), Number(line.slice(at + 1))];
          }),
        );
      }),
    );
  }

  async stop(): Promise<void> {
    await this.run.stop();
  }

  private attack(names: readonly string[]): Started {
    const { peers, experimentFile } = this.run;
    const target: Target = {
      experimentFile,
      addresses: this.run.addresses,
      ids: peers.map(({ id }) => id),
    };
    const args = ['--import', LOADER, ENTRY, JSON.stringify(target), ...names];
    return follow(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
  }
}

function isRefused(before: Sample | undefined, now: Sample): boolean {
  for (const [name, value] of now) {
    if (name.startsWith('synod_cut_off_seconds')) return true;
    const isRefusal = name.startsWith('synod_budget_refused_total') && name.includes('standing="stranger"');
    if (isRefusal && value > (before?.get(name) ?? 0)) return true;
  }
  return false;
}

function spentIn(attackers: Started): Expenses {
  const lines = attackers.output().stdout.trimEnd().split('\n');
  const last = lines.at(-1) ?? '';
  return last === '' ? new Expenses() : (JSON.parse(last) as Expenses);
}
