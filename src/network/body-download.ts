/**
 * One body, pulled from several holders at once. The piece list comes first and is checked against the digest; then each
 * holder streams runs of pieces, each checked as it arrives. A holder that lies is penalised and left; a slow one loses
 * its pieces to an idle one; nothing is allocated by a holder's claim.
 */
import {
  digestOfPieceList,
  pieceCount,
  pieceDigest,
  PIECE_BYTES,
  PIECE_DIGEST_BYTES,
} from '../crypto/body-digest.ts';
import { equalBytes } from '../foundation/bytes.ts';
import { present } from '../foundation/assert.ts';
import { decodeList, pieceLength } from './body-wire.ts';
import type { BodyRequest } from './body-wire.ts';
import { MAX_HOLDERS_AT_ONCE, MAX_PIECES_PER_RUN, PIECE_HEDGE_MS } from './limits.ts';
import { TransportError } from './transport.ts';
import type { PeerId } from './transport.ts';

/** What a download needs of the network; frames come without the status. */
export interface PieceSource {
  frames(
    holder: PeerId,
    request: BodyRequest,
    maxFrameBytes: number,
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array>;
  accuse(holder: PeerId, reason: string): void;
}

interface Piece {
  state: 'missing' | 'owed' | 'here';
  holder?: PeerId;
  sinceMs: number;
}

export class BodyDownload {
  private readonly failures = new Map<PeerId, TransportError>();
  private readonly done = new AbortController();
  private readonly signal: AbortSignal;
  private readonly spare: PeerId[];
  private readonly digest: string;
  private readonly byteLength: number;
  private readonly source: PieceSource;
  private readonly pieces: Piece[];
  private list = new Uint8Array(0);
  private body = new Uint8Array(0);
  private left: number;
  private working = 0;
  private readonly waiters = new Set<() => void>();

  constructor(
    digest: string,
    byteLength: number,
    holders: readonly PeerId[],
    source: PieceSource,
    signal: AbortSignal,
  ) {
    this.digest = digest;
    this.byteLength = byteLength;
    this.spare = [...new Set(holders)];
    this.source = source;
    this.signal = AbortSignal.any([signal, this.done.signal]);
    this.left = pieceCount(byteLength);
    this.pieces = Array.from({ length: this.left }, () => ({ state: 'missing' as const, sinceMs: 0 }));
  }

  async run(): Promise<Uint8Array> {
    try {
      const holder = await this.fetchList();
      this.body = new Uint8Array(this.byteLength);
      this.spare.unshift(holder); // it has proved that it has the body
      while (this.left > 0) {
        this.signal.throwIfAborted();
        const before = this.left;
        // More holders at the start, and one more whenever nothing has come for a while
        while (this.working < MAX_HOLDERS_AT_ONCE && this.spare.length > 0 && this.hasMissing())
          this.startHolder();
        if (this.working === 0) throw this.failure();
        await this.change(PIECE_HEDGE_MS);
        if (this.left === before && this.spare.length > 0) this.startHolder();
      }
      return this.body;
    } finally {
      this.done.abort();
    }
  }

  /** Asks one holder after another, the next without waiting for a silent one; returns who had the true list. */
  private async fetchList(): Promise<PeerId> {
    const asked = this.spare.splice(0);
    let found: PeerId | undefined;
    let open = 0;
    for (const holder of asked) {
      open += 1;
      this.askList(holder)
        .then((list) => {
          if (found !== undefined) return;
          found = holder;
          this.list = list;
        })
        .catch((error: unknown) => this.fail(holder, error))
        .finally(() => {
          open -= 1;
          this.wake();
        });
      await this.change(PIECE_HEDGE_MS, () => found !== undefined || this.failures.has(holder));
      if (found !== undefined || this.signal.aborted) break;
    }
    while (found === undefined && open > 0 && !this.signal.aborted) await this.change(PIECE_HEDGE_MS);
    this.signal.throwIfAborted();
    if (found === undefined) throw this.failure();
    const useful = asked.filter((holder) => holder !== found && !this.failures.has(holder));
    this.spare.push(...useful);
    return found;
  }

  private async askList(holder: PeerId): Promise<Uint8Array<ArrayBuffer>> {
    const most = 8 + PIECE_DIGEST_BYTES * this.pieces.length;
    for await (const frame of this.source.frames(
      holder,
      { kind: 'list', digest: this.digest },
      most,
      this.signal,
    )) {
      const answer = decodeList(frame);
      if (answer === undefined || digestOfPieceList(answer.list, answer.byteLength) !== this.digest) {
        this.source.accuse(holder, 'sent a false piece list');
        throw new TransportError('bad-digest', `${holder} sent a false piece list`);
      }
      if (answer.byteLength !== this.byteLength)
        throw new TransportError(
          'bad-digest',
          `announced with ${this.byteLength} bytes, has ${answer.byteLength}`,
        );
      return Uint8Array.from(answer.list);
    }
    throw new TransportError('closed', `${holder} sent no piece list`);
  }

  private startHolder(): void {
    const holder = present(this.spare.shift(), 'a spare holder');
    this.working += 1;
    this.work(holder)
      .catch((error: unknown) => this.fail(holder, error))
      .finally(() => {
        this.working -= 1;
        for (const piece of this.pieces)
          if (piece.state === 'owed' && piece.holder === holder) piece.state = 'missing';
        this.wake();
      });
  }

  private async work(holder: PeerId): Promise<void> {
    while (this.left > 0 && !this.signal.aborted) {
      const run = this.take(holder);
      if (run === undefined) await this.change(PIECE_HEDGE_MS);
      else await this.pull(holder, run.first, run.count);
    }
  }

  /** The next run for a holder: missing pieces, or those that another has owed for too long. */
  private take(holder: PeerId): { readonly first: number; readonly count: number } | undefined {
    const nowMs = Date.now();
    const late = (piece: Piece): boolean =>
      piece.state === 'owed' && piece.holder !== holder && nowMs - piece.sinceMs > PIECE_HEDGE_MS;
    let wanted = (piece: Piece): boolean => piece.state === 'missing';
    let first = this.pieces.findIndex(wanted);
    if (first < 0) {
      wanted = late;
      first = this.pieces.findIndex(wanted);
    }
    if (first < 0) return undefined;
    const share = Math.ceil(this.pieces.length / (2 * Math.max(1, this.working)));
    const longest = Math.min(MAX_PIECES_PER_RUN, share);
    let count = 0;
    for (let piece = this.pieces[first]; piece !== undefined && count < longest && wanted(piece); count++) {
      piece.state = 'owed';
      piece.holder = holder;
      piece.sinceMs = nowMs;
      piece = this.pieces[first + count + 1];
    }
    return { first, count };
  }

  private async pull(holder: PeerId, first: number, count: number): Promise<void> {
    const request: BodyRequest = { kind: 'pieces', digest: this.digest, first, count };
    let index = first;
    for await (const frame of this.source.frames(holder, request, PIECE_BYTES, this.signal)) {
      this.accept(holder, index, frame);
      index += 1;
      if (index === first + count) return;
    }
    throw new TransportError('closed', `${holder} sent ${index - first} of ${count} pieces`);
  }

  private accept(holder: PeerId, index: number, bytes: Uint8Array): void {
    const expected = this.list.subarray(PIECE_DIGEST_BYTES * index, PIECE_DIGEST_BYTES * (index + 1));
    if (bytes.length !== pieceLength(this.byteLength, index) || !equalBytes(pieceDigest(bytes), expected)) {
      this.source.accuse(holder, 'sent a false piece of a body');
      throw new TransportError('bad-digest', `${holder} sent a false piece`);
    }
    const piece = present(this.pieces[index], 'a piece');
    if (piece.state === 'here') return;
    piece.state = 'here';
    this.body.set(bytes, index * PIECE_BYTES);
    this.left -= 1;
    if (this.left === 0) this.done.abort();
    this.wake();
  }

  private hasMissing(): boolean {
    return this.pieces.some((piece) => piece.state === 'missing');
  }

  private fail(holder: PeerId, error: unknown): void {
    if (error instanceof TransportError) this.failures.set(holder, error);
    else this.failures.set(holder, new TransportError('closed', String(error)));
  }

  /** Resolves at the next change, after the time, or at once where `already` holds. */
  private change(withinMs: number, already: () => boolean = () => false): Promise<void> {
    if (already() || this.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.signal.removeEventListener('abort', finish);
        this.waiters.delete(finish);
        resolve();
      };
      const timer = setTimeout(finish, withinMs);
      this.signal.addEventListener('abort', finish, { once: true });
      this.waiters.add(finish);
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
