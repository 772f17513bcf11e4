/**
 * Four real peers, each a process of its own, train a model of D parameters whose gradient costs next to nothing, so that
 * what is seen is what everything else costs. One of them is killed and started again between two rounds; at the end a
 * newcomer, in the place of one that leaves, gets the state from the others. All states after a round are one. Memory and disk of each are reported.
 */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeQuadraticTask } from '../../bench/quadratic-task.ts';
import { present } from '../../src/foundation/assert.ts';
import { PeerRun, type RunPeer } from '../support/peer-run.ts';

export interface ScaleOptions {
  /** An empty folder; the peers' folders are made in it. */
  readonly folder: string;
  /** Parameters of the model. */
  readonly d: number;
  /** Rounds with all peers, one of them started again after the first. */
  readonly rounds: number;
  readonly withNewcomer: boolean;
  readonly say?: (line: string) => void;
}

export interface ScaleReport {
  readonly d: number;
  readonly rounds: number;
  /** From one decided round to the next at the first peer, the restart's aside. */
  readonly medianSecondsPerRound: number;
  /** From the restart to the first round that was decided after it. */
  readonly secondsToRejoin: number;
  /** From the newcomer's start to the first round that was decided after it. */
  readonly secondsToJoin: number | undefined;
  /** Most of the memory that each process had at once, and what its folder takes on the disk, bytes. */
  readonly peers: Readonly<Record<string, { readonly peakBytes: number; readonly diskBytes: number }>>;
}

const PEERS = 4;
const PATIENCE_MS = 1_800_000;
const CHECKPOINT_ROUNDS = 2;

export async function runScale(options: ScaleOptions): Promise<ScaleReport> {
  const { folder, d, rounds, withNewcomer, say = () => undefined } = options;
  writeQuadraticTask(folder, d);
  const run = await PeerRun.start({
    folder,
    peers: PEERS,
    backend: 'wasm',
    flags: ['--evaluate-every', '0'],
    experiment: {
      name: 'scale',
      admission: 'open',
      model: './task.ts',
      data: undefined,
      estimator: 'sgd',
      optimizer: 0.3,
      cohort: { size: PEERS, minimum: 3 },
      committee: { size: PEERS },
      checkpointRounds: CHECKPOINT_ROUNDS,
      timing: {
        collectMs: 600_000,
        proposeMs: 600_000,
        prevoteMs: 300_000,
        precommitMs: 300_000,
        growthMs: 60_000,
        rebroadcastMs: 2_000,
        catchUpMs: 5_000,
      },
    },
  });
  const peaks = new PeakMemory(run);
  try {
    const victim = present(run.peers[PEERS - 1], 'the last peer');
    await run.reach(0, run.peers, PATIENCE_MS);
    say('round 0 is decided by all; the last peer is killed and started again');
    victim.running.process.kill('SIGKILL');
    await victim.running.finished;
    victim.restart();
    const restartedAt = performance.now();
    const target = Math.max(...run.peers.map(({ log }) => log.last)) + 1;
    await run.reach(target, [victim], PATIENCE_MS);
    const secondsToRejoin = secondsSince(restartedAt);
    say(`it decided round ${victim.log.last} after ${secondsToRejoin} s`);
    await run.reach(Math.max(rounds - 1, target), run.peers, PATIENCE_MS);
    run.compareStates();
    const secondsToJoin = withNewcomer ? await replaceByNewcomer(run, victim, say) : undefined;
    run.compareStates();
    const first = present(run.peers[0], 'the first peer');
    return {
      d,
      rounds: first.log.last + 1,
      medianSecondsPerRound: medianGap(first),
      secondsToRejoin,
      secondsToJoin,
      peers: Object.fromEntries(
        run.all.map((peer) => [peer.name, { peakBytes: peaks.of(peer), diskBytes: bytesBelow(peer.folder) }]),
      ),
    };
  } finally {
    peaks.stop();
    await run.stop();
  }
}

/**
 * Seconds until a newcomer, from nothing, has the state of a round that was decided after its start. A peer leaves before it comes, so that the machine holds no more
 * of them at once.
 */
async function replaceByNewcomer(
  run: PeerRun,
  leaving: RunPeer,
  say: (line: string) => void,
): Promise<number> {
  leaving.running.process.kill('SIGINT');
  await leaving.running.finished;
  const startedAt = performance.now();
  const newcomer = await run.addStranger('newcomer');
  const target = Math.max(...run.peers.map(({ log }) => log.last)) + 1;
  await run.reach(target, [newcomer], PATIENCE_MS);
  const seconds = secondsSince(startedAt);
  const hasFetched = newcomer.log.events.some(({ msg }) => msg === 'checkpoint fetched');
  say(
    hasFetched
      ? 'the newcomer fetched a state'
      : 'the newcomer applied the updates, fewer bytes than a state',
  );
  say(`it decided round ${newcomer.log.last} after ${seconds} s`);
  return seconds;
}

/** Looks every moment at what the system says of each process; a process that was started again counts with both. */
class PeakMemory {
  private readonly peaks = new Map<string, number>();
  private readonly timer: NodeJS.Timeout;

  constructor(run: PeerRun) {
    this.timer = setInterval(() => {
      for (const { name, running } of run.all) {
        const peak = peakOf(running.process.pid);
        this.peaks.set(name, Math.max(peak, this.peaks.get(name) ?? 0));
      }
    }, 250);
  }

  of({ name }: RunPeer): number {
    return this.peaks.get(name) ?? 0;
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

/** Bytes; 0 where the system does not tell, or the process is gone. */
function peakOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function bytesBelow(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).reduce(
    (sum, entry) => sum + (entry.isFile() ? statSync(join(entry.parentPath, entry.name)).size : 0),
    0,
  );
}

function medianGap({ log }: RunPeer): number {
  const times = log.decidedAt().map(({ atMs }) => atMs);
  const gaps = times.slice(1).map((at, i) => (at - (times[i] as number)) / 1000);
  gaps.sort((a, b) => a - b);
  return gaps[gaps.length >> 1] ?? NaN;
}

function secondsSince(startedAt: number): number {
  return Math.round((performance.now() - startedAt) / 100) / 10;
}
