/**
 * The passes of aggregation over packed rows in WebAssembly: every thread unpacks one segment of all rows to a tile that
 * fits its cache and runs the kernel on it, so memory is read in the form in which the rows travelled. Segments are those
 * of the dense kernels and so are the bytes. Rows that are all sparse cost in proportion to their entries where a pass
 * needs no vector beside them.
 */
import { addTriangle, SEGMENT_COLUMNS } from './gram-blocks.ts';
import { piecesOf, segmentCount } from './kernel-task.ts';
import type { KernelStatistic, PackedAlgebra } from './linear-algebra.ts';
import { mixedBytes } from './mixed-segment.ts';
import { checkStatistic, checkVector } from './operands.ts';
import { shareRow } from './packed-memory.ts';
import { isZeroRow, type PackedRow } from './packed-row.ts';
import { runPacked, type KernelHost } from './packed-run.ts';

export class WasmPackedAlgebra implements PackedAlgebra {
  private readonly host: KernelHost;

  constructor(host: KernelHost) {
    this.host = host;
  }

  gram(rows: readonly PackedRow[], reference?: PackedRow): Float64Array {
    const n = rows.length;
    const gram = new Float64Array(n * n);
    const segments = segmentsOf(rows);
    if (segments === 0) return gram;
    const triangle = (n * (n + 1)) / 2;
    const { kernels } = this.host.team;
    this.host.withScratch((scratch) => {
      const out = scratch.allocate(segments * triangle * 8);
      const sparse = reference === undefined && areSparse(rows);
      runPacked(
        this.host,
        scratch,
        { rows, vector: reference },
        {
          kernel: sparse ? 'sparseGram' : 'gram',
          // a segment of sparse rows may have to be computed by the dense kernel
          kernelBytes: Math.max(kernels.gramScratchBytes(n), sparse ? kernels.sparseGramScratchBytes(n) : 0),
          operands: { out, outBytes: triangle * 8 },
        },
      );
      const partials = this.host.float64At(out, segments * triangle);
      for (let start = 0; start < partials.length; start += triangle) {
        addTriangle(gram, partials.subarray(start, start + triangle), n);
      }
    });
    return gram;
  }

  weightedSum(
    rows: readonly PackedRow[],
    coefficients: Float64Array,
    out: Float32Array,
    base?: PackedRow,
  ): void {
    checkVector('coefficients', coefficients, rows.length);
    if (segmentsOf(rows) === 0) return;
    checkVector('out', out, rows[0]!.d);
    this.host.withScratch((scratch) => {
      const copied = scratch.allocate(rows.length * 8);
      this.host.float64At(copied, rows.length).set(coefficients);
      runPacked(
        this.host,
        scratch,
        { rows, vector: base, outs: [out] },
        {
          kernel: base === undefined && areSparse(rows) ? 'sparseSum' : 'weightedSum',
          kernelBytes: Math.max(this.host.team.kernels.weightedSumScratchBytes(), SPARSE_SUMS_BYTES),
          operands: { coefficients: copied },
        },
      );
    });
  }

  squaredDistances(rows: readonly PackedRow[], point: PackedRow): Float64Array {
    const n = rows.length;
    const distances = new Float64Array(n);
    const segments = segmentsOf(rows);
    if (segments === 0) return distances;
    this.host.withScratch((scratch) => {
      const out = scratch.allocate(segments * n * 8);
      const sparse = isZeroRow(point) && areSparse(rows);
      runPacked(
        this.host,
        scratch,
        { rows, vector: sparse ? undefined : point },
        {
          kernel: sparse ? 'sparseNorms' : 'squaredDistances',
          kernelBytes: LANES_BYTES,
          operands: { out, outBytes: n * 8 },
        },
      );
      const partials = this.host.float64At(out, segments * n);
      partials.forEach((partial, at) => (distances[at % n]! += partial));
    });
    return distances;
  }

  innerProducts(rows: readonly PackedRow[], center: PackedRow, points: readonly PackedRow[]): Float64Array {
    const all = [...rows, ...points];
    const products = new Float64Array(points.length * all.length);
    const segments = segmentsOf(rows);
    if (segments === 0) return products;
    const { d } = rows[0]!;
    this.host.withScratch((scratch) => {
      const width = points.length * all.length * piecesOf(SEGMENT_COLUMNS);
      const out = scratch.allocate(segments * width * 8);
      runPacked(
        this.host,
        scratch,
        { rows: all, vector: center },
        {
          kernel: 'innerProducts',
          kernelBytes: 0,
          operands: { out, outBytes: width * 8, keep: points.length },
        },
      );
      for (let segment = 0; segment < segments; segment++) {
        const pieces = piecesOf(Math.min(SEGMENT_COLUMNS, d - segment * SEGMENT_COLUMNS));
        const partials = this.host.float64At(out + segment * width * 8, points.length * pieces * all.length);
        partials.forEach((partial, at) => {
          const a = Math.floor(at / (pieces * all.length));
          products[a * all.length + (at % all.length)]! += partial;
        });
      }
    });
    return products;
  }

  columns(rows: readonly PackedRow[], statistic: KernelStatistic, out: Float32Array): void {
    checkStatistic(statistic, rows.length);
    if (segmentsOf(rows) === 0) return;
    checkVector('out', out, rows[0]!.d);
    this.host.withScratch((scratch) => {
      const call = this.host.columnCall(scratch, statistic, rows.length);
      runPacked(this.host, scratch, { rows, outs: [out] }, call);
    });
  }

  mixedColumns(
    rows: readonly PackedRow[],
    points: readonly Float64Array[],
    statistic: KernelStatistic,
    out: Float32Array,
  ): void {
    const [n, count] = [rows.length, points.length];
    checkStatistic(statistic, count);
    points.forEach((point, k) => checkVector(`point ${k}`, point, n));
    if (segmentsOf(rows) === 0) return;
    checkVector('out', out, rows[0]!.d);
    this.host.withScratch((scratch) => {
      const address = scratch.allocate(count * n * 8);
      points.forEach((point, k) => this.host.float64At(address + k * n * 8, n).set(point));
      const call = this.host.columnCall(scratch, statistic, count);
      runPacked(
        this.host,
        scratch,
        { rows, outs: [out] },
        {
          kernel: 'mixedColumns',
          kernelBytes: mixedBytes(count) + call.kernelBytes,
          operands: { ...call.operands, points: address, count },
        },
      );
    });
  }

  share(row: PackedRow): PackedRow {
    return this.host.team.isAlone || segmentCount(row.d) <= 1 ? row : shareRow(row);
  }
}

/** float64 sums of one segment's columns. */
const SPARSE_SUMS_BYTES = 8 * SEGMENT_COLUMNS;
const LANES_BYTES = 32;

function areSparse(rows: readonly PackedRow[]): boolean {
  return rows.every(({ kind }) => kind === 'sparse');
}

/** Segments to be computed: none where there is no row or no column. */
function segmentsOf(rows: readonly PackedRow[]): number {
  return segmentCount(rows[0]?.d ?? 0);
}
