import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openMemoryStore, openStore } from '../../src/storage/open-store.ts';
import { storeCompliance } from './store-compliance.ts';

storeCompliance('memory', async () => {
  const disk = { values: new Map<string, Uint8Array>(), witness: {} };
  return {
    open: (options = {}) => openMemoryStore(options, disk),
    dispose: () => Promise.resolve(),
  };
});

storeCompliance('disk', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'synod-store-'));
  return {
    open: (options = {}) => openStore(directory, options),
    dispose: () => rm(directory, { recursive: true }),
  };
});
