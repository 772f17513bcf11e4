/** Questions for decisions, and what is made of the answers. Whom to ask is `CatchUp`'s to say. */
import type { PeerId } from '../../crypto/peer-id.ts';
import type { UnverifiedDecision } from '../../messages/decision.ts';
import { MAX_DECISIONS_PER_ANSWER } from '../../messages/request.ts';
import { SETTLEMENT_ROUNDS } from '../limits.ts';
import type { Outbox } from '../outbox.ts';
import { isLie, verifiedRun, worthOf } from './answer-check.ts';
import type { Chain } from './chain.ts';
import { roundsWorthAState } from './disk-state.ts';
import type { Follower } from './follower.ts';

type Taken = 'fits' | 'lie' | 'nothing';

export class Sync {
  private readonly outbox: Outbox;
  private readonly follower: Follower;

  constructor(outbox: Outbox, follower: Follower) {
    this.outbox = outbox;
    this.follower = follower;
  }

  private get head(): Chain {
    return this.follower.timeline.head;
  }

  /** The round has gone on for long without news, or a question without an answer. */
  timedOut(): void {
    const { follower, outbox } = this;
    outbox.setTimer('catchUp', outbox.config.timing.catchUpMs);
    follower.catchUp.giveUp();
    if (follower.is === 'playing' && !follower.isUpdateDropped && follower.takeKnown()) return;
    follower.ask();
  }

  /** An answer counts where it begins with a decision on top of the head; what it says of its own head moves nothing. */
  caughtUp(peer: PeerId, decisions: readonly UnverifiedDecision[] | undefined, head: number): void {
    const { follower, outbox } = this;
    const { catchUp } = follower;
    const taken = decisions === undefined ? 'nothing' : this.take(peer, decisions, head);
    catchUp.answered(peer, decisions !== undefined && taken !== 'lie', taken === 'fits');
    if (decisions === undefined) return;
    const before = this.head.round;
    const until = head <= before ? follower.amnesia.heardFrom(peer, this.head) : undefined;
    if (until !== undefined) outbox.report({ event: 'silent', untilRound: until });
    catchUp.moreAt(peer, taken === 'fits' && head > before + decisions.length);
    follower.takeKnown();
    if (follower.is !== 'following') return;
    if (this.head.round > before && head > this.head.round) {
      catchUp.follow(peer);
      follower.ask();
    } else follower.recover();
  }

  /** Keeps what an answer brought, where its first decision holds on the head. */
  private take(peer: PeerId, decisions: readonly UnverifiedDecision[], head: number): Taken {
    const { follower, outbox } = this;
    const isForged = (decision: UnverifiedDecision): boolean => follower.claims.isForged(decision);
    for (const decision of decisions) {
      if (decision.value.round >= this.head.round) break;
      if (isLie(follower.onDecision(decision, peer), decision, isForged)) return this.lied(peer);
    }
    const next = decisions.filter(({ value }) => value.round >= this.head.round);
    const worth = worthOf(outbox.verifier, this.head, next, isForged);
    if (next[0]?.value.round === this.head.round) this.followWhereFar(next, head);
    switch (worth) {
      case 'fits':
        for (const decision of next) follower.catchUp.keep(decision, this.head.round);
        return 'fits';
      case 'other-history':
        follower.catchUp.probe();
        return 'nothing';
      case 'untrusted-history':
        follower.untrusted.tell();
        return this.lied(peer);
      case 'lie':
        return this.lied(peer);
      case 'nothing':
        return 'nothing';
    }
  }

  /** Leaves the round to follow the chain without the model, where that is far enough ahead and enough of it is shown. */
  private followWhereFar(next: readonly UnverifiedDecision[], head: number): void {
    const { verifier, config } = this.outbox;
    const { isUpdateDropped, is } = this.follower;
    // an update that is kept no longer is of a settled round, which a checkpoint leads past
    const far = isUpdateDropped ? SETTLEMENT_ROUNDS : roundsWorthAState(config);
    if (is !== 'playing' || head <= this.head.round + far) return;
    const enough = Math.min(far + 1, MAX_DECISIONS_PER_ANSWER);
    if (!verifier.rules.mayFollow(verifiedRun(verifier, this.head, next, enough), enough)) return;
    this.follower.startFollowing(isUpdateDropped ? 'update-dropped' : 'far-behind');
  }

  private lied(peer: PeerId): 'lie' {
    this.outbox.blame(peer, 'answered with a decision that does not hold');
    return 'lie';
  }
}
