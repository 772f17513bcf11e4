/** A peer as a worker of the round: trains once, signs once, says it until the round is decided. */
import type { PeerId } from '../crypto/peer-id.ts';
import type { Chain } from './chain.ts';
import type { Desk } from './desk.ts';
import type { Input } from './input.ts';
import type { RoundBook } from './round-book.ts';

export class Worker {
  private readonly desk: Desk;
  private readonly chain: Chain;
  private readonly book: RoundBook;
  private readonly silent: boolean;
  private startedMs: number | undefined;
  private tookMs: number | undefined;

  constructor(desk: Desk, chain: Chain, book: RoundBook, silent: boolean) {
    this.desk = desk;
    this.chain = chain;
    this.book = book;
    this.silent = silent;
  }

  /** Trains, where the peer is in the cohort and has no contribution from before a restart. */
  start(cohort: readonly PeerId[]): void {
    const { desk, chain, book } = this;
    if (this.silent || !cohort.includes(desk.self)) return;
    if (book.memory.contribution !== undefined) return this.rebroadcast();
    this.startedMs = desk.nowMs;
    const context = { round: chain.round, seed: chain.seed };
    desk.put({ type: 'train', context, anchor: chain.anchor });
  }

  trained({ anchor, digest, byteLength }: Extract<Input, { type: 'trained' }>): void {
    const { desk, chain, book } = this;
    if (anchor !== chain.anchor || book.memory.contribution !== undefined) return;
    this.tookMs = desk.nowMs - (this.startedMs ?? desk.nowMs);
    const contribution = book.contribute(digest, byteLength);
    desk.persistAndPublish(book.memory, contribution);
  }

  /** How long its gradient took, or has taken so far; undefined where it computed none. */
  get gradientMs(): { readonly ms: number; readonly isDone: boolean } | undefined {
    const { startedMs, tookMs, desk } = this;
    if (startedMs === undefined) return undefined;
    return { ms: tookMs ?? desk.nowMs - startedMs, isDone: tookMs !== undefined };
  }

  rebroadcast(): void {
    const { contribution } = this.book.memory;
    if (contribution !== undefined && !this.silent) this.desk.publish(contribution);
  }
}
