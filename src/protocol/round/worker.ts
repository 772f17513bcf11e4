/** A peer as a worker of the round: trains once, signs once, says it until the round is decided. */
import type { PeerId } from '../../crypto/peer-id.ts';
import { committeeOf, type Chain } from '../chain/chain.ts';
import type { Outbox } from '../outbox.ts';
import type { Input } from '../input.ts';
import type { SignedJournal } from '../agreement/signed-journal.ts';

export class Worker {
  private readonly outbox: Outbox;
  private readonly chain: Chain;
  private readonly journal: SignedJournal;
  private readonly silent: boolean;
  private startedMs: number | undefined;
  private tookMs: number | undefined;
  /** The newest whose committee was told. */
  private attempt = 0;

  constructor(outbox: Outbox, chain: Chain, journal: SignedJournal, silent: boolean) {
    this.outbox = outbox;
    this.chain = chain;
    this.journal = journal;
    this.silent = silent;
  }

  /** Trains, where the peer is in the cohort and has no contribution from before a restart. */
  start(cohort: readonly PeerId[]): void {
    const { outbox, chain, journal } = this;
    if (this.silent || !cohort.includes(outbox.self)) return;
    if (journal.memory.contribution !== undefined) return this.rebroadcast();
    this.startedMs = outbox.nowMs;
    const context = { round: chain.round, seed: chain.seed };
    outbox.put({ type: 'train', context, anchor: chain.anchor });
  }

  trained({ anchor, digest, byteLength }: Extract<Input, { type: 'trained' }>): void {
    const { outbox, chain, journal } = this;
    if (anchor !== chain.anchor || journal.memory.contribution !== undefined) return;
    this.tookMs = outbox.nowMs - (this.startedMs ?? outbox.nowMs);
    const contribution = journal.contribute(digest, byteLength);
    outbox.persistAndPublish(journal.memory, contribution, committeeOf(outbox.config, chain, this.attempt));
  }

  /** How long its gradient took, or has taken so far; undefined where it computed none. */
  get gradientMs(): { readonly ms: number; readonly isDone: boolean } | undefined {
    const { startedMs, tookMs, outbox } = this;
    if (startedMs === undefined) return undefined;
    return { ms: tookMs ?? outbox.nowMs - startedMs, isDone: tookMs !== undefined };
  }

  /** Another attempt is on: its members that were on no committee before have not listened. */
  attemptOpened(attempt: number): void {
    const { outbox, chain, journal } = this;
    const told = new Set([outbox.self, ...committeeOf(outbox.config, chain, this.attempt)]);
    this.attempt = attempt;
    const { contribution } = journal.memory;
    if (contribution === undefined || this.silent) return;
    for (const to of committeeOf(outbox.config, chain, attempt))
      if (!told.has(to)) outbox.put({ type: 'send', to, message: contribution });
  }

  rebroadcast(): void {
    const { contribution } = this.journal.memory;
    if (contribution !== undefined && !this.silent) this.outbox.publish(contribution);
  }
}
