/** `--collude`: whether the peers that it names can forge together with this one. */
import type { Experiment } from '../../src/config/experiment.ts';
import { peerIdFault, type PeerId } from '../../src/crypto/peer-id.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';

export interface CollusionFlags {
  readonly attack?: string | undefined;
  readonly collude: readonly PeerId[];
}

/** Throws an OperatorError; a peer that is named in vain would have all of them forge for another number than they are. */
export function checkCollusion(
  { attack, collude }: CollusionFlags,
  self: PeerId,
  { admission, roster }: Pick<Experiment, 'admission' | 'roster'>,
): void {
  if (collude.length > 0 && attack === undefined) {
    throw new OperatorError('--collude must come together with --attack, got it alone');
  }
  for (const [i, peer] of collude.entries()) {
    const fault = peerIdFault(peer) ?? faultOf(peer, i);
    if (fault !== undefined)
      throw new OperatorError(`--collude must name another peer, got ${peer}: ${fault}`);
  }

  function faultOf(peer: PeerId, index: number): string | undefined {
    if (peer === self) return 'that is this peer';
    if (collude.indexOf(peer) < index) return 'it is named twice';
    if (admission.policy === 'genesis' && !roster.includes(peer)) return 'it is not in the roster';
    return undefined;
  }
}
