/**
 * A text file as windows of characters: the model reads `context` tokens and is to name, at each place, the next one.
 * The last `testShare` of the file is the test split. A token is a Unicode code point (or a byte), numbered by the
 * sorted characters of the whole file, so both splits share one vocabulary.
 */
import { z } from 'zod';
import { invalidField } from '../../foundation/operator-error.ts';
import { integer } from '../../foundation/schema.ts';
import type { Batch, Dataset } from '../dataset.ts';
import { openBytes } from './byte-source.ts';
import { checkLimit, FILE_SET, memoryBytesOf, requireFile, type FileSetSpec } from './file-set.ts';
import { FILE_NAME, TEST_SHARE } from './table-spec.ts';
import { openTextBytes } from './text-source.ts';
import { openTokens, type TokenSource } from './tokens.ts';

export interface TextSpec extends FileSetSpec {
  readonly name: 'text' | 'tiny-shakespeare';
  readonly file: string;
  readonly tokens: 'characters' | 'bytes';
  /** Tokens in a window. */
  readonly context: number;
  /** Distance between the beginnings of two training windows; test windows do not overlap. */
  readonly stride: number;
  readonly testShare: number;
  /** The characters in the order of their tokens; those of the file unless given. */
  readonly vocabulary?: string;
}

const DEFAULT_CONTEXT = 64;
const LONGEST_CONTEXT = 65_536;
const DEFAULT_TEST_SHARE = 0.1;
const WINDOWS_OVER_A_PLACE = 8;

export const TEXT_SPEC = z
  .strictObject({
    name: z.literal(['text', 'tiny-shakespeare']),
    ...FILE_SET,
    file: FILE_NAME.optional(),
    tokens: z.enum(['characters', 'bytes']).default('characters'),
    context: integer(1, LONGEST_CONTEXT).default(DEFAULT_CONTEXT),
    stride: integer(1, LONGEST_CONTEXT).optional(),
    testShare: TEST_SHARE.default(DEFAULT_TEST_SHARE),
    vocabulary: z
      .string()
      .min(2)
      .refine((text) => new Set(text).size === [...text].length, { error: 'name each character once' })
      .exactOptional(),
  })
  .refine(({ vocabulary, tokens }) => vocabulary === undefined || tokens === 'characters', {
    path: ['vocabulary'],
    error: 'be left out where tokens are bytes',
  })
  .refine(({ name, file }) => name === 'tiny-shakespeare' || file !== undefined, {
    path: ['file'],
    error: 'be given',
  })
  .transform(({ file = 'input.txt', stride, ...spec }) => ({
    ...spec,
    file,
    stride: stride ?? Math.ceil(spec.context / WINDOWS_OVER_A_PLACE),
  }));

export async function openText(spec: TextSpec, dir: string, split: 'train' | 'test'): Promise<TextDataset> {
  const path = requireFile(dir, spec.name, [spec.file]);
  const source = await (spec.tokens === 'bytes'
    ? openBytes(path, memoryBytesOf(spec))
    : openTextBytes(path, memoryBytesOf(spec), 'allowed'));
  const tokens = openTokens(source, spec.tokens, spec.vocabulary);
  const boundary = tokens.length - Math.round(tokens.length * spec.testShare);
  const [from, to] = split === 'train' ? [0, boundary] : [boundary, tokens.length];
  const stride = split === 'train' ? spec.stride : spec.context;
  const windows = Math.floor((to - from - spec.context - 1) / stride) + 1;
  if (windows < 1) {
    const rule = `have more than ${spec.context} tokens in its ${split} split`;
    throw invalidField(source.path, rule, to - from);
  }
  const limit = split === 'train' ? spec.train : spec.test;
  checkLimit(limit, windows, split);
  return new TextDataset(spec, tokens, { from, stride, size: Math.min(windows, limit ?? Infinity) });
}

interface Windows {
  readonly from: number;
  readonly stride: number;
  readonly size: number;
}

export class TextDataset implements Dataset {
  readonly name: string;
  readonly size: number;
  readonly featureShape: readonly number[];
  readonly featureType = 'int32';
  readonly labelShape: readonly number[];
  readonly classes: number;
  /** The text of each token. */
  readonly vocabulary: readonly string[];
  private readonly tokens: TokenSource;
  private readonly windows: Windows;
  private readonly context: number;

  constructor(spec: TextSpec, tokens: TokenSource, windows: Windows) {
    this.name = spec.name;
    this.size = windows.size;
    this.context = spec.context;
    this.featureShape = [spec.context];
    this.labelShape = [spec.context];
    this.vocabulary = tokens.vocabulary;
    this.classes = tokens.vocabulary.length;
    this.tokens = tokens;
    this.windows = windows;
  }

  label(index: number): number {
    const at = this.windows.from + index * this.windows.stride + 1;
    return this.tokens.read(at, 1)[0] as number;
  }

  read(indices: ArrayLike<number>): Batch {
    const { context } = this;
    const size = indices.length;
    const features = new Int32Array(size * context);
    const labels = new Int32Array(size * context);
    for (let i = 0; i < size; i++) {
      const at = this.windows.from + (indices[i] as number) * this.windows.stride;
      const window = this.tokens.read(at, context + 1);
      features.set(window.subarray(0, context), i * context);
      labels.set(window.subarray(1), i * context);
    }
    return { features, labels, size };
  }
}
