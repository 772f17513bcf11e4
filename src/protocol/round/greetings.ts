/**
 * Hands a peer that came within reach what was said in the round so far. Without it both sides would wait for the next
 * rebroadcast: after a start of all, one such wait for contributions and one for each phase of the votes.
 */
import type { PeerId } from '../../crypto/peer-id.ts';
import type { Message } from '../../messages/message.ts';
import type { Opened } from '../../messages/opening.ts';
import type { Outbox } from '../outbox.ts';
import { MAX_GREETINGS_PER_PEER } from '../limits.ts';
import type { RoundMemory } from '../saved-state.ts';

export interface SaidSoFar {
  readonly memory: RoundMemory;
  readonly attempt: number;
  readonly opened: Opened | undefined;
  /** Whom contributions and votes are for. */
  readonly committee: readonly PeerId[];
}

export class Greetings {
  private readonly outbox: Outbox;
  private readonly times = new Map<PeerId, number>();

  constructor(outbox: Outbox) {
    this.outbox = outbox;
  }

  has(peer: PeerId): boolean {
    return this.times.has(peer);
  }

  greet(peer: PeerId, { memory, attempt, opened, committee }: SaidSoFar): void {
    const { outbox } = this;
    const times = this.times.get(peer) ?? 0;
    if (peer === outbox.self || times >= MAX_GREETINGS_PER_PEER) return;
    this.times.set(peer, times + 1);
    const { contribution, abandons, proposal, votes } = memory;
    const statements: Message[] = abandons.filter((said) => said.attempt >= attempt);
    if (opened !== undefined) statements.push({ kind: 'opening', ...opened });
    if (committee.includes(peer)) {
      if (contribution !== undefined) statements.push(contribution);
      if (proposal !== undefined) statements.push(proposal);
      statements.push(...votes);
    }
    for (const message of statements) outbox.put({ type: 'send', to: peer, message });
  }

  get size(): number {
    return this.times.size;
  }
}
