/**
 * PowerSGD (Vogels, Karimireddy, Jaggi, NeurIPS 2019): each matrix M of the model travels as P Q^T of rank r, from one
 * step of subspace iteration: P = orthonormalised (M Q_0), Q = M^T P. The paper sums factors with all-reduce; here a
 * worker sends both factors and the robust rule acts on the reconstructed P Q^T. Q_0 is drawn from the seed, or is the
 * worker's last Q (`warmStart`). Tensors of one dimension, and those that factors would not shorten, travel whole.
 * A contraction: in expectation over a random Q_0, alpha >= r / min(rows, columns); P P^T M is a projection of M.
 */
import { z } from 'zod';
import { littleEndian } from '../foundation/little-endian.ts';
import { integer } from '../foundation/schema.ts';
import { SeededRandom } from '../foundation/seeded-random.ts';
import type { CompressionContext, Compressor, TensorShape } from './compressor.ts';
import { compressorOf, ifFinite, randomAccess } from './vector-reader.ts';
import { defineCompressor } from './define-compressor.ts';

interface Block {
  readonly offset: number;
  readonly length: number;
  readonly rows: number;
  readonly columns: number;
  /** 0: the values travel as they are. */
  readonly rank: number;
}

const WARM = 'power-sgd.q';

export const powerSgd = defineCompressor('power-sgd', {
  about: '`rank` (2), `warmStart` (true)',
  bytes: '4 r (rows + columns) a matrix',
  unbiased: 'no',
  bound: 'in expectation alpha ≥ r / min(rows, columns)',
  settings: { rank: integer(1, 256).default(2), warmStart: z.boolean().default(true) },
  create: (d, spec, { shapes }) => createPowerSgd(d, spec, shapes),
});

function createPowerSgd(
  d: number,
  settings: { readonly rank: number; readonly warmStart: boolean },
  shapes: readonly TensorShape[] | undefined,
): Compressor {
  const blocks = blocksOf(d, settings.rank, shapes);
  const floats = blocks.reduce(
    (sum, b) => sum + (b.rank === 0 ? b.length : b.rank * (b.rows + b.columns)),
    0,
  );
  const shares = blocks.filter((b) => b.rank > 0).map((b) => b.rank / Math.min(b.rows, b.columns));
  const alpha = Math.min(1, ...shares);
  return compressorOf({
    name: `power-sgd(${settings.rank})`,
    d,
    unbiased: false,
    omega: 1 - alpha,
    alpha,
    normBound: 1,
    maxBytes: 4 * floats,
    fixedLength: true,
    encode: (vector, context) => {
      const bytes = new Uint8Array(4 * floats);
      const view = new DataView(bytes.buffer);
      let at = 0;
      const write = (value: number) => {
        view.setFloat32(at, value, true);
        at += 4;
      };
      blocks.forEach((block, index) => {
        if (block.rank === 0) {
          for (let i = 0; i < block.length; i++) write(vector[block.offset + i] as number);
          return;
        }
        const { p, q } = factorise(vector, block, startOf(block, index, context, settings.warmStart));
        if (settings.warmStart) context.memory?.set(`${WARM}.${index}`, Float32Array.from(q));
        p.forEach(write);
        q.forEach(write);
      });
      return bytes;
    },
    open: (bytes) => {
      if (bytes.length !== 4 * floats) return 'wrong-length';
      const values = littleEndian(Float32Array, bytes, 0, floats);
      return ifFinite(
        randomAccess((start, end, out) => readProducts(blocks, values, start, end, out)),
        d,
      );
    },
  });
}

/** Values start..end-1 of the tensors, each P Q^T or as it is. `values`: of each block P and then Q, row-major. */
function readProducts(
  blocks: readonly Block[],
  values: Float32Array,
  start: number,
  end: number,
  out: Float32Array,
): void {
  let p = 0;
  for (const { offset, length, rows, columns, rank } of blocks) {
    const [from, to] = [Math.max(start, offset), Math.min(end, offset + length)];
    const q = p + rows * rank;
    for (let at = from; at < to; at++) {
      const i = at - offset;
      if (rank === 0) {
        out[at - start] = values[p + i] as number;
        continue;
      }
      const [row, column] = [Math.floor(i / columns), i % columns];
      let sum = 0;
      for (let k = 0; k < rank; k++) {
        sum += (values[p + row * rank + k] as number) * (values[q + column * rank + k] as number);
      }
      out[at - start] = sum;
    }
    p += rank === 0 ? length : rank * (rows + columns);
  }
}

/** Each tensor as a matrix of (all but the last extent) x (the last one); without shapes one nearly square matrix. */
function blocksOf(d: number, rank: number, shapes: readonly TensorShape[] | undefined): Block[] {
  const side = Math.ceil(Math.sqrt(d));
  const extents = shapes?.map(({ shape }) => shape) ?? [[Math.ceil(d / side), side]];
  let offset = 0;
  return extents.map((shape) => {
    const length = Math.min(
      shape.reduce((product, extent) => product * extent, 1),
      d - offset,
    );
    const columns = shape[shape.length - 1] ?? 1;
    const rows = Math.ceil(length / columns);
    const used = Math.min(rank, rows, columns);
    const worth = shape.length > 1 && used * (rows + columns) < length;
    offset += length;
    return { offset: offset - length, length, rows, columns, rank: worth ? used : 0 };
  });
}

/** columns x rank, row-major. */
function startOf(
  block: Block,
  index: number,
  context: CompressionContext,
  warmStart: boolean,
): ArrayLike<number> {
  const size = block.columns * block.rank;
  const warm = warmStart ? context.memory?.get(`${WARM}.${index}`) : undefined;
  if (warm instanceof Float32Array && warm.length === size && warm.some((value) => value !== 0)) return warm;
  const random = new SeededRandom(context.seed, 'power-sgd', context.round, index);
  return Float64Array.from({ length: size }, () => random.nextNormal());
}

function factorise(
  vector: Float32Array,
  block: Block,
  start: ArrayLike<number>,
): { p: Float64Array; q: Float64Array } {
  const { offset, length, rows, columns, rank } = block;
  const p = new Float64Array(rows * rank);
  for (let i = 0; i < length; i++) {
    const [row, column] = [Math.floor(i / columns), i % columns];
    const value = vector[offset + i] as number;
    for (let k = 0; k < rank; k++) {
      p[row * rank + k] = (p[row * rank + k] as number) + value * (start[column * rank + k] as number);
    }
  }
  orthonormalise(p, rows, rank);
  const q = new Float64Array(columns * rank);
  for (let i = 0; i < length; i++) {
    const [row, column] = [Math.floor(i / columns), i % columns];
    const value = vector[offset + i] as number;
    for (let k = 0; k < rank; k++) {
      q[column * rank + k] = (q[column * rank + k] as number) + value * (p[row * rank + k] as number);
    }
  }
  return { p, q };
}

const DEPENDENT_SHARE = 1e-10;

/** Modified Gram-Schmidt on the columns, twice for orthogonality; a column that depends on earlier ones becomes 0. */
function orthonormalise(p: Float64Array, rows: number, rank: number): void {
  const dot = (a: number, b: number) => {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += (p[i * rank + a] as number) * (p[i * rank + b] as number);
    return sum;
  };
  for (let k = 0; k < rank; k++) {
    const before = Math.sqrt(dot(k, k));
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < k; j++) {
        const along = dot(j, k);
        for (let i = 0; i < rows; i++) {
          p[i * rank + k] = (p[i * rank + k] as number) - along * (p[i * rank + j] as number);
        }
      }
    }
    const length = Math.sqrt(dot(k, k));
    const factor = length > before * DEPENDENT_SHARE && length > 0 ? 1 / length : 0;
    for (let i = 0; i < rows; i++) p[i * rank + k] = factor * (p[i * rank + k] as number);
  }
}
