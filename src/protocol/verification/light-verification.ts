/**
 * Light verification: checks certified rounds with nothing but the experiment's protocol configuration. No model, no
 * data, no network and no key of one's own, so that other programs can import it. What it cannot tell is whether the
 * update is the right aggregate of its contributions: for that the certificate's quorum vouches, and
 * `synod verify-run --recompute` recomputes.
 */
import { verifySignature } from '../../crypto/peer-key.ts';
import { verifyRandomness } from '../../crypto/peer-randomness.ts';
import type { Digest } from '../../crypto/hash.ts';
import type { Decision, UnverifiedDecision } from '../../messages/decision.ts';
import type { Chain } from '../chain/chain.ts';
import type { ProtocolConfig } from '../config.ts';
import type { MessageFault } from '../fault.ts';
import type { VerifierSchemes } from './statement-verifier.ts';
import { Verifier } from './verifier.ts';

/** The schemes of real peers. */
export const REAL_SCHEMES: VerifierSchemes = {
  signatures: { verify: verifySignature },
  randomness: { verify: verifyRandomness },
};

export interface CertificateContext {
  readonly config: ProtocolConfig;
  /** The chain before the round: roster and seeds, from which cohort and committee follow. */
  readonly chain: Chain;
  /** A digest of the model's state that somebody claims for the end of the round. */
  readonly applicationDigest?: Digest;
}

export type CertificateCheck =
  | { readonly ok: true; readonly decision: Decision; readonly next: Chain }
  | { readonly ok: false; readonly fault: MessageFault | 'other-state' };

/**
 * Whether a quorum of the round's own committee signed this decision: certificate, sampling, contributions' signatures,
 * beacon proof and roster changes. Gives the chain after it, whose `anchor` is the digest of the whole state.
 */
export function verifyCertificate(
  decision: UnverifiedDecision,
  context: CertificateContext,
  verifier = new Verifier(context.config, REAL_SCHEMES),
): CertificateCheck {
  const checked = verifier.decision(context.chain, decision);
  if (!checked.ok) return checked;
  const { applicationDigest } = context;
  if (applicationDigest !== undefined && applicationDigest !== decision.outcome.applicationDigest) {
    return { ok: false, fault: 'other-state' };
  }
  return { ok: true, decision: checked.value.decision, next: checked.value.next };
}
