import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { explainPeer } from '../../src/observe/explain-peer.ts';
import { readRun } from '../../src/observe/read-run.ts';
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
          ? ['--listen', `/ip4/127.0.0.1/tcp/${port}`, '--metrics', '0']
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
      checkMetrics(await scrape(peers[0] as Started));
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
    const views = await Promise.all(ids.map((_, i) => readRun(join(folder, `peer-${i}`))));
    for (const [i, { view, skipped }] of views.entries()) {
      if (i === PEERS - 1) continue; // killed, perhaps within a line
      assert.equal(skipped, 0, `the event log of peer ${i} is whole`);
      assert.equal(view.run?.self, view.peers.indexOf(ids[i] ?? ''), 'and says whose it is');
      assert.equal(view.decided, ROUNDS - 1, 'all rounds');
      assert.equal(view.end?.state, 'finished', 'how it ended');
      const measured = view.rounds.filter((seen) => seen?.contributions?.norm !== undefined).length;
      assert.ok(measured > 0, 'as a member it measured contributions');
    }
    assert.ok((views[PEERS - 1]?.view.decided ?? -1) >= 0, 'the killed one left what it saw');
    const { view: watcher } = views[0]!;
    assert.match(
      explainPeer(watcher, watcher.peers.indexOf(ids[PEERS - 1] ?? ''), watcher.lastAt),
      /It is silent: it was asked \d+ times since round|is missing in \d+ lists? .*\bnothing was seen/,
      'the others say why the killed one is missing',
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

async function scrape(peer: Started): Promise<Map<string, number>> {
  const [, url = ''] = / metrics url=(\S+)/.exec(peer.output().stderr) ?? [];
  const text = await (await fetch(url)).text();
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    samples.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

function checkMetrics(metrics: ReadonlyMap<string, number>): void {
  const atLeast: Readonly<Record<string, number>> = {
    synod_round: 1,
    'synod_decided_rounds_total{role="member"}': 1,
    synod_views_total: 1,
    synod_roster_peers: PEERS,
    synod_connected_peers: 1,
    synod_round_contributions: 3,
    'synod_round_phase_seconds_count{phase="train"}': 1,
    'synod_round_phase_seconds_count{phase="collect"}': 1,
    'synod_round_phase_seconds_count{phase="aggregate"}': 1,
    'synod_round_phase_seconds_count{phase="agree"}': 1,
    'synod_round_phase_seconds_count{phase="adopt"}': 1,
    'synod_wire_bytes_total{direction="sent"}': 1000,
    'synod_wire_bytes_total{direction="received"}': 1000,
    'synod_payload_bytes_total{kind="contributions",direction="sent"}': 100,
    'synod_payload_bytes_total{kind="contributions",direction="received"}': 100,
    'synod_payload_bytes_total{kind="consensus",direction="received"}': 100,
    'synod_held_entries{what="timeline"}': 1,
    process_resident_memory_bytes: 1e6,
    nodejs_eventloop_lag_p99_seconds: 1e-6,
  };
  for (const [name, least] of Object.entries(atLeast)) {
    const value = metrics.get(name);
    assert.ok(value !== undefined && value >= least, `${name} is at least ${least}, got ${value}`);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
