import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ATTACKERS } from './attackers.ts';
import { Siege } from './siege.ts';

const SECONDS = 8;
const PATIENCE_SECONDS = 120;

describe('hostile strangers around four real peers', function () {
  this.timeout(240_000);
  let folder: string;
  let siege: Siege;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'synod-siege-'));
    siege = await Siege.start(folder, Object.keys(ATTACKERS));
  });

  after(async () => {
    await siege.stop();
    await rm(folder, { recursive: true });
  });

  it('all of them at once stop nobody, are cut off, and fill no table', async () => {
    const { roundsPerSecond, cutOffSeconds } = await siege.assault(Object.keys(ATTACKERS), {
      seconds: SECONDS,
      rounds: 0,
      untilCutOffSeconds: PATIENCE_SECONDS,
    });
    assert.ok(roundsPerSecond > 0, 'rounds are decided under attack');
    assert.notEqual(cutOffSeconds, null, 'the victims refuse something');
    const samples = await siege.sample();
    for (const sample of samples) {
      for (const [name, bound] of sample) {
        if (!name.startsWith('synod_held_bound_entries')) continue;
        const held = sample.get(name.replace('_bound', ''));
        assert.ok(held !== undefined && held <= bound, `${name}: ${held} of ${bound}`);
      }
    }
    await siege.run.reach(siege.round + 5);
    siege.run.compareStates();
  });
});
