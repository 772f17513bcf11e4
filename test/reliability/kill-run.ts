/**
 * A real run of four peer processes whose members are SIGKILLed at random moments and started again. After each kill
 * a copy of the victim's store is opened: whatever the victim had said was decided must be in it. Each victim must then
 * decide rounds that the others decide after its restart; all states after a round are one; nobody is ever convicted;
 * and at the end every folder passes `verify-run --recompute`.
 */
import { writeFileSync } from 'node:fs';
import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { verifyRun } from '../../nodes/history/verify-run.ts';
import { createKeyFile, KEY_FILE_NAME } from '../../src/crypto/key-file.ts';
import { present } from '../../src/foundation/assert.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { openStore } from '../../src/storage/open-store.ts';
import { startSynod, type Started } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { LogTail } from './log-tail.ts';

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

interface Peer {
  readonly name: string;
  readonly folder: string;
  readonly args: readonly string[];
  readonly log: LogTail;
  running: Started;
}

const PEERS = 4;
const LONGEST_LIFE_MS = 3_000;
const LONGEST_START_MS = 2_500;
const SHARE_KILLED_AT_START = 0.2;
const REJOIN_WITHIN_MS = 120_000;

export async function runKills(options: KillRunOptions): Promise<KillRunReport> {
  const { folder, times, seed, say = () => undefined } = options;
  const random = new SeededRandom(seed, 'kill-run');
  const peers = await startPeers(folder);
  const rejoinMs: number[] = [];
  let [kills, killsAtStart] = [0, 0];
  try {
    for (const { name, log } of peers) {
      await eventually(`the first round at ${name}`, () => log.last >= 0, REJOIN_WITHIN_MS);
    }
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
      await eventually(
        `${victim.name} deciding a round after round ${others}`,
        () => {
          if (victim.running.process.exitCode !== null) throw new Error(victim.running.output().stderr);
          return victim.log.last > others;
        },
        REJOIN_WITHIN_MS,
      );
      rejoinMs.push(performance.now() - startedAt);
      compareStates(peers);
      say(`${kills} of ${times} kills, round ${victim.log.last}`);
    }
  } finally {
    for (const { running } of peers) running.process.kill('SIGINT');
    await Promise.all(peers.map(({ running }) => running.finished));
  }
  compareStates(peers);
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

async function startPeers(folder: string): Promise<Peer[]> {
  const names = Array.from({ length: PEERS }, (_, i) => `peer-${i}`);
  const keys = await Promise.all(names.map((name) => createKeyFile(join(folder, name, KEY_FILE_NAME))));
  const ports = await freePorts(PEERS);
  const experiment = join(folder, 'experiment.json');
  writeFileSync(
    experiment,
    JSON.stringify({
      name: 'kills',
      rounds: 100_000,
      batchSize: 8,
      model: { kind: 'mlp', hidden: [8] },
      data: { name: 'glyphs', train: 400, test: 100 },
      cohort: { minimum: 2 },
      committee: { size: PEERS },
      checkpointRounds: 5,
      inactivityCohorts: 0,
      timing: {
        collectMs: 1000,
        proposeMs: 1500,
        prevoteMs: 500,
        precommitMs: 500,
        growthMs: 500,
        rebroadcastMs: 500,
        catchUpMs: 1000,
      },
      roster: keys.map(({ id }) => id),
    }),
  );
  const addresses = keys.map(({ id }, i) => `/ip4/127.0.0.1/tcp/${ports[i]}/p2p/${id}`);
  return names.map((name, i) => {
    const dir = join(folder, name);
    const others = addresses.filter((_, other) => other !== i).flatMap((address) => ['--bootstrap', address]);
    const args = [
      ...['peer', '--experiment', experiment, '--dir', dir, '--backend', 'cpu', '--local-network'],
      ...['--listen', `/ip4/127.0.0.1/tcp/${ports[i]}`, '--keep-contributions', '--linger', '0'],
      ...others,
    ];
    return { name, folder: dir, args, log: new LogTail(join(dir, 'log.jsonl')), running: startSynod(args) };
  });
}

/** Kills, looks at a copy of what is left on the disk, starts again. */
async function killAndRestart(victim: Peer, copy: string): Promise<void> {
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
  victim.running = startSynod(victim.args);
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

function compareStates(peers: readonly Peer[]): void {
  const all = new Map<number, string>();
  for (const { log, name } of peers) {
    log.update();
    if (log.alarms.length > 0) throw new Error(log.alarms.join('; '));
    for (const [round, digest] of log.digests) {
      const known = all.get(round) ?? digest;
      if (known !== digest) throw new Error(`${name} has another state after round ${round}`);
      all.set(round, known);
    }
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
