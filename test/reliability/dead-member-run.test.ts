import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runDeadMember } from './dead-member-run.ts';

describe('a dead member', () => {
  it('is not in the rounds of the others, who go on, and is in them again when it is back', async function () {
    this.timeout(240_000);
    const folder = await mkdtemp(join(tmpdir(), 'synod-dead-member-'));
    try {
      const { contributions } = await runDeadMember({ folder, rounds: 3 });
      const [before, , dead, back] = contributions;
      assert.deepEqual(
        [before, dead, back],
        [5, 4, 5],
        'contributions before, without it, and with it again',
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
