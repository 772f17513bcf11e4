import { OperatorError } from '../../src/foundation/operator-error.ts';

/** Refuses NaN and infinities (float64 values beyond float32 have become infinite) of a piece that begins at `start`. */
export function checkFinite(values: Float32Array, start: number, what: string): void {
  for (let c = 0; c < values.length; c++) {
    const value = values[c] as number;
    if (value - value !== 0) {
      throw new OperatorError(`${what} must be finite in float32, got ${value} in column ${start + c}`);
    }
  }
}
