/** n vectors as n .safetensors files (or indices of shards) with equal tensors. */
import { OperatorError } from '../foundation/operator-error.ts';
import { WholeFile } from '../files/whole-file.ts';
import { encodeSafetensorsHeader, type Dtype } from '../formats/safetensors.ts';
import { openTensorFiles, type PlacedTensor, type TensorFiles } from '../formats/tensor-files.ts';
import { isFloat, readFloats, type FloatDtype } from '../formats/tensor-floats.ts';
import type { ColumnSource } from '../linalg/column-source.ts';
import { checkFinite, type IntegerTensors, type VectorFiles } from './vector-source.ts';

/** A tensor's place among the columns. */
interface Piece {
  readonly name: string;
  /** Of the output: 16 bits are too few for a sum, so these are written as F32. */
  readonly dtype: 'F32' | 'F64';
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

interface Layout {
  readonly pieces: readonly Piece[];
  /** Tensors of the first file that are written as they are. */
  readonly copied: readonly string[];
}

export function openSafetensorsVectors(
  paths: readonly string[],
  names: readonly string[],
  integers: IntegerTensors,
): VectorFiles {
  const open: TensorFiles[] = [];
  const close = (): void => open.forEach((file) => file.close());
  try {
    for (const path of paths) open.push(openTensorFiles(path));
    const [first] = open as [TensorFiles];
    const layout = layoutOf(first, integers);
    for (const other of open.slice(1)) checkEqual(first, other);
    return vectorsOf(open, names, layout, close);
  } catch (error) {
    close();
    throw error;
  }
}

function layoutOf({ name: file, tensors }: TensorFiles, integers: IntegerTensors): Layout {
  const floats = new Map<string, { dtype: 'F32' | 'F64'; shape: readonly number[] }>();
  const copied: string[] = [];
  for (const [name, { dtype, shape }] of tensors) {
    if (isFloat(dtype)) floats.set(name, { dtype: dtype === 'F64' ? 'F64' : 'F32', shape });
    else if (integers === 'refuse') throw new OperatorError(otherTypeFault(file, name, dtype));
    else if (integers === 'copy') copied.push(name);
  }
  let end = 0;
  const pieces = encodeSafetensorsHeader(floats).order.map((name): Piece => {
    const { dtype, shape } = floats.get(name) as { dtype: 'F32' | 'F64'; shape: readonly number[] };
    const start = end;
    end += shape.reduce((product, size) => product * size, 1);
    return { name, dtype, shape, start, end };
  });
  if (end === 0) throw new OperatorError(`${file} holds no values${tensors.size > 0 ? ' of floats' : ''}`);
  return { pieces, copied };
}

function otherTypeFault(file: string, name: string, dtype: Dtype): string {
  const hint = /^F8|^C64/.test(dtype)
    ? ''
    : ' (integers copy takes such tensors from the first file, integers skip leaves them out)';
  return `${file}: tensor "${name}" must be F64, F32, F16 or BF16 to be aggregated, got ${dtype}${hint}`;
}

function checkEqual(first: TensorFiles, other: TensorFiles): void {
  const describe = (entry: PlacedTensor | undefined): string =>
    entry === undefined ? 'missing' : `${entry.dtype} (${entry.shape.join(', ')})`;
  for (const name of new Set([...first.tensors.keys(), ...other.tensors.keys()])) {
    const [a, b] = [describe(first.tensors.get(name)), describe(other.tensors.get(name))];
    if (a !== b) {
      const hint =
        a === 'missing' || b === 'missing' ? ' (are these shards of one model? then name their index)' : '';
      throw new OperatorError(
        `${other.name} must hold the tensors of ${first.name}: "${name}" is ${b} in the former and ${a} in the latter${hint}`,
      );
    }
  }
}

function vectorsOf(
  open: readonly TensorFiles[],
  names: readonly string[],
  layout: Layout,
  close: () => void,
): VectorFiles {
  const { pieces } = layout;
  const d = (pieces[pieces.length - 1] as Piece).end;
  let bytesRead = 0;
  const read = (file: TensorFiles, start: number, into: Float32Array): void => {
    const end = start + into.length;
    for (const piece of pieces) {
      const from = Math.max(start, piece.start);
      const to = Math.min(end, piece.end);
      if (from >= to) continue;
      const { source, dtype, offset } = file.tensors.get(piece.name) as PlacedTensor;
      const values = into.subarray(from - start, to - start);
      const place = { dtype: dtype as FloatDtype, offset };
      bytesRead += readFloats(source, place, from - piece.start, values);
      checkFinite(values, from - piece.start, `${file.name} tensor "${piece.name}"`);
    }
  };
  const rows = (files: readonly TensorFiles[]): ColumnSource => ({
    n: files.length,
    d,
    readColumns(start, end, into) {
      files.forEach((file, i) => read(file, start, into.row(i).subarray(0, end - start)));
    },
  });
  return {
    source: { ...rows(open), row: (i) => rows([open[i] as TensorFiles]) },
    names,
    bytesRead: () => bytesRead,
    createOutput: (path) => createOutput(path, layout, open[0] as TensorFiles),
    close,
  };
}

const COPY_BYTES = 2 ** 20;

function createOutput(
  path: string,
  { pieces, copied }: Layout,
  first: TensorFiles,
): ReturnType<VectorFiles['createOutput']> {
  const copies = new Map(copied.map((name) => [name, first.tensors.get(name) as PlacedTensor]));
  const tensors = new Map<string, Pick<PlacedTensor, 'dtype' | 'shape'>>([
    ...pieces.map(({ name, dtype, shape }) => [name, { dtype, shape }] as const),
    ...copies,
  ]);
  const { header, order } = encodeSafetensorsHeader(tensors);
  const file = new WholeFile(path);
  try {
    file.write(header);
  } catch (error) {
    file.abandon();
    throw error;
  }
  /** Tensors stand by falling width of their type, so the copied ones lie before, among and after the pieces. */
  let written = 0;
  const writeCopies = (): void => {
    for (
      let copy = copies.get(order[written] ?? '');
      copy !== undefined;
      copy = copies.get(order[written] ?? '')
    ) {
      for (let at = 0; at < copy.byteLength; at += COPY_BYTES) {
        const part = new Uint8Array(Math.min(COPY_BYTES, copy.byteLength - at));
        copy.source.read(copy.offset + at, part);
        file.write(part);
      }
      written++;
    }
  };
  const skipEmptyPieces = (): void => {
    for (;;) {
      writeCopies();
      const piece = pieces.find(({ name }) => name === order[written]);
      if (piece === undefined || piece.start !== piece.end) return;
      written++;
    }
  };
  return {
    write(start, values) {
      const end = start + values.length;
      for (const piece of pieces) {
        const from = Math.max(start, piece.start);
        const to = Math.min(end, piece.end);
        if (from >= to) continue;
        skipEmptyPieces();
        const part = values.subarray(from - start, to - start);
        file.write(piece.dtype === 'F32' ? part : Float64Array.from(part));
        if (to === piece.end) written++;
      }
    },
    finish: () => {
      skipEmptyPieces();
      file.finish();
    },
    abandon: () => file.abandon(),
  };
}
