/** The ECVRF of `ecvrf.ts` as the protocol's VerifiableRandomness, on the same key as the peer's signatures. */
import { ecvrfProve, ecvrfVerify } from './ecvrf.ts';
import { publicKeyOf, type PeerId } from './peer-id.ts';
import type { PeerKey } from './peer-key.ts';
import type { VerifiableRandomness } from './schemes.ts';

export function peerRandomness(key: PeerKey): VerifiableRandomness {
  return { prove: (input) => ecvrfProve(key.seed, input), verify: verifyRandomness };
}

/** The peer's output for the input, or undefined where the proof is not the peer's; needs no key of one's own. */
export function verifyRandomness(peer: PeerId, input: Uint8Array, proof: Uint8Array): Uint8Array | undefined {
  const publicKey = publicKeyOf(peer);
  return publicKey === undefined ? undefined : ecvrfVerify(publicKey, input, proof);
}
