import assert from 'node:assert/strict';
import type { LedgerPort, StoredBody } from '../../src/driver/ledger-port.ts';
import { MAX_HELD_FOR_MEMORY_BYTES } from '../../src/driver/limits.ts';
import { keepForMemory } from '../../src/driver/listed-bodies.ts';

describe('bodies that a memory needs', () => {
  const bodyOf = (length: number): StoredBody => ({ digest: 'aa'.repeat(32), body: new Uint8Array(length) });
  const keep = (...lengths: number[]) => {
    const did: string[] = [];
    let written: (() => void) | undefined;
    const ledger = {
      holdContributions: () => did.push('held'),
      saveContributions: (_round: number, _bodies: unknown, _low: number, done: () => void) => {
        did.push('written');
        written = done;
      },
    } as unknown as LedgerPort;
    keepForMemory(ledger, 20, lengths.map(bodyOf), () => did.push('ready'));
    return { did, land: () => written?.() };
  };

  it('go with it where they are small, and the memory may be saved at once', () => {
    assert.deepEqual(keep(MAX_HELD_FOR_MEMORY_BYTES / 2, MAX_HELD_FOR_MEMORY_BYTES / 2).did, [
      'held',
      'ready',
    ]);
  });

  it('go before it where they are large together', () => {
    const { did, land } = keep(MAX_HELD_FOR_MEMORY_BYTES / 2, MAX_HELD_FOR_MEMORY_BYTES / 2 + 1);
    assert.deepEqual(did, ['written'], 'not before they are on the disk');
    land();
    assert.deepEqual(did, ['written', 'ready']);
  });
});
