/** Books and openings of the newest rounds, by anchor: what was signed there counts when a round is played again. */
import type { Digest } from '../crypto/hash.ts';
import type { UnverifiedOpening } from '../messages/abandon.ts';
import type { Opened } from './abandonment.ts';
import type { Chain } from './chain.ts';
import type { Desk } from './desk.ts';
import { SETTLEMENT_ROUNDS } from './limits.ts';
import { RoundBook } from './round-book.ts';
import type { RoundMemory } from './saved-state.ts';

export class Memories {
  private readonly desk: Desk;
  private readonly books = new Map<Digest, RoundBook>();
  private oldest = 0;
  private readonly openings = new Map<Digest, Opened>();

  constructor(desk: Desk) {
    this.desk = desk;
  }

  load(memories: readonly RoundMemory[]): void {
    for (const memory of memories) this.books.set(memory.anchor, new RoundBook(this.desk, memory));
    const newest = Math.max(0, ...memories.map(({ round }) => round));
    this.forgetBelow(newest - SETTLEMENT_ROUNDS);
  }

  /** Of earlier rounds it is not known any more what this peer signed, so it signs nothing there. */
  get firstRemembered(): number {
    return this.oldest;
  }

  book({ round, anchor }: Chain): RoundBook {
    let book = this.books.get(anchor);
    if (book === undefined) this.books.set(anchor, (book = RoundBook.blank(this.desk, round, anchor)));
    return book;
  }

  /** The newest attempt that is known to be open on an anchor. */
  opened(anchor: Digest): Opened | undefined {
    return this.openings.get(anchor);
  }

  open(opened: Opened): void {
    this.openings.set(opened.opening.anchor, opened);
  }

  openIfNewer(opening: UnverifiedOpening | undefined): void {
    if (opening === undefined) return;
    const known = this.openings.get(opening.anchor);
    if (known === undefined || known.opening.attempt < opening.attempt) this.open({ opening });
  }

  forgetBelow(round: number): void {
    this.oldest = Math.max(this.oldest, round);
    for (const [anchor, book] of this.books) if (book.memory.round < round) this.books.delete(anchor);
    for (const [anchor, { opening }] of this.openings)
      if (opening.round < round) this.openings.delete(anchor);
  }

  get size(): number {
    return this.books.size + this.openings.size;
  }
}
