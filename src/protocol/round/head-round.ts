/** The round on top of the head: begins it, ends it, and says which channels to listen on meanwhile. */
import type { UnverifiedDecision } from '../../messages/decision.ts';
import type { Amnesia } from '../chain/amnesia.ts';
import { expectedCommittee, type Chain } from '../chain/chain.ts';
import type { Outbox } from '../outbox.ts';
import type { Memories } from '../chain/memories.ts';
import type { Presence } from './presence.ts';
import { RoundState } from './round-state.ts';
import type { Membership } from '../chain/membership.ts';

export interface HeadRoundParts {
  readonly outbox: Outbox;
  readonly memories: Memories;
  readonly amnesia: Amnesia;
  readonly membership: Membership;
  readonly presence: Presence;
  /** The round has come to a decision. */
  readonly onDecision: (decision: UnverifiedDecision) => void;
}

export class HeadRound {
  roundState: RoundState | undefined;
  private readonly parts: HeadRoundParts;
  private listening: boolean | undefined;
  private hasPlayed = false;

  constructor(parts: HeadRoundParts) {
    this.parts = parts;
  }

  open(head: Chain): void {
    const { outbox, membership } = this.parts;
    const roundState = this.roundStateOf(head);
    this.roundState = roundState;
    const soon = expectedCommittee(outbox.config, head).includes(outbox.self);
    this.listen(roundState.committee.includes(outbox.self) || soon);
    membership.ask(head);
    roundState.start();
  }

  private roundStateOf(head: Chain): RoundState {
    const { outbox, memories, membership, presence, onDecision } = this.parts;
    const opened = memories.opened(head);
    const isFirst = !this.hasPlayed;
    this.hasPlayed = true;
    const roundState: RoundState = new RoundState({
      outbox,
      chain: head,
      journal: memories.journal(head),
      pending: membership.pending,
      presence,
      isFirst,
      silent: this.isSilent(head),
      ...(opened === undefined ? {} : { opened }),
      onEvidence: (evidence) => membership.onEvidence(evidence, head),
      onDecision: (decision) => {
        if (this.roundState === roundState) onDecision(decision);
      },
      onOpened: (now) => {
        memories.open(now);
        this.listen(roundState.committee.includes(outbox.self));
      },
    });
    return roundState;
  }

  /**
   * Signs nothing where it may have signed before what it does not know of; nor below a trusted state, since the rounds
   * before it are decided, and a peer that is still there may be on another history.
   */
  private isSilent({ round }: Chain): boolean {
    const { outbox, memories, amnesia } = this.parts;
    const { trusted } = outbox.verifier;
    return amnesia.silences(round) || round < memories.firstRemembered || round < (trusted?.round ?? 0);
  }

  end(): void {
    this.roundState = undefined;
    this.parts.outbox.cancelRoundTimers();
    this.parts.outbox.put({ type: 'stopTraining' });
  }

  listen(committee: boolean): void {
    if (this.listening !== committee) this.parts.outbox.put({ type: 'listen', committee });
    this.listening = committee;
  }
}
