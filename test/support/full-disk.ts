/** A disk of a few pages, so that what is written to it meets a real ENOSPC: a tmpfs, which only root can mount. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';

export interface SmallDisk {
  readonly path: string;
  /** Leaves so many bytes free, by a file that takes the rest. */
  fill(leftBytes: number): void;
  /** To be read only, or written again; the former once every file there is closed. */
  remount(access: 'ro' | 'rw'): Promise<void>;
  unmount(): void;
}

/** Undefined where this user cannot mount: the caller skips, and says so. */
export function mountSmallDisk(bytes: number): SmallDisk | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  const path = mkdtempSync(join(tmpdir(), 'synod-disk-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=755`, 'tmpfs', path]);
  if (status !== 0) {
    rmSync(path, { recursive: true });
    return undefined;
  }
  return {
    path,
    fill: (leftBytes) => {
      const { bavail, bsize } = statfsSync(path);
      writeFileSync(join(path, 'ballast'), new Uint8Array(Math.max(0, bavail * bsize - leftBytes)));
    },
    remount: async (access) => {
      const isDone = (): boolean => spawnSync('mount', ['-o', `remount,${access}`, path]).status === 0;
      await eventually(`${path} is mounted ${access}`, isDone);
    },
    unmount: () => {
      spawnSync('umount', ['-l', path]);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Why a test of a full disk is left out. */
export const NO_SMALL_DISK = 'only root can mount a disk that is full';
