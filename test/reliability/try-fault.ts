/** Plays one case of `fault-cases.ts` in a folder that is removed afterwards. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { present } from '../../src/foundation/assert.ts';
import { FAULT_CASES, type FaultReport } from './fault-cases.ts';
import { FaultRun } from './fault-run.ts';
import { hasFirewall, labFault } from './network-lab.ts';

export interface FaultTry {
  readonly rounds: number;
  readonly program?: string;
  readonly say?: (line: string) => void;
}

/** Why a case cannot be played on this machine; undefined where it can. */
export function missingFor(name: string): string | undefined {
  const { needs } = present(FAULT_CASES[name], `case ${name}`);
  if (needs === 'processes') return process.platform === 'win32' ? 'Windows has no SIGSTOP' : undefined;
  return labFault() ?? (needs === 'firewall' && !hasFirewall() ? 'nftables is not installed' : undefined);
}

export async function tryFault(name: string, { rounds, ...rest }: FaultTry): Promise<FaultReport> {
  const { options, atOnce, needs, run: play } = present(FAULT_CASES[name], `case ${name}`);
  const folder = mkdtempSync(join(tmpdir(), `synod-${name}-`));
  const lab = needs !== 'processes';
  try {
    const run = await FaultRun.start({ ...options, ...rest, folder, lab }, atOnce);
    try {
      const report = await play(run, rounds);
      run.compareStates();
      return report;
    } finally {
      await run.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
