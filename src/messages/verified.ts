/**
 * What arrives is unverified: it decoded within its limits, and nothing more is known of it. `Verified<T>` says that
 * its signatures were checked against the experiment; only `src/protocol/verification/verifier.ts` makes one of
 * what a stranger sent.
 */
declare const VERIFIED: unique symbol;

export type Verified<T> = T & { readonly [VERIFIED]: true };
