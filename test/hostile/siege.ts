/** Four honest peers, each a process, and attackers around them: what the peers get done, and what it costs them. */
import { randomBytes } from 'node:crypto';
import { setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { present } from '../../src/foundation/assert.ts';
import { PeerKey, SEED_BYTES } from '../../src/crypto/peer-key.ts';
import { eventually } from '../support/eventually.ts';
import { fileOf, programOf, startProgram, type Started } from '../support/cli.ts';
import { hasEnded, PeerRun, type RunPeer } from '../support/peer-run.ts';
import { ATTACKERS } from './attackers.ts';
import { Expenses, type Target } from './stranger-host.ts';

const PEERS = 4;
const FIRST_ROUND = 5;
const PATIENCE_MS = 120_000;
/** A stranger has its own machine; on this one it takes less of the time than its victims. */
const ATTACKERS_NICENESS = 10;
const LOOK_EVERY_MS = 250;
/** How long a victim takes at most to collect its garbage. */
const COLLECTION_MS = 500;

export type Sample = ReadonlyMap<string, number>;

/** How long something goes on: so many seconds at least, and so many rounds of the slowest victim. */
export interface Span {
  readonly seconds: number;
  readonly rounds: number;
}

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
  /** Seconds until every victim had refused something, dropped it or made it wait, or one attacker was banned; null: never. */
  readonly cutOffSeconds: number | null;
  /** Seconds until a victim had banned one of them, or their address prefix; null: never. */
  readonly bannedSeconds: number | null;
}

export interface AssaultOptions extends Span {
  /** Goes on for longer, but no longer than this, where the victims have not cut it off by then. */
  readonly untilCutOffSeconds?: number;
  /** Called so often while it lasts. */
  readonly every?: { readonly seconds: number; readonly look: (second: number) => Promise<void> };
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
    try {
      await run.reach(FIRST_ROUND);
    } catch (error) {
      await run.stop();
      throw error;
    }
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

  async calm(span: Span): Promise<Pace> {
    return this.paceWhile(() => this.last(span));
  }

  /** Beside a process that takes so much of a processor and talks to nobody: what victims lose to that alone. */
  async besideProcessor(share: number, span: Span): Promise<Pace> {
    const busy = startBeside('test/hostile/busy-process.ts', [String(share)]);
    try {
      await eventually('the process is busy', () => busy.output().stdout !== '', PATIENCE_MS);
      return await this.calm(span);
    } finally {
      busy.process.kill('SIGKILL');
      await busy.finished;
    }
  }

  async assault(names: readonly string[], options: AssaultOptions): Promise<Assault> {
    const { untilCutOffSeconds = 0, every } = options;
    const before = await this.sample();
    const attackers = this.attack(names);
    const refusals = names.some((name) => ATTACKERS[name]?.hasSeat) ? /./ : /standing="stranger"/;
    try {
      const isActing = (): boolean => {
        if (hasEnded({ running: attackers })) throw new Error(attackers.output().stderr);
        return spentIn(attackers).messages > 0;
      };
      await eventually('the attackers act', isActing, PATIENCE_MS);
      const startMs = performance.now();
      const elapsed = (): number => (performance.now() - startMs) / 1000;
      let cutOffSeconds: number | null = null;
      let bannedSeconds: number | null = null;
      let looked = 0;
      const look = async (): Promise<void> => {
        if (every !== undefined && elapsed() >= looked * every.seconds) {
          looked += 1;
          await every.look(elapsed());
        }
        if (cutOffSeconds !== null && bannedSeconds !== null) return;
        const now = await this.sample();
        if (now.some(isBanning)) bannedSeconds ??= elapsed();
        const isCutOff =
          bannedSeconds !== null ||
          spentIn(attackers).turnedAway > 0 ||
          now.every((own, i) => isRefusing(before[i], own, refusals));
        if (isCutOff) cutOffSeconds ??= elapsed();
      };
      const pace = await this.paceWhile(async () => {
        await this.last(options, look);
        while (cutOffSeconds === null && elapsed() < untilCutOffSeconds) {
          await sleep(LOOK_EVERY_MS);
          await look();
        }
      });
      return { ...pace, seconds: elapsed(), spent: spentIn(attackers), cutOffSeconds, bannedSeconds };
    } finally {
      attackers.process.kill('SIGTERM');
      await Promise.race([attackers.finished, sleep(3_000)]);
      attackers.process.kill('SIGKILL');
    }
  }

  /** Waits for a span, for as long as somebody is patient for its rounds. */
  private async last({ seconds, rounds }: Span, look?: () => Promise<void>): Promise<void> {
    const [startMs, first] = [performance.now(), this.round];
    const isOver = (): boolean => {
      const ms = performance.now() - startMs;
      return ms >= seconds * 1000 && (this.round >= first + rounds || ms >= PATIENCE_MS);
    };
    while (!isOver()) {
      await sleep(LOOK_EVERY_MS);
      await look?.();
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
    return startBeside('test/hostile/attacker-process.ts', [JSON.stringify(target), ...names]);
  }
}

function startBeside(program: string, args: readonly string[]): Started {
  const started = startProgram(programOf(program, args));
  setPriority(present(started.process.pid, 'a process id'), ATTACKERS_NICENESS);
  return started;
}

function lastRoundOf({ log, running }: RunPeer): number {
  if (running.process.exitCode !== null) throw new Error(running.output().stderr);
  return log.last;
}

function isBanning(now: Sample): boolean {
  return [...now.keys()].some((name) => name.startsWith('synod_cut_off_seconds'));
}

/** Whether a victim has refused, dropped or held up more than before of those that are meant. */
function isRefusing(before: Sample | undefined, now: Sample, whose: RegExp): boolean {
  return [...now].some(
    ([name, value]) =>
      name.startsWith('synod_budget_refused_total') && whose.test(name) && value > (before?.get(name) ?? 0),
  );
}

function spentIn(attackers: Started): Expenses {
  const lines = attackers.output().stdout.split('\n');
  // the last one may not be whole yet
  const last = lines.at(-2);
  return last === undefined ? new Expenses() : (JSON.parse(last) as Expenses);
}
