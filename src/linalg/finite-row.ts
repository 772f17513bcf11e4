/** Whether a packed row holds finite numbers only: one pass over it on all threads, as it lies. */
import { segmentCount } from './kernel-task.ts';
import type { PackedRow } from './packed-row.ts';
import { runPacked, type KernelHost } from './packed-run.ts';

/** Undefined where the row is too short to be worth a task. */
export function isFiniteRow(host: KernelHost, row: PackedRow): boolean | undefined {
  const segments = segmentCount(row.d);
  if (segments < 2) return undefined;
  return host.withScratch((scratch) => {
    const out = scratch.allocate(8 * segments);
    const call = { kernel: 'findNonFinite', kernelBytes: 0, operands: { out, outBytes: 8 } } as const;
    runPacked(host, scratch, { rows: [row] }, call);
    return host.float64At(out, segments).every((found) => found === 0);
  });
}
