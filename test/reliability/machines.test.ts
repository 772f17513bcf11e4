import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyFile, KEY_FILE_NAME } from '../../src/crypto/key-file.ts';
import { follow, lastLine, synodCommand, type Started } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { hasPacketLoss, Machines, machinesFault } from './machines.ts';

/** Peers of each machine. */
const PEERS_ON = [2, 1, 1] as const;
const ROUNDS = 12;
const PORT = 4001;

describe('peers on three machines', function () {
  this.timeout(300_000);
  let folder: string;
  let machines: Machines | undefined;
  const started: Started[] = [];

  before(function () {
    const fault = machinesFault();
    if (fault !== undefined) {
      process.stderr.write(`    skipped: network namespaces cannot be made here (${fault})\n`);
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), 'synod-machines-'));
    machines = new Machines({
      count: PEERS_ON.length,
      loss: hasPacketLoss() ? 0.01 : 0,
      megabitsPerSecond: 50,
    });
  });
  after(() => {
    for (const { process: child } of started) child.kill('SIGKILL');
    machines?.remove();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  it('go on while one machine is cut off, and end with one state after it is back', async () => {
    const { all } = machines as Machines;
    const places = PEERS_ON.flatMap((count, machine) => Array.from({ length: count }, () => machine));
    const dirs = places.map((_, i) => join(folder, `peer-${i}`));
    const keys = await Promise.all(dirs.map((dir) => createKeyFile(join(dir, KEY_FILE_NAME))));
    const experiment = join(folder, 'experiment.json');
    writeFileSync(
      experiment,
      JSON.stringify({
        rounds: ROUNDS,
        batchSize: 8,
        model: { kind: 'mlp', hidden: [16] },
        data: { name: 'glyphs', train: 1000, test: 200 },
        aggregation: { f: 1, rule: 'median' },
        timing: { collectMs: 4000, proposeMs: 4000, prevoteMs: 2000, precommitMs: 2000 },
        roster: keys.map(({ id }) => id),
      }),
    );
    const bootstrap = `/ip4/${all[0]?.address}/tcp/${PORT}/p2p/${keys[0]?.id}`;
    for (const [i, place] of places.entries()) {
      const machine = all[place] as (typeof all)[number];
      const first = i === 0;
      const [command, ...args] = synodCommand([
        ...['peer', '--experiment', experiment, '--dir', dirs[i] as string, '--backend', 'wasm'],
        ...['--local-network', '--listen', `/ip4/${machine.address}/tcp/${first ? PORT : 0}`],
        ...(first ? [] : ['--bootstrap', bootstrap]),
        ...['--linger', '60', '--json'],
      ]);
      started.push(follow(machine.start(command, args)));
    }
    const roundsOf = (i: number) => (started[i]?.output().stderr.match(/ round round=/g) ?? []).length;
    const reached = (i: number, rounds: number) =>
      eventually(`${rounds} rounds at peer ${i}`, () => roundsOf(i) >= rounds, 180_000);
    const last = places.length - 1;
    await reached(last, 2);
    all[2]?.setLink(false);
    const atCut = roundsOf(0);
    await reached(0, atCut + 3);
    assert.ok(roundsOf(last) <= roundsOf(0), 'the machine is cut off');
    all[2]?.setLink(true);
    for (const i of places.keys()) await reached(i, ROUNDS);
    for (const { process: child } of started) child.kill('SIGINT');
    const ends = await Promise.all(started.map(({ finished }) => finished));
    const states = ends.map(({ stdout }) => lastLine<{ rounds: number; stateDigest: string }>(stdout));
    assert.deepEqual(
      states.map(({ rounds }) => rounds),
      places.map(() => ROUNDS),
      'everyone played all rounds',
    );
    assert.equal(new Set(states.map(({ stateDigest }) => stateDigest)).size, 1, 'one state');
  });
});
