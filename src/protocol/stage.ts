/** Where the head round is played: opens its play, ends it, and says which channels to listen on meanwhile. */
import type { UnverifiedDecision } from '../messages/decision.ts';
import type { Amnesia } from './amnesia.ts';
import { expectedCommittee, type Chain } from './chain.ts';
import type { Desk } from './desk.ts';
import type { Memories } from './memories.ts';
import type { Presence } from './presence.ts';
import { RoundPlay } from './round-play.ts';
import type { Seat } from './seat.ts';

export interface StageParts {
  readonly desk: Desk;
  readonly memories: Memories;
  readonly amnesia: Amnesia;
  readonly seat: Seat;
  readonly presence: Presence;
  /** The play that is on has come to a decision. */
  readonly onDecision: (decision: UnverifiedDecision) => void;
}

export class Stage {
  play: RoundPlay | undefined;
  private readonly parts: StageParts;
  private listening: boolean | undefined;
  private hasPlayed = false;

  constructor(parts: StageParts) {
    this.parts = parts;
  }

  open(head: Chain): void {
    const { desk, seat } = this.parts;
    const play = this.playOf(head);
    this.play = play;
    const soon = expectedCommittee(desk.config, head).includes(desk.self);
    this.listen(play.committee.includes(desk.self) || soon);
    seat.ask(head);
    play.start();
  }

  private playOf(head: Chain): RoundPlay {
    const { desk, memories, seat, presence, onDecision } = this.parts;
    const opened = memories.opened(head.anchor);
    const isFirst = !this.hasPlayed;
    this.hasPlayed = true;
    const play: RoundPlay = new RoundPlay({
      desk,
      chain: head,
      book: memories.book(head),
      pending: seat.pending,
      presence,
      isFirst,
      silent: this.isSilent(head),
      ...(opened === undefined ? {} : { opened }),
      onEvidence: (evidence) => seat.onEvidence(evidence, head),
      onDecision: (decision) => {
        if (this.play === play) onDecision(decision);
      },
      onOpened: (now) => {
        memories.open(now);
        this.listen(play.committee.includes(desk.self));
      },
    });
    return play;
  }

  /**
   * Signs nothing where it may have signed before what it does not know of; nor below a trusted state, since the rounds
   * before it are decided, and a peer that is still there may be on another history.
   */
  private isSilent({ round }: Chain): boolean {
    const { desk, memories, amnesia } = this.parts;
    const { trusted } = desk.verifier;
    return amnesia.silences(round) || round < memories.firstRemembered || round < (trusted?.round ?? 0);
  }

  end(): void {
    this.play = undefined;
    this.parts.desk.cancelRoundTimers();
    this.parts.desk.put({ type: 'stopTraining' });
  }

  listen(committee: boolean): void {
    if (this.listening !== committee) this.parts.desk.put({ type: 'listen', committee });
    this.listening = committee;
  }
}
