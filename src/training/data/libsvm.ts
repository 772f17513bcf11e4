/**
 * LIBSVM's text format (Chang and Lin, https://www.csie.ntu.edu.tw/~cjlin/libsvm): `label index:value index:value ...`,
 * indices from 1 in ascending order, absent ones 0, `#` begins a comment. The number of features is stated, not
 * guessed: a file need not use the last ones.
 */
import { invalidField } from '../../foundation/operator-error.ts';
import type { Dataset } from '../dataset.ts';
import type { Fields } from './fields.ts';
import type { LineFile } from './line-file.ts';
import { openTable, type RowFormat } from './table-dataset.ts';
import { canonicalLabel, parseTable, type TableSpec } from './table-spec.ts';

export const LIBSVM_SETS = ['libsvm', 'a9a', 'mushrooms'] as const;

export interface LibsvmSpec extends TableSpec {
  readonly name: (typeof LIBSVM_SETS)[number];
  readonly features: number;
  /** Divides each row by its Euclidean length. */
  readonly normalizeRows: boolean;
}

type Standard = Partial<Omit<LibsvmSpec, 'name'>>;

const STANDARDS: Readonly<Record<LibsvmSpec['name'], Standard>> = {
  libsvm: {},
  a9a: { file: 'a9a', testFile: 'a9a.t', features: 123, labels: ['-1', '1'], normalizeRows: true },
  mushrooms: { file: 'mushrooms', features: 112, labels: ['1', '2'], normalizeRows: true },
};
const MOST_FEATURES = 2 ** 24;

export function parseLibsvm(name: LibsvmSpec['name'], fields: Fields): LibsvmSpec {
  const standard = STANDARDS[name];
  const features = fields.integer('features', 1, MOST_FEATURES) ?? standard.features;
  if (features === undefined) throw invalidField(fields.pathOf('features'), 'be given', features);
  return {
    name,
    ...parseTable(fields, standard),
    features,
    normalizeRows: fields.flag('normalizeRows') ?? standard.normalizeRows ?? false,
  };
}

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
