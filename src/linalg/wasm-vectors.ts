/**
 * The steps over whole vectors between a gradient and the next state, on all threads: a segment's results depend on that
 * segment alone, so neither the number of threads nor their order can change a byte.
 */
import type { SpareVectors } from '../foundation/spare-vectors.ts';
import { segmentCount } from './kernel-task.ts';
import type { AdamwStep, OptimizerStep, VectorKernels } from './linear-algebra.ts';
import { float32Row, type PackedRow } from './packed-row.ts';
import { isFiniteRow } from './finite-row.ts';
import { runPacked, type KernelHost } from './packed-run.ts';

/** As in assembly/vectors.ts. */
const [MOMENTUM, NESTEROV, COMPENSATED] = [1, 2, 4];

export class WasmVectors implements VectorKernels {
  readonly spare: SpareVectors;
  private readonly host: KernelHost;

  constructor(host: KernelHost, spare: SpareVectors) {
    this.host = host;
    this.spare = spare;
  }

  combine(a: number, x: PackedRow, b: number, y: PackedRow | undefined, out: Float32Array): boolean {
    if (isShort(out)) return false;
    const rows = y === undefined ? [x] : [x, y];
    this.host.withScratch((scratch) => {
      const coefficients = scratch.allocate(2 * 8);
      this.host.float64At(coefficients, 2).set([a, b]);
      const call = { kernel: 'combine', kernelBytes: 0, operands: { coefficients } } as const;
      runPacked(this.host, scratch, { rows, outs: [out] }, call);
    });
    return true;
  }

  moments(rows: readonly PackedRow[], mean: Float32Array, deviation: Float32Array | undefined): boolean {
    if (isShort(mean)) return false;
    const kind = deviation === undefined ? 0 : Math.max(1, rows.length - 1);
    const outs = deviation === undefined ? [mean] : [mean, deviation];
    this.host.withScratch((scratch) => {
      runPacked(
        this.host,
        scratch,
        { rows, outs },
        { kernel: 'moments', kernelBytes: 0, operands: { kind } },
      );
    });
    return true;
  }

  step(step: OptimizerStep): boolean {
    const { parameters, direction, velocity, remainder, rate, momentum, nesterov, weightDecay, next } = step;
    if (isShort(parameters)) return false;
    const vectors = [parameters, direction, velocity, remainder].filter((each) => each !== undefined);
    const outs = [next.parameters, next.velocity, next.remainder].filter((each) => each !== undefined);
    const kind =
      (velocity === undefined ? 0 : MOMENTUM) |
      (nesterov ? NESTEROV : 0) |
      (remainder === undefined ? 0 : COMPENSATED);
    this.host.withScratch((scratch) => {
      const coefficients = scratch.allocate(3 * 8);
      this.host.float64At(coefficients, 3).set([rate, momentum, weightDecay]);
      const call = { kernel: 'step', kernelBytes: 0, operands: { coefficients, kind } } as const;
      runPacked(this.host, scratch, { rows: vectors.map(float32Row), outs }, call);
    });
    return true;
  }

  adamw(step: AdamwStep): boolean {
    const { parameters, gradient, first, second, beta1, beta2, corrections, epsilon, left, rate } = step;
    if (isShort(parameters)) return false;
    this.host.withScratch((scratch) => {
      const constants = [beta1, 1 - beta1, beta2, 1 - beta2, ...corrections, epsilon, left, rate];
      const coefficients = scratch.allocate(8 * constants.length);
      this.host.float64At(coefficients, constants.length).set(constants);
      const call = { kernel: 'adamw', kernelBytes: 0, operands: { coefficients } } as const;
      const rows = [parameters, gradient, first, second].map(float32Row);
      runPacked(this.host, scratch, { rows, outs: [parameters, first, second] }, call);
    });
    return true;
  }

  isFinite(row: PackedRow): boolean | undefined {
    return isFiniteRow(this.host, row);
  }
}

/** Not worth a task: a plain loop is done sooner. */
function isShort(vector: Float32Array): boolean {
  return segmentCount(vector.length) < 2;
}
