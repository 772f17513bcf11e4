/**
 * What arrives is unverified: it decoded within its limits, and nothing more is known of it. Two marks say what was
 * checked since. They exist in the type only, and `src/protocol/verification` alone gives them to what came from
 * elsewhere; an object that has one is used as it is, never copied, since a copy may say something else.
 */
declare const SIGNED: unique symbol;
declare const VERIFIED: unique symbol;

/** Who is said to have made it has signed it. Whether it may be said at all is not known yet. */
export type Signed<T> = T & { readonly [SIGNED]: true };

/** Everything about it that can be checked without other peers' bodies is right, on the state that it names. */
export type Verified<T> = T & { readonly [VERIFIED]: true };
