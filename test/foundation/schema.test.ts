import assert from 'node:assert/strict';
import fc from 'fast-check';
import { z } from 'zod';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { fieldPath, integer, named, parseWith, positive } from '../../src/foundation/schema.ts';

const SHAPE = named('kind', [
  z.strictObject({ kind: z.literal('circle'), radius: positive.default(1) }),
  z.strictObject({ kind: z.literal('polygon'), corners: integer(3, 9) }),
]);

function fault(schema: z.ZodType, value: unknown, field = 'f'): string {
  try {
    parseWith(schema, value, field);
  } catch (error) {
    assert.ok(error instanceof OperatorError, `an operator's fault, got ${String(error)}`);
    return error.message;
  }
  return assert.fail(`${JSON.stringify(value)} was accepted`);
}

describe('schema', () => {
  const object = z.strictObject({ a: integer(0).optional(), list: z.array(SHAPE).max(2).optional() });

  const FAULTS: readonly (readonly [string, z.ZodType, unknown, string])[] = [
    ['a wrong type', z.boolean(), 'yes', 'f must be true or false, got "yes"'],
    ['a missing value', positive, undefined, 'f must be a number above 0, got nothing'],
    ['a number below its range', integer(1, 5), 0, 'f must be an integer from 1 to 5, got 0'],
    ['a fraction', integer(1), 1.5, 'f must be an integer of at least 1, got 1.5'],
    ['an unsafe integer', integer(0), 2 ** 53, 'f must be an integer of at least 0, got 9007199254740992'],
    ['no number', z.number(), NaN, 'f must be a number, got NaN'],
    [
      'a half-open range',
      z.number().min(0).lt(0.5),
      1,
      'f must be a number of at least 0 and below 0.5, got 1',
    ],
    ['a choice', z.enum(['a', 'b']), 'c', 'f must be one of a, b, got "c"'],
    ['one choice', z.literal('a'), 'c', 'f must be "a", got "c"'],
    ['alternatives', z.union([integer(1), z.literal('all')]), 0, 'f must be an integer of at least 1, got 0'],
    [
      'no alternative',
      z.union([integer(1), z.literal('all')]),
      'some',
      'f must be an integer of at least 1 or "all", got "some"',
    ],
    ['an empty text', z.string().min(1), '', 'f must be a text that is not empty, got ""'],
    [
      'a long list',
      z.array(integer(0)).max(1),
      [1, 2],
      'f must be a list of at most 1, each an integer of at least 0, got [1,2]',
    ],
    [
      'a rule of the schema itself',
      z.string().refine(() => false, 'be a path'),
      '?',
      'f must be a path, got "?"',
    ],
    ['a field below', object, { a: -1 }, 'f.a must be an integer of at least 0, got -1'],
    ['an element', object, { list: ['circle', 3] }, 'f.list[1] must be a name or an object, got 3'],
    ['an unknown field', object, { b: 3 }, 'f.b must be left out: only a, list are known here, got 3'],
    [
      'a slip of an unknown name',
      SHAPE,
      'cirlce',
      'f must be one of circle, polygon, got "cirlce" (did you mean circle?)',
    ],
    [
      'a slip of a choice among alternatives',
      z.object({ a: z.union([z.enum(['mean', 'median']), z.looseObject({})]) }),
      { a: 'medain' },
      'f.a must be one of mean, median or an object, got "medain" (did you mean median?)',
    ],
    [
      'a misspelt field before the missing one',
      SHAPE,
      { kind: 'polygon', corner: 4 },
      'f.corner must be left out: only kind, corners are known here, got 4 (did you mean corners?)',
    ],
    ['an unknown name', SHAPE, 'square', 'f must be one of circle, polygon, got "square"'],
    ['no name at all', SHAPE, undefined, 'f must be one of circle, polygon, got nothing'],
    ['an unknown kind', SHAPE, { kind: 'square' }, 'f.kind must be one of circle, polygon, got "square"'],
    ['no kind', SHAPE, {}, 'f.kind must be one of circle, polygon, got nothing'],
    ["a name's missing field", SHAPE, 'polygon', 'f.corners must be an integer from 3 to 9, got nothing'],
  ];
  for (const [what, schema, value, sentence] of FAULTS) {
    it(`says what is wrong with ${what}`, () => {
      assert.equal(fault(schema, value), sentence, 'field, rule and value');
    });
  }

  it('names a shorthand at the top of a command line by its field', () => {
    assert.equal(
      fault(SHAPE, 'square', ''),
      'kind must be one of circle, polygon, got "square"',
      'no empty name',
    );
    assert.equal(fieldPath('', ['a', 0, 'b']), 'a[0].b', 'a path without a field');
  });

  it('reads a bare name as the object that it stands for', () => {
    assert.deepEqual(parseWith(SHAPE, 'circle', 'f'), { kind: 'circle', radius: 1 }, 'with its defaults');
  });

  it('takes null for absent', () => {
    const value = { kind: 'circle', radius: null };
    assert.deepEqual(parseWith(SHAPE, value, 'f'), { kind: 'circle', radius: 1 }, 'the default');
    assert.equal(value.radius, null, 'and leaves what it is given as it was');
  });

  it('answers any value with a result or with one sentence', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        try {
          parseWith(object, value, 'f');
        } catch (error) {
          assert.ok(error instanceof OperatorError, `not a crash: ${String(error)}`);
          assert.match(error.message, /^f.* must .*, got /s, 'names field, rule and value');
        }
      }),
    );
  });
});
