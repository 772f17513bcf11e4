/**
 * A state that the operator knows from elsewhere: after `round` certified rounds the whole state (model, roster, seeds)
 * has this digest. A history that does not contain it is another one, however well it is signed: keys that were worth
 * nothing any more to their owners can sign a second one from the first round on (docs/attacks.md, "Long range").
 */
import type { Digest } from '../../crypto/hash.ts';
import type { Chain } from './chain.ts';

export interface TrustedState {
  /** Certified rounds that lead to it: the state from which round `round` is played. */
  readonly round: number;
  /** Its anchor. */
  readonly anchor: Digest;
}

/** Whether a history that has come to this state is not the trusted one. */
export function contradicts(
  trusted: TrustedState | undefined,
  { round, anchor }: Pick<Chain, 'round' | 'anchor'>,
): boolean {
  return trusted?.round === round && trusted.anchor !== anchor;
}
