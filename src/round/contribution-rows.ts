/**
 * The vectors of a round as rows that aggregation reads column by column, out of their bodies. What kernels cannot unpack
 * themselves is decoded once where the round is small, and block by block for every pass where it is not.
 */
import type { RowSource } from '../aggregation/aggregate-stream.ts';
import { packedReader, scaledReader, type VectorReader } from '../compression/vector-reader.ts';
import type { Digest } from '../crypto/hash.ts';
import type { ColumnSource } from '../linalg/column-source.ts';
import type { LinearAlgebra, Matrix } from '../linalg/linear-algebra.ts';
import { zeroSource } from '../linalg/memory-source.ts';
import { float32Row, type PackedRow } from '../linalg/packed-row.ts';
import { createStreamingLinearAlgebra } from '../linalg/streaming-linear-algebra.ts';

/** The most bytes of decoded rows that are held for what kernels cannot unpack. */
const MOST_HELD_BYTES = 2 ** 26;
const SEGMENT_BYTES = 131_072;
/** Segments of each row in a block that is decoded for a pass. */
const BLOCK_SEGMENTS = 4;

/** What a worker sent, as receivers are given it. */
export interface Contribution {
  readonly worker: string;
  readonly body: Uint8Array;
  /** Of the body that carried it over the network: the same digest is the same contribution. */
  readonly bodyDigest?: Digest;
}

export class ContributionRows implements RowSource {
  readonly n: number;
  readonly d: number;
  readonly packed?: readonly PackedRow[];
  private readonly readers: readonly VectorReader[];

  constructor(readers: readonly VectorReader[], d: number, linalg: LinearAlgebra) {
    this.n = readers.length;
    this.d = d;
    const isSmall = 4 * d * this.n <= MOST_HELD_BYTES;
    this.readers = readers.map((reader) => {
      const packed = reader.packed ?? (isSmall ? decoded(reader, d) : undefined);
      return packed === undefined ? reader : packedReader(linalg.packed?.share(packed) ?? packed);
    });
    const rows = this.readers.flatMap(({ packed }) => packed ?? []);
    if (rows.length === this.n) this.packed = rows;
  }

  readColumns(start: number, end: number, into: Matrix): void {
    this.readers.forEach((reader, i) => reader.read(start, end, into.row(i)));
  }

  row(i: number): ColumnSource {
    const reader = (this.readers[i] as VectorReader).fork();
    const { packed } = reader;
    return {
      ...{ n: 1, d: this.d },
      ...(packed && { packed: [packed] }),
      readColumns: (start, end, into) => reader.read(start, end, into.row(0)),
    };
  }

  /** clip_l(x) = min(1, l / ||x||) x for each row (arXiv 2311.14127, section 3), and the factors. */
  clipped(
    level: number,
    linalg: LinearAlgebra,
  ): { readonly rows: ContributionRows; readonly factors: readonly number[] } {
    const squares = this.squaredDistances(zeroSource(this.d), linalg);
    const factors = Array.from(squares, (square) => {
      const norm = Math.sqrt(square);
      return norm <= level ? 1 : level / norm;
    });
    const readers = this.readers.map((reader, i) => {
      const factor = factors[i] as number;
      return factor === 1 ? reader : scaledReader(reader, factor);
    });
    return { rows: new ContributionRows(readers, this.d, linalg), factors };
  }

  squaredDistances(point: ColumnSource, linalg: LinearAlgebra): Float64Array {
    return this.streams(linalg).squaredDistances(this, point);
  }

  streams(linalg: LinearAlgebra): ReturnType<typeof createStreamingLinearAlgebra> {
    return createStreamingLinearAlgebra(linalg, (this.n + 2) * BLOCK_SEGMENTS * SEGMENT_BYTES);
  }
}

function decoded(reader: VectorReader, d: number): PackedRow {
  const values = new Float32Array(d);
  reader.read(0, d, values);
  return float32Row(values);
}
