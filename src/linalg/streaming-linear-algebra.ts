/**
 * Linear algebra over sources that need not fit in memory: blocks of columns are read into one matrix, one after the
 * other. Blocks are whole segments (gram-blocks.ts), so the bytes are those of one call on the whole.
 *
 * Sources of packed rows are left to kernels that unpack them, where there are any; no block is held then.
 *
 * Memory: the matrix of a block, n rows and up to two vectors, stays within `memoryBytes`. What the kernels need besides
 * does not grow with d: for a Gram matrix 64 KiB a row and thread and 4 n (n + 1) bytes a segment of the block.
 */
import { present } from '../foundation/assert.ts';
import { OperatorError } from '../foundation/operator-error.ts';
import type { ColumnSource, StreamingLinearAlgebra, VectorSink } from './column-source.ts';
import { SEGMENT_COLUMNS } from './gram-blocks.ts';
import type { ColumnStatistic, LinearAlgebra, Matrix, PackedAlgebra } from './linear-algebra.ts';
import type { PackedRow } from './packed-row.ts';

/** One block of columns: all rows of the source, and a matrix of the rows that the caller asked for besides. */
interface Block {
  readonly start: number;
  readonly end: number;
  readonly x: Matrix;
  readonly vectors: Matrix;
}

/** Blocks hold at most `memoryBytes`; throws OperatorError where that is less than one segment of n rows. */
export function createStreamingLinearAlgebra(
  linalg: LinearAlgebra,
  memoryBytes: number,
): StreamingLinearAlgebra {
  /** Reads the source block by block; `vectors` rows of the blocks' width come along for operands and results. */
  function forEachBlock(source: ColumnSource, vectors: number, use: (block: Block) => void): void {
    const { n, d } = source;
    const width = Math.min(d, blockColumns(n + vectors, memoryBytes));
    if (d === 0) return;
    const rest = d % width;
    withMatrices(width, 0, d - rest);
    if (rest > 0) withMatrices(rest, d - rest, d);

    function withMatrices(columns: number, first: number, last: number): void {
      const x = linalg.createMatrix(n, columns);
      const beside = linalg.createMatrix(vectors, columns);
      try {
        for (let start = first; start < last; start += columns) {
          source.readColumns(start, start + columns, x);
          use({ start, end: start + columns, x, vectors: beside });
        }
      } finally {
        x.free();
        beside.free();
      }
    }
  }

  /** A block of a source of one row, read to row `i` of the block's vectors. */
  function readVector(source: ColumnSource, { start, end, vectors }: Block, i: number): Float32Array {
    source.readColumns(start, end, singleRow(vectors, i));
    return vectors.row(i);
  }

  return {
    memoryBytes,

    gram(x: ColumnSource, reference?: ColumnSource): Float64Array {
      const packed = packedOperands(linalg, x, reference);
      if (packed !== undefined) return packed.algebra.gram(packed.rows, packed.beside);
      const gram = new Float64Array(x.n * x.n);
      forEachBlock(x, reference ? 1 : 0, (block) => {
        linalg.gram(block.x, reference && readVector(reference, block, 0), gram);
      });
      return gram;
    },

    weightedSum(x: ColumnSource, coefficients: Float64Array, out: VectorSink, base?: ColumnSource): void {
      const packed = packedOperands(linalg, x, base);
      if (packed !== undefined && out.vector !== undefined) {
        return packed.algebra.weightedSum(packed.rows, coefficients, out.vector, packed.beside);
      }
      forEachBlock(x, base ? 2 : 1, (block) => {
        const result = block.vectors.row(0);
        linalg.weightedSum(block.x, coefficients, result, base && readVector(base, block, 1));
        out.write(block.start, result);
      });
    },

    squaredDistances(x: ColumnSource, point: ColumnSource): Float64Array {
      const packed = packedOperands(linalg, x, point);
      if (packed !== undefined)
        return packed.algebra.squaredDistances(packed.rows, present(packed.beside, 'point'));
      const distances = new Float64Array(x.n);
      forEachBlock(x, 1, (block) => {
        linalg.squaredDistances(block.x, readVector(point, block, 0), distances);
      });
      return distances;
    },

    columns(x: ColumnSource, statistic: ColumnStatistic, out: VectorSink): void {
      const packed = packedOperands(linalg, x, undefined);
      if (packed !== undefined && out.vector !== undefined && statistic.kind !== 'sorted') {
        return packed.algebra.columns(packed.rows, statistic, out.vector);
      }
      forEachBlock(x, 1, (block) => {
        linalg.columns(block.x, statistic, block.vectors.row(0));
        out.write(block.start, block.vectors.row(0));
      });
    },
  };
}

const MIB = 2 ** 20;

/** The rows of a source and of the vector beside it, where both are packed and there are kernels for them. */
function packedOperands(
  linalg: LinearAlgebra,
  { packed: rows }: ColumnSource,
  beside: ColumnSource | undefined,
):
  | { readonly algebra: PackedAlgebra; readonly rows: readonly PackedRow[]; readonly beside?: PackedRow }
  | undefined {
  const { packed: algebra } = linalg;
  if (algebra === undefined || rows === undefined) return undefined;
  if (beside === undefined) return { algebra, rows };
  const row = beside.packed?.[0];
  return row === undefined ? undefined : { algebra, rows, beside: row };
}

/** The most columns, in whole segments, of a block of `rows` rows. */
function blockColumns(rows: number, memoryBytes: number): number {
  const segmentBytes = rows * SEGMENT_COLUMNS * Float32Array.BYTES_PER_ELEMENT;
  const segments = Math.floor(memoryBytes / segmentBytes);
  if (segments < 1) {
    throw new OperatorError(
      `memory must be at least ${Math.ceil(segmentBytes / MIB)} MiB for ${SEGMENT_COLUMNS} values of each of ${rows} vectors, got ${memoryBytes / MIB}`,
    );
  }
  return segments * SEGMENT_COLUMNS;
}

function singleRow(matrix: Matrix, i: number): Matrix {
  return { n: 1, d: matrix.d, row: () => matrix.row(i), free: () => {} };
}
