/** What a peer says at its start about what it will keep, and whether the disk has room for it. */
import { statfs } from 'node:fs/promises';
import type { ExperimentSize } from '../../src/config/experiment-size.ts';
import type { Keep } from '../../src/storage/kept-history.ts';
import { bytesText } from '../../src/observe/sentences.ts';
import { keepLimitText } from '../../src/run/keep-limit.ts';

export interface KeptWords {
  readonly about: string;
  /** Where the disk may be filled. */
  readonly doubt?: string;
}

export interface Kept {
  readonly keep: Keep;
  readonly size: Pick<ExperimentSize, 'updateBytes' | 'memberReceivesBytes'>;
  readonly keepsContributions: boolean;
  /** Rounds whose bodies are there already. */
  readonly heldRounds: number;
  /** undefined: not known. */
  readonly freeBytes: number | undefined;
}

export function keptWords({ keep, size, keepsContributions, heldRounds, freeBytes }: Kept): KeptWords {
  const { limit, leastRounds } = keep;
  const perRound = size.updateBytes + (keepsContributions ? size.memberReceivesBytes : 0);
  const what = keepsContributions ? 'updates and contributions' : 'updates';
  const flag = `--keep ${keepLimitText(limit)}`;
  const room = (bytes: number): string => `${Math.floor(bytes / perRound).toLocaleString('en-US')} rounds`;
  if (limit.kind === 'all') {
    const about = `every certificate is kept, and all ${what}, ${bytesText(perRound)} a round at most (${flag})`;
    if (freeBytes === undefined) return { about };
    const doubt = `the disk has ${bytesText(freeBytes)} free, which is filled after ${room(freeBytes)}, and then the peer stops: --keep sets a limit`;
    return { about, doubt };
  }
  const wanted = limit.kind === 'bytes' ? limit.bytes : limit.rounds * perRound;
  const most = Math.max(wanted, leastRounds * perRound);
  const about = `every certificate is kept, and ${what} of ${room(most)}, ${bytesText(most)} (${flag}; at least ${leastRounds} rounds)`;
  const missing = most - heldRounds * perRound;
  if (freeBytes === undefined || freeBytes >= missing) return { about };
  const doubt = `the disk has ${bytesText(freeBytes)} free, and ${flag} may take ${bytesText(missing)} more: it is filled after ${room(freeBytes)}, and then the peer stops`;
  return { about, doubt };
}

/** Of the disk that a folder is on; undefined where the platform does not tell. */
export async function freeBytesAt(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
