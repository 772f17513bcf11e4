/**
 * Gradients of softmax regression and of fully connected ReLU networks, straight on the training room's WebAssembly
 * kernels: for the small batches and models of many simulated workers the calls of a tensor library cost more than
 * their arithmetic. Float32 products in a fixed order and the exact exponential: the same gradient on every machine.
 * The loss is the tasks' of src/training: mean cross-entropy plus (l2 / 2) ||parameters||^2.
 */
import { assert } from '../../src/foundation/assert.ts';
import { exactExp, exactLog } from '../../src/foundation/exact-math.ts';
import {
  alignAddress,
  instantiateKernels,
  type KernelExports,
} from '../../src/training/backends/wasm-module.ts';
import type { Batch } from '../../src/training/dataset.ts';
import type { ParameterSpec } from '../../src/training/task.ts';

interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  /** Offsets in the flat vector, in values; a kernel is row-major [inputs, outputs]. */
  readonly kernel: number;
  readonly bias: number;
}

/** Where things lie in the memory, in bytes. */
interface Places {
  readonly size: number;
  readonly parameters: number;
  readonly gradient: number;
  /** Input of each layer and, last, the scores; row-major [size, width]. */
  readonly activations: readonly number[];
  /** The loss's derivative by each of them; the first is never written. */
  readonly slopes: readonly number[];
  readonly scratch: number;
}

interface Operand {
  /** In bytes. */
  readonly at: number;
  /** Values from a row, as it lies in memory, to the next. */
  readonly stride: number;
  readonly transposed?: boolean;
}

const FIRST_BYTE = 1024;
const PAGE_BYTES = 65_536;

export class DenseNetwork {
  readonly parameterCount: number;
  private readonly layers: readonly Layer[];
  private readonly l2: number;
  private readonly memory = new WebAssembly.Memory({ initial: 1 });
  private readonly kernels: KernelExports;
  private places: Places | undefined;

  /** `parameters`: kernel [inputs, outputs] and bias [outputs] of each layer in turn. */
  constructor(parameters: readonly ParameterSpec[], l2: number) {
    let offset = 0;
    const layers: Layer[] = [];
    for (let i = 0; i < parameters.length; i += 2) {
      const [inputs, outputs] = parameters[i]?.shape ?? [];
      assert(inputs !== undefined && outputs !== undefined, 'a dense layer has a kernel of two extents');
      assert(parameters[i + 1]?.shape[0] === outputs, 'a dense layer has a bias of its width');
      layers.push({ inputs, outputs, kernel: offset, bias: offset + inputs * outputs });
      offset += (inputs + 1) * outputs;
    }
    this.layers = layers;
    this.parameterCount = offset;
    this.l2 = l2;
    this.kernels = instantiateKernels(this.memory);
  }

  /** The mean gradient over the batch, in a new array; the mean loss. */
  gradient(w: Float32Array, batch: Batch): { readonly gradient: Float32Array; readonly loss: number } {
    const at = this.forward(w, batch);
    const { size } = batch;
    const last = this.layers.length;
    const scores = this.view(at.activations[last], this.outputs(last) * size);
    const loss = crossEntropy(scores, batch, this.view(at.slopes[last], scores.length));
    for (let l = last - 1; l >= 0; l--) this.backward(l, at);
    const gradient = this.view(at.gradient, this.parameterCount).slice();
    return { gradient, loss: loss + this.addPenalty(w, gradient) };
  }

  /** Mean loss and share of right answers. */
  evaluate(w: Float32Array, batch: Batch): { readonly loss: number; readonly accuracy: number } {
    const at = this.forward(w, batch);
    const last = this.layers.length;
    const classes = this.outputs(last);
    const scores = this.view(at.activations[last], classes * batch.size);
    let right = 0;
    for (let b = 0; b < batch.size; b++) {
      const row = scores.subarray(b * classes, (b + 1) * classes);
      if (row.indexOf(Math.max(...row)) === batch.labels[b]) right += 1;
    }
    return {
      loss: crossEntropy(scores, batch, new Float32Array(scores.length)),
      accuracy: right / batch.size,
    };
  }

  private forward(w: Float32Array, { features, size }: Batch): Places {
    const at = this.placesFor(size);
    this.view(at.parameters, this.parameterCount).set(w);
    this.view(at.activations[0], features.length).set(features);
    this.layers.forEach(({ inputs, outputs, kernel, bias }, l) => {
      const [from, to] = [at.activations[l] as number, at.activations[l + 1] as number];
      const weights = at.parameters + 4 * kernel;
      this.multiply(
        [size, outputs, inputs],
        { at: from, stride: inputs },
        { at: weights, stride: outputs },
        to,
        at.scratch,
      );
      this.kernels.addBias(to, at.parameters + 4 * bias, to, size, outputs);
      if (l + 1 === this.layers.length) return;
      const output = this.view(to, size * outputs);
      for (let i = 0; i < output.length; i++) if ((output[i] as number) < 0) output[i] = 0;
    });
    return at;
  }

  /** The gradient of layer l's kernel and bias, and the slope of its input. */
  private backward(l: number, { size, parameters, gradient, activations, slopes, scratch }: Places): void {
    const { inputs, outputs, kernel, bias } = this.layers[l] as Layer;
    const [input, slope, below] = [activations[l] as number, slopes[l + 1] as number, slopes[l] as number];
    const target = gradient + 4 * kernel;
    this.multiply(
      [inputs, outputs, size],
      { at: input, stride: inputs, transposed: true },
      { at: slope, stride: outputs },
      target,
      scratch,
    );
    this.kernels.sumRows(slope, gradient + 4 * bias, size, outputs);
    if (l === 0) return;
    const weights = parameters + 4 * kernel;
    this.multiply(
      [size, inputs, outputs],
      { at: slope, stride: outputs },
      { at: weights, stride: outputs, transposed: true },
      below,
      scratch,
    );
    this.kernels.reluGradient(below, input, below, size * inputs);
  }

  /** c = a b, of m x n values with k products each; c is dense. */
  private multiply(
    [m, n, k]: readonly [number, number, number],
    a: Operand,
    b: Operand,
    c: number,
    scratch: number,
  ): void {
    const [flipA, flipB] = [a.transposed ? 1 : 0, b.transposed ? 1 : 0] as const;
    this.kernels.gemm(m, n, k, a.at, a.stride, flipA, b.at, b.stride, flipB, c, n, 0, scratch);
  }

  private addPenalty(w: Float32Array, gradient: Float32Array): number {
    if (this.l2 === 0) return 0;
    let squares = 0;
    for (let i = 0; i < w.length; i++) {
      const value = w[i] as number;
      squares += value * value;
      gradient[i] = (gradient[i] as number) + this.l2 * value;
    }
    return (this.l2 / 2) * squares;
  }

  /** Memory for batches of a size; laid out anew where the size grows. */
  private placesFor(size: number): Places {
    if (this.places !== undefined && this.places.size >= size) return { ...this.places, size };
    let end = FIRST_BYTE;
    const take = (bytes: number): number => {
      const start = alignAddress(end);
      end = start + bytes;
      return start;
    };
    const widths = [this.layers[0]?.inputs ?? 0, ...this.layers.map(({ outputs }) => outputs)];
    const places = {
      size,
      parameters: take(4 * this.parameterCount),
      gradient: take(4 * this.parameterCount),
      activations: widths.map((width) => take(4 * size * width)),
      slopes: widths.map((width) => take(4 * size * width)),
      scratch: take(this.kernels.gemmScratchBytes()),
    };
    const missing = end - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE_BYTES));
    this.places = places;
    return places;
  }

  private outputs(layer: number): number {
    return this.layers[layer - 1]?.outputs ?? 0;
  }

  private view(address: number | undefined, length: number): Float32Array {
    assert(address !== undefined, 'a place in memory');
    return new Float32Array(this.memory.buffer, address, length);
  }
}

/** Mean of -log softmax(scores)[label]; its derivative by the scores goes to `slope`. */
function crossEntropy(scores: Float32Array, { labels, size }: Batch, slope: Float32Array): number {
  const classes = scores.length / size;
  const row = new Float64Array(classes);
  let loss = 0;
  for (let b = 0; b < size; b++) {
    const at = b * classes;
    let highest = -Infinity;
    for (let j = 0; j < classes; j++) highest = Math.max(highest, scores[at + j] as number);
    let total = 0;
    for (let j = 0; j < classes; j++) {
      row[j] = exactExp((scores[at + j] as number) - highest);
      total += row[j] as number;
    }
    const label = labels[b] as number;
    loss += (exactLog(total) + highest - (scores[at + label] as number)) / size;
    for (let j = 0; j < classes; j++) {
      slope[at + j] = ((row[j] as number) / total - (j === label ? 1 : 0)) / size;
    }
  }
  return loss;
}
