import assert from 'node:assert/strict';
import { OperatorError } from '../../../src/foundation/operator-error.ts';
import { openDataset, parseDatasetSpec, sharedSpec } from '../../../src/training/data/dataset-spec.ts';

const REFUSED: readonly (readonly [unknown, RegExp])[] = [
  ['nothing', /^data must be one of glyphs, mnist.*got "nothing"$/],
  [{}, /^data\.name must be one of glyphs/],
  [7, /^data must be a name or an object, got 7$/],
  [[], /^data must be a name or an object, got \[\]$/],
  [{ name: 'glyphs', train: 0 }, /^data\.train must be an integer from 1 to 1000000, got 0$/],
  [
    { name: 'glyphs', dir: '/tmp' },
    /^data\.dir must be left out: only name, seed, train, test are known here, got "\/tmp"$/,
  ],
  [{ name: 'mnist', dir: '' }, /^data\.dir must be a text that is not empty, got ""$/],
  [{ name: 'mnist', memoryMiB: -1 }, /^data\.memoryMiB must be a number from 0 to \d+, got -1$/],
  [
    { name: 'mnist', normalize: { mean: [0], sd: [0] } },
    /^data\.normalize\.sd\[0\] must be a number above 0, got 0$/,
  ],
  [{ name: 'mnist', normalize: 3 }, /^data\.normalize must be false or \{ mean, sd \} of 1 finite numbers/],
  [{ name: 'mnist', normalize: { mean: [0, 0], sd: [1, 1] } }, /^data\.normalize must be false or/],
];

describe('data set spec', () => {
  it('takes a bare name, with the defaults of the set', () => {
    assert.deepEqual(
      parseDatasetSpec('glyphs', 'data'),
      { name: 'glyphs', seed: 1, train: 10_000, test: 2_000 },
      'glyphs',
    );
    assert.deepEqual(
      parseDatasetSpec({ name: 'mnist', dir: '/d', test: 5 }, 'data'),
      { name: 'mnist', dir: '/d', test: 5, normalize: { mean: [0.1307], sd: [0.3081] } },
      'mnist',
    );
  });

  it('parses what it has printed', () => {
    const spec = parseDatasetSpec({ name: 'mnist', dir: '/d', normalize: false }, 'data');
    assert.deepEqual(
      parseDatasetSpec(JSON.parse(JSON.stringify(spec)), 'data'),
      spec,
      'a parsed spec is a fixed point of parsing',
    );
  });

  for (const [value, sentence] of REFUSED) {
    it(`refuses ${JSON.stringify(value)}`, () => {
      assert.throws(
        () => parseDatasetSpec(value, 'data'),
        (error) => error instanceof OperatorError && sentence.test(error.message),
        `a sentence like ${sentence}`,
      );
    });
  }

  it('shares everything but what is local to a peer', () => {
    const spec = parseDatasetSpec({ name: 'mnist', dir: '/d', memoryMiB: 3, train: 9 }, 'data');
    assert.deepEqual(
      sharedSpec(spec),
      { name: 'mnist', train: 9, normalize: { mean: [0.1307], sd: [0.3081] } },
      'without dir and memoryMiB',
    );
  });

  it('opens the embedded set without a folder, and no other', async () => {
    const glyphs = await openDataset(parseDatasetSpec('glyphs', 'data'), 'test');
    assert.equal(glyphs.size, 2000, 'test examples');
    await assert.rejects(
      openDataset(parseDatasetSpec('mnist', 'data'), 'test'),
      /data\.dir must be given for mnist/,
    );
  });
});
