import assert from 'node:assert/strict';
import { sampleText } from '../../src/training/sample-text.ts';

const VOCABULARY = ['\n', 'a', 'b', 'c'];
const CONTEXT = 3;

/** Scores of a model that says `next` of the last token that it is shown; the other places are noise. */
function modelOf(next: (token: number, place: number) => readonly number[]) {
  const windows: number[][] = [];
  const predict = (window: Int32Array): Promise<Float32Array> => {
    windows.push([...window]);
    return Promise.resolve(Float32Array.from([...window].flatMap((token, place) => [...next(token, place)])));
  };
  return { predict, windows };
}

/** b after a, c after b, a after c; a after a line break. */
const CYCLE = [1, 2, 3, 1];
const certain = (token: number) => VOCABULARY.map((_, i) => (i === CYCLE[token] ? 0 : -1000));

describe('a sample of text', () => {
  const base = { vocabulary: VOCABULARY, context: CONTEXT };

  it('goes on from the prompt, reads the scores of the last token and moves its window', async () => {
    const { predict, windows } = modelOf(certain);
    assert.equal(await sampleText({ ...base, predict, length: 5, prompt: 'b' }), 'cabca', 'the cycle');
    assert.deepEqual(
      windows,
      [
        [2, 0, 0],
        [2, 3, 0],
        [2, 3, 1],
        [3, 1, 2],
        [1, 2, 3],
      ],
      'windows: padded behind, then the last tokens',
    );
    assert.equal(await sampleText({ ...base, predict, length: 2, prompt: 'abcabc' }), 'ab', 'a long prompt');
    assert.equal(await sampleText({ ...base, predict, length: 3 }), 'abc', 'from a line break');
  });

  it('draws by the softmax over the temperature, the same for a seed', async () => {
    const scores = [0, Math.log(1), Math.log(2), Math.log(5)];
    const share = async (temperature: number, seed = 1): Promise<number[]> => {
      const { predict } = modelOf(() => scores);
      const text = await sampleText({ ...base, predict, length: 4000, temperature, seed });
      assert.equal(text.length, 4000, 'as many characters as asked for');
      return VOCABULARY.map((letter) => [...text].filter((one) => one === letter).length / 4000);
    };
    for (const temperature of [1, 0.5]) {
      const weights = [1, 1, 2, 5].map((weight) => weight ** (1 / temperature));
      const total = weights.reduce((sum, weight) => sum + weight);
      (await share(temperature)).forEach((found, i) => {
        const wanted = (weights[i] as number) / total;
        // five standard deviations of a share of 4000 draws
        const slack = 5 * Math.sqrt((wanted * (1 - wanted)) / 4000);
        assert.ok(
          Math.abs(found - wanted) < slack,
          `${VOCABULARY[i]} at ${temperature}: ${found}, not ${wanted}`,
        );
      });
    }
    assert.deepEqual(await share(1, 3), await share(1, 3), 'the same seed');
    assert.notDeepEqual(await share(1, 3), await share(1, 4), 'another seed');
  });

  it('refuses a character that the model does not know', async () => {
    const { predict } = modelOf(certain);
    await assert.rejects(sampleText({ ...base, predict, length: 1, prompt: 'aX' }), {
      name: 'OperatorError',
      message: '--prompt must have only characters of the training text, got "X"',
    });
  });
});
