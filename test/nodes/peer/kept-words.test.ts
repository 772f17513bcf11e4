import assert from 'node:assert/strict';
import { keptWords, type Kept } from '../../../nodes/peer/kept-words.ts';
import { keepOf } from '../../../src/run/open-peer.ts';
import type { KeepLimit } from '../../../src/storage/kept-history.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

function wordsOf(limit: KeepLimit, changes: Partial<Kept> = {}) {
  return keptWords({
    keep: keepOf(limit, { checkpointRounds: 10 }),
    size: { updateBytes: 4 * MIB, memberReceivesBytes: 28 * MIB },
    keepsContributions: false,
    heldRounds: 0,
    freeBytes: undefined,
    ...changes,
  });
}

describe('what a peer says of what it keeps', () => {
  it('tells rounds and bytes of a limit of either kind', () => {
    assert.deepEqual(wordsOf({ kind: 'rounds', rounds: 1000 }), {
      about:
        'every certificate is kept, and updates of 1,000 rounds, 3.91 GiB (--keep 1,000 rounds; at least 36 rounds)',
    });
    assert.deepEqual(wordsOf({ kind: 'bytes', bytes: 10e9 }, { keepsContributions: true }), {
      about:
        'every certificate is kept, and updates and contributions of 298 rounds, 9.31 GiB (--keep 10 GB; at least 36 rounds)',
    });
  });

  it('tells what is kept at least where the limit is below it', () => {
    assert.match(wordsOf({ kind: 'bytes', bytes: 1e6 }).about, /updates of 36 rounds, 144 MiB/);
  });

  it('warns of a disk that has less room, and counts what lies there already', () => {
    const limit = { kind: 'rounds', rounds: 1000 } as const;
    const doubt = wordsOf(limit, { freeBytes: GIB }).doubt;
    assert.match(
      doubt ?? '',
      /^the disk has 1 GiB free, and --keep 1,000 rounds may take 3.91 GiB more: it is filled after 256 rounds/,
    );
    assert.equal(wordsOf(limit, { freeBytes: GIB, heldRounds: 900 }).doubt, undefined, 'most of it is there');
    assert.equal(wordsOf(limit, { freeBytes: 4 * GIB }).doubt, undefined, 'there is room');
  });

  it('says when a peer that keeps all fills its disk', () => {
    const { about, doubt } = wordsOf({ kind: 'all' }, { freeBytes: GIB });
    assert.equal(about, 'every certificate is kept, and all updates, 4 MiB a round at most (--keep all)');
    assert.match(doubt ?? '', /is filled after 256 rounds, and then the peer stops: --keep sets a limit$/);
  });
});
