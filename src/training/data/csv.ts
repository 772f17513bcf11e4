/**
 * Comma-separated values (RFC 4180, save that a quoted field may not hold a line break): one column is the label, all
 * others are numbers.
 */
import { invalidField } from '../../foundation/operator-error.ts';
import type { Dataset } from '../dataset.ts';
import type { Fields } from './fields.ts';
import type { LineFile } from './line-file.ts';
import { openTable, type ColumnNormalization, type RowFormat } from './table-dataset.ts';
import { canonicalLabel, parseTable, type TableSpec } from './table-spec.ts';

export interface CsvSpec extends TableSpec {
  readonly name: 'csv';
  /** The label's column: a name from the header line, a number from 0, or `last`. */
  readonly label: string | number;
  /** Whether the first line names the columns; it does where `label` is a name. */
  readonly header: boolean;
  readonly separator: string;
  /** What a row's numbers are cut into, row-major; [columns - 1] unless given. */
  readonly shape?: readonly number[];
  readonly normalize: ColumnNormalization;
}

const MOST_COLUMNS = 2 ** 20;

export function parseCsv(fields: Fields): CsvSpec {
  const label = parseLabelColumn(fields);
  const shape = fields.numbers('shape');
  if (shape?.some((extent) => !Number.isInteger(extent) || extent < 1)) {
    throw invalidField(fields.pathOf('shape'), 'be a list of positive integers', shape);
  }
  const separator = fields.text('separator') ?? ',';
  if (separator.length !== 1 || separator === '"') {
    throw invalidField(fields.pathOf('separator'), 'be one character other than "', separator);
  }
  const named = typeof label === 'string' && label !== 'last';
  const header = fields.flag('header') ?? named;
  if (named && !header) throw invalidField(fields.pathOf('header'), 'be true where label is a name', header);
  return {
    name: 'csv',
    ...parseTable(fields),
    label,
    header,
    separator,
    ...(shape === undefined ? {} : { shape }),
    normalize: parseColumnNormalization(fields),
  };
}

export function openCsv(spec: CsvSpec, dir: string, split: 'train' | 'test'): Promise<Dataset> {
  return openTable({
    spec,
    dir,
    split,
    normalize: spec.normalize,
    formatOf: (train) => csvFormat(spec, train),
  });
}

function parseLabelColumn(fields: Fields): string | number {
  const value = fields.raw('label') ?? 'last';
  if (typeof value === 'string' && value !== '') return value;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw invalidField(fields.pathOf('label'), 'be a column name, a column number from 0 or last', value);
}

function parseColumnNormalization(fields: Fields): ColumnNormalization {
  const value = fields.raw('normalize') ?? 'columns';
  if (value === 'columns' || value === false) return value;
  const given = (typeof value === 'object' ? value : {}) as { mean?: unknown; sd?: unknown };
  const isRow = (row: unknown): row is number[] =>
    Array.isArray(row) && row.length > 0 && row.every((item) => Number.isFinite(item));
  const { mean, sd } = given;
  if (!isRow(mean) || !isRow(sd) || mean.length !== sd.length || sd.some((item) => item <= 0)) {
    throw invalidField(
      fields.pathOf('normalize'),
      'be columns, false, or { mean, sd } with as many positive deviations as means',
      value,
    );
  }
  return { mean, sd };
}

function csvFormat(spec: CsvSpec, train: LineFile): RowFormat {
  const first = splitRow(train, 0, spec.separator);
  const columns = first.length;
  if (columns < 2 || columns > MOST_COLUMNS) {
    throw train.fault(0, `have from 2 to ${MOST_COLUMNS} columns`, columns);
  }
  const label = labelColumn(spec, train, first);
  const width = columns - 1;
  const shape = spec.shape ?? [width];
  if (shape.reduce((product, extent) => product * extent, 1) !== width) {
    throw invalidField('data.shape', `hold the ${width} numbers of a row`, shape);
  }
  if (typeof spec.normalize === 'object' && ![1, width].includes(spec.normalize.mean.length)) {
    throw invalidField('data.normalize', `have 1 or ${width} means`, spec.normalize.mean.length);
  }
  return {
    width,
    shape,
    headerLines: spec.header ? 1 : 0,
    parse: (file, line, target) => {
      const cells = splitRow(file, line, spec.separator);
      if (cells.length !== columns) throw file.fault(line, `have ${columns} columns`, cells.length);
      let at = 0;
      cells.forEach((cell, column) => {
        if (column !== label) target[at++] = toNumber(file, line, column, cell);
      });
      return canonicalLabel(cells[label] as string);
    },
  };
}

function labelColumn(spec: CsvSpec, train: LineFile, first: readonly string[]): number {
  if (spec.label === 'last') return first.length - 1;
  const column = typeof spec.label === 'number' ? spec.label : first.indexOf(spec.label);
  if (column >= 0 && column < first.length) return column;
  const rule =
    typeof spec.label === 'number' ? `be below ${first.length}` : `be a column named in ${train.path}`;
  throw invalidField('data.label', rule, spec.label);
}

function toNumber(file: LineFile, line: number, column: number, cell: string): number {
  const value = Number(cell);
  if (cell.trim() === '' || !Number.isFinite(value)) {
    const hint = line === 0 ? ' (data.header: true if this line names the columns)' : '';
    throw file.fault(line, `have a number in column ${column}${hint}`, cell);
  }
  return value;
}

function splitRow(file: LineFile, line: number, separator: string): string[] {
  const text = file.line(line);
  if (!text.includes('"')) return text.split(separator);
  const cells: string[] = [];
  let at = 0;
  while (at <= text.length) {
    let cell = '';
    if (text[at] === '"') {
      for (at++; text[at] !== '"' || text[at + 1] === '"'; at++) {
        if (at >= text.length) throw file.fault(line, 'close its quotes on the same line', text);
        if (text[at] === '"') at++;
        cell += text[at] as string;
      }
      at++;
      if (at < text.length && text[at] !== separator) {
        throw file.fault(line, 'have a separator after a quoted field', text);
      }
    } else {
      const end = text.indexOf(separator, at);
      cell = text.slice(at, end < 0 ? text.length : end);
      at += cell.length;
    }
    cells.push(cell);
    at++;
  }
  return cells;
}
