/** What the parent of a fuzz tells its child, and the other way. */

export interface ChildTask {
  /** The child's own. */
  readonly folder: string;
  readonly sets: string | undefined;
  readonly seed: string | number;
  readonly from: number;
  readonly step: number;
  readonly end: number;
  /** A reader with a fault, to see that it is found. */
  readonly planted: string | undefined;
}

export interface Tally {
  inputs: number;
  values: number;
}

export interface Finding {
  readonly reader: string;
  readonly input: number;
  readonly fault: string;
  /** In base64. */
  readonly bytes: string;
}

/** `next` is the first input that is not done. Tallies are of what was done since the last word. */
export type ChildWord =
  | { readonly kind: 'progress'; readonly next: number; readonly tallies: Readonly<Record<string, Tally>> }
  | ({ readonly kind: 'finding' } & Finding);
