/**
 * The version of everything that peers must do alike: encodings, what is signed, the rules of a round, the arithmetic. It
 * is part of the experiment's id, so that builds which differ in it never meet in one run. Raise it with any such change;
 * docs/decisions/versions.md says what counts.
 */
export const PROTOCOL_VERSION = 2;
