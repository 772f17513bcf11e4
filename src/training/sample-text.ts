/**
 * Text from a character model, one token at a time: softmax of the scores over `temperature`, drawn by the project's
 * own generator. A window holds at most the model's context of what is already there; what follows the last token is
 * padding that a causal model does not look at.
 */
import { assert } from '../foundation/assert.ts';
import { exactExp } from '../foundation/exact-math.ts';
import { invalidField } from '../foundation/operator-error.ts';
import { SeededRandom, type Seed } from '../foundation/seeded-random.ts';

export interface SampleOptions {
  /** Scores [1, context, vocabulary] of one window [1, context]. */
  readonly predict: (window: Int32Array) => Promise<Float32Array>;
  /** The text of each token. */
  readonly vocabulary: readonly string[];
  readonly context: number;
  /** Tokens to write. */
  readonly length: number;
  /** What the text goes on from; it is not part of what is returned. A line break unless given. */
  readonly prompt?: string;
  /** 1 draws from the model's own distribution, below 1 what is likely becomes more so. */
  readonly temperature?: number;
  readonly seed?: Seed;
}

/** Throws an OperatorError where the prompt has a character that the model does not know. */
export async function sampleText(options: SampleOptions): Promise<string> {
  const { predict, vocabulary, context, length, temperature = 1, seed = 1 } = options;
  assert(temperature > 0, 'a temperature above 0');
  const random = new SeededRandom(seed, 'sample-text');
  const tokens = tokensOf(options.prompt ?? '', vocabulary);
  if (tokens.length === 0) tokens.push(Math.max(0, vocabulary.indexOf('\n')));
  const start = tokens.length;
  while (tokens.length < start + length) {
    const window = new Int32Array(context);
    const seen = tokens.slice(-context);
    window.set(seen);
    const scores = await predict(window);
    const last = (seen.length - 1) * vocabulary.length;
    tokens.push(draw(scores.subarray(last, last + vocabulary.length), temperature, random.next()));
  }
  return tokens
    .slice(start)
    .map((token) => vocabulary[token])
    .join('');
}

function tokensOf(prompt: string, vocabulary: readonly string[]): number[] {
  return [...prompt].map((character) => {
    const token = vocabulary.indexOf(character);
    if (token < 0) throw invalidField('--prompt', 'have only characters of the training text', character);
    return token;
  });
}

/** The token in whose share of the distribution `point` of 0 .. 1 lies. */
function draw(scores: Float32Array, temperature: number, point: number): number {
  const highest = scores.reduce((most, score) => Math.max(most, score), -Infinity);
  const weights = Array.from(scores, (score) => exactExp((score - highest) / temperature));
  let left = point * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [token, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return token;
  }
  return weights.length - 1;
}
