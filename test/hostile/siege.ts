/** Four honest peers, each a process, and attackers around them: what the peers get done, and what it costs them. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { present } from '../../src/foundation/assert.ts';
import { PeerKey, SEED_BYTES } from '../../src/crypto/peer-key.ts';
import { eventually } from '../support/eventually.ts';
import { fileOf, programOf, startProgram, type Started } from '../support/cli.ts';
import { PeerRun, type RunPeer } from '../support/peer-run.ts';
import { ATTACKERS } from './attackers.ts';
import { Expenses, type Target } from './stranger-host.ts';

const PEERS = 4;
const FIRST_ROUND = 5;
const PATIENCE_MS = 120_000;
const LOOK_EVERY_MS = 250;
/** How long a victim takes at most to collect its garbage. */
const COLLECTION_MS = 500;

export type Sample = ReadonlyMap<string, number>;

/** What the victims did in some time. */
export interface Pace {
  readonly roundsPerSecond: number;
  /** Processor seconds that all victims together used, a second. */
  readonly cpuPerSecond: number;
}

export interface Assault extends Pace {
  /** How long it lasted, from the attackers' first act. */
  readonly seconds: number;
  readonly spent: Expenses;
  /** Seconds until every victim had cut it off, or made it wait or dropped what it did; null: never. */
  readonly cutOffSeconds: number | null;
}

export class Siege {
  readonly run: PeerRun;
  private readonly urls: readonly string[];
  private readonly seat: PeerKey | undefined;

  private constructor(run: PeerRun, urls: readonly string[], seat: PeerKey | undefined) {
    this.run = run;
    this.urls = urls;
    this.seat = seat;
  }

  /** `names`: the attackers that will come; some hold a seat in the roster. */
  static async start(folder: string, names: readonly string[]): Promise<Siege> {
    const hasSeat = names.some((name) => ATTACKERS[name]?.hasSeat === true);
    const seat = hasSeat ? new PeerKey(new Uint8Array(randomBytes(SEED_BYTES))) : undefined;
    const run = await PeerRun.start({
      folder,
      peers: PEERS,
      experiment: {
        name: 'siege',
        model: { kind: 'task-module', path: fileOf('test/hostile/waiting-task.ts') },
        aggregation: { f: 1, rule: 'ctma', base: 'geometric-median' },
      },
      emptySeats: seat === undefined ? [] : [seat.id],
      flags: ['--metrics', '0'],
      nodeFlags: ['--import', pathToFileURL(fileOf('test/hostile/garbage-on-signal.ts')).href],
    });
    await run.reach(FIRST_ROUND);
    const urls = run.peers.map(({ running }) => {
      const url = /metrics url=(\S+)/.exec(running.output().stderr)?.[1];
      return present(url, 'the address of the metrics');
    });
    return new Siege(run, urls, seat);
  }

  /** The round that the slowest peer has decided. */
  get round(): number {
    return Math.min(...this.run.peers.map((peer) => lastRoundOf(peer)));
  }

  async calm(seconds: number): Promise<Pace> {
    return this.paceWhile(() => sleep(seconds * 1000));
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
      const startMs = performance.now();
      let cutOffSeconds: number | null = null;
      const lasts = (forSeconds: number): boolean => performance.now() - startMs < forSeconds * 1000;
      const pace = await this.paceWhile(async () => {
        while (lasts(seconds) || (untilCutOff && cutOffSeconds === null && lasts(PATIENCE_MS / 1000))) {
          await sleep(LOOK_EVERY_MS);
          if (cutOffSeconds !== null) continue;
          const now = await this.sample();
          const isCutOff =
            spentIn(attackers).turnedAway > 0 || now.every((own, i) => isRefused(before[i], own));
          if (isCutOff) cutOffSeconds = (performance.now() - startMs) / 1000;
        }
      });
      const spent = spentIn(attackers);
      return { ...pace, seconds: (performance.now() - startMs) / 1000, spent, cutOffSeconds };
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

  /** The same, once every peer has collected its garbage. */
  async sampleWithoutGarbage(): Promise<Sample[]> {
    for (const { running } of this.run.peers) running.process.kill('SIGUSR2');
    await sleep(COLLECTION_MS);
    return this.sample();
  }

  async stop(): Promise<void> {
    await this.run.stop();
  }

  /**
   * Rounds between each peer's last decision before the beginning and its first after the end, over the time between these
   * two; of the slowest peer. So a peer that stops in the middle has few rounds in a long time.
   */
  private async paceWhile(work: () => Promise<void>): Promise<Pace> {
    const [startMs, cpuBefore] = [Date.now(), await this.cpuSeconds()];
    await work();
    const [endMs, cpuAfter] = [Date.now(), await this.cpuSeconds()];
    const paces = await Promise.all(
      this.run.peers.map(async (peer) => {
        const decided = await eventually(
          `a round at ${peer.name} after the time that is measured, at ${lastRoundOf(peer)}`,
          () => {
            lastRoundOf(peer);
            const all = peer.log.decidedAt();
            return (all.at(-1)?.atMs ?? 0) > endMs ? all : undefined;
          },
          PATIENCE_MS,
        );
        const first = present(
          decided.findLast(({ atMs }) => atMs <= startMs),
          'a round',
        );
        const last = present(
          decided.find(({ atMs }) => atMs > endMs),
          'a round',
        );
        return ((last.round - first.round) * 1000) / (last.atMs - first.atMs);
      }),
    );
    return {
      roundsPerSecond: Math.min(...paces),
      cpuPerSecond: ((cpuAfter - cpuBefore) * 1000) / (endMs - startMs),
    };
  }

  private async cpuSeconds(): Promise<number> {
    const samples = await this.sample();
    return samples.reduce((sum, own) => sum + (own.get('process_cpu_seconds_total') ?? 0), 0);
  }

  private attack(names: readonly string[]): Started {
    const { peers, experimentFile } = this.run;
    const target: Target = {
      experimentFile,
      addresses: this.run.addresses,
      ids: peers.map(({ id }) => id),
      ...(this.seat && { seatSeed: Buffer.from(this.seat.seed).toString('hex') }),
    };
    const args = [JSON.stringify(target), ...names];
    return startProgram(programOf('test/hostile/attacker-process.ts', args));
  }
}

function lastRoundOf({ log, running }: RunPeer): number {
  if (running.process.exitCode !== null) throw new Error(running.output().stderr);
  return log.last;
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
  const lines = attackers.output().stdout.split('\n');
  // the last one may not be whole yet
  const last = lines.at(-2);
  return last === undefined ? new Expenses() : (JSON.parse(last) as Expenses);
}
