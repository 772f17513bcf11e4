/** n vectors as n .safetensors files with equal tensors. */
import { bytesOf } from '../../src/foundation/bytes.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { openBinaryFile, PartialFile, type BinarySource } from '../../src/formats/binary-file.ts';
import {
  encodeSafetensorsHeader,
  readSafetensorsHeader,
  type TensorEntry,
} from '../../src/formats/safetensors.ts';
import type { ColumnSource } from '../../src/linalg/column-source.ts';
import { checkFinite } from './check-finite.ts';
import type { VectorFiles } from './vector-files.ts';

/** A tensor's place among the columns. */
interface Piece {
  readonly name: string;
  readonly dtype: 'F32' | 'F64';
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

interface OpenFile {
  readonly file: BinarySource;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
}

const CHUNK_VALUES = 65_536;

export function openSafetensorsVectors(paths: readonly string[]): VectorFiles {
  const open: OpenFile[] = [];
  const close = (): void => open.forEach(({ file }) => file.close());
  try {
    for (const path of paths) {
      const file = openBinaryFile(path);
      try {
        open.push({ file, tensors: readSafetensorsHeader(file).tensors });
      } catch (error) {
        file.close();
        throw error;
      }
    }
    const [first] = open as [OpenFile];
    const pieces = piecesOf(first);
    for (const other of open.slice(1)) checkEqual(first, other);
    return vectorsOf(open, pieces, close);
  } catch (error) {
    close();
    throw error;
  }
}

function piecesOf({ file, tensors }: OpenFile): Piece[] {
  let end = 0;
  const pieces = encodeSafetensorsHeader(tensors).order.map((name): Piece => {
    const { dtype, shape } = tensors.get(name) as TensorEntry;
    if (dtype !== 'F32' && dtype !== 'F64') {
      throw new OperatorError(
        `${file.name}: tensor "${name}" must be F32 or F64 to be aggregated, got ${dtype}`,
      );
    }
    const start = end;
    end += shape.reduce((product, size) => product * size, 1);
    return { name, dtype, shape, start, end };
  });
  if (end === 0) throw new OperatorError(`${file.name} holds no values`);
  return pieces;
}

function checkEqual(first: OpenFile, other: OpenFile): void {
  const describe = (entry: TensorEntry | undefined): string =>
    entry === undefined ? 'none' : `${entry.dtype} (${entry.shape.join(', ')})`;
  const names = new Set([...first.tensors.keys(), ...other.tensors.keys()]);
  for (const name of names) {
    const [a, b] = [describe(first.tensors.get(name)), describe(other.tensors.get(name))];
    if (a !== b) {
      throw new OperatorError(
        `${other.file.name} must hold the tensors of ${first.file.name}: "${name}" is ${b} and not ${a}`,
      );
    }
  }
}

function vectorsOf(open: readonly OpenFile[], pieces: readonly Piece[], close: () => void): VectorFiles {
  const d = (pieces[pieces.length - 1] as Piece).end;
  let bytesRead = 0;
  const read = ({ file, tensors }: OpenFile, start: number, into: Float32Array): void => {
    const end = start + into.length;
    for (const piece of pieces) {
      const from = Math.max(start, piece.start);
      const to = Math.min(end, piece.end);
      if (from >= to) continue;
      const { offset } = tensors.get(piece.name) as TensorEntry;
      const values = into.subarray(from - start, to - start);
      bytesRead += readValues(file, piece.dtype, offset, from - piece.start, values);
      checkFinite(values, from - piece.start, `${file.name} tensor "${piece.name}"`);
    }
  };
  const rows = (files: readonly OpenFile[]): ColumnSource => ({
    n: files.length,
    d,
    readColumns(start, end, into) {
      files.forEach((file, i) => read(file, start, into.row(i).subarray(0, end - start)));
    },
  });
  return {
    source: { ...rows(open), row: (i) => rows([open[i] as OpenFile]) },
    bytesRead: () => bytesRead,
    createOutput: (path) => createOutput(path, pieces),
    close,
  };
}

/** Reads values first .. of a tensor at `offset`; returns the bytes read. */
function readValues(
  file: BinarySource,
  dtype: Piece['dtype'],
  offset: number,
  first: number,
  into: Float32Array,
): number {
  if (dtype === 'F32') {
    file.read(offset + 4 * first, bytesOf(into));
    return into.byteLength;
  }
  const chunk = new Float64Array(Math.min(CHUNK_VALUES, into.length));
  for (let start = 0; start < into.length; start += chunk.length) {
    const values = chunk.subarray(0, Math.min(chunk.length, into.length - start));
    file.read(offset + 8 * (first + start), bytesOf(values));
    into.set(values, start);
  }
  return 2 * into.byteLength;
}

function createOutput(path: string, pieces: readonly Piece[]): ReturnType<VectorFiles['createOutput']> {
  const tensors = new Map(pieces.map(({ name, dtype, shape }) => [name, { dtype, shape }]));
  const file = new PartialFile(path);
  file.write(encodeSafetensorsHeader(tensors).header);
  return {
    write(start, values) {
      const end = start + values.length;
      for (const piece of pieces) {
        const from = Math.max(start, piece.start);
        const to = Math.min(end, piece.end);
        if (from >= to) continue;
        const part = values.subarray(from - start, to - start);
        file.write(piece.dtype === 'F32' ? part : Float64Array.from(part));
      }
    },
    finish: () => file.finish(),
    abandon: () => file.abandon(),
  };
}
