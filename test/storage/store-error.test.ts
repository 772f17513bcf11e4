import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../src/storage/open-store.ts';
import { storeError } from '../../src/storage/store-error.ts';

const wrapped = (text: string): Error => new Error('Database failed to open', { cause: new Error(text) });

describe('the words of the store', () => {
  for (const [text, code, words] of [
    [
      'IO error: p/ledger/LOCK: Permission denied',
      'failed',
      /^this user may not write in it, and even to read it/,
    ],
    [
      'IO error: p/ledger/LOCK: Read-only file system',
      'failed',
      /read-only file system, and even to read it/,
    ],
    ['IO error: p/ledger/000003.log: No space left on device', 'disk-full', /^the disk is full/],
    ['IO error: p/ledger/000003.log: Too many open files', 'failed', /^too many files are open/],
    [
      'Invalid argument: p/ledger: does not exist (create_if_missing is false)',
      'damaged',
      /lacks the file CURRENT/,
    ],
    ['Corruption: 3 missing files; e.g.: p/ledger/000005.ldb', 'damaged', /^the store is damaged/],
  ] as const) {
    it(`say what is meant by: ${text}`, () => {
      const error = storeError(wrapped(text), 'opening');
      assert.equal(error.code, code);
      assert.match(error.message, words);
    });
  }

  it('offer what can be done: a new start to a peer, another copy to a reader', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'synod-store-'));
    try {
      const experiment = 'ab'.repeat(32);
      await (await openStore(folder, { experiment })).close();
      rmSync(join(folder, 'ledger', 'CURRENT'));
      await assert.rejects(openStore(folder, { inspect: true }), {
        name: 'OperatorError',
        message:
          /is damaged and cannot be repaired \(its ledger lacks the file CURRENT.*\): take the folder of another peer/,
      });
      assert.ok(!existsSync(join(folder, 'ledger', 'CURRENT')), 'looking changes nothing');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
