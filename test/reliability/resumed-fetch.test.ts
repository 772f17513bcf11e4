import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeQuadraticTask } from '../../bench/quadratic-task.ts';
import { pieceCount } from '../../src/crypto/body-digest.ts';
import { startDyingPeer } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { hasEnded, PeerRun, type RunPeer } from '../support/peer-run.ts';

const ROUNDS = 4;
const PARAMETERS = 1_000_000;
/** The first life of the newcomer ends where it has so much of the state. */
const SHARE = 0.6;
const PATIENCE_MS = 240_000;

async function filesOf({ folder }: RunPeer): Promise<string[]> {
  const [own] = (await readdir(folder)).filter((name) => /^[0-9a-f]{16}$/.test(name));
  return own === undefined ? [] : readdir(join(folder, own, 'fetching'));
}

describe('a newcomer that is killed while it fetches the state', () => {
  it('fetches the rest after its restart, says where it goes on, and ends in the state of the run', async function () {
    this.timeout(600_000);
    const folder = await mkdtemp(join(tmpdir(), 'synod-resume-'));
    writeQuadraticTask(folder, PARAMETERS);
    const run = await PeerRun.start({
      folder,
      peers: 3,
      flags: ['--evaluate-every', '0'],
      experiment: {
        name: 'resume',
        admission: 'open',
        model: './task.ts',
        data: undefined,
        estimator: 'sgd',
        optimizer: 0.3,
        rounds: ROUNDS,
        cohort: { size: 3, minimum: 2 },
        committee: { size: 3 },
        checkpointRounds: 1,
        timing: { collectMs: 10_000, proposeMs: 10_000, prevoteMs: 10_000, precommitMs: 10_000 },
      },
      linger: 600,
    });
    try {
      await run.reach(ROUNDS - 1, run.peers, PATIENCE_MS);
      const newcomer = await run.addStranger('newcomer', [], (args) => startDyingPeer(SHARE, args));
      await newcomer.running.finished;
      assert.equal(newcomer.running.process.signalCode, 'SIGKILL', newcomer.running.output().stderr);
      const half = await filesOf(newcomer);
      assert.match(half.join(), /^4-[0-9a-f]{64}$/, 'what it had of the newest checkpoint');
      newcomer.restart();
      const { events } = newcomer.log;
      const isAtEnd = (): boolean => {
        if (hasEnded(newcomer)) throw new Error(newcomer.running.output().stderr);
        newcomer.log.update();
        return events.some(({ msg }) => msg === 'result');
      };
      await eventually('the newcomer has the last state', isAtEnd, PATIENCE_MS);
      const resumed = events.find(({ msg }) => msg.includes('resumes at'));
      assert.match(
        resumed?.msg ?? '',
        /^the fetch of the state before round 4 resumes at 6[01] % of 3.81 MiB$/,
      );
      const pieces = pieceCount(4 * PARAMETERS);
      assert.equal(resumed?.resumedShare, Math.round(SHARE * pieces) / pieces, 'all that was kept');
      const fetched = events.find(({ msg }) => msg === 'checkpoint fetched');
      const given = Object.values(fetched?.servedBy ?? {}).reduce((sum, count) => sum + count, 0);
      assert.equal(given, pieces - Math.round(SHARE * pieces), 'the pieces that were missing, and no others');
      assert.deepEqual(await filesOf(newcomer), [], 'nothing of it is left beside the checkpoint');
    } finally {
      await run.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
