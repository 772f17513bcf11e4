/**
 * Jumps of xoshiro128** (seeded-random.ts) over any number of draws: a step is linear over bits, so k steps are a power of a
 * 128 x 128 matrix of bits (Haramoto, Matsumoto, Nishimura, Panneton, L'Ecuyer 2008 do it by polynomials). With it, several
 * threads draw from places of one stream.
 */

/** The generator's four words. */
export type GeneratorState = readonly [number, number, number, number];

const WORDS = 4;
const BITS = 128;
/** Jumps of 2^0 .. 2^47 draws. */
const MOST_POWERS = 48;

/** Row b holds what bit b of a state becomes: four words. */
type BitMatrix = Uint32Array;

const powers: BitMatrix[] = [];

/** The state after `draws` more calls of `nextUint32`; a safe integer below 2^48. */
export function jumpAhead(state: GeneratorState, draws: number): GeneratorState {
  let current = Uint32Array.from(state);
  for (let power = 0, left = draws; left > 0; power++, left = Math.floor(left / 2)) {
    if (left % 2 === 1) current = applied(powerOf(power), current);
  }
  return [current[0] as number, current[1] as number, current[2] as number, current[3] as number];
}

function powerOf(power: number): BitMatrix {
  if (power >= MOST_POWERS) throw new RangeError(`a jump of 2^${power} draws`);
  for (let known = powers.length; known <= power; known++) {
    const before = powers[known - 1];
    powers.push(before === undefined ? stepMatrix() : product(before, before));
  }
  return powers[power] as BitMatrix;
}

/** One step of the generator, bit by bit. */
function stepMatrix(): BitMatrix {
  const matrix = new Uint32Array(BITS * WORDS);
  for (let bit = 0; bit < BITS; bit++) {
    const state = new Uint32Array(WORDS);
    state[bit >>> 5] = 1 << (bit & 31);
    matrix.set(stepped(state), bit * WORDS);
  }
  return matrix;
}

function stepped([a = 0, b = 0, c = 0, d = 0]: Uint32Array): Uint32Array {
  const t = b << 9;
  const e = c ^ a;
  const f = d ^ b;
  return Uint32Array.of(a ^ f, b ^ e, e ^ t, (f << 11) | (f >>> 21));
}

/** What `matrix` makes of a state: the sum of what its bits become. */
function applied(matrix: BitMatrix, state: Uint32Array): Uint32Array<ArrayBuffer> {
  const result = new Uint32Array(WORDS);
  for (let bit = 0; bit < BITS; bit++) {
    if ((((state[bit >>> 5] as number) >>> (bit & 31)) & 1) === 0) continue;
    for (let word = 0; word < WORDS; word++) {
      result[word] = (result[word] as number) ^ (matrix[bit * WORDS + word] as number);
    }
  }
  return result;
}

/** First `a`, then `b`. */
function product(a: BitMatrix, b: BitMatrix): BitMatrix {
  const matrix = new Uint32Array(BITS * WORDS);
  for (let bit = 0; bit < BITS; bit++) {
    matrix.set(applied(b, a.subarray(bit * WORDS, (bit + 1) * WORDS)), bit * WORDS);
  }
  return matrix;
}
