import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyRun } from '../../src/run/verify-run.ts';
import { lastLine, runSynod } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { PeerRun } from '../support/peer-run.ts';

const PEERS = 7;
const EQUIVOCATOR = 1;
const LIAR = 4;

interface Told {
  readonly standing: string;
  readonly departures: readonly {
    readonly reason: string;
    readonly round: number;
    readonly valid: boolean;
    readonly evidence: { readonly peer: string; readonly first: object; readonly second: object };
  }[];
}

describe('Byzantine members among real peers', () => {
  it('an equivocator is excluded and a liar changes nothing; why proves it offline', async function () {
    this.timeout(600_000);
    const folder = await mkdtemp(join(tmpdir(), 'synod-byzantine-'));
    const run = await PeerRun.start({
      folder,
      peers: PEERS,
      experiment: { name: 'byzantine', committee: { size: PEERS, byzantine: 2 }, cohort: { minimum: 3 } },
      behaviours: { [EQUIVOCATOR]: ['equivocate-votes'], [LIAR]: ['vote-wrong-digest'] },
      flags: ['--keep-contributions'],
    });
    const equivocator = run.peers[EQUIVOCATOR]?.id as string;
    const [witness] = run.honest;
    try {
      await eventually(
        'a certified round that excludes the equivocator',
        () => run.honest.every(({ log }) => log.excluded().includes(equivocator)),
        300_000,
      );
      await run.reach(Math.max(...run.honest.map(({ log }) => log.last)) + 3, run.honest);
      run.compareStates();
    } finally {
      await run.stop();
    }
    const dir = witness?.folder as string;
    const why = await runSynod(['why', equivocator, '--run', dir]);
    assert.equal(why.code, 0, why.stderr);
    assert.match(why.stdout, /is excluded for good, after \d+ certified rounds/, 'the standing');
    assert.match(
      why.stdout,
      /Round \d+ excluded it: it signed two different (prevotes|precommits) in round \d+, attempt 0, view \d+/,
      'what it did',
    );
    assert.match(why.stdout, /first: {2}value ([0-9a-f]+|nil)\n +signature [0-9a-f]{128}/, 'one statement');
    assert.match(why.stdout, /second: value ([0-9a-f]+|nil)\n +signature [0-9a-f]{128}/, 'the other');
    assert.match(why.stdout, /Both signatures were checked just now and are its own/, 'verified offline');
    const told = lastLine<Told>((await runSynod(['why', equivocator, '--run', dir, '--json'])).stdout);
    assert.equal(told.standing, 'excluded', 'as JSON');
    assert.ok(told.departures[0]?.valid, 'the evidence convicts');
    assert.equal(told.departures[0]?.evidence.peer, equivocator, 'and convicts the equivocator');

    for (const { folder: its, name } of run.honest) {
      const report = await verifyRun({ dir: its, recompute: true, threads: 1 }, () => undefined);
      assert.deepEqual(report.faults, [], `${name}: nothing is wrong`);
      assert.equal(report.certified, report.rounds, `${name}: every certificate is right`);
      assert.ok(report.recomputed > 0, `${name}: aggregates were computed again`);
    }
    await rm(folder, { recursive: true, force: true });
  });
});
