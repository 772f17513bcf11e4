import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runLateJoin } from './late-join-run.ts';

describe('a newcomer among real peers', () => {
  it('gets certificates and checkpoint from several of them past a liar, and reaches their state', async function () {
    this.timeout(600_000);
    const folder = await mkdtemp(join(tmpdir(), 'synod-join-'));
    try {
      const report = await runLateJoin({ folder, joinAfterRound: 9, checkpointRounds: 3 });
      const { pieces, checkpointRound, firstRound, certifiedRounds } = report;
      const servers = Object.keys(pieces);
      assert.ok(servers.length >= 2, `pieces from two or more peers: ${JSON.stringify(pieces)}`);
      assert.ok(!servers.includes('peer-2'), 'none of them from the liar');
      assert.ok(checkpointRound >= 6 && checkpointRound % 3 === 0, `a checkpoint: ${checkpointRound}`);
      assert.equal(
        firstRound,
        checkpointRound,
        'it plays on from the checkpoint, and applied no round before it',
      );
      assert.ok(report.comparedRounds >= 4, `${report.comparedRounds} states are equal`);
      assert.ok(certifiedRounds > 9, `it holds all ${certifiedRounds} certificates from genesis`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
