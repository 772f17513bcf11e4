/** A task of one's own in a folder of its own, outside of the project, as a user would have it. */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createKeyFile, KEY_FILE_NAME } from '../../src/crypto/key-file.ts';
import { initialParameters } from '../../src/training/initial-parameters.ts';
import { writeLayersModel } from '../../src/training/layers-export.ts';
import { openTask } from '../../src/training/open-task.ts';
import type { DataShape } from '../../src/training/task.ts';
import { lastLine, runSynod, sourceCommand, startSynod } from '../support/cli.ts';

const EXAMPLE = new URL('../../docs/examples/my-task/', import.meta.url);
const BUILT = fileURLToPath(new URL('../../dist/nodes/synod.js', import.meta.url));
const RUN = ['simulate', '--experiment', 'experiment.yaml', '--peers', '4', '--byzantine', '1'];
const FLAGS = ['--backend', 'wasm', '--no-baselines', '--json'];

interface Summary {
  readonly digestsAgree: boolean;
  readonly stateDigest: string;
  readonly rounds: number;
  readonly loss: number;
}

describe("a user's own task", function () {
  this.timeout(240_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'synod-own-'));
    for (const file of ['task.ts', 'points.csv']) {
      copyFileSync(fileURLToPath(new URL(file, EXAMPLE)), join(folder, file));
    }
    writeFileSync(
      join(folder, 'experiment.yaml'),
      'name: spiral\nrounds: 5\nmodel: ./task.ts\noptimizer: 0.3\n',
    );
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('trains over real hosts, from the sources and as built, to one state', async function () {
    const [node, ...args] = sourceCommand([...RUN, ...FLAGS]);
    const { status, stdout, stderr } = spawnSync(node, args, { cwd: folder, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    const summary = lastLine<Summary>(stdout);
    assert.ok(summary.digestsAgree, 'all honest peers end with one digest');
    assert.equal(summary.rounds, 5, 'rounds of the file');
    assert.ok(summary.loss > 0.1 && summary.loss < 3, `a loss of three classes: ${summary.loss}`);
    if (!existsSync(BUILT)) {
      process.stderr.write('    the built program is not tried: run npm run build\n');
      return;
    }
    const built = spawnSync(process.execPath, [BUILT, ...RUN, ...FLAGS], { cwd: folder, encoding: 'utf8' });
    assert.equal(built.status, 0, built.stderr);
    assert.equal(
      lastLine<Summary>(built.stdout).stateDigest,
      summary.stateDigest,
      'plain node on dist ends in the same state',
    );
  });

  it('is played by two peer processes', async () => {
    const keys = await Promise.all(
      ['a', 'b'].map((name) => createKeyFile(join(folder, name, KEY_FILE_NAME))),
    );
    const roster = keys.map(({ id }) => id);
    const file = { name: 'two', rounds: 3, model: './task.ts', roster, cohort: { minimum: 1 } };
    writeFileSync(join(folder, 'two.json'), JSON.stringify(file));
    const start = (name: string, listen: string, more: readonly string[] = []) =>
      startSynod(
        [
          ...['peer', '--experiment', 'two.json', '--dir', name, '--listen', listen, '--local-network'],
          ...['--backend', 'wasm', '--json', '--linger', '3', ...more],
        ],
        { cwd: folder },
      );
    const port = await freePort();
    const first = start('a', `/ip4/127.0.0.1/tcp/${port}`);
    const bootstrap = ['--bootstrap', `/ip4/127.0.0.1/tcp/${port}/p2p/${roster[0]}`];
    const second = start('b', '/ip4/127.0.0.1/tcp/0', bootstrap);
    const ends = await Promise.all([first.finished, second.finished]);
    for (const { code, stderr } of ends) assert.equal(code, 0, stderr);
    const [one, other] = ends.map(({ stdout }) => lastLine<{ stateDigest: string }>(stdout));
    assert.equal(one?.stateDigest, other?.stateDigest, 'one state');
    assert.match(one?.stateDigest ?? '', /^[0-9a-f]{64}$/, 'a digest');
  });

  it('may be a saved TF.js Layers model, named by its path in the experiment file', async () => {
    const data: DataShape = {
      featureShape: [16, 16, 1],
      featureType: 'float32',
      labelShape: [],
      classes: 10,
    };
    const spec = { kind: 'mlp', hidden: [8] } as const;
    const parameters = initialParameters(await openTask(spec, data), 1);
    await writeLayersModel(join(folder, 'saved'), { spec, data, parameters });
    const file = {
      name: 'saved',
      rounds: 3,
      model: './saved/model.json',
      data: { name: 'glyphs', train: 500, test: 100 },
    };
    writeFileSync(join(folder, 'saved.json'), JSON.stringify(file));
    const run = [
      'simulate',
      '--experiment',
      join(folder, 'saved.json'),
      '--peers',
      '4',
      '--byzantine',
      '1',
      ...FLAGS,
    ];
    const { code, stdout, stderr } = await runSynod(run);
    assert.equal(code, 0, stderr);
    assert.ok(lastLine<Summary>(stdout).digestsAgree, 'all honest peers end with one digest');
    const narrow = { ...data, featureShape: [5] };
    const few = initialParameters(await openTask(spec, narrow), 1);
    await writeLayersModel(join(folder, 'saved'), { spec, data: narrow, parameters: few });
    const misfit = await runSynod(run);
    assert.equal(misfit.code, 2, misfit.stderr);
    assert.match(
      misfit.stderr,
      /synod: the input of .*model\.json must take the data's \[16, 16, 1\], got \[5\]\n$/,
      'a sentence',
    );
  });

  it('is refused in one sentence and with exit code 2 where it is wrong', async () => {
    writeFileSync(join(folder, 'wrong.ts'), 'export const task: number = 1;\n');
    const { code, stderr } = await runSynod(['simulate', '--model', './wrong.ts', ...FLAGS], { cwd: folder });
    assert.equal(code, 2, stderr);
    const sentence = stderr.trimEnd().split('\n').at(-1) ?? '';
    assert.match(
      sentence,
      /^synod: the task module .*wrong\.ts must export a task as its default/,
      'a sentence',
    );
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
