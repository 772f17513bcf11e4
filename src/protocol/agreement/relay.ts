/**
 * What a member says again while a round is undecided. Tendermint assumes that whatever one correct process receives,
 * all do; a network that loses messages does not give that, so own statements are repeated, and a member that repeats
 * itself is handed the others' statements by a few members in turn: their authors may be gone.
 */
import type { PeerId } from '../../crypto/peer-id.ts';
import type { UnverifiedProposal } from '../../messages/proposal.ts';
import type { Vote } from '../../messages/vote.ts';
import type { Outbox } from '../outbox.ts';
import type { RoundMemory } from '../saved-state.ts';

/** Members that help one that is stuck, per rebroadcast. */
const HELPERS = 2;

export class Relay {
  private readonly outbox: Outbox;
  private readonly committee: readonly PeerId[];
  private ticks = 0;
  /** Members that were helped since the last rebroadcast. */
  private readonly helped = new Set<PeerId>();

  constructor(outbox: Outbox, committee: readonly PeerId[]) {
    this.outbox = outbox;
    this.committee = committee;
  }

  help(member: PeerId, votes: readonly Vote[], proposal: UnverifiedProposal | undefined): void {
    const { outbox, committee, helped } = this;
    const { length } = committee;
    const turn = committee.indexOf(outbox.self) - committee.indexOf(member) + this.ticks + length;
    if (member === outbox.self || helped.has(member) || turn % length >= HELPERS) return;
    helped.add(member);
    if (proposal !== undefined) outbox.put({ type: 'send', to: member, message: proposal });
    for (const vote of votes) {
      if (vote.voter !== member) outbox.put({ type: 'send', to: member, message: vote });
    }
  }

  /** Own statements of this view, and votes of the one before; `seen`: a proposal that a quorum prevoted for. */
  rebroadcast({ proposal, votes }: RoundMemory, seen: UnverifiedProposal | undefined): void {
    this.ticks += 1;
    this.helped.clear();
    const worthSaying = proposal ?? seen;
    if (worthSaying !== undefined) this.outbox.publish(worthSaying);
    for (const vote of votes) this.outbox.publish(vote);
  }
}
