import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { openDataset, parseDatasetSpec, type Split } from '../../../src/training/data/dataset-spec.ts';
import { holdBytes } from '../../../src/training/data/byte-source.ts';
import { TextDataset } from '../../../src/training/data/text.ts';
import { openTokens } from '../../../src/training/data/tokens.ts';
import { TemporaryFolder, realData } from './temporary-folder.ts';

describe('text files', () => {
  const folder = new TemporaryFolder();
  const open = async (text: string | Uint8Array, more: object = {}, split: Split = 'train') => {
    folder.write('some.txt', text);
    const spec = { name: 'text', dir: folder.path, file: 'some.txt', context: 3, stride: 2, ...more };
    const dataset = await openDataset(parseDatasetSpec(spec, 'data'), split);
    assert.ok(dataset instanceof TextDataset, 'a text data set');
    return dataset;
  };
  const spell = (dataset: TextDataset, tokens: ArrayLike<number>) =>
    Array.from(tokens, (token) => dataset.vocabulary[token]).join('');

  it('gives windows and the token after each of their places', async () => {
    const dataset = await open('héllo wörld', { testShare: 0.4 });
    assert.deepEqual(
      [dataset.size, dataset.featureShape, dataset.labelShape],
      [2, [3], [3]],
      'seven characters',
    );
    assert.deepEqual(
      dataset.vocabulary,
      [...' dehlorwéö'].filter((c) => 'héllo wörld'.includes(c)),
      'sorted',
    );
    const batch = dataset.read([1, 0]);
    assert.deepEqual(
      [spell(dataset, batch.features), spell(dataset, batch.labels)],
      ['llohél', 'lo éll'],
      'shifted',
    );
    assert.equal(dataset.label(1), batch.labels[0], 'the first label');
  });

  it('keeps the end of the file for the test split, in windows that do not overlap', async () => {
    const dataset = await open('abcdefghijklmnopqrst', { testShare: 0.5 }, 'test');
    const { features } = dataset.read(Array.from({ length: dataset.size }, (_, i) => i));
    assert.equal(
      spell(dataset, features),
      'klmnopqrs',
      'the last half, with one token left for the last label',
    );
  });

  it('reads any text the same from disk as from memory', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', minLength: 10, maxLength: 60 }),
        fc.nat(4),
        async (text, at) => {
          const long = text.repeat(600); // beyond the first mark
          const held = await open(long, { testShare: 0.2 });
          const streamed = await open(long, { testShare: 0.2, memoryMiB: 0 });
          assert.equal(streamed.size, held.size, 'size');
          const indices = [held.size - 1 - at, at, 2047];
          assert.deepEqual(streamed.read(indices).features, held.read(indices).features, 'windows');
          const points = [...long];
          assert.equal(
            spell(held, held.read([2047]).features),
            points.slice(4094, 4097).join(''),
            'across a mark',
          );
        },
      ),
      { numRuns: 25 },
    );
  });

  it('takes bytes and stated vocabularies as tokens', async () => {
    const bytes = await open(Uint8Array.of(0, 255, 128, 7, 9, 1, 2, 3), { tokens: 'bytes', testShare: 0.1 });
    assert.deepEqual([...bytes.read([0]).features, bytes.classes], [0, 255, 128, 256], 'bytes');
    const stated = await open('abababab', { vocabulary: 'cba' });
    assert.deepEqual([...stated.read([0]).features, stated.classes], [2, 1, 2, 3], 'as in the vocabulary');
  });

  for (const [text, more, sentence] of [
    ['abcabcabd', { vocabulary: 'abc' }, /must have only characters of the vocabulary, got "d"$/],
    ['abc', {}, /must have more than 3 tokens in its train split, got 3$/],
    ['', {}, /must have a character, got "an empty file"$/],
    [Uint8Array.of(97, 0xff, 98), {}, /must be UTF-8 text \(or set tokens: bytes\)/],
    [Uint8Array.of(97, 0xe2, 0x82), {}, /must be UTF-8 text/],
    ['abcdef', { vocabulary: 'aa' }, /^data\.vocabulary must name each character once, got "aa"$/],
    ['aaaaaaaaaaaa', {}, /must have two distinct characters or more, .* got "a"$/],
    ['abcdef', { vocabulary: 'a' }, /^data\.vocabulary must be a text/],
    [
      'abcdefabcdef',
      { train: 900 },
      /^data\.train must be at most the \d+ examples of the train split, got 900$/,
    ],
    ['abcdef', { file: '~/notes.txt' }, /^data\.file must be a path below the data folder, where ~ stands/],
    ['abcdef', { context: 0 }, /^data\.context must be an integer from 1 to 65536, got 0$/],
  ] as const) {
    it(`refuses ${String(text)} with ${JSON.stringify(more)}`, async () => {
      await assert.rejects(open(text, more), { name: 'OperatorError', message: sentence }, String(sentence));
    });
  }

  it('leaves byte order marks out, and reads UTF-16 that has one', async () => {
    const plain = await open('häßlich häßlich');
    for (const text of ['\ufeffhäßlich häßlich', Buffer.from('\ufeffhäßlich häßlich', 'utf16le')]) {
      const marked = await open(text);
      assert.deepEqual(marked.vocabulary, plain.vocabulary, 'the mark is no character');
      assert.deepEqual(marked.read([0, 1]), plain.read([0, 1]), 'the same windows');
    }
  });

  it('finds a name whose letters are composed in another way', async () => {
    folder.write('u\u0308ber.txt', 'abcdefabcdefabcdef');
    const dataset = await open('abcdef', { file: '\u00fcber.txt' });
    assert.equal(dataset.size > 0, true, 'NFD on disk, NFC in the experiment');
  });

  it('decodes characters that straddle the pieces of a scan', () => {
    const text = `${'x'.repeat(2 ** 20 - 1)}€uro`;
    const tokens = openTokens(holdBytes('memory', Buffer.from(text)), 'characters', undefined);
    assert.deepEqual(
      Array.from(tokens.read(2 ** 20 - 2, 3), (token) => tokens.vocabulary[token]),
      ['x', '€', 'u'],
      'around the boundary',
    );
  });

  it('reads the real tiny Shakespeare', async function () {
    const dir = realData(this, 'tinyshakespeare/input.txt');
    const open = (split: Split) =>
      openDataset(parseDatasetSpec({ name: 'tiny-shakespeare', dir }, 'data'), split);
    const [train, test] = [await open('train'), await open('test')];
    assert.equal(train.classes, 65, 'distinct characters');
    const text = readFileSync(join(dir, 'tinyshakespeare/input.txt'), 'utf8');
    const window = (dataset: unknown, index: number) =>
      spell(dataset as TextDataset, (dataset as TextDataset).read([index]).features);
    assert.equal(window(train, 3), text.slice(24, 88), 'the fourth training window, stride 8');
    assert.equal(window(test, 1), text.slice(1_003_855 + 64, 1_003_855 + 128), 'the second test window');
    assert.equal(test.size, Math.floor((111_539 - 1) / 64), 'test windows');
  });
});
