/** What CSV and LIBSVM specs have in common: which file, how it is split, and which class a label stands for. */
import { invalidField } from '../../foundation/operator-error.ts';
import type { Fields } from './fields.ts';
import { parseFileSet, type FileSetSpec } from './file-set.ts';

export interface TableSpec extends FileSetSpec {
  /** Name of the file with the training rows, below `dir`. */
  readonly file: string;
  /** A file of test rows; without it a random `testShare` of the rows is the test split. */
  readonly testFile?: string;
  readonly testShare: number;
  /** Label texts in the order of their class numbers; the sorted labels of the training file unless given. */
  readonly labels?: readonly string[];
}

const DEFAULT_TEST_SHARE = 0.2;
const MOST_CLASSES = 100_000;

export function parseTable(fields: Fields, standard: Partial<TableSpec> = {}): TableSpec {
  const file = parseFileName(fields, 'file') ?? standard.file;
  if (file === undefined) throw invalidField(fields.pathOf('file'), 'be given', file);
  const testFile = parseFileName(fields, 'testFile') ?? standard.testFile;
  const labels = parseLabels(fields) ?? standard.labels;
  return {
    ...parseFileSet(fields),
    file,
    ...(testFile === undefined ? {} : { testFile }),
    testShare: fields.number('testShare', 0.001, 0.999) ?? DEFAULT_TEST_SHARE,
    ...(labels === undefined ? {} : { labels }),
  };
}

/** A file name that cannot leave the folder: the spec may come from somebody else's experiment. */
export function parseFileName(fields: Fields, key: string): string | undefined {
  const name = fields.text(key);
  if (name === undefined) return undefined;
  const parts = name.split(/[\\/]/);
  if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes(':'))) {
    throw invalidField(fields.pathOf(key), 'be a relative path without . and ..', name);
  }
  return name;
}

function parseLabels(fields: Fields): readonly string[] | undefined {
  const value = fields.raw('labels');
  if (value === undefined) return undefined;
  const isLabel = (item: unknown) => typeof item === 'string' || typeof item === 'number';
  if (!Array.isArray(value) || value.length < 2 || !value.every(isLabel)) {
    throw invalidField(fields.pathOf('labels'), 'be a list of two or more texts or numbers', value);
  }
  const labels = value.map((item) => canonicalLabel(String(item)));
  if (new Set(labels).size < labels.length) {
    throw invalidField(fields.pathOf('labels'), 'name each label once', value);
  }
  return labels;
}

/** One spelling for a number (`+1`, `1.0` and `1`), any other text as it is. */
export function canonicalLabel(text: string): string {
  const trimmed = text.trim();
  const value = Number(trimmed);
  return trimmed !== '' && Number.isFinite(value) ? String(value) : trimmed;
}

/** Class number of each label. */
export class LabelMap {
  readonly texts: readonly string[];
  private readonly numbers: ReadonlyMap<string, number>;

  constructor(texts: readonly string[]) {
    this.texts = texts;
    this.numbers = new Map(texts.map((text, i) => [text, i]));
  }

  /** From the labels that occur: numbers by value, texts by code unit, numbers first. */
  static ofOccurring(found: ReadonlySet<string>, path: string): LabelMap {
    if (found.size > MOST_CLASSES)
      throw invalidField(path, `have at most ${MOST_CLASSES} labels`, found.size);
    if (found.size < 2) throw invalidField(path, 'have two labels or more', [...found]);
    const rank = (text: string) => (Number.isFinite(Number(text)) && text !== '' ? Number(text) : Infinity);
    const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
    return new LabelMap([...found].sort((a, b) => (rank(a) === rank(b) ? byText(a, b) : rank(a) - rank(b))));
  }

  get(text: string): number | undefined {
    return this.numbers.get(text);
  }
}
