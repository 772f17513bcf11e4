import assert from 'node:assert/strict';
import { filledByFlags as ofAggregate } from '../../nodes/aggregate/aggregate-flags.ts';
import { inFlags } from '../../nodes/from-flag.ts';
import { filledByFlags, settle, type SimulateFlags } from '../../nodes/simulate/settings.ts';
import { ALL_ATTACKS } from '../../src/attacks/all-attacks.ts';
import { parsePipeline } from '../../src/aggregation/pipeline.ts';
import { PRE_AGGREGATOR_NAMES, RULE_NAMES } from '../../src/aggregation/specs.ts';
import { invalidField, OperatorError } from '../../src/foundation/operator-error.ts';
import { reviveError, toPlainError } from '../../src/foundation/plain-error.ts';
import { variantNames } from '../../src/foundation/schema.ts';
import { DATASET } from '../../src/training/data/dataset-spec.ts';
import { TASK_SPEC } from '../../src/training/parse-task-spec.ts';

const FLAGS: SimulateFlags = {
  ...{ peers: 8, byzantine: 2, attack: 'ipm', attackParam: [], seed: '1' },
  ...{ backend: 'auto', transport: 'memory', baselines: false },
};

function simulateFault(given: Partial<SimulateFlags>): string {
  const flags = { ...FLAGS, ...given };
  try {
    settle(flags);
  } catch (error) {
    return (inFlags(error, filledByFlags(flags)) as Error).message;
  }
  return assert.fail(`${JSON.stringify(given)} was accepted`);
}

function aggregateFault(
  rule: string,
  base: string | undefined,
  param: readonly string[] = [],
  pre?: string,
): string {
  try {
    const settings = Object.fromEntries(param.map((setting) => setting.split('=') as [string, string]));
    const names = pre === undefined ? [] : [pre];
    parsePipeline({ rule, pre: names, ...settings, ...(base !== undefined && { base }) }, '');
  } catch (error) {
    return (inFlags(error, ofAggregate({ rule, base, pre, param })) as Error).message;
  }
  return assert.fail(`${rule} was accepted`);
}

describe('a fault of what a flag filled', () => {
  it('names the flag, and not the field that it fills', () => {
    for (const [given, sentence] of [
      [{ rule: 'medain' }, /^--rule must be one of .*got "medain" \(did you mean median\?\)$/],
      [{ rule: 'ctma', base: 'krumm' }, /^--base must be one of .*got "krumm" \(did you mean krum\?\)$/],
      [{ pre: 'nnm,nmm' }, /^--pre must be one of .*got "nmm" \(did you mean nnm\?\)$/],
      [{ attack: 'nonsense', attackParam: [] }, /^--attack must be one of .*got "nonsense"$/],
      [
        { attack: 'empire', attackParam: [] },
        /^--attack must be one of .*got "empire" \(did you mean ipm\?\)$/,
      ],
      [
        { attackParam: ['epsilo=3'] },
        /^--attack-param epsilo must be left out: .*\(did you mean epsilon\?\)$/,
      ],
      [{ attackParam: ['epsilon=x'] }, /^--attack-param epsilon must be a number/],
      [{ data: 'mnits' }, /^--data must be one of .*got "mnits" \(did you mean mnist\?\)$/],
      [
        { data: '{"name":"mnist","trian":9}' },
        /^--data\.trian must be left out: .*\(did you mean train\?\)$/,
      ],
      [{ model: 'lennet' }, /^--model must be one of .*got "lennet" \(did you mean lenet\?\)$/],
      [{ model: '{"kind":"mlp","hiden":[4]}' }, /^--model\.hiden must .*\(did you mean hidden\?\)$/],
      [{ model: './m.h5' }, /^--model must be a kind, .*: tensorflowjs_converter makes a model\.json/],
      [
        { model: 'task.py' },
        /^--model must be a kind, .*: a task module is written in TypeScript or JavaScript, got/,
      ],
      [{ rounds: 2 ** 52 }, /^--rounds must be an integer from /],
      [{ batchSize: 2 ** 52 }, /^--batch-size must be an integer from /],
      [{ committee: 100 }, /^--committee must be at most the roster's 8 peers, got 100$/],
    ] as const) {
      assert.match(simulateFault(given), sentence, JSON.stringify(given));
    }
    assert.match(aggregateFault('ctma', undefined), /^--base must be one of .*, got nothing$/);
    assert.match(aggregateFault('median', undefined, ['ties=lowr']), /^--param ties must .*mean lower\?\)$/);
    assert.match(
      aggregateFault('mean', 'median'),
      /^--base must be left out: mean takes none, only ctma does/,
    );
    assert.match(
      aggregateFault('mean', undefined, [], 'clip'),
      /^--param c must be a number above 0, got nothing/,
    );
    assert.match(aggregateFault('median', undefined, ['tie=lower']), /^--param tie must .*mean ties\?\)$/);
  });

  it('is none where the flag holds JSON that is right', () => {
    const model = settle({ ...FLAGS, model: '{"kind":"mlp","hidden":[4]}' }).experiment.model;
    assert.deepEqual(model, { kind: 'mlp', hidden: [4], l2: 0 });
    const { data } = settle({ ...FLAGS, data: '{"name":"glyphs","train":64}' }).experiment;
    assert.ok(data.name === 'glyphs' && data.train === 64);
  });

  it('keeps the field where no flag filled it, and passes on what is no fault of a field', () => {
    const filled = { 'data.name': '--name', data: '--data' };
    const named = (field: string) => (inFlags(invalidField(field, 'be', 1), filled) as Error).message;
    assert.equal(named('data.file'), '--data.file must be, got 1');
    assert.equal(named('data.name'), '--name must be, got 1', 'the nearest flag');
    assert.equal(named('dataset'), 'dataset must be, got 1', 'another field');
    assert.equal(named('data[3].x'), '--data.x must be, got 1', 'a place in a list is no part of a flag');
    for (const error of [new OperatorError('data must be'), new Error('data'), 'data']) {
      assert.equal(inFlags(error, filled), error);
    }
  });

  it('outlives the way between threads', () => {
    const error = reviveError(structuredClone(toPlainError(invalidField('data.file', 'be', 1))));
    assert.equal((inFlags(error, { data: '--data' }) as Error).message, '--data.file must be, got 1');
    assert.ok(error instanceof OperatorError);
  });
});

describe('a name that is not known', () => {
  const slip = (name: string) => `${name.slice(0, 1)}${name.slice(2, 3)}${name.slice(1, 2)}${name.slice(3)}`;
  const meant = (name: string) => new RegExp(`, got "${slip(name)}" \\(did you mean ${name}\\?\\)$`);
  const others = (names: readonly string[]) =>
    names.filter((name) => name.length > 4 && !names.includes(slip(name)) && slip(name) !== name);

  it('is told with the one that is meant, for every rule, pre-aggregator, attack, data set and model', () => {
    for (const rule of others(RULE_NAMES)) assert.match(simulateFault({ rule: slip(rule) }), meant(rule));
    for (const pre of others(PRE_AGGREGATOR_NAMES)) {
      assert.match(simulateFault({ pre: slip(pre) }), meant(pre));
    }
    for (const attack of others(ALL_ATTACKS.map(({ kind }) => kind))) {
      assert.match(simulateFault({ attack: slip(attack) }), meant(attack));
    }
    for (const data of others(variantNames(DATASET, 'name'))) {
      assert.match(simulateFault({ data: slip(data) }), meant(data));
    }
    for (const model of others(variantNames(TASK_SPEC, 'kind'))) {
      assert.match(simulateFault({ model: slip(model) }), meant(model));
    }
  });
});
