/**
 * LIBSVM's text format (Chang and Lin, https://www.csie.ntu.edu.tw/~cjlin/libsvm): `label index:value index:value ...`,
 * indices from 1 in ascending order, absent ones 0, `#` begins a comment. The number of features is stated, not
 * guessed: a file need not use the last ones.
 */
import { z } from 'zod';
import { integer } from '../../foundation/schema.ts';
import type { Dataset } from '../dataset.ts';
import type { LineFile } from './line-file.ts';
import { openTable, type RowFormat } from './table-dataset.ts';
import { canonicalLabel, LABELS, TABLE, type TableSpec } from './table-spec.ts';

export interface LibsvmSpec extends TableSpec {
  readonly name: 'libsvm' | 'a9a' | 'mushrooms';
  readonly features: number;
  /** Divides each row by its Euclidean length. */
  readonly normalizeRows: boolean;
}

const MOST_FEATURES = 2 ** 24;
const features = integer(1, MOST_FEATURES);
const normalizeRows = z.boolean();

export const LIBSVM_SPECS = [
  z.strictObject({
    name: z.literal('libsvm'),
    ...TABLE,
    features,
    normalizeRows: normalizeRows.default(false),
  }),
  z.strictObject({
    name: z.literal('a9a'),
    ...TABLE,
    file: TABLE.file.default('a9a'),
    testFile: TABLE.file.default('a9a.t'),
    labels: LABELS.default(['-1', '1']),
    features: features.default(123),
    normalizeRows: normalizeRows.default(true),
  }),
  z.strictObject({
    name: z.literal('mushrooms'),
    ...TABLE,
    file: TABLE.file.default('mushrooms'),
    labels: LABELS.default(['1', '2']),
    features: features.default(112),
    normalizeRows: normalizeRows.default(true),
  }),
] as const;

export function openLibsvm(spec: LibsvmSpec, dir: string, split: 'train' | 'test'): Promise<Dataset> {
  const format: RowFormat = {
    width: spec.features,
    shape: [spec.features],
    headerLines: 0,
    parse: (file, line, target) => {
      const label = parseRow(file, line, target);
      if (spec.normalizeRows) scaleToUnitLength(target);
      return label;
    },
  };
  return openTable({ spec, dir, split, normalize: false, formatOf: () => format });
}

function parseRow(file: LineFile, line: number, target: Float32Array): string {
  const [label = '', ...entries] = (file.line(line).split('#', 1)[0] as string).trim().split(/\s+/);
  if (label === '' || !Number.isFinite(Number(label))) {
    throw file.fault(line, 'begin with a number as its label', label);
  }
  let last = 0;
  for (const entry of entries) {
    const colon = entry.indexOf(':');
    const index = colon > 0 ? Number(entry.slice(0, colon)) : NaN;
    const value = Number(entry.slice(colon + 1));
    if (!Number.isInteger(index) || entry.length === colon + 1 || !Number.isFinite(value)) {
      throw file.fault(line, 'have entries index:value', entry);
    }
    if (index <= last) throw file.fault(line, 'have ascending indices from 1', entry);
    if (index > target.length) throw file.fault(line, `have indices up to ${target.length}`, entry);
    target[index - 1] = value;
    last = index;
  }
  return canonicalLabel(label);
}

function scaleToUnitLength(row: Float32Array): void {
  let sum = 0;
  for (const value of row) sum += value * value;
  if (sum === 0) return;
  const length = Math.sqrt(sum);
  for (let i = 0; i < row.length; i++) row[i] = (row[i] as number) / length;
}
