import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyFile, KEY_FILE_NAME } from '../../src/crypto/key-file.ts';
import { lastLine, runSynod, startSynod, type Started } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';

const PEERS = 5;
const ROUNDS = 10;

describe('synod peer', function () {
  this.timeout(300_000);
  let folder: string;
  let ids: string[];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'synod-peers-'));
    ids = [];
    for (let i = 0; i < PEERS; i++) {
      const key = await createKeyFile(join(folder, `peer-${i}`, KEY_FILE_NAME));
      ids.push(key.id);
    }
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const experimentFile = (name: string, fields: Record<string, unknown> = {}): string => {
    const path = join(folder, `${name}.json`);
    const experiment = {
      name,
      rounds: ROUNDS,
      batchSize: 8,
      model: { kind: 'mlp', hidden: [16] },
      data: { name: 'glyphs', train: 1000, test: 200 },
      aggregation: { f: 1, rule: 'ctma', base: 'geometric-median' },
      cohort: { minimum: 3 },
      committee: { size: PEERS },
      timing: { collectMs: 4000, proposeMs: 4000 },
      roster: ids,
      ...fields,
    };
    writeFileSync(path, JSON.stringify(experiment));
    return path;
  };

  const start = (i: number, experiment: string, extra: readonly string[]): Started =>
    startSynod([
      'peer',
      ...['--experiment', experiment, '--dir', join(folder, `peer-${i}`)],
      ...['--local-network', '--backend', 'wasm', '--json', '--linger', '10'],
      ...extra,
    ]);

  it('five processes find each other, lose one to SIGKILL and end with one state', async () => {
    const experiment = experimentFile('five');
    const port = await freePort();
    const bootstrap = `/ip4/127.0.0.1/tcp/${port}/p2p/${ids[0]}`;
    const peers = ids.map((_, i) =>
      start(
        i,
        experiment,
        i === 0
          ? ['--listen', `/ip4/127.0.0.1/tcp/${port}`]
          : ['--listen', '/ip4/127.0.0.1/tcp/0', '--bootstrap', bootstrap],
      ),
    );
    const victim = peers[PEERS - 1] as Started;
    try {
      await eventually(
        'three rounds at the victim',
        () =>
          (victim.output().stderr.match(/ round round=/g) ?? []).length >= 3 ||
          victim.process.exitCode !== null,
        180_000,
      );
      victim.process.kill('SIGKILL');
      const survivors = await Promise.all(peers.slice(0, -1).map((peer) => peer.finished));
      const outcomes = survivors.map(({ code, stdout, stderr }) => {
        assert.equal(code, 0, stderr);
        return lastLine<{ rounds: number; stateDigest: string }>(stdout);
      });
      assert.deepEqual(
        outcomes.map(({ rounds }) => rounds),
        outcomes.map(() => ROUNDS),
        'every survivor played all rounds',
      );
      assert.equal(new Set(outcomes.map(({ stateDigest }) => stateDigest)).size, 1, 'one state');
      assert.equal((await victim.finished).signal, 'SIGKILL', 'the victim was killed in the middle');
    } finally {
      for (const peer of peers) peer.process.kill('SIGKILL');
    }
    const log = readFileSync(join(folder, 'peer-0', 'log.jsonl'), 'utf8')
      .trim()
      .split('\n');
    const rounds = log
      .map((line) => JSON.parse(line) as { msg: string; round?: number })
      .filter(({ msg }) => msg === 'round');
    assert.deepEqual(
      rounds.map(({ round }) => round),
      Array.from({ length: ROUNDS }, (_, i) => i),
      'the run log holds every round once',
    );
  });

  it('says in one sentence what is wrong, with exit code 2', async () => {
    const experiment = experimentFile('faults');
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as AddressInfo;
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [
        ['--dir', join(folder, 'peer-0'), '--listen', `/ip4/127.0.0.1/tcp/${port}`],
        new RegExp(`listen.*${port}`),
      ],
      [['--dir', join(folder, 'none')], /none/],
      [['--dir', join(folder, 'peer-0'), '--bootstrap', 'localhost:4001'], /bootstrap.*localhost:4001/],
    ];
    try {
      for (const [args, pattern] of cases) {
        const { code, stderr } = await runSynod([
          'peer',
          '--experiment',
          experiment,
          '--backend',
          'wasm',
          ...args,
        ]);
        assert.equal(code, 2, stderr);
        const last = stderr.trim().split('\n').at(-1) ?? '';
        assert.match(last, pattern, 'names field and value');
        assert.doesNotMatch(stderr, /\n\s+at /, 'no stack trace');
      }
    } finally {
      taken.close();
    }
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
