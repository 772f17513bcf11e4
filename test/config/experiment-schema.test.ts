/** What editors are told of experiment files is what `parseExperiment` takes, as far as a schema can say it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { experimentJsonSchema } from '../../src/config/experiment-schema.ts';
import { parseExperiment } from '../../src/config/experiment.ts';
import { PeerKey } from '../../src/crypto/peer-key.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const validate = new Ajv2020({ strict: false, allErrors: true }).compile(experimentJsonSchema());
const roster = [1, 2, 3, 4].map((i) => new PeerKey(new Uint8Array(32).fill(i)).id);

const GOOD: readonly Readonly<Record<string, unknown>>[] = [
  {},
  { $schema: 'experiment.schema.json', seed: 7, rounds: 3, optimizer: 0.5, partition: 'iid' },
  { model: 'lenet', data: 'mnist', estimator: 'sgd' },
  { model: { kind: 'mlp', hidden: [8, 8], l2: 0.1 }, data: { name: 'glyphs', train: 100 } },
  { model: './task.ts' },
  { optimizer: { learningRate: { rate: 0.1 }, momentum: 0.9, nesterov: true } },
  { optimizer: { learningRate: { kind: 'linear', rate: 2, warmup: 1, steps: 9, floor: 0.1 } } },
  { aggregation: { f: 0 } },
  { aggregation: { rule: 'ctma', base: 'median', pre: ['nnm'], f: 1 } },
  { aggregation: { rule: 'krum', pre: [{ name: 'bucketing', s: 1 }], f: 0 } },
  { aggregation: { rule: 'median', pre: ['clip'], c: 2, ties: 'lower' } },
  { aggregation: { rule: { name: 'ctma', base: { name: 'median' }, trim: 0.2 } } },
  { compression: { contribution: { kind: 'top-k', keep: 0.1 }, feedback: 'ef14', update: 'bfloat16' } },
  { committee: { size: 4, byzantine: 1, failure: 1 }, cohort: { size: 4 } },
  { admission: 'open' },
  { admission: { policy: 'allow-list', owner: roster[0] } },
];

const BAD: readonly Readonly<Record<string, unknown>>[] = [
  { rounds: 0 },
  { rounds: 1.5 },
  { round: 3 },
  { name: 'Has Blanks' },
  { model: 'lenett' },
  { model: { kind: 'mlp', hiden: [8] } },
  { data: 'minst' },
  { optimizer: 0 },
  { optimizer: { learningRate: 0.1, momentum: 2 } },
  { partition: 'dirichlett' },
  { aggregation: { rule: 'medain' } },
  { aggregation: { base: 'median' } },
  { aggregation: { rule: 'median', ties: 'upper' } },
  { aggregation: { rule: 'mean', f: -1 } },
  { aggregation: { rule: 'mean', pre: 'nnm' } },
  { aggregation: { rule: 'mean', unheardOf: 1 } },
  { compression: { contribution: 'zip' } },
  { compression: { contribution: { kind: 'top-k', keep: 'many' } } },
  { timing: { collectMs: 1 } },
  { admission: { policy: 'allow-list' } },
  { maxOmissionShare: 2 },
  { roster: [] },
];

describe('the JSON Schema of the experiment file', () => {
  for (const fields of GOOD) {
    it(`takes ${JSON.stringify(fields)}, as the reader does`, () => {
      const file = { roster, ...fields };
      parseExperiment(file);
      assert.ok(validate(file), JSON.stringify(validate.errors));
    });
  }
  for (const fields of BAD) {
    it(`refuses ${JSON.stringify(fields)}, as the reader does`, () => {
      const file = { roster, ...fields };
      assert.throws(() => parseExperiment(file));
      assert.ok(!validate(file));
    });
  }

  for (const path of ['mnist-lenet.yaml', 'tiny-shakespeare.yaml', 'my-task/experiment.yaml']) {
    it(`takes docs/examples/${path} with a roster, and is what its first line names`, () => {
      const text = readFileSync(`${ROOT}/docs/examples/${path}`, 'utf8');
      assert.match(text, /^# yaml-language-server: \$schema=(\.\.\/)+experiment\.schema\.json\n/);
      assert.ok(validate({ ...(parse(text) as object), roster }), JSON.stringify(validate.errors));
    });
  }

  it('lies in docs/experiment.schema.json as it is; npm run docs:schema writes it', () => {
    const kept = JSON.parse(readFileSync(`${ROOT}/docs/experiment.schema.json`, 'utf8')) as unknown;
    assert.deepEqual(kept, JSON.parse(JSON.stringify(experimentJsonSchema())));
  });

  it('leaves `$schema` out of the experiment', () => {
    const plain = parseExperiment({ roster });
    assert.deepEqual(parseExperiment({ roster, $schema: 'x' }), plain);
  });
});
