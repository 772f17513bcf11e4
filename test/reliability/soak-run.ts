/**
 * A long run of three real peers with a small model, one of them stopped and started again every so many rounds: what
 * each process holds is read from its own metrics while it runs, its folder from the disk. What grows with the number
 * of rounds shows as a slope.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { present } from '../../src/foundation/assert.ts';
import { PeerRun, type RunPeer } from '../support/peer-run.ts';
import { grows, slopeOf, type Sample, type Slope } from './slope.ts';

export interface SoakOptions {
  /** An empty folder; the peers' folders are made in it. */
  readonly folder: string;
  readonly rounds: number;
  readonly restartEvery: number;
  /** Rounds at the start of each life that are left out: caches fill, code is compiled. */
  readonly warmUp: number;
  readonly sampleEveryMs: number;
  readonly say?: (line: string) => void;
}

/** What is measured of a peer; the folder holds the run's history, which grows with it (docs/storage.md). */
const MEASURES = {
  residentBytes: 'process_resident_memory_bytes',
  heapBytes: 'nodejs_heap_size_used_bytes',
  externalBytes: 'nodejs_external_memory_bytes',
  handles: 'nodejs_active_handles_total',
  openFiles: 'process_open_fds',
} as const;

export type Measure = keyof typeof MEASURES | 'folderBytes';

export interface SoakReport {
  readonly rounds: number;
  readonly restarts: number;
  readonly seconds: number;
  /** Per round. */
  readonly slopes: Readonly<Record<Measure, Slope>>;
  /** What is sure to grow by more than GROWTH_SHARE of its mean over 10,000 rounds, the folder aside. */
  readonly growing: readonly Measure[];
}

const PEERS = 3;
const GROWTH_SHARE = 0.1;
const JUDGED_ROUNDS = 10_000;
const PATIENCE_MS = 120_000;

export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const { folder, rounds, restartEvery, warmUp, sampleEveryMs, say = () => undefined } = options;
  const run = await PeerRun.start({
    folder,
    peers: PEERS,
    experiment: { name: 'soak', cohort: { minimum: 2 }, committee: { size: PEERS }, checkpointRounds: 10 },
    flags: ['--metrics', '127.0.0.1:0'],
  });
  const samples = new Map<Measure, Sample[]>();
  const bornAt = new Map<string, number>();
  const lives = run.peers.map(() => 0);
  const startedAt = performance.now();
  let restarts = 0;
  let head = 0;
  let movedAt = startedAt;
  try {
    while (head < rounds) {
      await sleep(sampleEveryMs);
      for (const [i, peer] of run.peers.entries()) {
        const metrics = await read(peer);
        const round = metrics?.get('synod_round');
        if (metrics === undefined || round === undefined) continue;
        if (round > head) [head, movedAt] = [round, performance.now()];
        const life = `${peer.name}, life ${lives[i]}`;
        const age = round - (bornAt.get(life) ?? round);
        if (!bornAt.has(life)) bornAt.set(life, round);
        if (age < warmUp) continue;
        const add = (measure: Measure, y: number): void =>
          void samples.set(measure, [...(samples.get(measure) ?? []), { life, x: round, y }]);
        for (const [measure, name] of Object.entries(MEASURES)) {
          const value = metrics.get(name);
          if (value !== undefined) add(measure as Measure, value);
        }
        add('folderBytes', sizeOf(peer.folder));
      }
      if (performance.now() - movedAt > PATIENCE_MS) throw new Error(`no round is decided after ${head}`);
      if (head < (restarts + 1) * restartEvery || head >= rounds) continue;
      const victim = restarts % PEERS;
      await restart(present(run.peers[victim], 'peer'));
      lives[victim] = (lives[victim] ?? 0) + 1;
      restarts += 1;
      say(`round ${head}: ${run.peers[victim]?.name} was started again`);
    }
  } finally {
    await run.stop();
  }
  run.compareStates();
  const slopes = Object.fromEntries(
    [...Object.keys(MEASURES), 'folderBytes'].map((measure) => [
      measure,
      slopeOf(samples.get(measure as Measure) ?? []),
    ]),
  ) as Record<Measure, Slope>;
  const growing = (Object.keys(MEASURES) as Measure[]).filter((measure) =>
    grows(slopes[measure], JUDGED_ROUNDS, GROWTH_SHARE),
  );
  return { rounds: head, restarts, seconds: (performance.now() - startedAt) / 1000, slopes, growing };
}

async function restart(peer: RunPeer): Promise<void> {
  peer.running.process.kill('SIGTERM');
  await peer.running.finished;
  peer.restart();
}

/** A peer's metrics by name, those with labels added up; undefined while it starts. */
async function read(peer: RunPeer): Promise<ReadonlyMap<string, number> | undefined> {
  peer.log.update();
  const url = peer.log.events.filter(({ msg }) => msg === 'metrics').at(-1)?.url;
  if (url === undefined) return undefined;
  try {
    const text = await (await fetch(url, { signal: AbortSignal.timeout(5_000) })).text();
    const found = new Map<string, number>();
    for (const [, name = '', value] of text.matchAll(/^([a-z_]+)(?:\{[^}]*\})? ([-+0-9.eE]+)$/gm)) {
      found.set(name, (found.get(name) ?? 0) + Number(value));
    }
    return found;
  } catch {
    return undefined; // it is being started again
  }
}

function sizeOf(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    // the store's own files come and go
    bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

export function soakTable({ slopes, growing, rounds, restarts, seconds }: SoakReport): string {
  const rows = Object.entries(slopes).map(([measure, { perX, halfWidth, mean, samples }]) => {
    const verdict =
      measure === 'folderBytes' ? 'the history' : growing.some((name) => name === measure) ? 'grows' : 'flat';
    const number = (value: number): string => value.toPrecision(4);
    return `| ${measure} | ${number(mean)} | ${number(1000 * perX)} +- ${number(1000 * halfWidth)} | ${samples} | ${verdict} |`;
  });
  return [
    `${rounds} rounds in ${seconds.toFixed(0)} s, ${restarts} restarts`,
    '| measure | mean | per 1,000 rounds (95 %) | samples | verdict |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}
