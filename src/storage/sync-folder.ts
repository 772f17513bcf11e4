/** Syncs a folder, so that the names in it survive a power cut too; not every platform can. */
import { open } from 'node:fs/promises';

export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
