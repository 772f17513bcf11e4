/**
 * What is said about rounds that are decided here: an abandonment is answered, a decision of a later attempt or an
 * opening may ask to play the round again.
 */
import { isSameHold, type UnverifiedAbandon } from '../../messages/abandon.ts';
import type { UnverifiedDecision } from '../../messages/decision.ts';
import type { OpeningMessage } from '../../messages/opening.ts';
import type { Amnesia } from './amnesia.ts';
import { isLastAttempt } from './chain.ts';
import type { Outbox } from '../outbox.ts';
import type { MessageFault } from '../fault.ts';
import type { Memories } from './memories.ts';
import { checkOpened } from '../verification/opening-check.ts';
import { servingIn } from './roster.ts';
import type { Timeline } from './timeline.ts';

export class PastRounds {
  private readonly outbox: Outbox;
  private readonly timeline: Timeline;
  private readonly memories: Memories;
  private readonly amnesia: Amnesia;

  constructor(outbox: Outbox, timeline: Timeline, memories: Memories, amnesia: Amnesia) {
    this.outbox = outbox;
    this.timeline = timeline;
    this.memories = memories;
    this.amnesia = amnesia;
  }

  /**
   * Somebody gave up an attempt of a round that is decided here: it gets our word that we hold the decision. Of settled
   * rounds nothing is said: nobody steps back that far, and what this peer signed there may be forgotten. The word is
   * signed and stored once per attempt, however many ask. One that was given before this decision may name another, or
   * the same value as an earlier attempt decided it, and counts only for those who know that one: it is shown as well,
   * since nobody else may be left who has it.
   */
  answerAbandon(message: UnverifiedAbandon): MessageFault | undefined {
    if (message.round < this.memories.firstRemembered) return 'stale';
    const past = this.timeline.at(message.round);
    if (past === undefined || past.chain.anchor !== message.anchor) return 'stale';
    const { outbox } = this;
    const { attempt } = past.decision.certificate;
    if (message.holds !== null || attempt > message.attempt) return 'stale';
    if (this.amnesia.silences(message.round) || !servingIn(past.chain.roster).has(outbox.self))
      return 'stale';
    if (!servingIn(past.chain.roster).has(message.peer)) return 'not-in-roster';
    if (isLastAttempt(outbox.config, past.chain, message.attempt)) return 'out-of-range';
    const checked = outbox.verifier.abandon(message);
    if (!checked.ok) return checked.fault;
    const journal = this.memories.journal(past.chain);
    const said = journal.memory;
    const ours = { attempt, value: past.value };
    const statement = journal.abandon(message.attempt, ours);
    const { held } = journal.memory;
    const isNamed = held !== undefined && isSameHold(statement.holds, held.certificate);
    const shown = isNamed && !isSameHold(statement.holds, ours) ? [held] : [];
    const replies = [...shown, statement].map(
      (reply) => ({ type: 'send', to: message.peer, message: reply }) as const,
    );
    if (journal.memory === said) for (const reply of replies) outbox.put(reply);
    else outbox.put({ type: 'store', memory: journal.memory, then: replies });
    return undefined;
  }

  /** undefined where the opening is good and voids the decision here: the round is to be played again. */
  faultOfOpening(message: OpeningMessage): MessageFault | undefined {
    const { opening } = message;
    const past = this.timeline.at(opening.round);
    if (past === undefined || past.decision.certificate.attempt > opening.attempt) return 'stale';
    const opened = checkOpened(this.outbox.verifier, past.chain, message);
    if (!opened.ok) return opened.fault;
    this.memories.open(opened.value);
    return undefined;
  }

  /** undefined where the decision is good and of a later attempt than ours: it takes the place of ours. */
  faultOfDecision(decision: UnverifiedDecision): MessageFault | undefined {
    const { round } = decision.value;
    const past = this.timeline.at(round);
    if (past === undefined) return 'stale';
    const { attempt, value } = decision.certificate;
    if (value === past.value) return 'duplicate';
    const checked = this.outbox.verifier.decision(past.chain, decision);
    if (!checked.ok) return checked.fault;
    const ours = past.decision.certificate.attempt;
    if (attempt === ours) this.outbox.report({ event: 'fork', round });
    if (attempt <= ours) return 'stale';
    this.memories.openIfNewer(decision.opening);
    return undefined;
  }
}
