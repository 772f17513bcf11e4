import assert from 'node:assert/strict';
import fc from 'fast-check';
import { defineCommand, type ValuesFor } from '../../../nodes/cli/command.ts';
import { anyText, choice, integer, list, number, text, toggle } from '../../../nodes/cli/flag.ts';
import { parseArguments } from '../../../nodes/cli/parse-arguments.ts';
import { OperatorError } from '../../../src/foundation/operator-error.ts';

const brew = defineCommand({
  name: 'brew',
  summary: 'make tea',
  examples: [{ command: 'synod brew green', about: 'a cup' }],
  arguments: { leaf: text({ about: 'what tea', placeholder: 'LEAF', required: true }) },
  flags: {
    f: integer({ about: 'cups that may break', least: 0, most: 9, default: 0 }),
    maxCups: integer({ about: 'how many at most', least: 1 }),
    heat: number({ about: 'degrees', above: 0 }),
    pot: choice(['glass', 'iron'], { about: 'in what', default: 'iron' }),
    note: anyText({ about: 'what to remember' }),
    sugar: toggle({ about: 'sweet' }),
    lid: toggle({ about: 'closed', default: true }),
    add: list({ about: 'more of it' }),
    out: text({ about: 'where to', placeholder: 'FILE' }),
  },
  run: async () => {},
});

const pour = defineCommand({
  ...brew,
  name: 'pour',
  arguments: {},
  flags: { to: list({ about: 'cups' }), from: text({ about: 'pot', required: true }) },
  run: async () => {},
});

function read(...words: string[]): ValuesFor<typeof brew> {
  return parseArguments(brew, words) as ValuesFor<typeof brew>;
}

describe('arguments of a command', () => {
  it('reads values, switches, lists and positions in any order', () => {
    assert.deepEqual(
      read('--f', '2', 'green', '--sugar', '--no-lid', '--add=milk', '--add', 'ice', '--max-cups=3'),
      {
        leaf: 'green',
        f: 2,
        maxCups: 3,
        heat: undefined,
        pot: 'iron',
        note: undefined,
        sugar: true,
        lid: false,
        add: ['milk', 'ice'],
        out: undefined,
        verbose: false,
      },
    );
  });

  it('takes a flag of one letter with one dash, a switch with a value, and what follows -- as it is', () => {
    assert.equal(read('green', '-f', '3').f, 3);
    assert.equal(read('green', '-f3').f, 3);
    assert.equal(read('green', '--sugar=false').sugar, false);
    assert.equal(read('--sugar', '--', '--green').leaf, '--green');
    assert.equal(read('green', '--sugar', '--sugar').sugar, true);
  });

  it('reads a flag whose value may be left out', () => {
    const serve = defineCommand({
      ...brew,
      flags: { page: { ...text({ about: 'where' }), bare: '0' }, json: toggle({ about: 'as JSON' }) },
      run: async () => {},
    });
    const CASES: readonly (readonly [readonly string[], unknown])[] = [
      [['green'], undefined],
      [['green', '--page'], '0'],
      [['green', '--page', '--json'], '0'],
      [['green', '--page', '8800'], '8800'],
      [['green', '--page=8800'], '8800'],
    ];
    for (const [words, expected] of CASES) {
      assert.equal(parseArguments(serve, words)['page'], expected, words.join(' '));
    }
  });

  it('gives further words to a list where the command takes no argument', () => {
    const values = parseArguments(pour, ['--to', 'a', 'b', '--from', 'pot', '--to', 'c']);
    assert.deepEqual(values['to'], ['a', 'b', 'c']);
  });

  it('reads numbers as people write them, and no others', () => {
    for (const [written, value] of [
      ['5', 5],
      ['1e3', 1000],
      ['+7', 7],
      ['2.0', 2],
    ] as const) {
      assert.equal(read('green', '--max-cups', written).maxCups, value);
    }
    assert.equal(read('green', '--heat', '.5').heat, 0.5);
    assert.equal(read('green', '--heat=1e-3').heat, 0.001);
    for (const wrong of [
      'abc',
      '0x10',
      '1_000',
      '1,000',
      ' 5',
      '5 ',
      'Infinity',
      'NaN',
      '1e400',
      '5%',
      '--5',
      '',
    ]) {
      assert.throws(() => read('green', `--heat=${wrong}`), {
        message: `--heat must be a number above 0, got "${wrong}"`,
      });
    }
  });

  const REFUSALS: readonly (readonly [words: string[], message: RegExp])[] = [
    [[], /^brew needs LEAF: what tea/],
    [['green', 'black'], /^brew takes only LEAF besides its flags, got also "black"/],
    [['green', '--f', 'abc'], /^--f must be a whole number from 0 to 9, got "abc"$/],
    [['green', '-f', 'abc'], /^-f must be a whole number from 0 to 9, got "abc"$/],
    [['green', '--f', '-1'], /^--f must be a whole number from 0 to 9, got "-1"$/],
    [['green', '--f', '1.5'], /^--f must be a whole number from 0 to 9, got "1.5"$/],
    [['green', '--heat', '0'], /^--heat must be a number above 0, got "0"$/],
    [
      ['green', '--max-cups', '99999999999999999999'],
      /^--max-cups must be a whole number of at least 1, got/,
    ],
    [['green', '--out'], /^--out needs a value: --out FILE$/],
    [['green', '--out', '--sugar'], /^--out needs a value, but --sugar follows it/],
    [['green', '--out', '--'], /^--out needs a value, but -- follows it/],
    [['green', '--out', ''], /^--out must have a value that is not empty, got ""$/],
    [['green', '--out='], /^--out must have a value that is not empty, got ""$/],
    [['green', '--out', '  '], /^--out must have a value that is not empty, got " {2}"$/],
    [['green', '--add='], /^--add must have a value that is not empty, got ""$/],
    [['green', '--out', 'a', '--out', 'b'], /^--out must be given once, got "a" and "b"$/],
    [['green', '--sugar', '--no-sugar'], /^--sugar must be on or off/],
    [['green', '--sugar=maybe'], /^--sugar must be given without a value, or be true or false, got "maybe"$/],
    [['green', '--no-out'], /^brew has no --no-out: --out takes a value and cannot be switched off/],
    [['green', '--no-sugar=1'], /^--no-sugar takes no value, got "1"$/],
    [['green', '--pot', 'irn'], /^--pot must be one of glass, iron, got "irn" \(did you mean iron\?\)$/],
    [['green', '--suger'], /^brew has no flag --suger \(did you mean --sugar\?\)$/],
    [['green', '--maxCups', '3'], /^brew has no flag --maxCups \(did you mean --max-cups\?\)$/],
    [['green', '--max_cups=3'], /^brew has no flag --max_cups \(did you mean --max-cups\?\)$/],
    [['green', '--no-suger'], /^brew has no flag --no-suger \(did you mean --no-sugar\?\)$/],
    [['green', '-sugar'], /^brew has no flag -sugar \(did you mean --sugar\?\)$/],
    [['green', '-x'], /^brew has no flag -x; `synod brew --help` lists them$/],
    [['green', '--zzz'], /^brew has no flag --zzz; `synod brew --help` lists them$/],
    [['green', '-5'], /^brew has no flag -5;/],
  ];

  for (const [words, message] of REFUSALS) {
    it(`says what is wrong with: ${words.join(' ')}`, () => {
      assert.throws(
        () => read(...words),
        (error: Error) =>
          (error instanceof OperatorError && message.test(error.message)) || assert.fail(error.message),
      );
    });
  }

  it('names everything that must be given and is not', () => {
    assert.throws(
      () => parseArguments(pour, []),
      /^OperatorError: pour needs --from TEXT \(see `synod pour --help`\)$/,
    );
  });

  it('lets a text be empty where that means something', () => {
    assert.equal(read('green', '--note', '').note, '');
  });

  it('answers any words with values or one sentence', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '--f',
        '-f',
        '--sugar',
        '--no-lid',
        '--',
        '-',
        '--add',
        '--out=',
        '--heat',
        '1e3',
        '--__proto__',
        '--constructor=1',
        '--no-',
      ),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (words) => {
        try {
          read(...words);
        } catch (error) {
          assert.ok(error instanceof OperatorError, String(error));
          assert.doesNotMatch(error.message, /\n/);
        }
      }),
    );
  });
});
