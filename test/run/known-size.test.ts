import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sizeText, sizeWithFiles, sizeWithoutFiles, repeatedExamples } from '../../src/run/known-size.ts';
import { parseExperiment } from '../../src/config/experiment.ts';
import { createKeyFile, KEY_FILE_NAME } from '../../src/crypto/key-file.ts';
import { hashOf } from '../../src/crypto/hash.ts';
import { PeerKey } from '../../src/crypto/peer-key.ts';
import { lastLine, runSynod } from '../support/cli.ts';

const ROSTER = Array.from({ length: 4 }, (_, i) => new PeerKey(hashOf('known-size', i)).id);
const of = (fields: object) => parseExperiment({ roster: ROSTER, ...fields });
const WIDE = { kind: 'mlp', hidden: [65_536, 65_536] };

describe('a known size', function () {
  this.timeout(60_000);
  let folder: string;
  let peer: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'synod-size-'));
    peer = (await createKeyFile(join(folder, 'bob', KEY_FILE_NAME))).id;
  });
  after(() => rmSync(folder, { recursive: true }));
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  it('needs no file where the name of the data set fixes its shape', async () => {
    const size = await sizeWithoutFiles(of({ data: 'mnist' }));
    assert.equal(size?.parameters, 50_890);
    assert.match(
      size === undefined ? '' : sizeText(size),
      /^50,890 parameters; a contribution has 50\.5 KiB, an update 99\.4 KiB, the state 199 KiB; a member receives 202 KiB of contributions a round; vectors and bodies take [\d.]+ MiB of a peer's memory, beside what trains$/,
    );
  });

  it('needs the folder of the data set where only its files tell', async () => {
    write('points.csv', '1,2,a\n3,4,b\n5,6,c\n');
    const experiment = of({
      data: { name: 'csv', file: 'points.csv', label: 2 },
      model: 'logistic-regression',
    });
    assert.equal(await sizeWithoutFiles(experiment), undefined, 'without files');
    assert.equal(await sizeWithFiles(experiment, undefined), undefined, 'without a folder');
    assert.equal((await sizeWithFiles(experiment, folder))?.parameters, 9, '2 x 3 weights and 3 biases');
  });

  it("is a task module's, which is opened only where that was asked for", async () => {
    const path = write(
      'task.ts',
      `import * as tf from '@tensorflow/tfjs-core';
       import { defineTask } from 'synod/task';
       const loss = ([w]) => tf.sum(w);
       export default defineTask({
         parameters: [{ name: 'w', shape: [3, 5], init: { kind: 'zeros' } }], loss, metrics: (p) => ({ loss: loss(p) }),
       });`,
    );
    const experiment = of({ model: path, data: 'task' });
    assert.equal(await sizeWithoutFiles(experiment), undefined, 'its code is not run on this thread');
    assert.equal((await sizeWithFiles(experiment, undefined))?.parameters, 15);
  });

  it('refuses a model that does not take the data, and one that is too large', async () => {
    const transformer = of({ model: 'transformer' });
    await assert.rejects(sizeWithoutFiles(transformer), /data of transformer must be windows of tokens/);
    await assert.rejects(
      sizeWithoutFiles(of({ model: WIDE })),
      /^OperatorError: model\.hidden must make at most/,
    );
  });

  const refused = async (args: readonly string[]): Promise<void> => {
    const { code, stderr } = await runSynod(args, { cwd: folder });
    assert.equal(code, 2, stderr);
    assert.match(
      stderr,
      /^synod: model\.hidden must make at most 2\^30 = 1,073,741,824 parameters, got 4\d{9}, /m,
    );
    assert.doesNotMatch(stderr, /\n\s+at |downloading/, 'one sentence, before anything is fetched');
  };

  it('is refused by check, peer and simulate alike', async () => {
    const file = { name: 'wide', data: 'mnist', model: WIDE, roster: [peer] };
    const path = write('wide.json', JSON.stringify(file));
    await refused(['check', path]);
    await refused(['peer', '--experiment', path, '--dir', 'bob']);
    await refused(['simulate', '--experiment', path]);
  });

  it('is told by a peer when it starts', async () => {
    const path = write('alone.json', JSON.stringify({ rounds: 1, roster: [peer] }));
    const listen = ['--listen', '/ip4/127.0.0.1/tcp/0', '--linger', '0', '--backend', 'wasm'];
    const { code, stderr } = await runSynod(['peer', '--experiment', path, '--dir', 'bob', ...listen], {
      cwd: folder,
    });
    assert.equal(code, 0, stderr);
    const [size = -1, round = -1] = ['17,098 parameters; a contribution has', 'round round=0'].map((text) =>
      stderr.indexOf(text),
    );
    assert.ok(size >= 0 && size < round, `before the first round: ${stderr}`);
  });

  it('is in the JSON of check', async () => {
    const path = write('small.json', JSON.stringify({ roster: ROSTER }));
    const { code, stdout, stderr } = await runSynod(['check', path, '--line', '100mbit', '--json']);
    assert.equal(code, 0, stderr);
    const { memberReceivesBytes, memberReceivesSeconds, ...rest } = lastLine<Record<string, number>>(stdout);
    assert.equal(
      memberReceivesSeconds,
      (memberReceivesBytes ?? 0) / 12_500_000,
      'seconds at 12.5 MB a second',
    );
    for (const field of ['parameters', 'contributionBytes', 'updateBytes', 'stateBytes']) {
      assert.ok((rest[field] ?? 0) > 0, field);
    }
  });
});

describe('repeated examples', () => {
  it('are told where a batch is larger than what some peer has', () => {
    assert.equal(repeatedExamples(20, 20), undefined);
    assert.equal(
      repeatedExamples(1000, 20),
      'batchSize, 1000, is more than the 20 examples of the peer that has the fewest: a batch of it holds examples more than once',
    );
  });
});
