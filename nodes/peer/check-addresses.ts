/** The addresses that `synod peer` is given, looked at before anything is opened. */
import type { Multiaddr } from '@multiformats/multiaddr';
import type { Experiment } from '../../src/config/experiment.ts';
import type { PeerId } from '../../src/crypto/peer-id.ts';
import { nearestName } from '../../src/foundation/nearest-name.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { peerOf } from '../../src/network/addresses.ts';
import { parseOperatorAddress } from '../../src/network/operator-address.ts';

export interface CheckedAddresses {
  readonly bootstrap: readonly Multiaddr[];
  /** What may be meant, and is more likely a slip. */
  readonly doubts: readonly string[];
}

/** Throws an OperatorError where an address cannot serve, or names nobody of the roster by a slip. */
export function checkAddresses(
  flags: {
    readonly listen: readonly string[];
    readonly announce: readonly string[];
    readonly bootstrap: readonly string[];
  },
  self: PeerId,
  { roster, admission }: Pick<Experiment, 'roster' | 'admission'>,
): CheckedAddresses {
  for (const use of ['listen', 'announce'] as const) {
    for (const text of flags[use]) parseOperatorAddress(text, `--${use}`, use, self);
  }
  const doubts: string[] = [];
  const bootstrap = flags.bootstrap.map((text) => {
    const address = parseOperatorAddress(text, '--bootstrap', 'bootstrap', self);
    const peer = peerOf(address);
    if (peer === undefined) {
      doubts.push(`--bootstrap ${text} names no peer: whoever answers there is taken; add /p2p/ and its id`);
    } else if (admission.policy === 'genesis' && !roster.includes(peer)) {
      const meant = nearestName(peer, roster);
      if (meant !== undefined) {
        throw new OperatorError(
          `--bootstrap names ${peer}, which is not in the roster; it is one slip from ${meant}`,
        );
      }
      doubts.push(`--bootstrap names ${peer}, which is not in the roster`);
    }
    return address;
  });
  return { bootstrap, doubts };
}
