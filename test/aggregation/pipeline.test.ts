import assert from 'node:assert/strict';
import { weightedFault } from '../../src/aggregation/bounds.ts';
import { checkPipeline, leastInputs, parsePipeline } from '../../src/aggregation/pipeline.ts';
import { RULE_NAMES } from '../../src/aggregation/specs.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { run } from './run-aggregate.ts';

const parse = (value: unknown): unknown => parsePipeline(value, 'aggregation');

function refuses(action: () => unknown, sentence: RegExp, message: string): void {
  assert.throws(
    action,
    (error) => {
      assert.ok(error instanceof OperatorError, `${message}: an operator's fault, got ${String(error)}`);
      assert.match(error.message, sentence, message);
      return true;
    },
    message,
  );
}

describe('pipeline', () => {
  it('reads a bare rule with its defaults', () => {
    for (const name of RULE_NAMES.filter((rule) => rule !== 'ctma')) {
      assert.deepEqual(parse(name), parse({ pre: [], rule: { name } }), `${name}: all notations agree`);
    }
    assert.deepEqual(
      parse('geometric-median'),
      { pre: [], rule: { name: 'geometric-median', iterations: 3, nu: 0.1 } },
      'the defaults of RFA',
    );
    assert.deepEqual(
      [parse('flag'), parse({ rule: 'flag', arithmetic: 'paper' })],
      [
        { pre: [], rule: { name: 'flag', lambda: 0, iterations: 1, arithmetic: 'released' } },
        { pre: [], rule: { name: 'flag', lambda: 0, iterations: 5, arithmetic: 'paper' } },
      ],
      'each arithmetic of Flag has its own number of iterations, and absent settings stay absent',
    );
  });

  it('gives settings beside the rule to the part that knows them', () => {
    const flat = parse({
      pre: ['nnm', 'bucketing', { name: 'clip', c: 2 }],
      rule: 'ctma',
      base: 'geometric-median',
      nu: 0.5,
      s: 3,
      trim: 0.2,
    });
    const nested = {
      pre: [{ name: 'nnm' }, { name: 'bucketing', s: 3 }, { name: 'clip', c: 2 }],
      rule: { name: 'ctma', base: { name: 'geometric-median', iterations: 3, nu: 0.5 }, trim: 0.2 },
    };
    assert.deepEqual(flat, nested, 'flat settings');
    assert.deepEqual(parse(nested), nested, 'a parsed pipeline parses to itself');
  });

  const faults: readonly (readonly [unknown, RegExp])[] = [
    [undefined, /^aggregation must be an object/],
    [[], /^aggregation must be an object/],
    [{}, /^aggregation\.rule must be one of mean, .*, got nothing/],
    ['krumm', /^aggregation must be one of mean, .*, got "krumm"/],
    [{ rule: 'ctma' }, /^aggregation\.base must be one of mean, .*, got nothing/],
    [{ rule: 'ctma', base: 'ctma' }, /^aggregation\.base must be one of mean, .* got "ctma"/],
    [{ rule: 'mean', base: 'krum' }, /^aggregation\.base must be left out/],
    [{ rule: 'median', ties: 'upper' }, /^aggregation\.ties must be one of mean, lower, got "upper"/],
    [{ rule: 'krum', tau: 3 }, /^aggregation\.tau must be left out/],
    [{ rule: 'centered-clipping', tau: 0 }, /^aggregation\.tau must be a number above 0, got 0/],
    [
      { rule: { name: 'centered-clipping', tau: -1 } },
      /^aggregation\.rule\.tau must be a number above 0, got -1/,
    ],
    [{ rule: { name: 'krum', tau: 1 } }, /^aggregation\.rule\.tau must be left out/],
    [
      { rule: 'geometric-median', nu: 0 },
      /^aggregation\.nu must be above 0 unless iterations is converge, got 0/,
    ],
    [{ rule: 'geometric-median', iterations: 'for ever' }, /^aggregation\.iterations must be an integer/],
    [
      { rule: 'geometric-median', iterations: 1e9 },
      /^aggregation\.iterations must be an integer from 1 to 1000, got 1000000000/,
    ],
    [{ rule: 'flag', r: 0 }, /^aggregation\.r must be an integer of at least 1/],
    [{ rule: 'flag', lambda: -1 }, /^aggregation\.lambda must be/],
    [
      { rule: 'ctma', base: 'mean', trim: 0.5 },
      /^aggregation\.trim must be a number of at least 0 and below 0\.5, got 0\.5/,
    ],
    [{ rule: 'mean', pre: 'nnm' }, /^aggregation\.pre must be a list/],
    [{ rule: 'mean', pre: new Array(9).fill('nnm') }, /^aggregation\.pre must be a list of at most 8/],
    [
      { rule: 'mean', pre: ['nmm'] },
      /^aggregation\.pre\[0\] must be one of nnm, bucketing, clip, arc, got "nmm"/,
    ],
    [{ rule: 'mean', pre: ['nnm', { name: 'clip' }] }, /^aggregation\.pre\[1\]\.c must be a number above 0/],
    [{ rule: 'mean', pre: ['clip'] }, /^aggregation\.c must be a number above 0/],
    [{ rule: 'mean', pre: [{ name: 'bucketing', s: 1.5 }] }, /^aggregation\.pre\[0\]\.s must be an integer/],
    [
      { rule: 'mean', pre: [{ name: 'bucketing', seed: [] }] },
      /^aggregation\.pre\[0\]\.seed must be a text or a number/,
    ],
    [{ rule: 'mean', pre: [3] }, /^aggregation\.pre\[0\] must be one of nnm, .*, got 3/],
  ];
  for (const [value, sentence] of faults) {
    it(`refuses ${JSON.stringify(value)}`, () => {
      refuses(() => parse(value), sentence, 'the sentence names field, rule and value');
    });
  }

  const bounds: readonly (readonly [unknown, f: number, least: number, RegExp])[] = [
    ['mean', 3, 4, /^f must be below n = 3, got 3/],
    ['normalized-mean', 3, 4, /^f must be below n = 3/],
    ['median', 3, 7, /^median needs n > 2 f, but n = 6 and f = 3/],
    ['trimmed-mean', 3, 7, /^trimmed-mean needs n > 2 f/],
    ['meamed', 3, 7, /^meamed needs n > 2 f/],
    ['phocas', 3, 7, /^phocas needs n > 2 f/],
    ['krum', 3, 9, /^krum needs n >= 2 f \+ 3, but n = 8 and f = 3/],
    ['multi-krum', 1, 5, /^multi-krum needs n >= 2 f \+ 3, but n = 4 and f = 1/],
    ['bulyan', 2, 11, /^bulyan needs n >= 4 f \+ 3, but n = 10 and f = 2/],
    ['geometric-median', 3, 7, /^geometric-median needs n > 2 f/],
    ['centered-clipping', 3, 7, /^centered-clipping needs n > 2 f/],
    ['mda', 3, 7, /^mda needs n > 2 f/],
    ['smea', 3, 7, /^smea needs n > 2 f/],
    [{ rule: 'monna', own: 9 }, 3, 10, /^monna needs own = 9 to be one of the inputs, but n = 9 and f = 3/],
    ['caf', 3, 7, /^caf needs n > 2 f/],
    [{ rule: 'flag', r: 8 }, 3, 8, /^flag needs r = 8 <= n, but n = 7 and f = 3/],
    [{ rule: 'ctma', base: 'mean' }, 3, 7, /^ctma needs n > 2 f, but n = 6 and f = 3/],
    [{ rule: 'ctma', base: 'krum' }, 3, 9, /^ctma's base krum needs n >= 2 f \+ 3, but n = 8 and f = 3/],
    [{ rule: 'mean', pre: ['nnm'] }, 3, 7, /^nnm needs n > 2 f, but n = 6 and f = 3/],
    [
      { rule: 'krum', pre: [{ name: 'bucketing', s: 2 }] },
      1,
      9,
      /^krum needs n >= 2 f \+ 3, but bucketing by s = 2 leaves n = 4 of 8 and f = 1/,
    ],
    [
      { rule: 'ctma', base: 'median', pre: [{ name: 'bucketing', s: 3 }] },
      2,
      13,
      /^ctma's base median needs n > 2 f, but bucketing by s = 3 leaves n = 4 of 12/,
    ],
  ];
  for (const [pipeline, f, least, sentence] of bounds) {
    it(`bounds ${JSON.stringify(pipeline)} with f = ${f} at n = ${least}`, () => {
      const parsed = parsePipeline(pipeline, '');
      assert.equal(leastInputs(parsed, f), least, 'the least n');
      checkPipeline(parsed, least, f, '');
      refuses(() => checkPipeline(parsed, least - 1, f, ''), sentence, 'one input less');
    });
  }

  it('takes a single input where f = 0', () => {
    for (const rule of RULE_NAMES) {
      const pipeline = parsePipeline(rule === 'ctma' ? { rule, base: 'krum' } : rule, '');
      checkPipeline(pipeline, 1, 0, '');
    }
  });

  it('bounds the exact searches', () => {
    const [mda, smea] = [parsePipeline('mda', ''), parsePipeline('smea', '')];
    checkPipeline(mda, 256, 24, '');
    refuses(
      () => checkPipeline(mda, 256, 25, 'experiment.rule'),
      /^experiment\.rule: mda needs f <= 24/,
      'mda',
    );
    checkPipeline(smea, 17, 8, ''); // the set-up of the mu2-SGD paper, 24,310 subsets
    refuses(
      () => checkPipeline(smea, 30, 10, ''),
      /^smea needs at most 25000 subsets .*n = 30 and f = 10/,
      'smea',
    );
  });

  it('refuses counts that are no counts', () => {
    const mean = parsePipeline('mean', '');
    for (const [n, f] of [
      [0, 0],
      [1.5, 0],
      [3, -1],
      [3, 0.5],
      [NaN, 0],
      [3, NaN],
    ] as const) {
      refuses(() => checkPipeline(mean, n, f, ''), /^[nf] must be/, `n = ${n}, f = ${f}`);
    }
  });

  it('bounds the inputs, and those more that are compared with each other, and guesses at a transposed matrix', () => {
    const transposed = /is the matrix transposed\?/;
    for (const rule of ['mean', 'median', 'phocas', { rule: 'ctma', base: 'meamed' }]) {
      const reading = parsePipeline(rule, '');
      checkPipeline(reading, 2 ** 20, 1, '');
      refuses(() => checkPipeline(reading, 2 ** 20 + 1, 1, ''), transposed, 'a million inputs');
    }
    for (const rule of [
      'krum',
      'normalized-mean',
      { rule: 'ctma', base: 'caf' },
      { rule: 'mean', pre: ['bucketing'], seed: 1 },
      { rule: 'median', pre: ['arc'] },
    ]) {
      const comparing = parsePipeline(rule, '');
      checkPipeline(comparing, 8192, 1, '');
      refuses(
        () => checkPipeline(comparing, 70_000, 1, ''),
        /compares inputs in a table of n x n, which is made for at most 8192, got 70000/,
        JSON.stringify(rule),
      );
    }
  });

  it('keeps monna from buckets, and weights from rules that have no weighted form', () => {
    const monna = parsePipeline({ rule: 'monna', pre: ['bucketing'] }, '');
    refuses(
      () => checkPipeline(monna, 20, 1, ''),
      /monna cannot follow bucketing/,
      'no bucket is the own input',
    );
    const fault = (value: unknown): string | undefined => weightedFault(parsePipeline(value, ''));
    for (const rule of ['mean', 'median', 'geometric-median'] as const) {
      assert.equal(fault(rule), undefined, `${rule} has a weighted form`);
      assert.equal(fault({ rule: 'ctma', base: rule, pre: ['arc'] }), undefined, `ctma over ${rule} has one`);
    }
    assert.match(fault('krum') ?? '', /krum has no weighted form/, 'krum');
    assert.match(
      fault({ rule: 'ctma', base: 'trimmed-mean' }) ?? '',
      /trimmed-mean has no weighted form/,
      'base',
    );
    assert.match(fault({ rule: 'mean', pre: ['nnm'] }) ?? '', /nnm has no weighted form/, 'mixing');
  });
});

describe('inputs that are mixed before a rule that works coordinate by coordinate', () => {
  it('stand apart where no more than f mixtures hold them', () => {
    const rows = [
      [1, 1],
      [1.1, 0.9],
      [-9, 40],
      [0.9, 1],
      [1, 1.2],
    ];
    const apart = (pipeline: unknown) => run(pipeline, rows, { f: 1 }).result.inputs?.apart;
    assert.deepEqual(apart({ pre: ['nnm'], rule: 'trimmed-mean' }), [false, false, true, false, false]);
    assert.equal(apart('trimmed-mean'), undefined, 'nothing is mixed');
    assert.equal(apart({ pre: ['nnm'], rule: 'geometric-median' }), undefined, 'its coefficients tell');
  });
});
