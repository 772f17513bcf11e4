/** Vectors in memory as sources and sinks of columns. */
import type { ColumnSource, VectorSink } from './column-source.ts';
import { float32Row, readPacked, scaledRow, zeroRow, type PackedRow } from './packed-row.ts';

/** All rows have the same length. */
function packedSource(rows: readonly PackedRow[]): ColumnSource {
  return {
    n: rows.length,
    d: rows[0]?.d ?? 0,
    packed: rows,
    readColumns: (start, end, into) => rows.forEach((row, i) => readPacked(row, start, end, into.row(i))),
  };
}

export function vectorSource(values: Float32Array): ColumnSource {
  return packedSource([float32Row(values)]);
}

export function zeroSource(d: number): ColumnSource {
  return packedSource([zeroRow(d)]);
}

/** A source of one row times a factor, each value rounded once. */
export function scaledSource(source: ColumnSource, factor: number): ColumnSource {
  const { packed } = source;
  return {
    ...{ n: source.n, d: source.d },
    ...(packed && { packed: packed.map((row) => scaledRow(row, factor)) }),
    readColumns(start, end, into) {
      source.readColumns(start, end, into);
      const row = into.row(0);
      for (let i = 0; i < end - start; i++) row[i] = (row[i] as number) * factor;
    },
  };
}

export function vectorSink(vector: Float32Array): VectorSink {
  return { vector, write: (start, values) => vector.set(values, start) };
}
