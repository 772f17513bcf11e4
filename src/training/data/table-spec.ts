/** What CSV and LIBSVM specs have in common: which file, how it is split, and which class a label stands for. */
import { z } from 'zod';
import { invalidField } from '../../foundation/operator-error.ts';
import { INSIDE_RULE, isInsideName } from '../../files/inside-folder.ts';
import { FILE_SET, type FileSetSpec } from './file-set.ts';

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

/** A file name that cannot leave the folder: the spec may come from somebody else's experiment. */
export const FILE_NAME = z
  .string()
  .refine((name) => !name.startsWith('~'), {
    error: 'be a path below the data folder, where ~ stands for nothing',
  })
  .refine(isInsideName, { error: `${INSIDE_RULE} (the data folder is named by --data-dir)` });

export const TEST_SHARE = z.number().min(0.001).max(0.999);

export const LABELS = z
  .array(z.union([z.string(), z.number()]), { error: 'be a list of two or more texts or numbers' })
  .min(2)
  .transform((list) => list.map((label) => canonicalLabel(String(label))))
  .refine((list) => new Set(list).size === list.length, { error: 'name each label once' });

/** The fields of TableSpec. */
export const TABLE = {
  ...FILE_SET,
  file: FILE_NAME,
  testFile: FILE_NAME.exactOptional(),
  testShare: TEST_SHARE.default(DEFAULT_TEST_SHARE),
  labels: LABELS.exactOptional(),
};

/** One spelling for a number (`+1`, `1.0` and `1`), any other text as it is; so are integers that float64 would merge. */
export function canonicalLabel(text: string): string {
  const trimmed = text.trim();
  const value = Number(trimmed);
  if (trimmed === '' || !Number.isFinite(value)) return trimmed;
  return Math.abs(value) > Number.MAX_SAFE_INTEGER || /^[+-]?0[xbo]/i.test(trimmed) ? trimmed : String(value);
}

const MANY_CLASSES = 20;

/** Whether labels are rather quantities: many different ones, fractions among them or hardly a row like another. */
function looksMeasured(found: ReadonlySet<string>, rows: number): boolean {
  if (found.size <= MANY_CLASSES) return false;
  const numbers = [...found].map(Number);
  if (!numbers.every(Number.isFinite)) return false;
  return numbers.some((value) => !Number.isInteger(value)) || 2 * found.size > rows;
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
  static ofOccurring(found: ReadonlySet<string>, path: string, rows: number): LabelMap {
    if (found.size > MOST_CLASSES)
      throw invalidField(path, `have at most ${MOST_CLASSES} labels`, found.size);
    if (found.size < 2) throw invalidField(path, 'have two labels or more', [...found]);
    if (looksMeasured(found, rows)) {
      const rule = `have a class as the label of each row: regression is not supported (data.labels lists classes, data.label names another column)`;
      throw invalidField(
        path,
        rule,
        `${found.size} different labels in ${rows} rows, such as ${[...found][0]}`,
      );
    }
    const rank = (text: string) => (Number.isFinite(Number(text)) && text !== '' ? Number(text) : Infinity);
    const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
    return new LabelMap([...found].sort((a, b) => (rank(a) === rank(b) ? byText(a, b) : rank(a) - rank(b))));
  }

  get(text: string): number | undefined {
    return this.numbers.get(text);
  }
}
