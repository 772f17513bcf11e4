/** What a codec takes, as data, so that docs/wire.md is written from the codecs themselves. */

/** A bound, with its words where it depends on the experiment. */
export type Bound = number | { readonly most: number; readonly said: string };

export type Shape =
  | { readonly is: 'integer' | 'bytes' | 'text'; readonly most: Bound }
  | { readonly is: 'flag' | 'digest' }
  | { readonly is: 'choice'; readonly numbers: Readonly<Record<string, number>> }
  | { readonly is: 'optional'; readonly item: Shape }
  | { readonly is: 'list'; readonly item: Shape; readonly most: Bound }
  /** Known from the context; does not travel. */
  | { readonly is: 'constant'; readonly word: string }
  | RecordShape
  | UnionShape;

export interface RecordShape {
  readonly is: 'record';
  readonly name: string;
  /** In the order in which they travel. */
  readonly fields: readonly { readonly name: string; readonly shape: Shape }[];
}

export interface UnionShape {
  readonly is: 'union';
  readonly name: string;
  readonly variants: readonly { readonly number: number; readonly word: string; readonly shape: Shape }[];
}

export function mostOf(bound: Bound): number {
  return typeof bound === 'number' ? bound : bound.most;
}
