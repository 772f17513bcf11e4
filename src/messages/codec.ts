/**
 * Building blocks of the encodings. A record travels as a DAG-CBOR array of its fields in the order of its
 * definition, a digest as 32 bytes, an absent field as null. Canonical: what does not encode back to the same bytes
 * is refused, so one message has one encoding. Every length is held against the experiment's limits before anything is
 * decoded: each codec walks the structure that it can have.
 */
import * as dagCbor from '@ipld/dag-cbor';
import { assert } from '../foundation/assert.ts';
import { equalBytes, fromHex, toHex } from '../foundation/bytes.ts';
import { mostOf, type Bound, type RecordShape, type Shape, type UnionShape } from './shape.ts';
import { ARRAY, BYTES, Malformed, Structure, TEXT, UNSIGNED } from './structure.ts';

/** Numbers of words and variants. */
const MAX_NUMBER = 255;
const MAX_UTF8_BYTES = 4;

export interface Codec<T> {
  pack(value: T): unknown;
  unpack(raw: unknown): T;
  /** Walks over one value; throws where it does not have this shape. */
  walk(structure: Structure): void;
  readonly shape: Shape;
}

/** Canonical bytes of plain data, for digests over configuration. Fields that are undefined count as absent. */
export function canonicalBytes(value: unknown): Uint8Array {
  return dagCbor.encode(JSON.parse(JSON.stringify(value)));
}

export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  return dagCbor.encode(codec.pack(value));
}

/** The value, or undefined for whatever is no canonical encoding within the limits. Never throws. */
export function decodeExactly<T>(codec: Codec<T>, bytes: Uint8Array, maxBytes: number): T | undefined {
  if (bytes.length > maxBytes) return undefined;
  try {
    const structure = new Structure(bytes);
    codec.walk(structure);
    if (!structure.isAtEnd) return undefined;
    const value = codec.unpack(dagCbor.decode(bytes));
    return equalBytes(encode(codec, value), bytes) ? value : undefined;
  } catch {
    return undefined; // Malformed, and cborg's own errors
  }
}

function refuse(what: string): never {
  throw new Malformed(what);
}

export function integer(bound: Bound): Codec<number> {
  const max = mostOf(bound);
  return {
    pack: (value) => value,
    unpack: (raw) =>
      typeof raw === 'number' && Number.isSafeInteger(raw) && raw >= 0 && raw <= max
        ? raw
        : refuse('integer'),
    walk: (structure) => void structure.head(UNSIGNED, max),
    shape: { is: 'integer', most: bound },
  };
}

export function bytes(bound: Bound): Codec<Uint8Array> {
  const maxLength = mostOf(bound);
  return {
    pack: (value) => value,
    unpack: (raw) => (raw instanceof Uint8Array && raw.length <= maxLength ? raw : refuse('bytes')),
    walk: (structure) => structure.string(BYTES, maxLength),
    shape: { is: 'bytes', most: bound },
  };
}

export function text(maxChars: number): Codec<string> {
  return {
    pack: (value) => value,
    unpack: (raw) =>
      typeof raw === 'string' && raw.length > 0 && raw.length <= maxChars ? raw : refuse('text'),
    walk: (structure) => structure.string(TEXT, maxChars * MAX_UTF8_BYTES),
    shape: { is: 'text', most: maxChars },
  };
}

export const flag: Codec<boolean> = {
  pack: (value) => value,
  unpack: (raw) => (typeof raw === 'boolean' ? raw : refuse('flag')),
  walk: (structure) => structure.flag(),
  shape: { is: 'flag' },
};

export const digest: Codec<string> = {
  pack: (value) => fromHex(value) ?? refuse('digest'),
  unpack: (raw) => (raw instanceof Uint8Array && raw.length === 32 ? toHex(raw) : refuse('digest')),
  walk: (structure) => structure.string(BYTES, 32),
  shape: { is: 'digest' },
};

/**
 * One of a few words, each as the number that it is given here. A number is never given to another word, so that what was
 * written or signed once keeps its meaning; one that is not in use any more stays out of use.
 */
export function choice<T extends string>(numbers: Readonly<Record<T, number>>): Codec<T> {
  const words = wordsByNumber(numbers);
  return {
    pack: (value) => numbers[value],
    unpack: (raw) => (typeof raw === 'number' ? words.get(raw) : undefined) ?? refuse('choice'),
    walk: (structure) => void structure.head(UNSIGNED, MAX_NUMBER),
    shape: { is: 'choice', numbers },
  };
}

function wordsByNumber<T extends string>(numbers: Readonly<Record<T, number>>): ReadonlyMap<number, T> {
  const words = new Map((Object.entries(numbers) as [T, number][]).map(([word, number]) => [number, word]));
  assert(words.size === Object.keys(numbers).length, 'each word has a number of its own');
  return words;
}

export function nullable<T>(inner: Codec<T>): Codec<T | null> {
  return {
    pack: (value) => (value === null ? null : inner.pack(value)),
    unpack: (raw) => (raw === null ? null : inner.unpack(raw)),
    walk: (structure) => {
      if (!structure.isNull()) inner.walk(structure);
    },
    shape: { is: 'optional', item: inner.shape },
  };
}

/** For fields that may be absent. */
export function optional<T>(inner: Codec<T>): Codec<T | undefined> {
  return {
    pack: (value) => (value === undefined ? null : inner.pack(value)),
    unpack: (raw) => (raw === null ? undefined : inner.unpack(raw)),
    walk: (structure) => {
      if (!structure.isNull()) inner.walk(structure);
    },
    shape: { is: 'optional', item: inner.shape },
  };
}

export function list<T>(inner: Codec<T>, bound: Bound): Codec<readonly T[]> {
  const maxLength = mostOf(bound);
  return {
    pack: (value) => value.map((item) => inner.pack(item)),
    unpack: (raw) =>
      Array.isArray(raw) && raw.length <= maxLength ? raw.map((item) => inner.unpack(item)) : refuse('list'),
    walk: (structure) => {
      for (let left = structure.head(ARRAY, maxLength); left > 0; left--) inner.walk(structure);
    },
    shape: { is: 'list', item: inner.shape, most: bound },
  };
}

/** A word that does not travel: the tag of a union, put back when decoding. */
export function constant<T extends string>(word: T): Codec<T> & { readonly silent: true } {
  return {
    silent: true,
    pack: () => null,
    unpack: () => word,
    walk: () => undefined,
    shape: { is: 'constant', word },
  };
}

type Fields<T> = { readonly [K in keyof T]-?: Codec<T[K] | Extract<undefined, T[K]>> };

/** An object as the array of its fields; `name` is for readers of docs/wire.md. */
export function record<T extends object>(
  name: string,
  fields: Fields<T>,
): Codec<T> & { readonly shape: RecordShape } {
  const entries = Object.entries(fields) as [keyof T & string, Codec<unknown> & { silent?: true }][];
  const travelling = entries.filter(([, codec]) => codec.silent === undefined);
  return {
    pack: (value) => travelling.map(([field, codec]) => codec.pack(value[field])),
    unpack: (raw) => {
      if (!Array.isArray(raw) || raw.length !== travelling.length) refuse('record');
      const items = raw as unknown[];
      const value: Record<string, unknown> = {};
      let at = 0;
      for (const [field, codec] of entries) {
        const part = codec.unpack(codec.silent === undefined ? items[at++] : null);
        if (part !== undefined) value[field] = part;
      }
      return value as T;
    },
    walk: (structure) => {
      if (structure.head(ARRAY, travelling.length) !== travelling.length) refuse('record');
      for (const [, codec] of travelling) codec.walk(structure);
    },
    shape: { is: 'record', name, fields: travelling.map(([field, { shape }]) => ({ name: field, shape })) },
  };
}

/** A variant of a union: the number under which it travels, given once as in `choice`, and its record. */
export type Variant<T> = readonly [number: number, codec: Codec<T>];

/** A union by the word in its tag field, as [number of the variant, record]. */
export function union<T extends object, K extends keyof T & string>(
  name: string,
  tag: K,
  variants: { readonly [W in T[K] & string]: Variant<Extract<T, { readonly [P in K]: W }>> },
): Codec<T> & { readonly shape: UnionShape } {
  const entries = Object.entries(variants) as unknown as [T[K] & string, Variant<T>][];
  const numbers = Object.fromEntries(entries.map(([word, [number]]) => [word, number]));
  const codecs = new Map(entries.map(([, variant]) => variant));
  wordsByNumber(numbers);
  return {
    pack: (value) => {
      const [number, codec] = variants[value[tag] as T[K] & string] as unknown as Variant<T>;
      return [number, codec.pack(value)];
    },
    unpack: (raw) => {
      if (!Array.isArray(raw) || raw.length !== 2 || typeof raw[0] !== 'number') refuse('union');
      const codec = codecs.get((raw as [number, unknown])[0]) ?? refuse('variant');
      return codec.unpack((raw as unknown[])[1]);
    },
    walk: (structure) => {
      if (structure.head(ARRAY, 2) !== 2) refuse('union');
      (codecs.get(structure.head(UNSIGNED, MAX_NUMBER)) ?? refuse('variant')).walk(structure);
    },
    shape: {
      is: 'union',
      name,
      variants: entries.map(([word, [number, { shape }]]) => ({ number, word, shape })),
    },
  };
}
