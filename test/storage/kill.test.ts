import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { digestOf } from '../../src/crypto/hash.ts';
import { equalBytes } from '../../src/foundation/bytes.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { programOf } from '../support/cli.ts';
import { openStore } from '../../src/storage/open-store.ts';
import { checkpointBytes, decisionBytes, memoryBytes, updateBytes } from './written-rounds.ts';

const EXPERIMENT = digestOf('test', 'experiment');
const WRITER = 'test/storage/store-writer.ts';
const KILLS = Number(process.env.SYNOD_TEST_KILLS ?? 4);

/** Starts the writer and lets `until` see its lines; kills it there. Gives all lines that it said. */
async function writeUntil(
  directory: string,
  until: (line: string) => boolean,
  wrap: readonly string[] = [],
): Promise<string[]> {
  const command = [...wrap, ...programOf(WRITER, [directory, EXPERIMENT])];
  const child = spawn(command[0] as string, command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (until(line)) child.kill('SIGKILL');
  }
  await ended;
  return lines;
}

function assertSame(actual: Uint8Array | undefined, expected: Uint8Array, what: string): void {
  assert.ok(actual !== undefined && equalBytes(actual, expected), `${what} is what was written`);
}

function lastOf(lines: readonly string[], word: string): number {
  const line = lines.findLast((text) => text.startsWith(`${word} `));
  return line === undefined ? -1 : Number(line.split(' ')[1]);
}

/** Opens what is left and checks that everything acknowledged is there, byte for byte. */
async function checkLeft(directory: string, decided: number, remembered: number): Promise<void> {
  const store = await openStore(directory, { experiment: EXPERIMENT });
  assert.deepEqual(store.condition.damage, [], 'no damage');
  assert.ok(store.condition.memoriesIntact, 'memories are trusted');
  const last = store.history?.last ?? -1;
  assert.ok(last >= decided, `round ${decided} was acknowledged, the history ends at ${last}`);
  for (let round = 0; round <= last; round++) {
    assertSame(await store.decision(round), decisionBytes(round), `decision ${round}`);
    const update = await store.update(round);
    if (round >= store.droppedBelow) assertSame(update, updateBytes(round), `update ${round}`);
    else assert.equal(update, undefined, `update ${round} was dropped`);
  }
  const memories = await store.memories();
  for (const { round, bytes } of memories) assertSame(bytes, memoryBytes(round), `memory ${round}`);
  assert.ok(
    remembered < 0 || memories.some(({ round }) => round === remembered),
    `memory ${remembered} was acknowledged`,
  );
  for (const round of await store.checkpoints()) {
    assertSame((await store.checkpoint(round))?.state, checkpointBytes(round), `checkpoint ${round}`);
  }
  await store.close();
}

describe('the store of a killed process', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'synod-kill-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it(`has all that was acknowledged, after ${KILLS} kills at random moments`, async function () {
    this.timeout(10_000 * KILLS + 20_000);
    const random = new SeededRandom('kill');
    let [decided, remembered] = [-1, -1];
    for (let kill = 0; kill < KILLS; kill++) {
      const killAfter = 1 + random.nextBelow(30);
      let seen = 0;
      const lines = await writeUntil(directory, () => (seen += 1) > killAfter);
      decided = Math.max(decided, lastOf(lines, 'round'));
      remembered = Math.max(remembered, lastOf(lines, 'memory'));
      await checkLeft(directory, decided, remembered);
    }
    assert.ok(decided > KILLS, `it got somewhere: ${decided} rounds`);
  });

  it('says that the disk is full, loses nothing, and goes on when there is room', async function () {
    this.timeout(60_000);
    if (process.platform === 'win32') {
      process.stderr.write('    skipped: a full disk is a limit of bash here\n');
      this.skip();
    }
    // a limit on the size of files stands for the full disk: the same failed write, without a file system of one's own
    const limited = ['bash', '-c', 'trap "" XFSZ; ulimit -f 300; exec "$@"', 'bash'];
    const lines = await writeUntil(directory, () => false, limited);
    assert.equal(lines.at(-1), 'failed disk-full', 'one clear error');
    const decided = lastOf(lines, 'round');
    assert.ok(decided >= 0, 'after some rounds');
    await checkLeft(directory, decided, lastOf(lines, 'memory'));
    const more = await writeUntil(directory, (line) => line === `round ${decided + 3}`);
    await checkLeft(directory, lastOf(more, 'round'), lastOf(more, 'memory'));
  });
});
