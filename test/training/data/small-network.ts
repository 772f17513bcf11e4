/** A plain-array network for tests: softmax regression, or one hidden layer of rectifiers, by SGD with momentum 0.9. */
import { SeededRandom } from '../../../src/foundation/seeded-random.ts';
import type { Batch } from '../../../src/training/dataset.ts';

export interface Training {
  readonly hidden: number;
  readonly steps: number;
  readonly batch: number;
  readonly rate: number;
}

/** Share of the test examples that the trained network names rightly. */
export function trainAndScore(train: Batch, test: Batch, classes: number, options: Training): number {
  const inputs = train.features.length / train.size;
  const sizes = options.hidden === 0 ? [inputs, classes] : [inputs, options.hidden, classes];
  const random = new SeededRandom(11, 'small network');
  const layers = sizes.slice(1).map((outputs, l) => new Layer(sizes[l] as number, outputs, random));
  const forward = (features: Float32Array) => layers.reduce((x, layer) => layer.forward(x), features);
  const example = (batch: Batch, i: number) =>
    (batch.features as Float32Array).subarray(i * inputs, (i + 1) * inputs);
  (layers.at(-1) as Layer).linear = true;
  for (let step = 0; step < options.steps; step++) {
    for (let e = 0; e < options.batch; e++) {
      const index = random.nextBelow(train.size);
      const logits = forward(example(train, index));
      const largest = Math.max(...logits);
      const weights = logits.map((z) => Math.exp(z - largest));
      const sum = weights.reduce((total, w) => total + w, 0);
      let delta = weights.map((w, k) => w / sum - (k === train.labels[index] ? 1 : 0));
      for (const layer of [...layers].reverse()) delta = layer.backward(delta);
    }
    for (const layer of layers) layer.update(options.rate, options.batch);
  }
  let right = 0;
  for (let i = 0; i < test.size; i++) {
    const logits = forward(example(test, i));
    if (logits.indexOf(Math.max(...logits)) === test.labels[i]) right++;
  }
  return right / test.size;
}

class Layer {
  linear = false;
  private readonly inputs: number;
  private readonly weights: Float32Array;
  private readonly gradient: Float32Array;
  private readonly velocity: Float32Array;
  private input = new Float32Array(0);
  private output = new Float32Array(0);

  /** Each row of weights ends with its bias. */
  constructor(inputs: number, outputs: number, random: SeededRandom) {
    this.inputs = inputs;
    const scale = Math.sqrt(2 / inputs);
    this.weights = Float32Array.from({ length: outputs * (inputs + 1) }, (_, i) =>
      i % (inputs + 1) === inputs ? 0 : random.nextNormal() * scale,
    );
    this.gradient = new Float32Array(this.weights.length);
    this.velocity = new Float32Array(this.weights.length);
  }

  forward(input: Float32Array): Float32Array<ArrayBuffer> {
    const row = this.inputs + 1;
    this.input = new Float32Array(input);
    this.output = new Float32Array(this.weights.length / row);
    for (let j = 0; j < this.output.length; j++) {
      let sum = this.weights[j * row + this.inputs] as number;
      for (let i = 0; i < this.inputs; i++)
        sum += (this.weights[j * row + i] as number) * (input[i] as number);
      this.output[j] = this.linear ? sum : Math.max(0, sum);
    }
    return this.output;
  }

  backward(delta: Float32Array): Float32Array<ArrayBuffer> {
    const row = this.inputs + 1;
    const back = new Float32Array(this.inputs);
    for (let j = 0; j < delta.length; j++) {
      const d = this.linear || (this.output[j] as number) > 0 ? (delta[j] as number) : 0;
      if (d === 0) continue;
      for (let i = 0; i < this.inputs; i++) {
        this.gradient[j * row + i] = (this.gradient[j * row + i] as number) + d * (this.input[i] as number);
        back[i] = (back[i] as number) + d * (this.weights[j * row + i] as number);
      }
      this.gradient[j * row + this.inputs] = (this.gradient[j * row + this.inputs] as number) + d;
    }
    return back;
  }

  update(rate: number, batch: number): void {
    for (let i = 0; i < this.weights.length; i++) {
      this.velocity[i] = 0.9 * (this.velocity[i] as number) + (this.gradient[i] as number) / batch;
      this.weights[i] = (this.weights[i] as number) - rate * (this.velocity[i] as number);
    }
    this.gradient.fill(0);
  }
}
