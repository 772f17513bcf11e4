/** Preloaded into a measured process: sends its parent the time and the processor time used so far, all threads together. */
import { isMainThread } from 'node:worker_threads';

export interface CpuSample {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly cpuMs: number;
}

const SAMPLE_EVERY_MS = 200;

function sample(): void {
  const { user, system } = process.cpuUsage();
  const now: CpuSample = { atMs: Date.now(), cpuMs: (user + system) / 1000 };
  if (process.connected) process.send?.(now);
}

if (isMainThread && process.send !== undefined) {
  setInterval(sample, SAMPLE_EVERY_MS).unref();
  process.once('exit', sample);
}
