/**
 * LIBSVM's text format (Chang and Lin, https://www.csie.ntu.edu.tw/~cjlin/libsvm): `label index:value index:value ...`,
 * indices from 1 (or from 0, where `firstIndex` says so) in ascending order, absent ones 0, `#` begins a comment, blank
 * lines are no rows. The number of features is stated, not guessed: a file need not use the last ones.
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
  /** What the first feature is called; 1 unless given. */
  readonly firstIndex?: 0 | 1;
  /** Divides each row by its Euclidean length. */
  readonly normalizeRows: boolean;
}

const MOST_FEATURES = 2 ** 24;
const features = integer(1, MOST_FEATURES);
const normalizeRows = z.boolean();
const firstIndex = z.literal([0, 1]).exactOptional();

export const LIBSVM_SPECS = [
  z.strictObject({
    name: z.literal('libsvm'),
    ...TABLE,
    features,
    firstIndex,
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
      const label = parseRow(file, line, target, spec.firstIndex ?? 1);
      if (label !== undefined && spec.normalizeRows) scaleToUnitLength(target);
      return label;
    },
  };
  return openTable({ spec, dir, split, normalize: false, formatOf: () => format });
}

function parseRow(
  file: LineFile,
  line: number,
  target: Float32Array,
  firstIndex: number,
): string | undefined {
  const text = (file.line(line).split('#', 1)[0] as string).trim();
  if (text === '') return undefined;
  const [label = '', ...entries] = text.split(/\s+/);
  if (!Number.isFinite(Number(label))) throw file.fault(line, labelRule(label), label);
  let last = firstIndex - 1;
  for (const entry of entries) {
    const colon = entry.indexOf(':');
    const index = colon > 0 ? Number(entry.slice(0, colon)) : NaN;
    const value = Number(entry.slice(colon + 1));
    if (!Number.isInteger(index) || entry.length === colon + 1 || !Number.isFinite(value)) {
      throw file.fault(line, `have entries index:value${entryHint(entry)}`, entry);
    }
    if (!Number.isFinite(Math.fround(value))) {
      throw file.fault(line, 'have values in the range of float32 (up to 3.4e38)', entry);
    }
    if (index <= last) {
      const hint = index === 0 ? ' (this file counts from 0: data.firstIndex: 0 reads it so)' : '';
      throw file.fault(line, `have ascending indices from ${firstIndex}${hint}`, entry);
    }
    if (index - firstIndex >= target.length) {
      const rule = `have indices up to ${target.length - 1 + firstIndex}, as data.features says`;
      throw file.fault(line, rule, entry);
    }
    target[index - firstIndex] = value;
    last = index;
  }
  return canonicalLabel(label);
}

function labelRule(label: string): string {
  return label.includes(',') && label.split(',').every((part) => part !== '' && Number.isFinite(Number(part)))
    ? 'begin with one number as its label (several labels a row are not supported)'
    : 'begin with a number as its label';
}

function entryHint(entry: string): string {
  if (entry.startsWith('qid:')) return ' (qid, of rankings, is not read: remove these entries)';
  return '';
}

function scaleToUnitLength(row: Float32Array): void {
  let sum = 0;
  for (const value of row) sum += value * value;
  if (sum === 0) return;
  const length = Math.sqrt(sum);
  for (let i = 0; i < row.length; i++) row[i] = (row[i] as number) / length;
}
