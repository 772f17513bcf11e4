/** What the hash thread is asked for, and its result: the same wherever it is computed. */
import { pieceList } from './body-digest.ts';
import { hashOf, type HashPart } from './hash.ts';

export type HashJob =
  /** The digests of a body's pieces. */
  | { readonly kind: 'pieces'; readonly body: Uint8Array }
  | { readonly kind: 'hash'; readonly tag: string; readonly parts: readonly HashPart[] };

export interface HashRequest {
  readonly id: number;
  readonly job: HashJob;
}

export interface HashAnswer {
  readonly id: number;
  readonly result: Uint8Array;
}

export function resultOf(job: HashJob): Uint8Array {
  return job.kind === 'pieces' ? pieceList(job.body) : hashOf(job.tag, ...job.parts);
}
