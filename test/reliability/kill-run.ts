/**
 * A real run of four peer processes whose members are SIGKILLed at random moments and started again. After each kill
 * a copy of the victim's store is opened: whatever the victim had said was decided must be in it. Each victim must then
 * decide rounds that the others decide after its restart; all states after a round are one; nobody is ever convicted;
 * and at the end every folder passes `verify-run --recompute`.
 */
import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { verifyRun } from '../../src/run/verify-run.ts';
import { present } from '../../src/foundation/assert.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { openStore } from '../../src/storage/open-store.ts';
import { PeerRun, type RunPeer } from '../support/peer-run.ts';

export interface KillRunOptions {
  /** An empty folder; the peers' folders are made in it. */
  readonly folder: string;
  readonly times: number;
  readonly seed: number;
  readonly say?: (line: string) => void;
}

export interface KillRunReport {
  readonly kills: number;
  /** Kills of a peer that had not decided anything since it was started. */
  readonly killsAtStart: number;
  readonly rounds: number;
  /** From the restart to the first round that was decided after it, milliseconds. */
  readonly medianRejoinMs: number;
  readonly slowestRejoinMs: number;
}

const PEERS = 4;
const LONGEST_LIFE_MS = 3_000;
const LONGEST_START_MS = 2_500;
const SHARE_KILLED_AT_START = 0.2;
const REJOIN_WITHIN_MS = 120_000;

export async function runKills(options: KillRunOptions): Promise<KillRunReport> {
  const { folder, times, seed, say = () => undefined } = options;
  const random = new SeededRandom(seed, 'kill-run');
  const run = await PeerRun.start({
    folder,
    peers: PEERS,
    experiment: { name: 'kills', cohort: { minimum: 2 }, committee: { size: PEERS } },
    flags: ['--keep-contributions'],
  });
  const { peers } = run;
  const rejoinMs: number[] = [];
  let [kills, killsAtStart] = [0, 0];
  try {
    await run.reach(0);
    while (kills < times) {
      const victim = present(peers[random.nextBelow(PEERS)], 'victim');
      await sleep(random.next() * LONGEST_LIFE_MS);
      kills += 1;
      await killAndRestart(victim, join(folder, 'copy'));
      if (kills < times && random.next() < SHARE_KILLED_AT_START) {
        await sleep(random.next() * LONGEST_START_MS);
        kills += 1;
        killsAtStart += 1;
        await killAndRestart(victim, join(folder, 'copy'));
      }
      const startedAt = performance.now();
      const others = Math.max(...peers.filter((peer) => peer !== victim).map(({ log }) => log.last));
      await run.reach(others + 1, [victim], REJOIN_WITHIN_MS);
      rejoinMs.push(performance.now() - startedAt);
      run.compareStates();
      say(`${kills} of ${times} kills, round ${victim.log.last}`);
    }
  } finally {
    await run.stop();
  }
  run.compareStates();
  for (const { name, folder: dir } of peers) {
    const report = await verifyRun({ dir, recompute: true, threads: 1 }, () => undefined);
    if (!report.ok) throw new Error(`${name}: ${JSON.stringify(report.faults)}`);
    say(`${name}: ${report.certified} rounds verified, ${report.recomputed} recomputed`);
  }
  rejoinMs.sort((a, b) => a - b);
  return {
    kills,
    killsAtStart,
    rounds: Math.max(...peers.map(({ log }) => log.last)) + 1,
    medianRejoinMs: Math.round(rejoinMs[rejoinMs.length >> 1] ?? 0),
    slowestRejoinMs: Math.round(rejoinMs.at(-1) ?? 0),
  };
}

/** Kills, looks at a copy of what is left on the disk, starts again. */
async function killAndRestart(victim: RunPeer, copy: string): Promise<void> {
  victim.running.process.kill('SIGKILL');
  await victim.running.finished;
  const { last } = victim.log;
  const [store] = (await readdir(victim.folder, { withFileTypes: true })).filter((entry) =>
    entry.isDirectory(),
  );
  if (store !== undefined && last >= 0) {
    await mkdir(copy, { recursive: true });
    await cp(join(victim.folder, store.name), copy, { recursive: true });
    await checkCopy(copy, last, victim.name);
    await rm(copy, { recursive: true });
  }
  victim.restart();
}

async function checkCopy(copy: string, last: number, name: string): Promise<void> {
  const store = await openStore(copy, { inspect: true });
  const { condition, history } = store;
  await store.close();
  if (condition.damage.length > 0) throw new Error(`${name}: ${condition.damage.join('; ')}`);
  if ((history?.last ?? -1) < last) {
    throw new Error(`${name} decided round ${last}, its store ends at ${history?.last}`);
  }
}
