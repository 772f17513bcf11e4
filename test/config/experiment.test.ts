import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cohortSizeAt, experimentId, genesisSeed, parseExperiment } from '../../src/config/experiment.ts';
import { loadExperiment } from '../../src/config/experiment-file.ts';
import { hashOf } from '../../src/crypto/hash.ts';
import { PeerKey } from '../../src/crypto/peer-key.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { taskDigest } from '../../src/training/task-digest.ts';

const ROSTER = Array.from({ length: 8 }, (_, i) => new PeerKey(hashOf('test-key', i)).id);

function fault(fields: Readonly<Record<string, unknown>>): string {
  try {
    parseExperiment({ roster: ROSTER, ...fields });
  } catch (error) {
    assert.ok(error instanceof OperatorError, `an operator's fault, not ${String(error)}`);
    return error.message;
  }
  return assert.fail('the experiment was accepted');
}

describe('experiment', () => {
  it('fills in defaults and sorts the roster', () => {
    const experiment = parseExperiment({
      roster: [...ROSTER].reverse(),
      aggregation: { f: 2, rule: 'krum' },
    });
    assert.deepEqual(experiment.roster, [...ROSTER].sort(), 'sorted');
    assert.equal(experiment.cohort.size, 8, 'everyone works');
    assert.equal(experiment.cohort.minimum, 7, "Krum's bound: n > 2 f + 2");
  });

  it('has one id for one meaning, and another for another', () => {
    const id = (fields: Record<string, unknown>) =>
      experimentId(parseExperiment({ roster: ROSTER, ...fields }));
    assert.equal(id({}), id({ roster: [...ROSTER].reverse() }), 'order of the file does not count');
    assert.equal(id({ seed: 1 }), id({ seed: '1' }), 'a seed is text');
    assert.notEqual(id({ seed: 2 }), id({}), 'other seed');
    assert.notEqual(id({ rounds: 7 }), id({}), 'other rounds');
    assert.notEqual(id({ roster: ROSTER.slice(1) }), id({}), 'other peers');
    assert.equal(
      id({ data: { name: 'mnist', memoryMiB: 3 } }),
      id({ data: 'mnist' }),
      'what a machine holds in memory is its own affair',
    );
    assert.throws(
      () => id({ data: { name: 'mnist', dir: '/a' } }),
      /experiment\.data\.dir must be left out of an experiment: --data-dir names .*, got "\/a"/,
      'where the data lies is local, and nothing that others may say',
    );
  });

  it('derives the first seed from the experiment seed', () => {
    const seedOf = (seed: string) => genesisSeed(parseExperiment({ roster: ROSTER, seed }));
    assert.equal(seedOf('a').length, 32, '32 bytes');
    assert.notDeepEqual(seedOf('a'), seedOf('b'), 'other seed');
  });

  it('asks for everyone in the rounds in which the estimator does', () => {
    const experiment = parseExperiment({
      roster: ROSTER,
      cohort: { size: 4 },
      estimator: { kind: 'vr-marina-pp', full: { every: 3 } },
      compression: { contribution: 'float32' },
      optimizer: 0.1,
    });
    const sizes = [0, 1, 2, 3].map((round) => cohortSizeAt(experiment, { round, seed: hashOf('s', round) }));
    assert.deepEqual(
      sizes.map((size) => (size >= 8 ? 'all' : size)),
      ['all', 4, 4, 'all'],
      'full rounds take all',
    );
  });

  const FAULTS: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
    [
      'an unknown field',
      { rouns: 3 },
      /^experiment\.rouns must be left out: only name, seed, .* got 3 \(did you mean rounds\?\)$/,
    ],
    ['no roster', { roster: undefined }, /^experiment\.roster must be a list of peer ids .*got nothing$/],
    [
      'a wrong field deep inside',
      { optimizer: { learningRate: { kind: 'linear', rate: 0, steps: 3 } } },
      /^experiment\.optimizer\.learningRate\.rate must be a number above 0, got 0$/,
    ],
    [
      'an owner that is no peer',
      { admission: { policy: 'allow-list', owner: 'me' } },
      /^experiment\.admission\.owner must be an Ed25519 peer id/,
    ],
    [
      'a wrong type',
      { rounds: 'many' },
      /^experiment\.rounds must be an integer from 1 to 1000000000, got "many"$/,
    ],
    [
      'an unknown rule',
      { aggregation: { rule: 'medain' } },
      /aggregation\.rule must be one of .*got "medain"/,
    ],
    ['f too large for the rule', { aggregation: { rule: 'trimmed-mean', f: 4 } }, /trimmed-mean.*(n|f).*4/],
    [
      'a cohort above the roster',
      { cohort: { size: 9 } },
      /cohort\.size must be at most the roster's 8 peers, got 9/,
    ],
    ['a peer twice', { roster: [ROSTER[0], ROSTER[0]] }, /roster must name each peer once, got "12D3KooW/],
    ['something that is no peer', { roster: ['Qm'] }, /roster\[0\] must be an Ed25519 peer id/],
    [
      'a shortest collection above the longest',
      { timing: { collectMs: 100, collectMinMs: 101 } },
      /timing\.collectMinMs must be at most timing\.collectMs, 100, got 101/,
    ],
    [
      'a committee that is too small',
      { committee: { size: 4, byzantine: 2, failure: 1e-3 } },
      /committee\.size must be large enough/,
    ],
    [
      'so many Byzantine peers that no committee is safe',
      { committee: { size: 8, byzantine: 3 } },
      /committee\.byzantine must be below a third of the roster's 8 peers, since no committee is safe otherwise, got 3/,
    ],
    [
      'fewer seats than peers',
      { maxPeers: 2 },
      /^experiment\.maxPeers must be at least the roster's 8 peers, got 2$/,
    ],
    ['a partition without its parameter', { partition: 'dirichlet' }, /partition\.alpha/],
    [
      'an unknown data set',
      { data: 'mnits' },
      /^experiment\.data must be one of glyphs, .*, got "mnits" \(did you mean mnist\?\)$/,
    ],
    [
      'an unknown model',
      { model: 'mpl' },
      /^experiment\.model must be one of logistic-regression, .*, got "mpl" \(did you mean mlp\?\)$/,
    ],
  ];
  for (const [what, fields, pattern] of FAULTS) {
    it(`refuses ${what} in one sentence`, () => {
      const message = fault(fields);
      assert.match(message, pattern, 'names field, rule and value');
      assert.ok(!message.includes('\n'), 'one line');
    });
  }
});

describe('experiment file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'synod-experiment-'));
  after(() => rmSync(folder, { recursive: true }));
  const write = (text: string | Uint8Array): string => {
    const path = join(folder, 'experiment.yaml');
    writeFileSync(path, text);
    return path;
  };

  it('reads YAML and JSON alike', () => {
    const yaml = write(`rounds: 3\nroster: [${ROSTER.join(', ')}]\n`);
    const one = experimentId(loadExperiment(yaml));
    const two = experimentId(loadExperiment(write(JSON.stringify({ rounds: 3, roster: ROSTER }))));
    assert.equal(one, two, 'same experiment');
  });

  it("takes a model's path from the file's own folder, and its digest from its bytes", () => {
    const path = write(JSON.stringify({ roster: ROSTER, model: './mine.ts' }));
    assert.throws(() => loadExperiment(path), /cannot read .*mine\.ts: it does not exist/);
    writeFileSync(join(folder, 'mine.ts'), 'export default 1;\n');
    const mine = { kind: 'task-module', path: join(folder, 'mine.ts') } as const;
    assert.deepEqual(loadExperiment(path).model, { ...mine, digest: taskDigest(mine) }, 'absolute, pinned');
  });

  it('has one id for copies of a task in two folders, and another for a changed task', () => {
    const idIn = (name: string, files: Readonly<Record<string, string>>, model: unknown): string => {
      mkdirSync(join(folder, name), { recursive: true });
      for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, name, file), text);
      writeFileSync(join(folder, name, 'e.json'), JSON.stringify({ roster: ROSTER, model }));
      return experimentId(loadExperiment(join(folder, name, 'e.json')));
    };
    const code = { 'mine.ts': 'export default 1;\n' };
    const one = idIn('a', code, './mine.ts');
    assert.equal(idIn('b', code, './mine.ts'), one, 'another folder');
    assert.equal(idIn('c', { 'other.ts': code['mine.ts'] }, './other.ts'), one, 'another file name');
    assert.notEqual(idIn('b', { 'mine.ts': 'export default 2;\n' }, './mine.ts'), one, 'another task');

    const topology = JSON.stringify({
      modelTopology: { config: { layers: [] } },
      weightsManifest: [{ paths: ['w.bin'], weights: [] }],
    });
    const layers = { 'model.json': topology, 'w.bin': 'weights' };
    const two = idIn('d', layers, './model.json');
    assert.equal(idIn('e', layers, './model.json'), two, 'a model in another folder');
    assert.notEqual(idIn('f', { ...layers, 'w.bin': 'Weights' }, './model.json'), two, 'other weights');
    assert.notEqual(idIn('g', { ...layers, 'model.json': `${topology} ` }, './model.json'), two, 'topology');
  });

  it('refuses a task that is not the one whose digest the file states', () => {
    writeFileSync(join(folder, 'mine.ts'), 'export default 1;\n');
    const model = { kind: 'task-module', path: 'mine.ts' };
    const digest = taskDigest({ kind: 'task-module', path: join(folder, 'mine.ts') });
    const stating = (stated: unknown) =>
      loadExperiment(write(JSON.stringify({ roster: ROSTER, model: { ...model, digest: stated } })));
    assert.deepEqual(stating(digest).model, { ...model, path: join(folder, 'mine.ts'), digest }, 'the same');
    assert.throws(() => stating('0'.repeat(64)), /the digest of mine\.ts must be 0000.* as stated, got/);
    assert.throws(() => stating('abc'), /experiment\.model\.digest must be the 64 hexadecimal digits/);
    assert.throws(
      () => parseExperiment({ roster: ROSTER, model: { kind: 'task-module' } }),
      /experiment\.model\.path must be a path/,
      'no path',
    );
  });

  it('names what is wrong with a file', () => {
    const refused = (content: string | Uint8Array, sentence: RegExp): void =>
      assert.throws(
        () => loadExperiment(write(content)),
        { name: 'OperatorError', message: sentence },
        String(sentence),
      );
    assert.throws(() => loadExperiment(join(folder, 'none.yaml')), {
      name: 'OperatorError',
      message: /^cannot read .*none\.yaml: it does not exist$/,
    });
    assert.throws(() => loadExperiment(folder), /must be a file, got "a folder"$/);
    refused('rounds: [1', /must be YAML or JSON: Flow sequence in block collection must be/);
    refused('just text', /experiment must be an object/);
    refused('model: &m { kind: *m }', /one of its aliases holds itself$/);
    refused('', /must be YAML or JSON, but it is empty$/);
    refused('# a remark', /must be YAML or JSON: it holds nothing$/);
    refused('a: *nobody', /must be YAML or JSON: Unresolved alias .* nobody$/);
    refused('a: 1\n---\nb: 2', /it holds several documents, parted by ---$/);
    refused('['.repeat(100_000), /must be YAML or JSON: Maximum call stack size exceeded/);
    refused('<!DOCTYPE html>', /must be YAML or JSON, but it is an HTML page$/);
    refused(Buffer.from('\ufeffrounds: 1', 'utf16le'), /but it is text in UTF-16$/);
    const ten = (of: string) => `[${Array<string>(10).fill(of).join()}]`;
    refused(`a: &a ${ten('1')}\nb: &b ${ten('*a')}\nc: ${ten('*b')}`, /Excessive alias count/);
  });

  it('says nothing beside, whatever YAML warns of', async () => {
    const warnings: string[] = [];
    const hear = ({ message }: Error): number => warnings.push(message);
    process.on('warning', hear);
    try {
      assert.throws(() => loadExperiment(write('? [4]\n: 1')), /experiment/);
      assert.throws(() => loadExperiment(write('a: !!js/function x')), /experiment/);
      await new Promise(setImmediate); // warnings are told a tick later
    } finally {
      process.off('warning', hear);
    }
    assert.deepEqual(warnings, [], 'no warning of Node.js');
  });
});
