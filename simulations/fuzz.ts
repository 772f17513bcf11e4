/** Plays many seeds on a few threads and adds up what came of them. */
import { startWorker } from '../src/foundation/start-worker.ts';
import type { SeedResult } from './run-seed.ts';
import { failed } from './shrink.ts';

export interface FuzzOptions {
  readonly firstSeed: number;
  /** The first seed that is not played any more; Infinity where only the time ends it. */
  readonly endSeed: number;
  readonly peers: number | undefined;
  readonly deadlineMs: number;
  readonly threads: number;
  readonly onProgress?: (summary: FuzzSummary) => void;
  readonly onFailure?: (result: SeedResult) => void;
}

export interface FuzzSummary {
  seeds: number;
  rounds: number;
  violations: number;
  stalls: number;
  events: number;
  /** Seeds in which an attempt was opened, and in which a peer stepped back. */
  attempts: number;
  stepsBack: number;
  maxView: number;
  readonly failures: SeedResult[];
}

const SEEDS_PER_BATCH = 8;
const MAX_FAILURES = 20;

export async function fuzz(options: FuzzOptions): Promise<FuzzSummary> {
  const { endSeed, peers, deadlineMs, threads, onProgress, onFailure } = options;
  const summary: FuzzSummary = {
    seeds: 0,
    rounds: 0,
    violations: 0,
    stalls: 0,
    events: 0,
    attempts: 0,
    stepsBack: 0,
    maxView: 0,
    failures: [],
  };
  let next = options.firstSeed;
  const takeBatch = (): number[] => {
    const end = performance.now() >= deadlineMs ? next : Math.min(next + SEEDS_PER_BATCH, endSeed);
    const batch = Array.from({ length: Math.max(0, end - next) }, (_, i) => next + i);
    next = Math.max(next, end);
    return batch;
  };
  const runThread = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = startWorker('./fuzz-worker', import.meta.url, { workerData: { peers } });
      const feed = (): void => {
        const batch = takeBatch();
        if (batch.length > 0) return worker.postMessage(batch);
        void worker.terminate();
        resolve();
      };
      worker.on('error', reject);
      worker.on('message', (results: readonly SeedResult[]) => {
        for (const result of results) {
          add(summary, result);
          if (failed(result)) onFailure?.(result);
        }
        onProgress?.(summary);
        feed();
      });
      feed();
    });
  await Promise.all(Array.from({ length: threads }, runThread));
  return summary;
}

function add(summary: FuzzSummary, result: SeedResult): void {
  summary.seeds += 1;
  summary.rounds += result.rounds;
  summary.events += result.events;
  if (result.violations.length > 0) summary.violations += 1;
  else if (result.stall !== undefined) summary.stalls += 1;
  if (result.attemptsOpened > 0) summary.attempts += 1;
  if (result.steppedBack > 0) summary.stepsBack += 1;
  summary.maxView = Math.max(summary.maxView, result.maxView);
  if (failed(result) && summary.failures.length < MAX_FAILURES) summary.failures.push(result);
}
