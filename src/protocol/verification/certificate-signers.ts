/** Who signed a certificate, by its bitmap over the committee's order. */
import type { PeerId } from '../../crypto/peer-id.ts';
import type { UnverifiedCertificate } from '../../messages/vote.ts';

export interface Signer {
  readonly voter: PeerId;
  readonly signature: Uint8Array;
}

/** In the committee's order; bits beyond the committee and bits without a signature give nobody. */
export function signersOf(
  committee: readonly PeerId[],
  { signers, signatures }: Pick<UnverifiedCertificate, 'signers' | 'signatures'>,
): Signer[] {
  const found: Signer[] = [];
  committee.forEach((voter, bit) => {
    if ((((signers[bit >> 3] ?? 0) >> (bit & 7)) & 1) === 0) return;
    const signature = signatures[found.length];
    if (signature !== undefined) found.push({ voter, signature });
  });
  return found;
}
