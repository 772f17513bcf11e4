/** n vectors as the rows of one .npy matrix. */
import { OperatorError } from '../foundation/operator-error.ts';
import type { ColumnSource } from '../linalg/column-source.ts';
import { itemBytes, NpyWriter, openNpy, readNpyFloats, type NpyFile } from '../formats/npy.ts';
import { checkFinite, type VectorFiles } from './vector-source.ts';

export function openNpyVectors(path: string): VectorFiles {
  const file = openNpy(path);
  try {
    const [n, d] = matrixShape(file);
    let bytesRead = 0;
    const read = (row: number, start: number, into: Float32Array): void => {
      readNpyFloats(file, row * d + start, into);
      bytesRead += into.length * itemBytes(file.dtype);
      checkFinite(into, start, `${path} row ${row}`);
    };
    const rowsFrom = (first: number, count: number): ColumnSource => ({
      n: count,
      d,
      readColumns(start, end, into) {
        for (let i = 0; i < count; i++) read(first + i, start, into.row(i).subarray(0, end - start));
      },
    });
    return {
      names: undefined,
      source: { ...rowsFrom(0, n), row: (i) => rowsFrom(i, 1) },
      bytesRead: () => bytesRead,
      createOutput(out) {
        const writer = new NpyWriter(out, file.dtype === 'float64' ? 'float64' : 'float32', [d]);
        return {
          write: (_start, values) => writer.write(values),
          finish: () => writer.finish(),
          abandon: () => writer.abandon(),
        };
      },
      close: () => file.source.close(),
    };
  } catch (error) {
    file.source.close();
    throw error;
  }
}

function matrixShape({ path, shape }: NpyFile): [number, number] {
  const [n, d] = shape;
  if (shape.length !== 2 || n === undefined || d === undefined) {
    throw new OperatorError(
      `${path} must hold a matrix of n vectors, one in each row, got the shape (${shape.join(', ')}${shape.length === 1 ? ',' : ''})${hintFor(shape)}`,
    );
  }
  if (n === 0 || d === 0)
    throw new OperatorError(`${path} holds no values: its shape is (${shape.join(', ')})`);
  return [n, d];
}

function hintFor(shape: readonly number[]): string {
  if (shape.length === 0) return ': a single number';
  if (shape.length === 1) return ': x[None] makes one row of it, np.stack([a, b, c]) a matrix of several';
  return ': x.reshape(len(x), -1) makes a row of each of its parts';
}
