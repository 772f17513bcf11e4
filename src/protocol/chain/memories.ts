/** Journals and openings of the newest rounds, by anchor: what was signed there counts when a round is played again. */
import type { Digest } from '../../crypto/hash.ts';
import type { UnverifiedOpening } from '../../messages/abandon.ts';
import type { Opened, UnverifiedOpened } from '../../messages/opening.ts';
import type { Chain } from './chain.ts';
import type { Outbox } from '../outbox.ts';
import { SETTLEMENT_ROUNDS } from '../limits.ts';
import { SignedJournal } from '../agreement/signed-journal.ts';
import type { RoundMemory } from '../saved-state.ts';

export class Memories {
  private readonly outbox: Outbox;
  private readonly journals = new Map<Digest, SignedJournal>();
  private oldest = 0;
  private readonly openings = new Map<Digest, UnverifiedOpened>();

  constructor(outbox: Outbox) {
    this.outbox = outbox;
  }

  load(memories: readonly RoundMemory[]): void {
    for (const memory of memories) {
      this.journals.set(memory.anchor, new SignedJournal(this.outbox, memory));
      const opened = memory.valid?.opened;
      if (opened !== undefined) this.open(opened);
    }
    const newest = Math.max(0, ...memories.map(({ round }) => round));
    this.forgetBelow(newest - SETTLEMENT_ROUNDS);
  }

  /** Of earlier rounds it is not known any more what this peer signed, so it signs nothing there. */
  get firstRemembered(): number {
    return this.oldest;
  }

  journal({ round, anchor }: Chain): SignedJournal {
    let journal = this.journals.get(anchor);
    if (journal === undefined)
      this.journals.set(anchor, (journal = SignedJournal.blank(this.outbox, round, anchor)));
    return journal;
  }

  /** The newest attempt that is known to be open on a state: what is kept may come from the disk, so it is checked. */
  opened(chain: Chain): Opened | undefined {
    const { verifier } = this.outbox;
    const known = this.openings.get(chain.anchor);
    const opening = known && verifier.opening(chain, known.opening);
    if (opening?.ok !== true) return undefined;
    const held = known?.held && verifier.decision(chain, known.held);
    return { opening: opening.value, ...(held?.ok === true ? { held: held.value.decision } : {}) };
  }

  open(opened: UnverifiedOpened): void {
    this.openings.set(opened.opening.anchor, opened);
  }

  openIfNewer(opening: UnverifiedOpening | undefined): void {
    if (opening === undefined) return;
    const known = this.openings.get(opening.anchor);
    if (known === undefined || known.opening.attempt < opening.attempt) this.open({ opening });
  }

  forgetBelow(round: number): void {
    this.oldest = Math.max(this.oldest, round);
    for (const [anchor, journal] of this.journals)
      if (journal.memory.round < round) this.journals.delete(anchor);
    for (const [anchor, { opening }] of this.openings)
      if (opening.round < round) this.openings.delete(anchor);
  }

  get size(): number {
    return this.journals.size + this.openings.size;
  }
}
