/**
 * One body, pulled from several holders at once. The piece list comes first and is checked against the digest; then each
 * holder streams runs of pieces, each checked as it arrives (`BodyPieces`). A holder that lies is penalised and left; a
 * slow one loses its pieces to an idle one.
 *
 * One more holder is asked whenever the last has been silent for a moment (whom: `Holders`). Who does not have the body is
 * asked again while the search goes on, because holders get it from each other; so is who has no room just now, because a
 * stranger may only ask so much. A body whose pieces are kept goes on where an earlier process ended.
 */
import { PIECE_BYTES } from '../crypto/body-digest.ts';
import { BodyPieces } from './body-pieces.ts';
import { listAnswerBytes } from './body-wire.ts';
import type { BodyRequest } from './body-wire.ts';
import {
  ASK_AGAIN_LONGEST_MS,
  FIRST_RUN_PIECES,
  LIST_HEDGE_MS,
  MAX_PIECES_PER_RUN,
  MAX_STREAMS_AT_ONCE,
  NOT_YET_LONGEST_MS,
  PIECE_HEDGE_MS,
} from './limits.ts';
import { Holders, type Holder } from './holders.ts';
import { TransportError } from './transport.ts';
import type { FetchOptions, TransportErrorCode } from './transport.ts';
import type { PeerId } from '../crypto/peer-id.ts';

/** The holder is asked again while the search goes on. */
const LACKING: ReadonlySet<TransportErrorCode> = new Set(['not-found', 'not-yet', 'busy']);
/** So is one that was lost, where the body is so large that its pieces are kept: it may be back in a moment. */
const LOST: ReadonlySet<TransportErrorCode> = new Set(['closed', 'timeout', 'unreachable']);

/** What a download needs of the network; frames come without the status. */
export interface PieceSource {
  frames(
    holder: PeerId,
    request: BodyRequest,
    maxFrameBytes: number,
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array>;
  accuse(holder: PeerId, reason: string): void;
  /** Whether a stream to the holder needs no dial. */
  isConnected(holder: PeerId): boolean;
}

export class BodyDownload {
  private readonly failures = new Map<PeerId, TransportError>();
  private readonly done = new AbortController();
  private readonly signal: AbortSignal;
  private readonly holders: Holders;
  private readonly digest: string;
  private readonly byteLength: number;
  private readonly source: PieceSource;
  private readonly options: FetchOptions;
  private readonly pieces: BodyPieces;
  private readonly waiters = new Set<() => void>();
  private working = 0;
  /** Streams to holders that had not said before that they lack the body. */
  private attempts = 0;
  private lastStartMs = 0;
  /** When the download began, or the last piece came. */
  private progressMs = Date.now();
  /** Until when a holder is believed that said it is getting the body, or has no room for a question just now. */
  private promisedUntilMs = 0;

  constructor(
    digest: string,
    byteLength: number,
    holders: readonly PeerId[],
    source: PieceSource,
    options: FetchOptions,
  ) {
    this.options = options;
    this.digest = digest;
    this.byteLength = byteLength;
    this.source = source;
    this.signal = AbortSignal.any([options.signal, this.done.signal]);
    this.pieces = new BodyPieces(digest, byteLength, options.partial);
    this.holders = new Holders((peer) => source.isConnected(peer));
    this.holders.add(holders);
  }

  /** May be called while it runs. */
  addHolders(peers: readonly PeerId[]): void {
    this.holders.add(peers);
    this.wake();
  }

  /** Some holder has proved to have the body: whoever asks us may soon get it here. */
  get isUnderWay(): boolean {
    return this.pieces.isListed;
  }

  async run(): Promise<Uint8Array> {
    try {
      if (this.options.partial !== undefined) await this.resume();
      while (this.pieces.left > 0) {
        this.signal.throwIfAborted();
        this.startStreams(Date.now());
        if (this.working === 0 && !this.mayAskAgain(Date.now())) throw this.failure();
        const before = this.pieces.left;
        const waited = await this.change(this.pauseMs(Date.now()));
        const stuck = waited === 'in vain' && this.pieces.left === before && this.pieces.isListed;
        if (stuck && Date.now() - this.lastStartMs >= PIECE_HEDGE_MS) this.startOne(this.holders.idle());
      }
      return this.pieces.bytes;
    } finally {
      this.done.abort();
    }
  }

  private async resume(): Promise<void> {
    const resumed = await this.pieces.resume();
    if (resumed > 0) this.options.onResumed?.(resumed, this.pieces.count);
    this.progressMs = Date.now();
  }

  private startStreams(nowMs: number): void {
    if (!this.pieces.isListed) {
      // One after the other, and one more whenever nobody has answered for a moment
      if (this.attempts === 0 || nowMs - this.lastStartMs >= LIST_HEDGE_MS)
        this.startOne(this.holders.unasked());
    } else {
      while (this.working < MAX_STREAMS_AT_ONCE && this.pieces.hasUnowed) {
        const next = this.holders.idle();
        if (next === undefined || (!this.source.isConnected(next.peer) && this.working > 0)) break;
        this.start(next);
      }
    }
    if (!this.mayAskAgain(nowMs)) return;
    for (const holder of this.holders.lacking()) if (holder.askAgainMs <= nowMs) this.start(holder);
  }

  private startOne(holder: Holder | undefined): void {
    if (holder !== undefined) this.start(holder);
  }

  private start(holder: Holder): void {
    const first = holder.state !== 'lacking';
    const dial = !this.source.isConnected(holder.peer);
    this.working += 1;
    this.attempts += first ? 1 : 0;
    this.holders.dials += dial ? 1 : 0;
    holder.streams += 1;
    holder.asked += 1;
    if (first) this.lastStartMs = Date.now();
    this.work(holder)
      .catch((error: unknown) => this.fail(holder, error))
      .finally(() => {
        this.working -= 1;
        this.attempts -= first ? 1 : 0;
        this.holders.dials -= dial ? 1 : 0;
        holder.streams -= 1;
        this.wake();
      });
  }

  /** Whether those that lack the body may yet get it: someone else is being asked, or one of them is getting it. */
  private mayAskAgain(nowMs: number): boolean {
    return this.attempts > 0 || nowMs < this.promisedUntilMs;
  }

  private pauseMs(nowMs: number): number {
    const next = this.holders.lacking().map(({ askAgainMs }) => askAgainMs - nowMs);
    const hedgeMs = this.pieces.isListed ? PIECE_HEDGE_MS : LIST_HEDGE_MS;
    return Math.max(1, Math.min(hedgeMs, ...(this.mayAskAgain(nowMs) ? next : [])));
  }

  private async work(holder: Holder): Promise<void> {
    const { peer } = holder;
    if (!this.pieces.isListed) {
      await this.askList(peer);
      holder.state = 'having';
    }
    while (this.pieces.left > 0 && !this.signal.aborted) {
      const run = this.pieces.take(peer, this.working);
      if (run === undefined) {
        await this.change(PIECE_HEDGE_MS);
      } else {
        await this.pull(peer, run.first, run.count);
        holder.state = 'having';
        holder.asked = 0;
      }
    }
  }

  /** The list and, in the same round trip, the first run of pieces where this holder is the first to be asked. */
  private async askList(holder: PeerId): Promise<void> {
    const share = Math.max(FIRST_RUN_PIECES, Math.ceil(this.pieces.count / this.holders.size));
    const count = this.attempts === 1 ? Math.min(MAX_PIECES_PER_RUN, this.pieces.count, share) : 0;
    const request: BodyRequest = { kind: 'list', digest: this.digest, count };
    const longest = Math.max(PIECE_BYTES, listAnswerBytes(this.byteLength));
    let index = -1;
    try {
      for await (const frame of this.source.frames(holder, request, longest, this.signal)) {
        if (index >= 0) this.accept(holder, index, frame);
        else if (!this.acceptList(holder, frame)) return;
        else this.pieces.owe(holder, 0, count);
        index += 1;
        if (index === count) return;
      }
      throw new TransportError('closed', `${holder} ${index < 0 ? 'sent no piece list' : 'stopped early'}`);
    } finally {
      this.pieces.release(holder, 0, count);
    }
  }

  /** Whether this list is the first that is true. A false one is a lie; another length is the announcer's. */
  private acceptList(holder: PeerId, frame: Uint8Array): boolean {
    const received = this.pieces.acceptList(frame);
    if (received === 'false') throw this.blame(holder, 'sent a false piece list');
    if (received === 'new') this.wake();
    return received === 'new';
  }

  private async pull(holder: PeerId, first: number, count: number): Promise<void> {
    const request: BodyRequest = { kind: 'pieces', digest: this.digest, first, count };
    let index = first;
    try {
      for await (const frame of this.source.frames(holder, request, PIECE_BYTES, this.signal)) {
        this.accept(holder, index, frame);
        index += 1;
        if (index === first + count) return;
      }
      throw new TransportError('closed', `${holder} sent ${index - first} of ${count} pieces`);
    } finally {
      this.pieces.release(holder, first, count);
    }
  }

  private accept(holder: PeerId, index: number, bytes: Uint8Array): void {
    const received = this.pieces.accept(index, bytes);
    if (received === 'false') throw this.blame(holder, 'sent a false piece of a body');
    if (received === 'again') return;
    this.progressMs = Date.now();
    this.options.onPiece?.(holder);
    if (this.pieces.left === 0) this.done.abort();
    this.wake();
  }

  /** Accuses a liar, once however many of its streams lie. */
  private blame(holder: PeerId, reason: string): TransportError {
    const error = new TransportError('bad-digest', `${holder} ${reason}`);
    if (this.failures.get(holder)?.code !== 'bad-digest') this.source.accuse(holder, reason);
    this.failures.set(holder, error);
    return error;
  }

  private fail(holder: Holder, error: unknown): void {
    const failure = error instanceof TransportError ? error : new TransportError('closed', String(error));
    if (this.failures.get(holder.peer)?.code !== 'bad-digest') this.failures.set(holder.peer, failure);
    const isLost = this.options.partial !== undefined && LOST.has(failure.code);
    if (!isLost && !LACKING.has(failure.code)) {
      holder.state = 'left';
      return;
    }
    const nowMs = Date.now();
    this.holders.lacks(holder, nowMs);
    if (failure.code !== 'not-found')
      this.promisedUntilMs = Math.min(nowMs + 2 * ASK_AGAIN_LONGEST_MS, this.progressMs + NOT_YET_LONGEST_MS);
  }

  /** Resolves at the next change, or in vain after the time. */
  private change(withinMs: number): Promise<'changed' | 'in vain'> {
    if (this.signal.aborted) return Promise.resolve('changed');
    return new Promise((resolve) => {
      const finish = (result: 'changed' | 'in vain'): void => {
        clearTimeout(timer);
        this.signal.removeEventListener('abort', changed);
        this.waiters.delete(changed);
        resolve(result);
      };
      const changed = (): void => finish('changed');
      const timer = setTimeout(() => finish('in vain'), withinMs);
      this.signal.addEventListener('abort', changed, { once: true });
      this.waiters.add(changed);
    });
  }

  private wake(): void {
    for (const waiter of [...this.waiters]) waiter();
  }

  private failure(): TransportError {
    const failures = [...this.failures.values()];
    const codes = ['bad-digest', 'timeout', 'busy', 'closed', 'unreachable', 'protocol-unsupported'] as const;
    const code = codes.find((one) => failures.some((failure) => failure.code === one)) ?? 'not-found';
    const reasons = failures.map((failure) => failure.message).join('; ');
    return new TransportError(
      code,
      `no holder of ${this.digest} is left${reasons === '' ? '' : `: ${reasons}`}`,
    );
  }
}
