import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runIdeally } from '../../simulations/ideal-run.ts';
import { settle, type SimulateFlags } from '../../nodes/simulate/settings.ts';
import { runOverNetwork } from '../../src/run/run-network.ts';
import { RunRecorder } from '../../src/run/recording/run-recorder.ts';
import type { EventKind, EventOf, RunEvent } from '../../src/observe/event-table.ts';
import { readLog } from '../../src/observe/log-files.ts';
import { parseEvent } from '../../src/observe/parse-event.ts';
import { peerRandomness } from '../../src/crypto/peer-randomness.ts';
import { openTraining } from '../../src/learning/open-training.ts';
import { lastLine, runSynod, startSynod } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';

const FLAGS: SimulateFlags = {
  peers: 8,
  byzantine: 2,
  attack: 'ipm',
  attackParam: [],
  seed: '7',
  rounds: 4,
  batchSize: 8,
  backend: 'wasm',
  transport: 'tcp',
  baselines: false,
};

/** The event log of the run tells each round whole, in the form of the table, within the bytes that are promised. */
async function checkEvents(folder: string, rounds: number, stateDigest: string): Promise<void> {
  const events: RunEvent[] = [];
  let roundBytes = 0;
  for await (const line of readLog(folder)) {
    const parsed = parseEvent(line);
    assert.ok('event' in parsed, `${line}: ${'fault' in parsed ? parsed.fault : ''}`);
    const { event } = parsed;
    events.push(event);
    if ('round' in event) roundBytes += line.length + 1;
  }
  const all = <K extends EventKind>(kind: K) =>
    events.filter((event): event is RunEvent & EventOf<K> => event.e === kind);
  const numbers = Array.from({ length: rounds }, (_, round) => round);
  assert.deepEqual(
    all('decision').map(({ round }) => round),
    numbers,
    'each round is decided once',
  );
  assert.equal(all('decision').at(-1)?.state, stateDigest, 'with the state that the run ended in');
  for (const { signers, round } of all('decision')) {
    const { committee } = all('round').find((event) => event.round === round)!;
    assert.ok(3 * signers.length > 2 * committee.length, 'more than two thirds signed');
    assert.ok(
      signers.every((signer) => committee.includes(signer)),
      'of the committee',
    );
  }
  for (const { peers, norm, distance, cosine, heard, round } of all('contributions')) {
    for (const column of [norm, distance, cosine])
      assert.equal(column?.length, peers.length, `round ${round}`);
    const known = new Set(heard?.map(([worker]) => worker));
    assert.ok(
      peers.every((worker) => known.has(worker)),
      `round ${round}: a member heard of each before it was listed`,
    );
  }
  // on a machine that is busy with other work a contribution may come too late: what follows is of the other rounds
  const whole = all('contributions').filter(({ absent }) => absent.length === 0);
  for (const { trimmed, round } of whole) {
    assert.deepEqual(trimmed, [0, 1], `round ${round} leaves out the two that attack`);
    const losses = all('phase').filter(
      (event) => event.round === round && event.loss != null && event.loss > 0,
    );
    assert.equal(losses.length, 6, `each honest worker told its loss in round ${round}`);
  }
  const calm = whole.length === rounds && all('view').length === 0;
  if (calm) assert.ok(roundBytes / rounds < 5_000, `a thousand rounds take ${roundBytes / rounds} kB`);
}

describe('synod simulate', function () {
  this.timeout(180_000);

  it('agrees bit by bit over real hosts, with the very states of a run without a network', async () => {
    const settings = settle(FLAGS);
    const { experiment, keys, byzantine, attack } = settings;
    const folder = mkdtempSync(join(tmpdir(), 'synod-simulate-'));
    let recorder: RunRecorder | undefined;
    const said: string[] = [];
    const run = await runOverNetwork({
      record: (model) => {
        const onFault = (reason: string) => assert.fail(reason);
        const adversaries = byzantine;
        recorder = new RunRecorder({
          folder,
          onFault,
          source: 'simulation',
          experiment,
          adversaries,
          ...model,
        });
        return recorder;
      },
      settings,
      data: experiment.data,
      say: (text) => said.push(text),
      signal: new AbortController().signal,
      verbose: false,
    });
    assert.ok(run.digestsAgree, 'all honest peers hold the same state');
    assert.match(
      said[0] ?? '',
      /^[\d,]+ parameters; a contribution has .* of contributions a round; vectors and bodies take .* of a peer's memory, beside what trains$/,
      'its size',
    );
    recorder?.close();
    await checkEvents(folder, experiment.rounds, run.stateDigest);
    rmSync(folder, { recursive: true });
    const training = await openTraining(experiment, {
      backend: 'wasm',
      trainingThreads: 1,
      aggregationThreads: 1,
      data: experiment.data,
    });
    try {
      const randomness = new Map(keys.map((key) => [key.id, peerRandomness(key)]));
      const ideal = await runIdeally({ experiment, training, randomness, byzantine, attack });
      assert.equal(
        run.applicationDigest,
        ideal.stateDigest,
        'network and in-process run end in the same state',
      );
    } finally {
      await training.close();
    }
  });

  it('prints one JSON object on the last line of stdout and progress on stderr', async () => {
    const { code, stdout, stderr } = await runSynod([
      'simulate',
      '--peers',
      '4',
      '--byzantine',
      '1',
      '--rounds',
      '2',
      '--batch-size',
      '4',
      '--rule',
      'median',
      '--json',
    ]);
    assert.equal(code, 0, stderr);
    const summary = lastLine<Record<string, unknown>>(stdout);
    assert.equal(stdout.trim().split('\n').length, 1, 'nothing else on stdout');
    const numbers = ['accuracy', 'baselineMeanAccuracy', 'bytesPerPeerPerRound', 'secondsPerRound'];
    for (const name of numbers) assert.equal(typeof summary[name], 'number', `${name} is a number`);
    const { rounds, peers, byzantine, digestsAgree, stateDigest } = summary;
    assert.deepEqual(
      { rounds, peers, byzantine, digestsAgree },
      { rounds: 2, peers: 4, byzantine: 1, digestsAgree: true },
    );
    assert.match(String(stateDigest), /^[0-9a-f]{64}$/, 'a digest');
    assert.match(stderr, /plain mean under ipm/, 'the table names its baselines');
  });

  const SMALL = ['--peers', '4', '--byzantine', '1', '--transport', 'memory', '--batch-size', '4'];
  const inFolder = async (run: (folder: string) => Promise<void>): Promise<void> => {
    const folder = mkdtempSync(join(tmpdir(), 'synod-simulate-'));
    try {
      await run(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  it('says which worker diverged and when, and that the model did', () =>
    inFolder(async (folder) => {
      const flags = [
        '--rounds',
        '3',
        '--learning-rate',
        '1e30',
        '--no-baselines',
        '--dir',
        join(folder, 'run'),
      ];
      const model = ['--model', '{"kind":"mlp","hidden":[4]}', '--byzantine', '0'];
      const { code, stderr } = await runSynod([
        'simulate',
        '--peers',
        '4',
        '--transport',
        'memory',
        ...model,
        ...flags,
      ]);
      assert.equal(code, 2, stderr);
      assert.match(stderr, /^1,078 parameters;/m, 'the model of the flag');
      assert.match(stderr, /not finite in round \d+: its contributions are refused from here on/);
      assert.match(
        stderr,
        /^synod: \d of 3 rounds changed nothing: the training diverged, and from round \d on/m,
      );
    }));

  it('stops at the first signal while it runs what it is compared with, the model written before', () =>
    inFolder(async (folder) => {
      const out = join(folder, 'model.safetensors');
      const flags = ['--rounds', '40', '--dir', join(folder, 'run'), '--out', out];
      const run = startSynod(['simulate', ...SMALL, ...flags]);
      const inBaselines = () => /^mean, no attack .* 4\/40/m.test(run.output().stderr);
      await eventually('a baseline', () => inBaselines() || run.process.exitCode !== null, 120_000);
      run.process.kill('SIGINT');
      const { code, signal, stderr } = await run.finished;
      assert.deepEqual([code, signal], [130, null], stderr);
      assert.doesNotMatch(stderr, /\n\s+at /, 'no stack trace');
      assert.deepEqual(
        readdirSync(folder).sort(),
        ['model.safetensors', 'run'],
        'whole, and nothing beside it',
      );
      assert.ok(statSync(out).size > 4 * 1_000);
    }));

  it('stops at once and cleanly on Ctrl-C', async () => {
    const run = startSynod(['simulate', '--rounds', '100000', '--peers', '4', '--byzantine', '1']);
    await eventually(
      'a first round',
      () => /committee/.test(run.output().stderr) || run.process.exitCode !== null,
      120_000,
    );
    run.process.kill('SIGINT');
    const { code, signal, stderr } = await run.finished;
    assert.deepEqual([code, signal], [130, null], 'exits by itself with the conventional code');
    assert.doesNotMatch(stderr, /\n\s+at /, 'no stack trace');
  });

  const BAD: readonly (readonly [string, readonly string[], RegExp])[] = [
    [
      'an unknown rule',
      ['--rule', 'medain'],
      /--rule must be one of .*, got "medain" \(did you mean median\?\)/,
    ],
    ['an unknown attack', ['--attack', 'ipn'], /--attack must be one of .*got "ipn" \(did you mean ipm\?\)/],
    ['f too large for the rule', ['--rule', 'krum', '--byzantine', '4'], /krum.*f.*4/],
    [
      'a parameter without a value',
      ['--attack-param', 'eps'],
      /--attack-param must have the form name=value, got "eps"/,
    ],
    [
      'too many attackers',
      ['--byzantine', '8'],
      /--byzantine must be below the 8 of --peers, so that somebody is honest, got 8/,
    ],
    ['an unknown back end', ['--backend', 'tpu'], /--backend must be one of auto, .*got "tpu"/],
    [
      'a missing data folder',
      ['--data', 'mnist', '--data-dir', '/nowhere'],
      /--data-dir must name a folder that exists, got "\/nowhere"/,
    ],
    [
      'a missing experiment file',
      ['--experiment', '/nowhere.yaml'],
      /^synod: cannot read \/nowhere.yaml: it does not exist$/m,
    ],
    ['an unknown flag', ['--ruel', 'krum'], /ruel/],
  ];
  for (const [what, args, pattern] of BAD) {
    it(`refuses ${what} in one sentence with exit code 2`, async () => {
      const { code, stderr } = await runSynod(['simulate', ...args]);
      assert.equal(code, 2, stderr);
      assert.match(stderr, pattern, 'names field, rule and value');
      assert.equal(stderr.trim().split('\n').length, 1, 'one line, no stack trace');
    });
  }

  it('takes an experiment file and puts its own peers in', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'synod-simulate-'));
    try {
      const path = join(folder, 'experiment.yaml');
      writeFileSync(
        path,
        'rounds: 1\nbatchSize: 2\naggregation: { rule: trimmed-mean }\nroster: [ignored]\n',
      );
      const args = [
        'simulate',
        '--experiment',
        path,
        '--peers',
        '4',
        '--byzantine',
        '0',
        '--no-baselines',
        '--json',
      ];
      const { code, stdout, stderr } = await runSynod(args);
      assert.equal(code, 0, stderr);
      assert.equal(lastLine<{ rounds: number }>(stdout).rounds, 1, "the file's rounds");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
