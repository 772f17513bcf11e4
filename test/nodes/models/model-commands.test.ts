import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createDownloadDisplay } from '../../../nodes/provide-data.ts';
import { evaluateModel } from '../../../nodes/models/evaluate-model.ts';
import { exportModel } from '../../../nodes/models/export-model.ts';
import { experimentId } from '../../../src/config/experiment.ts';
import { loadExperiment } from '../../../src/config/experiment-file.ts';
import { createKeyFile, KEY_FILE_NAME } from '../../../src/crypto/key-file.ts';
import { PeerKey } from '../../../src/crypto/peer-key.ts';
import { encodeAgreedState } from '../../../src/estimation/agreed-state.ts';
import { parseDatasetSpec } from '../../../src/training/data/dataset-spec.ts';
import { openDataset } from '../../../src/training/data/dataset-spec.ts';
import { initialParameters } from '../../../src/training/initial-parameters.ts';
import { openTask } from '../../../src/training/open-task.ts';
import { readModelFile, writeModelFile } from '../../../src/training/model-file.ts';
import { lastLine, runSynod, synodCommand } from '../../support/cli.ts';
import { TemporaryFolder } from '../../training/data/temporary-folder.ts';

const DATA = parseDatasetSpec({ name: 'glyphs', train: 50, test: 40 }, 'data');
const LINEAR = { kind: 'mlp', hidden: [], l2: 0 } as const;
const TASK = {
  parameters: [
    { name: 'layer0.weight', shape: [256, 10] },
    { name: 'layer0.bias', shape: [10] },
  ],
};

describe('synod export and synod evaluate', function () {
  this.timeout(120_000);
  const folder = new TemporaryFolder();
  /** All weights 0 and one bias 1: every example is called a three. */
  const parameters = new Float32Array(2570);
  parameters[2560 + 3] = 1;
  const evaluate = (checkpoint: string, more: object = {}) =>
    evaluateModel({ checkpoint, split: 'test', backend: 'cpu', ...more });
  const modelFile = (metadata: object = { model: LINEAR, data: DATA, round: 7 }) => {
    const path = join(folder.path, 'model.safetensors');
    writeModelFile(path, TASK, parameters, metadata);
    return path;
  };

  it('evaluates what the file says on what the file names', async () => {
    const report = await evaluate(modelFile());
    const test = await openDataset(DATA, 'test');
    const labels = Array.from({ length: test.size }, (_, i) => test.label(i));
    const threes = labels.filter((label) => label === 3).length / labels.length;
    assert.ok(
      Math.abs((report.accuracy as number) - threes) < 1e-6,
      `accuracy ${report.accuracy}, not ${threes}`,
    );
    const loss = Math.log(9 + Math.E) - threes;
    assert.ok(
      Math.abs(report.loss - loss) < 1e-5,
      `loss ${report.loss}, not log(9 + e) - share of threes = ${loss}`,
    );
    assert.deepEqual(
      [report.examples, report.round, report.backend],
      [40, 7, 'cpu'],
      'examples, round, back end',
    );
    const train = await evaluate(modelFile(), { split: 'train', data: '{"name":"glyphs","train":20}' });
    assert.equal(train.examples, 20, 'flags go before the file');
  });

  it('says of a model that has diverged that its figures mean nothing, and refuses one of no numbers', async () => {
    const path = join(folder.path, 'diverged.safetensors');
    const metadata = { model: LINEAR, data: DATA };
    writeModelFile(path, TASK, new Float32Array(2570).fill(3e38), metadata);
    const { code, stdout, stderr } = await runSynod(['evaluate', path, '--backend', 'cpu', '--json']);
    assert.equal(code, 0, stderr);
    assert.match(
      stderr,
      /^synod: the model of .*diverged\.safetensors has diverged: its loss is not finite/m,
    );
    assert.equal(lastLine<{ loss: number | null }>(stdout).loss, null, 'no number in JSON');
    writeModelFile(path, TASK, new Float32Array(2570).fill(NaN), metadata);
    await assert.rejects(evaluate(path), /^OperatorError: .*layer0\.weight must be finite, got/);
  });

  it('asks for what the file does not say, and loads no code that it names', async () => {
    for (const [metadata, more, sentence] of [
      [{}, {}, /does not say what model it holds: name it with --model$/],
      [{ model: LINEAR }, {}, /does not say what it was trained on: name a data set with --data$/],
      [
        { model: { kind: 'task-module', path: './evil.ts' } },
        {},
        /a model of its user's own: name its file with --model$/,
      ],
      [{ model: LINEAR, data: DATA }, { model: '{"kind":' }, /^--model must be a name or a JSON object/],
      [
        { data: DATA },
        { model: '{"kind":"mlp","hidden":[8]}' },
        /must hold the tensor layer0\.weight, floats \[256, 8\]/,
      ],
    ] as const) {
      await assert.rejects(evaluate(modelFile(metadata), more), { name: 'OperatorError', message: sentence });
    }
  });

  it('writes a sample of a model of text, the same for a seed', async () => {
    const text = 'To be, or not to be, that is the question.\n'.repeat(20);
    const data = parseDatasetSpec(
      { name: 'text', file: basename(folder.write('text.txt', text)), context: 8 },
      'data',
    );
    const local = { ...data, dir: folder.path } as typeof data;
    const model = { kind: 'transformer', layers: 1, heads: 2, width: 8 } as const;
    const task = await openTask(model, await openDataset(local, 'train'));
    const checkpoint = join(folder.path, 'text.safetensors');
    writeModelFile(checkpoint, task, initialParameters(task, 1), { model, data });
    const sampleOf = async (more: object): Promise<string> => {
      const report = await evaluate(checkpoint, { dataDir: folder.path, sample: 30, ...more });
      return report.sample ?? '';
    };
    const sample = await sampleOf({ prompt: 'To be' });
    assert.equal(sample.length, 30, 'as many characters as asked for');
    assert.ok(
      [...sample].every((character) => text.includes(character)),
      `the text's characters: ${sample}`,
    );
    assert.equal(await sampleOf({ prompt: 'To be' }), sample, 'the same again');
    assert.notEqual(await sampleOf({ prompt: 'To be', seed: 'other' }), sample, 'another seed');
    const refusals = [
      [{ sample: undefined, prompt: 'To' }, /^--prompt must come with --sample, got "To"$/],
      [{ prompt: 'X' }, /^--prompt must have only characters of the training text, got "X"$/],
    ] as const;
    for (const [more, message] of refusals) {
      await assert.rejects(sampleOf(more), { name: 'OperatorError', message }, String(message));
    }
    await assert.rejects(
      evaluate(modelFile(), { sample: 5 }),
      {
        name: 'OperatorError',
        message: /^--sample must be left out where the data is no text, got "glyphs"/,
      },
      'a model of images',
    );
    const simulated = await runSynod([
      ...['simulate', '--peers', '2', '--byzantine', '0', '--rounds', '2', '--no-baselines', '--json'],
      ...['--experiment', folder.write('text.json', JSON.stringify({ model, data, batchSize: 4 }))],
      ...[
        '--data-dir',
        folder.path,
        '--out',
        join(folder.path, 'simulated.safetensors'),
        '--backend',
        'wasm',
      ],
    ]);
    assert.equal(simulated.code, 0, simulated.stderr);
    assert.equal(
      lastLine<{ sample: string }>(simulated.stdout).sample.length,
      400,
      'a sample at the end of a run',
    );
    const kept = readModelFile(join(folder.path, 'simulated.safetensors'));
    assert.deepEqual(kept.metadata.model, model, 'the model is kept');
    assert.equal(kept.metadata.round, 2, 'after its rounds');
  });

  it('exports the state of a run with its experiment', async () => {
    const roster = [1, 2, 3, 4].map((i) => new PeerKey(new Uint8Array(32).fill(i)).id);
    const experiment = folder.write(
      'experiment.json',
      JSON.stringify({ roster, model: LINEAR, data: { name: 'glyphs', train: 50, test: 40 } }),
    );
    const state = { round: 12, steps: 11, parameters, shared: { momentum: new Float32Array(2570) } };
    const source = folder.write('state.bin', encodeAgreedState(state));
    const out = join(folder.path, 'exported.safetensors');
    const report = await exportModel({ source, out, format: 'safetensors', experiment });
    const id = experimentId(loadExperiment(experiment));
    assert.deepEqual(
      report,
      { out, format: 'safetensors', parameters: 2570, experiment: id, round: 12 },
      'report',
    );
    assert.deepEqual(
      [readModelFile(out).metadata.round, readModelFile(out).metadata.experiment],
      [12, id],
      'metadata of the file',
    );
    const { accuracy, examples } = await evaluate(out);
    assert.deepEqual([examples, accuracy], [40, (await evaluate(modelFile())).accuracy], 'the same model');
  });

  it('exports TF.js files, and says what it cannot read', async () => {
    const out = join(folder.path, 'tfjs');
    await exportModel({ source: modelFile(), out, format: 'tfjs' });
    const model = JSON.parse(readFileSync(join(out, 'model.json'), 'utf8')) as {
      userDefinedMetadata: unknown;
    };
    assert.deepEqual(
      (model.userDefinedMetadata as { synod: { round: number } }).synod.round,
      7,
      'metadata of the layers model',
    );
    assert.equal(readFileSync(join(out, 'weights.bin')).length, 4 * 2570, 'weights');
    const other = folder.write('other.bin', 'x');
    await assert.rejects(exportModel({ source: other, format: 'tfjs' }), {
      message:
        /other\.bin is no folder of a peer and no \.safetensors file: .* name its experiment file with --experiment$/,
    });
  });

  it('runs as commands: JSON on the last line, faults in one sentence with exit code 2', () => {
    const run = (...words: string[]) => {
      const [node, ...args] = synodCommand(words);
      return spawnSync(node, args, { encoding: 'utf8' });
    };
    const good = run('evaluate', modelFile(), '--backend', 'cpu', '--json');
    assert.equal(good.status, 0, good.stderr);
    const report = JSON.parse(good.stdout.trimEnd().split('\n').at(-1) as string) as { examples: number };
    assert.equal(report.examples, 40, 'one object on the last line');
    const path = join(folder.path, 'no.safetensors');
    writeFileSync(path, 'no');
    const bad = run('export', path);
    assert.deepEqual(
      [bad.status, bad.stderr],
      [
        2,
        `synod: ${path} is no safetensors file: it is something else (its first eight bytes give no length of a JSON header)\n`,
      ],
      'one sentence',
    );
  });
});

describe('download display', () => {
  it('says each file once where no terminal is', () => {
    const lines: string[] = [];
    const stream = { isTTY: false, write: (text: string) => lines.push(text) };
    const display = createDownloadDisplay(stream as unknown as NodeJS.WriteStream);
    for (const [file, receivedBytes] of [
      ['a', 1],
      ['a', 2],
      ['b', 1],
    ] as const)
      display.show({ file, receivedBytes });
    display.stop();
    assert.deepEqual(lines, ['downloading a\n', 'downloading b\n'], 'one line a file');
  });
});

describe('synod export of a peer', function () {
  this.timeout(120_000);
  const folder = new TemporaryFolder();
  let dir = '';
  let outcome: { accuracy: number; loss: number };

  before(async () => {
    dir = join(folder.path, 'peer');
    const { id } = await createKeyFile(join(dir, KEY_FILE_NAME));
    const experiment = folder.write(
      'alone.json',
      JSON.stringify({
        rounds: 7,
        batchSize: 8,
        model: { kind: 'mlp', hidden: [8] },
        data: { name: 'glyphs', train: 200, test: 100 },
        aggregation: { f: 0, rule: 'mean' },
        checkpointRounds: 3,
        roster: [id],
      }),
    );
    const args = ['--experiment', experiment, '--dir', dir, '--listen', '/ip4/127.0.0.1/tcp/0'];
    const { code, stdout, stderr } = await runSynod([
      'peer',
      ...args,
      '--local-network',
      '--backend',
      'cpu',
      '--json',
      '--linger',
      '0',
    ]);
    assert.equal(code, 0, stderr);
    outcome = lastLine(stdout);
  });

  it('gives the model that the peer ended with', async () => {
    const out = join(folder.path, 'peer.safetensors');
    const report = await exportModel({ source: dir, out, format: 'safetensors' });
    assert.deepEqual([report.round, report.parameters], [7, 2146], 'all rounds, all parameters');
    const { metadata } = readModelFile(out);
    assert.match(metadata.state ?? '', /^[0-9a-f]{64}$/, 'the state that was certified');
    assert.match(metadata.certificate ?? '', /^[0-9a-f]{64}$/, 'the last certificate');
    const { accuracy, loss } = await evaluateModel({ checkpoint: out, split: 'test', backend: 'cpu' });
    assert.deepEqual([accuracy, loss], [outcome.accuracy, outcome.loss], 'and its accuracy and loss');
  });

  it('gives the model after fewer rounds, with or without a checkpoint there', async () => {
    const states = new Set<string | undefined>();
    for (const round of [0, 3, 5, 7]) {
      const out = join(folder.path, `${round}.safetensors`);
      await exportModel({ source: dir, out, format: 'safetensors', round });
      const { metadata } = readModelFile(out);
      assert.equal(metadata.round, round, 'the round asked for');
      assert.equal(metadata.certificate === undefined, round === 0, 'genesis has no certificate');
      states.add(metadata.state);
    }
    assert.equal(states.size, 4, 'four states');
    for (const [flags, sentence] of [
      [{ source: dir, round: 8 }, /^--round must be an integer from 0 to 7, the rounds of the run, got 8$/],
      [
        { source: folder.path + '/7.safetensors', round: 1 },
        /^--round must be left out where the source is no folder/,
      ],
      [{ source: join(dir, '..', 'nothing') }, /^cannot read .*nothing: it does not exist$/],
    ] as const) {
      await assert.rejects(
        exportModel({ format: 'safetensors', ...flags }),
        { message: sentence },
        String(sentence),
      );
    }
  });
});
