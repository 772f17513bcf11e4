/** A round's result, as it is broadcast, stored and handed to latecomers. */
import type { Digest } from '../crypto/hash.ts';
import type { Opening, UnverifiedOpening } from './abandon.ts';
import type { Value } from './value.ts';
import type { Verified } from './verified.ts';
import type { Certificate, UnverifiedCertificate } from './vote.ts';

/** What follows from a value's list, computed by every member for itself. */
export interface Outcome {
  /** SHA-256 of the update's bytes, and their length. */
  readonly updateDigest: Digest;
  readonly updateByteLength: number;
  /** The application's state digest after the update. */
  readonly applicationDigest: Digest;
}

export interface UnverifiedDecision {
  readonly kind: 'decision';
  readonly value: Value;
  readonly outcome: Outcome;
  /** Precommits of more than two thirds of the attempt's committee; names round, attempt and view of the decision. */
  readonly certificate: UnverifiedCertificate;
  /** Why the attempt could run; present above attempt 0. */
  readonly opening?: UnverifiedOpening;
  /** The update itself, where it is small enough to travel inside the message. */
  readonly body?: Uint8Array;
}

/** With the parts that were checked with it. */
export type Decision = Verified<
  UnverifiedDecision & { readonly certificate: Certificate; readonly opening?: Opening }
>;
