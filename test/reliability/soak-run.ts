/**
 * A long run of three real peers with a small model, the last of them stopped and started again every so many rounds:
 * what each process holds is read from its own metrics while it runs, its folder from the disk. What grows with the
 * number of rounds shows as a slope, best in the two that live through the whole run. The peers keep few rounds, so that
 * the store is flat apart from its certificates.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { present } from '../../src/foundation/assert.ts';
import { openRun } from '../../src/run/open-run.ts';
import { PeerRun, type RunPeer } from '../support/peer-run.ts';
import { grows, slopeOf, type Sample, type Slope } from './slope.ts';

export interface SoakOptions {
  /** An empty folder; the peers' folders are made in it. */
  readonly folder: string;
  readonly rounds: number;
  readonly restartEvery: number;
  /** Rounds at the start of each life that are left out: tables fill to their bounds, code is compiled. */
  readonly warmUp: number;
  readonly sampleEveryMs: number;
  readonly say?: (line: string) => void;
}

/** What is measured of a peer, beside its folder. */
const MEASURES = {
  residentBytes: 'process_resident_memory_bytes',
  heapBytes: 'nodejs_heap_size_used_bytes',
  externalBytes: 'nodejs_external_memory_bytes',
  handles: 'nodejs_active_handles_total',
  openFiles: 'process_open_fds',
} as const;

export type Measure = keyof typeof MEASURES | 'storeBytes' | 'logBytes';

export interface SoakReport {
  readonly rounds: number;
  readonly restarts: number;
  readonly seconds: number;
  /** Per round. */
  readonly slopes: Readonly<Record<Measure, Slope>>;
  /** Of the decisions with their certificates, which stay: bytes a round. */
  readonly certificateBytes: number;
  /**
   * What is sure to grow by more than GROWTH_SHARE of its mean over 10,000 rounds: of the store, what grows beside the
   * certificates; the logs aside, which are turned over at sizes that no such run reaches.
   */
  readonly growing: readonly Measure[];
}

const PEERS = 3;
const GROWTH_SHARE = 0.1;
const JUDGED_ROUNDS = 10_000;
/** A machine that does other things too makes rounds slow, which is no fault. */
const PATIENCE_MS = 1_800_000;
const KEEP = ['--keep', '100 rounds'];
/** Of the run: before it the store's journal of writes grows to its bound (docs/storage.md). */
const STORE_FILLS_SHARE = 0.5;

export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const { folder, rounds, restartEvery, warmUp, sampleEveryMs, say = () => undefined } = options;
  const run = await PeerRun.start({
    folder,
    peers: PEERS,
    experiment: {
      ...{ name: 'soak', cohort: { minimum: 2 }, committee: { size: PEERS }, checkpointRounds: 10 },
      ...{ model: { kind: 'mlp', hidden: [2] }, batchSize: 2 },
    },
    flags: ['--metrics', '127.0.0.1:0', '--evaluate-every', '0', ...KEEP],
  });
  const samples = new Map<Measure, Sample[]>();
  const bornAt = new Map<string, number>();
  const victim = PEERS - 1;
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
        const logs = sizeOf(peer.folder, isLog);
        add('logBytes', logs);
        if (round > STORE_FILLS_SHARE * rounds) add('storeBytes', sizeOf(peer.folder) - logs);
      }
      if (performance.now() - movedAt > PATIENCE_MS) throw new Error(`no round is decided after ${head}`);
      if (head < (restarts + 1) * restartEvery || head >= rounds) continue;
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
    [...Object.keys(MEASURES), 'storeBytes', 'logBytes'].map((measure) => [
      measure,
      slopeOf(samples.get(measure as Measure) ?? []),
    ]),
  ) as Record<Measure, Slope>;
  const certificateBytes = await certificateBytesOf(present(run.peers[0], 'peer').folder);
  const { storeBytes } = slopes;
  const judged = { ...slopes, storeBytes: { ...storeBytes, perX: storeBytes.perX - certificateBytes } };
  const growing = ([...Object.keys(MEASURES), 'storeBytes'] as Measure[]).filter((measure) =>
    grows(judged[measure], JUDGED_ROUNDS, GROWTH_SHARE),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  return { rounds: head, restarts, seconds, slopes, certificateBytes, growing };
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

function isLog(name: string): boolean {
  return /^(?:log|events).*\.jsonl/.test(name);
}

async function certificateBytesOf(folder: string): Promise<number> {
  const { store } = await openRun(folder);
  try {
    const { first, last } = present(store.history, 'a history');
    let bytes = 0;
    for (let round = first; round <= last; round++) bytes += (await store.decision(round))?.length ?? 0;
    return bytes / (last + 1 - first);
  } finally {
    await store.close();
  }
}

function sizeOf(folder: string, counts: (name: string) => boolean = () => true): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !counts(entry.name)) continue;
    // the store's own files come and go
    bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

export function soakTable(report: SoakReport): string {
  const { slopes, growing, rounds, restarts, seconds, certificateBytes } = report;
  const rows = Object.entries(slopes).map(([measure, { perX, halfWidth, mean, samples }]) => {
    const is = growing.some((name) => name === measure) ? 'grows' : 'flat';
    const verdict =
      measure === 'logBytes'
        ? 'turned over'
        : measure === 'storeBytes'
          ? `${is} beside certificates, ${certificateBytes.toFixed(0)} bytes a round`
          : is;
    const number = (value: number): string => value.toPrecision(4);
    return `| ${measure} | ${number(mean)} | ${number(1000 * perX)} +- ${number(1000 * halfWidth)} | ${samples} | ${verdict} |`;
  });
  return [
    `${rounds} rounds in ${seconds.toFixed(0)} s, ${Math.round((1000 * seconds) / rounds)} ms each; ${restarts} restarts`,
    '| measure | mean | per 1,000 rounds (95 %) | samples | verdict |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}
