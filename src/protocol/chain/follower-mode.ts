/** What a follower is doing. */
import type { Digest } from '../../crypto/hash.ts';
import type { UnverifiedDecision } from '../../messages/decision.ts';
import type { Chain } from './chain.ts';
import type { OwnGradient } from '../round/own-gradient.ts';

export type Mode =
  | { readonly is: 'idle' | 'playing' | 'finished' }
  | {
      readonly is: 'adopting';
      readonly decision: UnverifiedDecision;
      readonly next: Chain;
      readonly value: Digest;
      readonly served: boolean;
      readonly own: OwnGradient | undefined;
    }
  /** The application is being brought to a state of the timeline. */
  | { readonly is: 'rebuilding' }
  /** Without the model: decisions are checked and stored, not applied. */
  | { readonly is: 'following' };
