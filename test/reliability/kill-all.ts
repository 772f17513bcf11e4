/**
 * `npm run kill-all -- [--times N] [--seed S]`: five real peers are killed at the same moment and started again, over
 * and over; every time the run must go on.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { FaultRun } from './fault-run.ts';

const { values } = parseArgs({
  options: { times: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
});
const times = Number(values.times);
const random = new SeededRandom(Number(values.seed), 'kill-all');
const folder = await mkdtemp(join(tmpdir(), 'synod-kill-all-'));
const run = await FaultRun.start({ folder, peers: 5 });
const all = run.peers.map((_, i) => i);
const lastDecided = (): number => Math.max(...run.peers.map(({ log }) => log.last));
let good = 0;
try {
  await run.reach(1);
  while (good < times) {
    await sleep(100 + 900 * random.next());
    await Promise.all(all.map((i) => run.kill(i)));
    const before = lastDecided();
    for (const i of all) run.launch(i);
    await run.reach(before + 2);
    good += 1;
    process.stderr.write(`${good} of ${times}: round ${lastDecided()}\n`);
  }
  run.compareStates();
} finally {
  await run.stop();
}
process.stdout.write(`${good} of ${times} restarts went on\n`);
await rm(folder, { recursive: true });
