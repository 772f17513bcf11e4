/**
 * Our WebAssembly kernels (`assembly/`, built to `kernels.wasm` beside this file), instantiated over the memory of TF.js's
 * wasm back end: they work on tensors where they lie.
 */
import { readFileSync } from 'node:fs';
import type * as tf from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { present } from '../../foundation/assert.ts';
import { BackendUnavailable } from './define-backend.ts';

type Address = number;
type Flag = 0 | 1;

/** What `assembly/` exports; addresses are bytes, extents are values. */
export interface KernelExports {
  readonly gemmScratchBytes: () => number;
  readonly gemm: (
    m: number,
    n: number,
    k: number,
    a: Address,
    aStride: number,
    transposeA: Flag,
    b: Address,
    bStride: number,
    transposeB: Flag,
    c: Address,
    cStride: number,
    accumulate: Flag,
    scratch: Address,
  ) => void;
  readonly convolutionScratchBytes: (patch: number, from: number, to: number) => number;
  readonly convolve: (geometry: Address, x: Address, filter: Address, y: Address, scratch: Address) => void;
  readonly convolveFilterGradient: (
    geometry: Address,
    x: Address,
    dy: Address,
    out: Address,
    scratch: Address,
  ) => void;
  readonly convolveInputGradient: (
    geometry: Address,
    dy: Address,
    filter: Address,
    dx: Address,
    scratch: Address,
  ) => void;
  readonly depthwiseFilterGradient: (geometry: Address, x: Address, dy: Address, out: Address) => void;
  readonly depthwiseInputGradient: (geometry: Address, dy: Address, filter: Address, dx: Address) => void;
  readonly maxPoolGradient: (geometry: Address, x: Address, dy: Address, dx: Address) => void;
  readonly reluGradient: (dy: Address, y: Address, dx: Address, count: number) => void;
  readonly addBias: (x: Address, bias: Address, y: Address, rows: number, width: number) => void;
  readonly sumRows: (x: Address, out: Address, rows: number, width: number) => void;
  readonly sumSegments: (
    x: Address,
    labels: Address,
    out: Address,
    rows: number,
    width: number,
    segments: number,
  ) => void;
  readonly gelu: (x: Address, y: Address, count: number) => void;
  readonly geluGradient: (dy: Address, x: Address, dx: Address, count: number) => void;
  readonly batchNorm: (
    x: Address,
    gamma: Address,
    beta: Address,
    y: Address,
    mean: Address,
    rstd: Address,
    rows: number,
    width: number,
    epsilon: number,
    sums: Address,
  ) => void;
  readonly batchNormGradient: (
    dy: Address,
    x: Address,
    gamma: Address,
    mean: Address,
    rstd: Address,
    dx: Address,
    dGamma: Address,
    dBeta: Address,
    rows: number,
    width: number,
    sums: Address,
  ) => void;
  readonly layerNorm: (
    x: Address,
    gamma: Address,
    beta: Address,
    y: Address,
    normalized: Address,
    rstd: Address,
    rows: number,
    width: number,
    epsilon: number,
  ) => void;
  readonly layerNormGradient: (
    dy: Address,
    normalized: Address,
    rstd: Address,
    gamma: Address,
    dx: Address,
    dGamma: Address,
    dBeta: Address,
    rows: number,
    width: number,
  ) => void;
  readonly attention: (
    qkv: Address,
    weights: Address,
    out: Address,
    size: number,
    heads: number,
    context: number,
    depth: number,
    scratch: Address,
  ) => void;
  readonly attentionGradient: (
    dy: Address,
    qkv: Address,
    weights: Address,
    dqkv: Address,
    size: number,
    heads: number,
    context: number,
    depth: number,
    square: Address,
    scratch: Address,
  ) => void;
}

interface EmscriptenModule {
  readonly asm: Record<string, unknown>;
  readonly HEAP32: Int32Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
}

export class WasmModule {
  readonly kernels: KernelExports;
  private readonly backend: BackendWasm;
  private readonly emscripten: EmscriptenModule;
  private scratchAddress = 0;
  private scratchBytes = 0;

  constructor(backend: BackendWasm) {
    this.backend = backend;
    this.emscripten = backend.wasm as unknown as EmscriptenModule;
    const memory = Object.values(this.emscripten.asm).find((value) => value instanceof WebAssembly.Memory);
    this.kernels = instantiateKernels(present(memory, "the wasm back end's memory"));
  }

  /** Where a tensor's values lie. */
  address({ dataId }: tf.TensorInfo): number {
    return this.backend.dataIdMap.get(dataId).memoryOffset;
  }

  /** Another tensor over the same memory, which goes with the last of them. */
  again({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
    this.backend.incRef(dataId);
    return { dataId, shape: [...shape], dtype };
  }

  /** A new tensor; its values are whatever lay there. */
  output(shape: readonly number[], dtype: 'float32' | 'int32' = 'float32'): tf.TensorInfo {
    return this.backend.makeOutput([...shape], dtype);
  }

  /** At least `bytes` of memory, 16-byte aligned, valid until the next call. */
  scratch(bytes: number): number {
    if (bytes > this.scratchBytes) {
      if (this.scratchAddress !== 0) this.emscripten._free(this.scratchAddress);
      this.scratchBytes = bytes + 16;
      this.scratchAddress = this.emscripten._malloc(this.scratchBytes) >>> 0;
    }
    return alignAddress(this.scratchAddress);
  }

  /** Writes whole numbers at an address. */
  writeIntegers(address: number, values: readonly number[]): void {
    new Int32Array(this.emscripten.HEAP32.buffer, address, values.length).set(values);
  }
}

/** The next multiple of 16; bit operations are signed, and addresses go beyond 2 GiB. */
export function alignAddress(address: number): number {
  return ((address + 15) & ~15) >>> 0;
}

/** Our kernels over any memory; they keep no state in it. */
export function instantiateKernels(memory: WebAssembly.Memory): KernelExports {
  const module = new WebAssembly.Module(readKernels());
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KernelExports;
}

function readKernels(): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(readFileSync(new URL('./kernels.wasm', import.meta.url)));
  } catch (error) {
    throw new BackendUnavailable('its kernels are not built; `npm run build` builds them', { cause: error });
  }
}
