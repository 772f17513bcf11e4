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
import { decodeList, listAnswerBytes, pieceLength } from './body-wire.ts';
import type { BodyRequest } from './body-wire.ts';
import { FIRST_RUN_PIECES, MAX_STREAMS_AT_ONCE, MAX_PIECES_PER_RUN, PIECE_HEDGE_MS } from './limits.ts';
import { TransportError } from './transport.ts';
import type { PeerId } from '../crypto/peer-id.ts';

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

/** Two streams to each holder, so that one carries pieces while the other waits out a round trip. */
const STREAMS_PER_HOLDER = 2;

export class BodyDownload {
  private readonly failures = new Map<PeerId, TransportError>();
  private readonly done = new AbortController();
  private readonly signal: AbortSignal;
  private readonly holders: readonly PeerId[];
  private readonly spare: PeerId[];
  private readonly digest: string;
  private readonly byteLength: number;
  private readonly source: PieceSource;
  private readonly pieces: Piece[];
  private readonly waiters = new Set<() => void>();
  private list: Uint8Array | undefined;
  private body = new Uint8Array(0);
  private left: number;
  private working = 0;

  constructor(
    digest: string,
    byteLength: number,
    holders: readonly PeerId[],
    source: PieceSource,
    signal: AbortSignal,
  ) {
    this.digest = digest;
    this.byteLength = byteLength;
    this.holders = [...new Set(holders)];
    this.spare = [...this.holders];
    this.source = source;
    this.signal = AbortSignal.any([signal, this.done.signal]);
    this.left = pieceCount(byteLength);
    this.pieces = Array.from({ length: this.left }, () => ({ state: 'missing' as const, sinceMs: 0 }));
  }

  async run(): Promise<Uint8Array> {
    try {
      while (this.left > 0) {
        this.signal.throwIfAborted();
        const before = this.left;
        // One holder until the list is known, then several; and one more whenever nothing has come for a while
        while (this.spare.length > 0 && this.mayStart()) this.startStream();
        if (this.working === 0) throw this.failure();
        const waited = await this.change(PIECE_HEDGE_MS);
        if (waited === 'in vain' && this.left === before && this.spare.length > 0) this.startStream();
      }
      return this.body;
    } finally {
      this.done.abort();
    }
  }

  private mayStart(): boolean {
    if (this.list === undefined) return this.working === 0;
    return this.working < MAX_STREAMS_AT_ONCE && this.pieces.some((piece) => piece.state === 'missing');
  }

  private startStream(): void {
    const holder = present(this.spare.shift(), 'a spare holder');
    if (this.failures.has(holder)) return;
    this.working += 1;
    this.work(holder)
      .catch((error: unknown) => this.fail(holder, error))
      .finally(() => {
        this.working -= 1;
        this.wake();
      });
  }

  private async work(holder: PeerId): Promise<void> {
    if (this.list === undefined) await this.askList(holder);
    while (this.left > 0 && !this.signal.aborted) {
      const run = this.take(holder);
      if (run === undefined) await this.change(PIECE_HEDGE_MS);
      else await this.pull(holder, run.first, run.count);
    }
  }

  /** The list and, in the same round trip, the first run of pieces where this holder is the first to be asked. */
  private async askList(holder: PeerId): Promise<void> {
    const share = Math.max(FIRST_RUN_PIECES, Math.ceil(this.pieces.length / this.holders.length));
    const count = this.working === 1 ? Math.min(MAX_PIECES_PER_RUN, this.pieces.length, share) : 0;
    const request: BodyRequest = { kind: 'list', digest: this.digest, count };
    const longest = Math.max(PIECE_BYTES, listAnswerBytes(this.byteLength));
    let index = -1;
    try {
      for await (const frame of this.source.frames(holder, request, longest, this.signal)) {
        if (index >= 0) this.accept(holder, index, frame);
        else if (!this.acceptList(holder, frame)) return;
        else this.owe(holder, 0, count);
        index += 1;
        if (index === count) return;
      }
      throw new TransportError('closed', `${holder} ${index < 0 ? 'sent no piece list' : 'stopped early'}`);
    } finally {
      this.release(holder, 0, count);
    }
  }

  /** Whether this list is the first that is true. A false one is a lie; another length is the announcer's. */
  private acceptList(holder: PeerId, frame: Uint8Array): boolean {
    const answer = decodeList(frame);
    if (answer === undefined || digestOfPieceList(answer.list, answer.byteLength) !== this.digest) {
      throw this.blame(holder, 'sent a false piece list');
    }
    if (answer.byteLength !== this.byteLength)
      throw new TransportError(
        'bad-digest',
        `announced with ${this.byteLength} bytes, has ${answer.byteLength}`,
      );
    if (this.list !== undefined) return false;
    this.list = Uint8Array.from(answer.list);
    this.body = new Uint8Array(this.byteLength);
    for (let i = 1; i < STREAMS_PER_HOLDER; i++) this.spare.push(...this.holders);
    this.wake();
    return true;
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
    let count = 1;
    while (count < longest && this.pieces[first + count] !== undefined && wanted(this.pieceAt(first + count)))
      count += 1;
    this.owe(holder, first, count);
    return { first, count };
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
      this.release(holder, first, count);
    }
  }

  private owe(holder: PeerId, first: number, count: number): void {
    for (let index = first; index < first + count; index++) {
      const piece = this.pieceAt(index);
      if (piece.state !== 'here') this.pieces[index] = { state: 'owed', holder, sinceMs: Date.now() };
    }
  }

  /** Gives back what the holder still owes of a run that is over. */
  private release(holder: PeerId, first: number, count: number): void {
    for (let index = first; index < first + count; index++) {
      const piece = this.pieceAt(index);
      if (piece.state === 'owed' && piece.holder === holder) piece.state = 'missing';
    }
  }

  private pieceAt(index: number): Piece {
    return present(this.pieces[index], 'a piece');
  }

  private accept(holder: PeerId, index: number, bytes: Uint8Array): void {
    const list = present(this.list, 'the piece list');
    const expected = list.subarray(PIECE_DIGEST_BYTES * index, PIECE_DIGEST_BYTES * (index + 1));
    if (bytes.length !== pieceLength(this.byteLength, index) || !equalBytes(pieceDigest(bytes), expected)) {
      throw this.blame(holder, 'sent a false piece of a body');
    }
    const piece = this.pieceAt(index);
    if (piece.state === 'here') return;
    piece.state = 'here';
    this.body.set(bytes, index * PIECE_BYTES);
    this.left -= 1;
    if (this.left === 0) this.done.abort();
    this.wake();
  }

  /** Accuses a liar, once however many of its streams lie. */
  private blame(holder: PeerId, reason: string): TransportError {
    const error = new TransportError('bad-digest', `${holder} ${reason}`);
    if (this.failures.get(holder)?.code !== 'bad-digest') this.source.accuse(holder, reason);
    this.failures.set(holder, error);
    return error;
  }

  private fail(holder: PeerId, error: unknown): void {
    if (error instanceof TransportError) this.failures.set(holder, error);
    else this.failures.set(holder, new TransportError('closed', String(error)));
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
