/**
 * How far a process's resident memory rose at its highest between two points. Linux keeps the peak and forgets it when
 * asked (proc(5), clear_refs); elsewhere only what is still held at the end is seen.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const STATUS = '/proc/self/status';
const RESET = '/proc/self/clear_refs';
/** Writing it lowers the peak to what is resident now. */
const RESET_PEAK = '5';

const hasPeak = existsSync(STATUS) && existsSync(RESET);

/** Call `end` for the bytes by which resident memory was above the beginning at most. */
export function beginPeak(): { readonly end: () => number } {
  if (!hasPeak) {
    const before = process.memoryUsage.rss();
    return { end: () => process.memoryUsage.rss() - before };
  }
  writeFileSync(RESET, RESET_PEAK);
  const before = residentPeak();
  return { end: () => residentPeak() - before };
}

function residentPeak(): number {
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(STATUS, 'latin1')) ?? [];
  return Number(kibibytes) * 1024;
}
