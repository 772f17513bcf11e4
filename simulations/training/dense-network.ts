/**
 * Gradients of softmax regression and of fully connected ReLU networks in plain loops: for the small batches and models
 * of many simulated workers this is several times faster than a tensor library, whose cost there is that of its calls.
 * Float64 sums in a fixed order and the exact exponential, so gradients are the same on every machine. The loss is the
 * tasks' of src/training: mean cross-entropy plus (l2 / 2) ||parameters||^2.
 */
import { exactExp, exactLog } from '../../src/foundation/exact-math.ts';
import { assert } from '../../src/foundation/assert.ts';
import type { Batch } from '../../src/training/dataset.ts';
import type { ParameterSpec } from '../../src/training/task.ts';

interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  /** Offsets in the flat vector; a kernel is row-major [inputs, outputs]. */
  readonly kernel: number;
  readonly bias: number;
}

/** Scores and activations of a batch, each row-major [batch, width]. */
type Activations = readonly Float64Array[];

export class DenseNetwork {
  readonly parameterCount: number;
  private readonly layers: readonly Layer[];
  private readonly l2: number;

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
  }

  /** The mean gradient over the batch, in a new array; the mean loss. */
  gradient(w: Float32Array, batch: Batch): { readonly gradient: Float32Array; readonly loss: number } {
    const activations = this.forward(w, batch);
    const { loss, slope } = crossEntropy(activations.at(-1) as Float64Array, batch);
    const gradient = new Float32Array(this.parameterCount);
    let upstream = slope;
    for (let l = this.layers.length - 1; l >= 0; l--) {
      const layer = this.layers[l] as Layer;
      const input = activations[l] as Float64Array;
      writeWeightGradient(layer, input, upstream, batch.size, gradient);
      if (l > 0) upstream = slopeOfInput(layer, w, input, upstream, batch.size);
    }
    return { gradient, loss: loss + this.addPenalty(w, gradient) };
  }

  /** Mean loss and share of right answers. */
  evaluate(w: Float32Array, batch: Batch): { readonly loss: number; readonly accuracy: number } {
    const scores = this.forward(w, batch).at(-1) as Float64Array;
    const classes = scores.length / batch.size;
    let right = 0;
    for (let b = 0; b < batch.size; b++) {
      const row = scores.subarray(b * classes, (b + 1) * classes);
      if (row.indexOf(Math.max(...row)) === batch.labels[b]) right += 1;
    }
    return { loss: crossEntropy(scores, batch).loss, accuracy: right / batch.size };
  }

  private forward(w: Float32Array, batch: Batch): Activations {
    const activations: Float64Array[] = [new Float64Array(batch.features)];
    this.layers.forEach((layer, l) => {
      const output = affine(layer, w, activations[l] as Float64Array, batch.size);
      const last = l === this.layers.length - 1;
      if (!last) for (let i = 0; i < output.length; i++) if ((output[i] as number) < 0) output[i] = 0;
      activations.push(output);
    });
    return activations;
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
}

/**
 * x W + bias. Tiles of two examples by four outputs keep their eight sums in registers; each sum runs over the inputs in
 * order, so tiles change no bit.
 */
function affine(
  { inputs, outputs, kernel, bias }: Layer,
  w: Float32Array,
  x: Float64Array,
  size: number,
): Float64Array {
  const out = new Float64Array(size * outputs);
  const one = (b: number, j: number): void => {
    let sum = w[bias + j] as number;
    for (let i = 0, k = kernel + j; i < inputs; i++, k += outputs) {
      sum += (x[b * inputs + i] as number) * (w[k] as number);
    }
    out[b * outputs + j] = sum;
  };
  const [evenSize, wideOutputs] = [size - (size % 2), outputs - (outputs % 4)];
  for (let b = 0; b < evenSize; b += 2) {
    const [xa, xb] = [b * inputs, (b + 1) * inputs];
    for (let j = 0; j < wideOutputs; j += 4) {
      let a0 = w[bias + j] as number;
      let a1 = w[bias + j + 1] as number;
      let a2 = w[bias + j + 2] as number;
      let a3 = w[bias + j + 3] as number;
      let b0 = a0;
      let b1 = a1;
      let b2 = a2;
      let b3 = a3;
      for (let i = 0, k = kernel + j; i < inputs; i++, k += outputs) {
        const va = x[xa + i] as number;
        const vb = x[xb + i] as number;
        const w0 = w[k] as number;
        const w1 = w[k + 1] as number;
        const w2 = w[k + 2] as number;
        const w3 = w[k + 3] as number;
        a0 += va * w0;
        a1 += va * w1;
        a2 += va * w2;
        a3 += va * w3;
        b0 += vb * w0;
        b1 += vb * w1;
        b2 += vb * w2;
        b3 += vb * w3;
      }
      const [oa, ob] = [b * outputs + j, (b + 1) * outputs + j];
      out[oa] = a0;
      out[oa + 1] = a1;
      out[oa + 2] = a2;
      out[oa + 3] = a3;
      out[ob] = b0;
      out[ob + 1] = b1;
      out[ob + 2] = b2;
      out[ob + 3] = b3;
    }
    for (let j = wideOutputs; j < outputs; j++) {
      one(b, j);
      one(b + 1, j);
    }
  }
  for (let b = evenSize; b < size; b++) for (let j = 0; j < outputs; j++) one(b, j);
  return out;
}

/** x^T upstream, and the sums of upstream for the bias; four outputs at a time. */
function writeWeightGradient(
  { inputs, outputs, kernel, bias }: Layer,
  x: Float64Array,
  upstream: Float64Array,
  size: number,
  gradient: Float32Array,
): void {
  const column = new Float64Array(size);
  const wideOutputs = outputs - (outputs % 4);
  for (let i = 0; i < inputs; i++) {
    for (let b = 0; b < size; b++) column[b] = x[b * inputs + i] as number;
    const row = kernel + i * outputs;
    for (let j = 0; j < wideOutputs; j += 4) {
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      for (let b = 0, k = j; b < size; b++, k += outputs) {
        const value = column[b] as number;
        s0 += value * (upstream[k] as number);
        s1 += value * (upstream[k + 1] as number);
        s2 += value * (upstream[k + 2] as number);
        s3 += value * (upstream[k + 3] as number);
      }
      gradient[row + j] = s0;
      gradient[row + j + 1] = s1;
      gradient[row + j + 2] = s2;
      gradient[row + j + 3] = s3;
    }
    for (let j = wideOutputs; j < outputs; j++) {
      let sum = 0;
      for (let b = 0; b < size; b++) sum += (column[b] as number) * (upstream[b * outputs + j] as number);
      gradient[row + j] = sum;
    }
  }
  for (let j = 0; j < outputs; j++) {
    let sum = 0;
    for (let b = 0; b < size; b++) sum += upstream[b * outputs + j] as number;
    gradient[bias + j] = sum;
  }
}

/** Through the kernel and the ReLU before it. */
function slopeOfInput(
  { inputs, outputs, kernel }: Layer,
  w: Float32Array,
  x: Float64Array,
  upstream: Float64Array,
  size: number,
): Float64Array {
  const slope = new Float64Array(size * inputs);
  for (let i = 0; i < inputs; i++) {
    const row = kernel + i * outputs;
    for (let b = 0; b < size; b++) {
      if ((x[b * inputs + i] as number) <= 0) continue;
      let sum = 0;
      for (let j = 0; j < outputs; j++) sum += (upstream[b * outputs + j] as number) * (w[row + j] as number);
      slope[b * inputs + i] = sum;
    }
  }
  return slope;
}

/** Mean of -log softmax(scores)[label], and its derivative by the scores. */
function crossEntropy(
  scores: Float64Array,
  { labels, size }: Batch,
): { loss: number; slope: Float64Array<ArrayBufferLike> } {
  const classes = scores.length / size;
  const slope = new Float64Array(scores.length);
  let loss = 0;
  for (let b = 0; b < size; b++) {
    const at = b * classes;
    let highest = -Infinity;
    for (let j = 0; j < classes; j++) highest = Math.max(highest, scores[at + j] as number);
    let total = 0;
    for (let j = 0; j < classes; j++) {
      const e = exactExp((scores[at + j] as number) - highest);
      slope[at + j] = e;
      total += e;
    }
    const label = labels[b] as number;
    loss += (exactLog(total) + highest - (scores[at + label] as number)) / size;
    for (let j = 0; j < classes; j++) {
      slope[at + j] = ((slope[at + j] as number) / total - (j === label ? 1 : 0)) / size;
    }
  }
  return { loss, slope };
}
