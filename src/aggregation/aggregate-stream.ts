/**
 * A pipeline over inputs that are read column by column, from files or from bodies as they travelled: no n x d matrix is
 * held. The passes are the same, so the aggregate is the same to the last bit; each pass reads the inputs once. The reader
 * of the source refuses NaN and infinities.
 */
import { assert, present } from '../foundation/assert.ts';
import type { Seed } from '../foundation/seeded-random.ts';
import type { ColumnSource, StreamingLinearAlgebra, VectorSink } from '../linalg/column-source.ts';
import { PIECE_COLUMNS } from '../linalg/gram-blocks.ts';
import type { ColumnStatistic, LinearAlgebra, Matrix } from '../linalg/linear-algebra.ts';
import { scaledSource, zeroSource } from '../linalg/memory-source.ts';
import type { Aggregated } from './aggregate.ts';
import type { Combination } from './geometry.ts';
import { columnsWithin, mixedColumns, mixedPackedColumns } from './mixed-columns.ts';
import { addInnerProducts, type Passes, type Place, type Target } from './passes.ts';
import { runPipeline } from './pipeline-run.ts';
import { checkPipeline, type Pipeline } from './pipeline.ts';
import { relativeWeights } from './weights.ts';

/** A source that can also give one of its rows without reading the others. */
export interface RowSource extends ColumnSource {
  row(i: number): ColumnSource;
}

/** A vector that is written once, in order, and then read. */
export interface StoredVector {
  readonly sink: VectorSink;
  source(): ColumnSource;
}

export interface StreamOptions {
  readonly f: number;
  readonly streams: StreamingLinearAlgebra;
  /** For blocks that are mixed in memory, and eigenvalues. */
  readonly linalg: LinearAlgebra;
  readonly out: VectorSink;
  /** Holds the aggregate of CTMA's base where that has to be written; made only then. */
  readonly createBase: () => StoredVector;
  /** The previous aggregate, a source of one row, where centered clipping starts; left out: zero. */
  readonly previous?: ColumnSource;
  readonly seed?: Seed;
  readonly weights?: Float64Array;
  readonly own?: number;
}

export function aggregateStream(pipeline: Pipeline, inputs: RowSource, options: StreamOptions): Aggregated {
  const { f, linalg, seed, weights, own } = options;
  checkPipeline(pipeline, inputs.n, f, '');
  const shares = relativeWeights(pipeline, inputs.n, weights);
  const result = runPipeline(pipeline, new StreamPasses(inputs, options), {
    f,
    linalg,
    hasPrevious: options.previous !== undefined,
    knownFinite: true,
    ...(seed !== undefined && { seed }),
    ...(shares && { weights: shares }),
    ...(own !== undefined && { own }),
  });
  assert(result.kind === 'aggregated', 'the source refuses inputs that are not finite');
  return result;
}

class StreamPasses implements Passes {
  readonly n: number;
  readonly d: number;
  private readonly x: RowSource;
  private readonly options: StreamOptions;
  private base: StoredVector | undefined;

  constructor(x: RowSource, options: StreamOptions) {
    this.n = x.n;
    this.d = x.d;
    this.x = x;
    this.options = options;
  }

  gram(around: Exclude<Place, 'base'>): Float64Array {
    const { streams } = this.options;
    return around === 'origin' ? streams.gram(this.x) : streams.gram(this.x, this.place(around));
  }

  squaredDistances(to: Place): Float64Array {
    return this.options.streams.squaredDistances(this.x, this.place(to));
  }

  innerProducts(around: Place, points: readonly Place[]): Float64Array {
    const { linalg, streams } = this.options;
    const center = this.place(around);
    const places = points.map((point) => this.place(point));
    const packedPoints = places.flatMap(({ packed }) => packed ?? []);
    const packedCenter = center.packed?.[0];
    if (linalg.packed && this.x.packed && packedCenter && packedPoints.length === points.length) {
      return linalg.packed.innerProducts(this.x.packed, packedCenter, packedPoints);
    }
    const rows = this.n + 1 + points.length;
    const pieces = Math.floor(columnsWithin(streams.memoryBytes, rows) / PIECE_COLUMNS);
    const width = Math.min(this.d, PIECE_COLUMNS * Math.min(MOST_PIECES, Math.max(1, pieces)));
    const sources = [this.x, center, ...places];
    const blocks = sources.map(({ n }) => linalg.createMatrix(n, width));
    const products = new Float64Array(points.length * (this.n + points.length));
    try {
      for (let start = 0; start < this.d; start += width) {
        const end = Math.min(this.d, start + width);
        sources.forEach((source, k) => source.readColumns(start, end, blocks[k]!));
        const rowsOf = (block: Matrix): Float32Array[] =>
          Array.from({ length: block.n }, (_, i) => block.row(i).subarray(0, end - start));
        const [inputs = [], middle = [], ...rest] = blocks.map(rowsOf);
        const vectors = rest.flat();
        addInnerProducts(products, [...inputs, ...vectors], middle[0]!, vectors);
      }
    } finally {
      for (const block of blocks) block.free();
    }
    return products;
  }

  combine(coefficients: Float64Array, previousCoefficient: number, target: Target): void {
    const { streams } = this.options;
    let base: ColumnSource | undefined;
    if (previousCoefficient !== 0) {
      base = this.place('previous');
      if (previousCoefficient !== 1) base = scaledSource(base, previousCoefficient);
    }
    streams.weightedSum(this.x, coefficients, this.sink(target), base);
  }

  columns(points: readonly Combination[] | undefined, statistic: ColumnStatistic, target: Target): void {
    const { streams, linalg } = this.options;
    const sink = this.sink(target);
    if (points === undefined) {
      streams.columns(this.x, statistic, sink);
      return;
    }
    if (linalg.packed && this.x.packed && sink.vector && statistic.kind !== 'sorted') {
      mixedPackedColumns(linalg.packed, this.x.packed, points, statistic, sink.vector);
      return;
    }
    const read = (start: number, end: number, into: Matrix): void => this.x.readColumns(start, end, into);
    mixedColumns(
      linalg,
      this.x,
      read,
      points,
      statistic,
      (start, values) => sink.write(start, values),
      streams.memoryBytes,
    );
  }

  sameRow(i: number, j: number): boolean {
    const { linalg } = this.options;
    const width = Math.min(this.d, COMPARED_COLUMNS);
    const pair = [this.x.row(i), this.x.row(j)].map((source) => ({
      source,
      into: linalg.createMatrix(1, width),
    }));
    try {
      for (let start = 0; start < this.d; start += width) {
        const end = Math.min(this.d, start + width);
        const [a, b] = pair.map(({ source, into }) => {
          source.readColumns(start, end, into);
          return into.row(0).subarray(0, end - start);
        });
        if (a!.some((x, c) => x !== b![c])) return false;
      }
      return true;
    } finally {
      for (const { into } of pair) into.free();
    }
  }

  nonFiniteRows(): number[] {
    return [];
  }

  private sink(target: Target): VectorSink {
    if (target === 'out') return this.options.out;
    this.base = this.options.createBase();
    return this.base.sink;
  }

  private place(place: Place): ColumnSource {
    if (place === 'origin') return zeroSource(this.d);
    if (place === 'previous') return present(this.options.previous, 'previous aggregate');
    if (place !== 'base') return this.x.row(place.row);
    assert(this.base !== undefined, 'the base was written');
    return this.base.source();
  }
}

const COMPARED_COLUMNS = 65_536;
const MOST_PIECES = 16;
