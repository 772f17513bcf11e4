import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runKills } from './kill-run.ts';

describe('a peer that is killed', () => {
  it('comes back, has everything that was certified, and agrees with the others', async function () {
    this.timeout(300_000);
    if (process.platform === 'win32') {
      process.stderr.write('    skipped: Windows has no SIGKILL\n');
      this.skip();
    }
    const folder = await mkdtemp(join(tmpdir(), 'synod-kills-'));
    try {
      const report = await runKills({ folder, times: 2, seed: 1 });
      assert.equal(report.kills, 2, 'kills');
      assert.ok(report.rounds > 2, `${report.rounds} rounds`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
