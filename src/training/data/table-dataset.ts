/**
 * Rows of numbers with one label each, parsed from lines of text. Every line is parsed once when the set is opened, so
 * a bad one is found then; the rows are kept where they fit the budget, else parsed again whenever they are read.
 */
import { SeededRandom } from '../../foundation/seeded-random.ts';
import type { Batch, Dataset } from '../dataset.ts';
import { RandomOrder } from './batches.ts';

import { checkLimit, memoryBytesOf, requireFile, type Normalization } from './file-set.ts';
import { LineFile } from './line-file.ts';
import { LabelMap, type TableSpec } from './table-spec.ts';
import { openTextBytes } from './text-source.ts';

export interface RowFormat {
  /** Numbers in a row. */
  readonly width: number;
  readonly shape: readonly number[];
  /** Lines before the first row. */
  readonly headerLines: number;
  /**
   * Writes the features of a line into `target` [width], zeros before, and returns its canonical label; undefined, with
   * nothing written, where the line is no row (blank, a comment).
   */
  parse(file: LineFile, line: number, target: Float32Array): string | undefined;
}

/** `columns` takes mean and deviation of each column over the training rows; a constant column becomes 0. */
export type ColumnNormalization = 'columns' | Normalization | false;

interface TableOptions {
  readonly spec: TableSpec & { readonly name: string };
  readonly dir: string;
  readonly split: 'train' | 'test';
  readonly normalize: ColumnNormalization;
  /** The format, from the training file (whose header may count). */
  readonly formatOf: (train: LineFile) => RowFormat;
}

export async function openTable(options: TableOptions): Promise<Dataset> {
  const { spec, dir, split } = options;
  const memoryBytes = memoryBytesOf(spec);
  const openLines = async (name: string) =>
    new LineFile(await openTextBytes(requireFile(dir, spec.name, [name]), memoryBytes));
  const trainLines = await openLines(spec.file);
  const format = options.formatOf(trainLines);
  const trainTable = new Table(trainLines, format, memoryBytes);
  const isWhole = spec.testFile !== undefined;
  const trainRows = isWhole ? allRows(trainTable) : splitRows(trainTable, spec.testShare, 'train');
  const normalization =
    options.normalize === 'columns' ? columnStatistics(trainTable, trainRows) : options.normalize;
  const labels = spec.labels
    ? new LabelMap(spec.labels)
    : LabelMap.ofOccurring(trainTable.labelTexts, trainLines.path, trainTable.rowCount);

  let table = trainTable;
  let rows = trainRows;
  if (split === 'test') {
    table =
      spec.testFile === undefined
        ? trainTable
        : new Table(await openLines(spec.testFile), format, memoryBytes);
    rows = isWhole ? allRows(table) : splitRows(table, spec.testShare, 'test');
  }
  const limit = split === 'train' ? spec.train : spec.test;
  checkLimit(limit, rows.length, split);
  return new TableDataset(spec.name, table, rows.subarray(0, limit), labels, normalization);
}

class Table {
  readonly lines: LineFile;
  readonly format: RowFormat;
  readonly rowCount: number;
  /** The distinct labels, and which of them each row has. */
  readonly labelTexts: ReadonlySet<string>;
  readonly labelCodes: Int32Array;
  /** Of each row. */
  readonly rowLines: Int32Array;
  private readonly dense: Float32Array | undefined;
  private readonly scratch: Float32Array;

  constructor(lines: LineFile, format: RowFormat, memoryBytes: number) {
    this.lines = lines;
    this.format = format;
    const { width } = format;
    const most = lines.count - format.headerLines;
    const fits = 4 * width * most <= memoryBytes;
    this.dense = fits ? new Float32Array(width * Math.max(0, most)) : undefined;
    this.scratch = new Float32Array(width);
    const labelCodes: number[] = [];
    const rowLines: number[] = [];
    const codes = new Map<string, number>();
    for (let line = format.headerLines; line < lines.count; line++) {
      const row = rowLines.length;
      const text = format.parse(
        lines,
        line,
        this.dense?.subarray(row * width, (row + 1) * width) ?? this.scratch.fill(0),
      );
      if (text === undefined) continue;
      const code = codes.get(text) ?? codes.size;
      codes.set(text, code);
      labelCodes.push(code);
      rowLines.push(line);
    }
    this.rowCount = rowLines.length;
    if (this.rowCount < 2) throw lines.fault(lines.count - 1, 'be followed by rows', `${this.rowCount} rows`);
    this.labelCodes = Int32Array.from(labelCodes);
    this.rowLines = Int32Array.from(rowLines);
    this.labelTexts = new Set(codes.keys());
  }

  /** The features of a row, valid until the next call. */
  row(row: number): Float32Array {
    const { width } = this.format;
    if (this.dense !== undefined) return this.dense.subarray(row * width, (row + 1) * width);
    this.format.parse(this.lines, this.rowLines[row] as number, this.scratch.fill(0));
    return this.scratch;
  }
}

class TableDataset implements Dataset {
  readonly name: string;
  readonly size: number;
  readonly featureShape: readonly number[];
  readonly featureType = 'float32';
  readonly labelShape: readonly number[] = [];
  readonly classes: number;
  private readonly table: Table;
  private readonly rows: Int32Array;
  private readonly classOfCode: Int32Array;
  private readonly normalization: Normalization | false;

  constructor(
    name: string,
    table: Table,
    rows: Int32Array,
    labels: LabelMap,
    normalization: Normalization | false,
  ) {
    this.name = name;
    this.table = table;
    this.rows = rows;
    this.size = rows.length;
    this.featureShape = table.format.shape;
    this.classes = labels.texts.length;
    this.normalization = normalization;
    this.classOfCode = Int32Array.from([...table.labelTexts], (text) => labels.get(text) ?? -1);
    const stranger = table.labelCodes.findIndex((code) => this.classOfCode[code] === -1);
    if (stranger >= 0) {
      const text = [...table.labelTexts][table.labelCodes[stranger] as number];
      const rule = `have one of the labels ${labels.texts.slice(0, 10).join(', ')}`;
      throw table.lines.fault(table.rowLines[stranger] as number, rule, text);
    }
  }

  label(index: number): number {
    return this.classOfCode[this.table.labelCodes[this.rows[index] as number] as number] as number;
  }

  read(indices: ArrayLike<number>): Batch {
    const { width } = this.table.format;
    const size = indices.length;
    const features = new Float32Array(size * width);
    const labels = new Int32Array(size);
    for (let i = 0; i < size; i++) {
      const index = indices[i] as number;
      labels[i] = this.label(index);
      features.set(this.table.row(this.rows[index] as number), i * width);
    }
    if (this.normalization !== false) normalizeRows(features, width, this.normalization);
    return { features, labels, size };
  }
}

function normalizeRows(features: Float32Array, width: number, { mean, sd }: Normalization): void {
  for (let i = 0; i < features.length; i++) {
    const column = mean.length === 1 ? 0 : i % width;
    features[i] = ((features[i] as number) - (mean[column] as number)) / (sd[column] as number);
  }
}

function allRows(table: Table): Int32Array {
  return Int32Array.from({ length: table.rowCount }, (_, row) => row);
}

/** The same random cut on every machine; both parts have a row at least. */
function splitRows(table: Table, testShare: number, split: 'train' | 'test'): Int32Array {
  const { rowCount } = table;
  const testCount = Math.min(rowCount - 1, Math.max(1, Math.round(rowCount * testShare)));
  const order = new RandomOrder(rowCount, new SeededRandom('table split'));
  const [from, to] = split === 'test' ? [0, testCount] : [testCount, rowCount];
  return Int32Array.from({ length: to - from }, (_, i) => order.at(from + i)).sort();
}

function columnStatistics(table: Table, rows: Int32Array): Normalization {
  const { width } = table.format;
  const mean = new Array<number>(width).fill(0);
  const sd = new Array<number>(width).fill(0);
  for (const row of rows) {
    table.row(row).forEach((value, c) => (mean[c] = (mean[c] as number) + value / rows.length));
  }
  for (const row of rows) {
    table.row(row).forEach((value, c) => {
      const off = value - (mean[c] as number);
      sd[c] = (sd[c] as number) + (off * off) / rows.length;
    });
  }
  return { mean, sd: sd.map((variance) => (variance > 0 ? Math.sqrt(variance) : 1)) };
}
