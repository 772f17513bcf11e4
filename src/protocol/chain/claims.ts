/**
 * What others say of rounds, and of states, that are not the played one: who speaks of a decided round is sent its
 * decision, who speaks of later rounds leads to a question. Nothing else comes of it, and nothing at all before it is
 * known that a peer with a seat has signed it.
 */
import type { PeerId } from '../../crypto/peer-id.ts';
import type { UnverifiedDecision } from '../../messages/decision.ts';
import type { MessageFault } from '../fault.ts';
import type { Outbox } from '../outbox.ts';
import type { Announcer } from '../round/announcer.ts';
import { aboutOf, faultOfAuthorship, type Statement } from '../verification/authorship.ts';
import type { CatchUp } from './catch-up.ts';
import type { Claim } from './doubted-claims.ts';
import { heardIn } from './roster.ts';
import type { Timeline } from './timeline.ts';

/** `soon`: of the round that comes once this one is adopted. `other-state`: of the played round, on another state. */
type ClaimKind = 'ahead' | 'soon' | 'other-state';

export interface ClaimsParts {
  readonly outbox: Outbox;
  readonly timeline: Timeline;
  readonly announcer: Announcer;
  readonly catchUp: CatchUp;
  /** Asks for decisions, because of a claim or of another state. */
  readonly ask: (claim?: Claim) => void;
}

export class Claims {
  private readonly outbox: Outbox;
  private readonly timeline: Timeline;
  private readonly announcer: Announcer;
  private readonly catchUp: CatchUp;
  private readonly ask: (claim?: Claim) => void;

  constructor({ outbox, timeline, announcer, catchUp, ask }: ClaimsParts) {
    this.outbox = outbox;
    this.timeline = timeline;
    this.announcer = announcer;
    this.catchUp = catchUp;
    this.ask = ask;
  }

  faultOfAuthorship(message: Statement): MessageFault | undefined {
    return faultOfAuthorship(this.outbox.verifier, this.timeline.head, message);
  }

  /** Somebody with a seat speaks of a round that is decided here: it is sent the decision. */
  help(message: Statement, author: PeerId, round: number): MessageFault | undefined {
    if (!this.announcer.wants(author, round)) return undefined;
    const fault = this.faultOfAuthorship(message);
    if (fault === undefined) this.announcer.hint(author, round);
    return fault;
  }

  /**
   * Somebody speaks of rounds, or of a state, that are not known here: at most one question an interval, to a peer with
   * a seat. While the round before is being adopted, what comes next is no news; of another state in this round the
   * rounds before tell.
   */
  heard(
    message: Statement,
    author: PeerId,
    from: PeerId,
    kind: ClaimKind = 'ahead',
  ): MessageFault | undefined {
    const { outbox, catchUp, timeline } = this;
    if (outbox.isRunning('claim') || (kind === 'ahead' && catchUp.doubts(author))) return undefined;
    const fault = this.faultOfAuthorship(message);
    if (fault === 'not-in-roster') catchUp.meet(from);
    if (fault !== undefined) return fault;
    const { rules } = outbox.verifier;
    outbox.setTimer('claim', rules.claimIntervalMs);
    catchUp.follow(rules.mayLead(heardIn(timeline.head.roster).has(from)) ? from : author);
    if (kind === 'other-state') catchUp.lookBack();
    if (kind !== 'soon') this.ask(kind === 'ahead' ? { author, round: aboutOf(message).round } : undefined);
    return undefined;
  }

  /**
   * A decision of another history cannot be checked here, but for one thing: where its author has a seat here as well, it
   * has signed its value. Without this, made-up decisions would cost whoever answers with them nothing.
   */
  isForged(decision: UnverifiedDecision): boolean {
    return this.faultOfAuthorship(decision) === 'bad-signature';
  }
}
