/**
 * A peer whose disk was lost may have signed statements that it does not know of. It signs nothing until it has heard
 * from more than two thirds of the serving peers that there is nothing newer than what it has, and AMNESIA_ROUNDS more
 * rounds were certified after that: then the rounds that it could have signed in are decided (docs/protocol.md).
 */
import type { PeerId } from '../../crypto/peer-id.ts';
import type { Chain } from './chain.ts';
import { AMNESIA_ROUNDS } from '../limits.ts';
import type { Rules } from '../rules.ts';
import { servingIn } from './roster.ts';

export class Amnesia {
  private readonly rules: Rules;
  private suffering = false;
  private until: number | undefined;
  private readonly heard = new Set<PeerId>();

  constructor(rules: Rules) {
    this.rules = rules;
  }

  begin(): void {
    this.suffering = true;
  }

  /** Whether the peer must not sign in a round. */
  silences(round: number): boolean {
    return this.suffering && (this.until === undefined || round < this.until);
  }

  /** A peer has nothing newer than our head; gives the round from which the peer may sign, once that is known. */
  heardFrom(peer: PeerId, head: Chain): number | undefined {
    if (!this.suffering || this.until !== undefined || !servingIn(head.roster).has(peer)) return undefined;
    this.heard.add(peer);
    if (this.heard.size < this.rules.quorum(servingIn(head.roster).size, 'lost disk')) return undefined;
    this.until = head.round + AMNESIA_ROUNDS;
    return this.until;
  }

  /** True once, when what was forgotten is behind. */
  endsAt(round: number): boolean {
    if (!this.suffering || this.silences(round)) return false;
    this.suffering = false;
    return true;
  }
}
