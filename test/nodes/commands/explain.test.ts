import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastLine, runSynod } from '../../support/cli.ts';
import { writeRun } from '../../support/written-run.ts';

describe('synod explain and synod why', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'synod-explain-'));
    writeRun({ folder, peers: 8, rounds: 6, adversaries: 2 });
  });
  after(() => rmSync(folder, { recursive: true }));

  it('tell a round and a peer of a run that has no ledger', async () => {
    const round = await runSynod(['explain', 'last', '--run', folder]);
    assert.deepEqual([round.code, round.stderr], [0, ''], 'in order');
    assert.match(round.stdout, /^Round 5 of 6 in "written"/, 'the newest');
    const peer = await runSynod(['why', '0001', '--run', folder, '--json']);
    assert.equal(peer.code, 0, peer.stderr);
    const { conduct } = lastLine<{ conduct: string[] }>(peer.stdout);
    assert.match(conduct.join('\n'), /left out in 6 rounds/, 'how it behaved');
  });

  it('refuse in one sentence what the run does not hold', async () => {
    const CASES: readonly (readonly [readonly string[], RegExp])[] = [
      [
        ['explain', '6', '--run', folder],
        /ROUND must be a round of the run or last .*from 0 to 5\), got "6"/,
      ],
      [['explain', '1', '--run', join(folder, 'nowhere')], /must be a folder with events\.jsonl/],
      [['why', 'nobody', '--run', folder], /PEER must be a peer id.*got "nobody"/],
    ];
    for (const [args, pattern] of CASES) {
      const { code, stderr } = await runSynod(args);
      assert.equal(code, 2, stderr);
      assert.match(stderr, pattern, args.join(' '));
      assert.equal(stderr.trim().split('\n').length, 1, 'one line');
    }
  });
});
