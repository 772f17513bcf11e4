/**
 * Linear algebra in WebAssembly SIMD over one shared memory, with worker threads. The bytes are those of
 * plain-linear-algebra.ts, for any number of threads: what is added, and in which order, depends on n and d alone.
 *
 * Matrices live in the shared memory (4 GiB at most; larger inputs go through streaming-linear-algebra.ts). Vectors
 * that are rows of such a matrix are used in place, others are copied in or out.
 */
import { readFileSync } from 'node:fs';
import { assert } from '../foundation/assert.ts';
import { SpareVectors } from '../foundation/spare-vectors.ts';
import {
  columnKernelKey,
  columnScratchBytes,
  generateColumnKernel,
  MOST_NETWORK_ROWS,
} from './column-kernel.ts';
import { columnSelection } from './column-selection.ts';
import { eigenSymmetric } from './eigen-symmetric.ts';
import { addTriangle } from './gram-blocks.ts';
import { halfOf } from './half-weight.ts';
import { NO_OPERANDS, segmentCount, type KernelName, type KernelTask } from './kernel-task.ts';
import { KernelTeam } from './kernel-team.ts';
import type {
  ColumnStatistic,
  KernelStatistic,
  EncodingKernels,
  LinearAlgebra,
  Matrix,
  PackedAlgebra,
  VectorKernels,
} from './linear-algebra.ts';
import { checkStatistic, checkVector } from './operands.ts';
import { WasmPackedAlgebra } from './packed-algebra.ts';
import type { KernelCall, KernelHost } from './packed-run.ts';
import { plainColumns } from './plain-columns.ts';
import { rowStride, Scratch } from './scratch.ts';
import { MOST_HEAP_BYTES, SharedHeap } from './shared-heap.ts';
import { WasmEncoding } from './wasm-encoding.ts';
import { WasmVectors } from './wasm-vectors.ts';

export interface WasmOptions {
  /** Threads that compute, the calling one included. */
  readonly threads: number;
  /** The most memory to use; 4 GiB where absent. */
  readonly maximumBytes?: number;
}

export interface WasmLinearAlgebra extends LinearAlgebra {
  readonly packed: PackedAlgebra;
  readonly encoding: EncodingKernels;
  readonly vectors: VectorKernels;
  readonly threads: number;
  /** Resolves when all worker threads take part; calls before that are right, on fewer threads. */
  readonly ready: Promise<void>;
  /** Bytes of shared memory in use now. */
  readonly usedBytes: number;
}

let kernels: WebAssembly.Module | undefined;

/** The kernels, compiled once for the process. */
function loadKernels(): WebAssembly.Module {
  kernels ??= new WebAssembly.Module(readFileSync(new URL('./kernels.wasm', import.meta.url)));
  return kernels;
}

export function createWasmLinearAlgebra(options: WasmOptions): WasmLinearAlgebra {
  return new SharedMemoryLinearAlgebra(options, loadKernels());
}

class SharedMemoryLinearAlgebra implements WasmLinearAlgebra {
  readonly threads: number;
  readonly ready: Promise<void>;
  readonly packed: PackedAlgebra;
  readonly encoding: EncodingKernels;
  readonly vectors: VectorKernels;
  private readonly heap: SharedHeap;
  private readonly team: KernelTeam;
  private readonly matrices = new WeakMap<Matrix, MatrixPlace>();
  private readonly rows = new WeakMap<Float32Array, number>();
  private readonly columnKernels = new Map<string, number>();

  constructor({ threads, maximumBytes = MOST_HEAP_BYTES }: WasmOptions, module: WebAssembly.Module) {
    assert(Number.isInteger(threads) && threads >= 1, `threads must be a positive integer, got ${threads}`);
    this.threads = threads;
    this.heap = new SharedHeap(maximumBytes);
    this.team = new KernelTeam(threads, module, this.heap.memory);
    this.ready = this.team.ready;
    const host: KernelHost = {
      team: this.team,
      withScratch: (use) => this.withScratch(use),
      float64At: (address, length) => this.float64At(address, length),
      float32At: (address, length) => new Float32Array(this.heap.memory.buffer, address, length),
      bytesAt: (address, length) => new Uint8Array(this.heap.memory.buffer, address, length),
      uint32At: (address, length) => new Uint32Array(this.heap.memory.buffer, address, length),
      columnCall: (scratch, statistic, n) => this.columnCall(scratch, statistic, n),
    };
    this.packed = new WasmPackedAlgebra(host);
    const spare = new SpareVectors();
    this.encoding = new WasmEncoding(host, spare);
    this.vectors = new WasmVectors(host, spare);
  }

  get usedBytes(): number {
    return this.heap.usedBytes;
  }

  createMatrix(n: number, d: number): Matrix {
    const stride = rowStride(d);
    const address = this.heap.allocate(n * stride, true);
    const rows = Array.from({ length: n }, (_, i) => {
      const row = new Float32Array(this.heap.memory.buffer, address + i * stride, d);
      this.rows.set(row, address + i * stride);
      return row;
    });
    const free = () => {
      for (const row of rows) this.rows.delete(row);
      rows.length = 0;
      this.matrices.delete(matrix);
      this.heap.release(address);
    };
    const matrix: Matrix = {
      n,
      d,
      row(i) {
        const row = rows[i];
        assert(row !== undefined, `row ${i} of a matrix of ${rows.length} rows (0 once freed)`);
        return row;
      },
      free,
    };
    this.matrices.set(matrix, { address, stride });
    return matrix;
  }

  gram(x: Matrix, reference?: Float32Array, onto = new Float64Array(x.n * x.n)): Float64Array {
    const { n, d } = x;
    checkVector('onto', onto, n * n);
    if (reference) checkVector('reference', reference, d);
    if (n === 0 || d === 0) return onto;
    const triangle = (n * (n + 1)) / 2;
    this.withScratch((scratch) => {
      const out = scratch.allocate(segmentCount(d) * triangle * 8);
      this.run('gram', x, {
        vector: reference ? scratch.copyIn(reference) : 0,
        out,
        outBytes: triangle * 8,
        ...scratch.perThread(this.team.kernels.gramScratchBytes(n)),
      });
      const partials = this.float64At(out, segmentCount(d) * triangle);
      for (let start = 0; start < partials.length; start += triangle) {
        addTriangle(onto, partials.subarray(start, start + triangle), n);
      }
    });
    return onto;
  }

  weightedSum(x: Matrix, coefficients: Float64Array, out: Float32Array, base?: Float32Array): void {
    const { n, d } = x;
    checkVector('coefficients', coefficients, n);
    checkVector('out', out, d);
    if (base) checkVector('base', base, d);
    if (d === 0) return;
    this.withScratch((scratch) => {
      const copied = scratch.allocate(Math.max(1, n) * 8);
      this.float64At(copied, n).set(coefficients);
      const result = scratch.place(out);
      this.run('weightedSum', x, {
        coefficients: copied,
        vector: base ? scratch.copyIn(base) : 0,
        out: result.address,
        ...scratch.perThread(this.team.kernels.weightedSumScratchBytes()),
      });
      result.copyOut();
    });
  }

  squaredDistances(x: Matrix, point: Float32Array, onto = new Float64Array(x.n)): Float64Array {
    const { n, d } = x;
    checkVector('onto', onto, n);
    checkVector('point', point, d);
    if (n === 0 || d === 0) return onto;
    this.withScratch((scratch) => {
      const out = scratch.allocate(segmentCount(d) * n * 8);
      this.run('squaredDistances', x, { vector: scratch.copyIn(point), out, outBytes: n * 8 });
      this.float64At(out, segmentCount(d) * n).forEach((partial, at) => (onto[at % n]! += partial));
    });
    return onto;
  }

  nonFiniteRows(x: Matrix): number[] {
    const { n, d } = x;
    if (n === 0 || d === 0) return [];
    return this.withScratch((scratch) => {
      const out = scratch.allocate(segmentCount(d) * n * 8);
      this.run('findNonFinite', x, { out, outBytes: n * 8 });
      const found = this.float64At(out, segmentCount(d) * n);
      return Array.from({ length: n }, (_, i) => i).filter((i) =>
        found.some((flag, at) => at % n === i && flag !== 0),
      );
    });
  }

  columns(x: Matrix, statistic: ColumnStatistic, out: Float32Array): void {
    const { n, d } = x;
    checkVector('out', out, d);
    checkStatistic(statistic, n);
    if (d === 0) return;
    if (statistic.kind === 'sorted') {
      plainColumns(
        Array.from({ length: n }, (_, i) => x.row(i)),
        d,
        statistic,
        out,
      );
      return;
    }
    this.withScratch((scratch) => {
      const result = scratch.place(out);
      const { kernel, kernelBytes, operands } = this.columnCall(scratch, statistic, n);
      this.run(kernel, x, { ...operands, out: result.address, ...scratch.perThread(kernelBytes) });
      result.copyOut();
    });
  }

  eigenSymmetric(matrix: Float64Array, n: number): ReturnType<typeof eigenSymmetric> {
    return eigenSymmetric(matrix, n);
  }

  close(): void {
    this.team.close();
  }

  /** A network for few rows, selection for many. */
  private columnCall(scratch: Scratch, statistic: KernelStatistic, n: number): KernelCall {
    const coefficients =
      statistic.kind === 'weighted-median' ? this.copyWeights(scratch, statistic.weights) : 0;
    if (n > MOST_NETWORK_ROWS) {
      const kernelBytes = this.team.kernels.selectScratchBytes(n);
      const operands = { coefficients, ...columnSelection(statistic) };
      return { kernel: 'selectColumns', kernelBytes, operands };
    }
    const operands = { coefficients, columnKernel: this.columnKernel(statistic, n) };
    return { kernel: 'columns', kernelBytes: columnScratchBytes(n), operands };
  }

  /** The bounds of half of the sum, then the weights. */
  private copyWeights(scratch: Scratch, weights: Float64Array): number {
    const address = scratch.allocate((weights.length + 2) * 8);
    const { reached, exceeded } = halfOf(weights);
    this.float64At(address, weights.length + 2).set([reached, exceeded, ...weights]);
    return address;
  }

  private columnKernel(statistic: KernelStatistic, n: number): number {
    const key = columnKernelKey(statistic, n);
    let number = this.columnKernels.get(key);
    if (number === undefined) {
      number = this.team.addColumnKernel(new WebAssembly.Module(generateColumnKernel(statistic, n)));
      this.columnKernels.set(key, number);
    }
    return number;
  }

  private run(kernel: KernelName, x: Matrix, operands: Partial<KernelTask>): void {
    const place = this.matrices.get(x);
    assert(place !== undefined, 'the matrix was freed or made by another LinearAlgebra');
    this.team.run({
      ...NO_OPERANDS,
      ...operands,
      kernel,
      x: place.address,
      stride: place.stride,
      n: x.n,
      d: x.d,
    });
  }

  private float64At(address: number, length: number): Float64Array {
    return new Float64Array(this.heap.memory.buffer, address, length);
  }

  private withScratch<T>(use: (scratch: Scratch) => T): T {
    const scratch = new Scratch(this.heap, this.rows, this.threads);
    try {
      return use(scratch);
    } finally {
      scratch.release();
    }
  }
}

interface MatrixPlace {
  readonly address: number;
  readonly stride: number;
}
