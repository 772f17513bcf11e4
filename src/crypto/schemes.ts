/**
 * What the protocol asks of cryptography. Both are synchronous, so that the Machine stays a function; the real ones
 * are Ed25519 and an ECVRF on the same key (`peer-key.ts`, `ecvrf.ts`), a simulation may pass cheaper ones.
 */
import type { PeerId } from './peer-id.ts';

export interface SignatureScheme {
  sign(bytes: Uint8Array): Uint8Array;
  /** Whether the peer signed the bytes; false for a malformed id, point or signature as well. */
  verify(peer: PeerId, bytes: Uint8Array, signature: Uint8Array): boolean;
}

export interface VerifiableRandomness {
  /** The proof travels; the output (32 bytes or more) is the one value that this key has for this input. */
  prove(input: Uint8Array): { readonly proof: Uint8Array; readonly output: Uint8Array };
  /** The output, or undefined where the proof is not the peer's proof for the input. */
  verify(peer: PeerId, input: Uint8Array, proof: Uint8Array): Uint8Array | undefined;
}
