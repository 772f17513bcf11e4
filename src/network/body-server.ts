/** Serves bodies by digest, a piece at a time: one piece is in memory beyond what is at hand, whoever reads how slowly. */
import { setTimeout as sleep } from 'node:timers/promises';
import { encode } from 'it-length-prefixed';
import { pipe } from 'it-pipe';
import type { Connection, Stream } from '@libp2p/interface';
import { digestOfPieceList, pieceCount, pieceOf } from '../crypto/body-digest.ts';
import { hashThread } from '../crypto/hash-thread.ts';
import { BODY_PROTOCOL, BODY_REQUEST_BYTES, decodeBodyRequest, encodeList } from './body-wire.ts';
import { STATUS_BUSY, STATUS_NOT_FOUND, STATUS_NOT_YET, STATUS_OK } from './direct-streams.ts';
import type { DirectStreams } from './direct-streams.ts';
import { MAX_PIECES_PER_RUN } from './limits.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { NetworkHost } from './network-host.ts';
import type { PeerBudget } from './peer-budget.ts';
import type { RequestQuota } from './request-quota.ts';
import { firstFrame, readFrames, StallGuard, writeChunks } from './stream-frames.ts';
import { TransportError } from './transport.ts';
import type { BodyStore, PiecedBody } from './transport.ts';

/** A debt is looked at again after so long, since others pay into it too. */
const LONGEST_WAIT_MS = 500;

export class BodyServer {
  /** Bodies whose bytes have the digest that they are served under. */
  private readonly served = new WeakMap<Uint8Array, string>();
  private store: BodyStore | undefined;
  private readonly host: NetworkHost;
  private readonly quota: RequestQuota;
  private readonly budget: PeerBudget;
  private readonly isUnderWay: (digest: string) => boolean;

  /** `isUnderWay` tells whether a body is on its way to us from somebody who has it. */
  constructor(
    host: NetworkHost,
    quota: RequestQuota,
    budget: PeerBudget,
    isUnderWay: (digest: string) => boolean,
  ) {
    this.host = host;
    this.quota = quota;
    this.budget = budget;
    this.isUnderWay = isUnderWay;
  }

  async serve(store: BodyStore, streams: DirectStreams): Promise<void> {
    const first = this.store === undefined;
    this.store = store;
    if (first)
      await streams.serve(BODY_PROTOCOL, (stream, connection) => this.serveStream(stream, connection));
  }

  private async serveStream(stream: Stream, connection: Connection): Promise<void> {
    const peer = connection.remotePeer.toString();
    const release = this.quota.enter(peer);
    const guard = new StallGuard(stream, this.host.times.requestReadMs, () => {
      if (release !== undefined) this.quota.silent(peer);
    });
    try {
      await pipe(
        stream,
        (source) =>
          release === undefined ? busy() : this.paced(peer, this.answer(peer, source, guard), guard),
        (source) => encode(source),
        (source) => writeChunks(source, guard),
        stream,
      );
    } finally {
      guard.stop();
      release?.();
      this.host.closeQuietly(stream);
    }
  }

  /** A stranger is sent no more than it may cost; a piece at a time is in memory meanwhile. */
  private async *paced(
    peer: PeerId,
    pieces: AsyncIterable<Uint8Array>,
    guard: StallGuard,
  ): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      for (;;) {
        const debtMs = this.budget.debtMs(peer, 'bytesOut');
        if (debtMs === 0) break;
        guard.progress();
        await sleep(Math.min(debtMs, LONGEST_WAIT_MS), undefined, { ref: false });
      }
      this.budget.charge(peer, 'bytesOut', piece.length);
      yield piece;
    }
  }

  private async *answer(
    peer: PeerId,
    source: Stream['source'],
    guard: StallGuard,
  ): AsyncGenerator<Uint8Array> {
    const frame = await firstFrame(readFrames(source, BODY_REQUEST_BYTES));
    guard.restart(this.host.times.stallMs);
    const request = frame === undefined ? undefined : decodeBodyRequest(frame);
    if (request === undefined) throw new TransportError('closed', 'a malformed body request');
    const body = (await this.atHand(request.digest)) ?? (await this.stored(request.digest, peer));
    if (body === undefined) {
      yield Uint8Array.of(this.isUnderWay(request.digest) ? STATUS_NOT_YET : STATUS_NOT_FOUND);
      return;
    }
    yield Uint8Array.of(STATUS_OK);
    if (request.kind === 'list') yield encodeList(body.byteLength, body.list);
    const first = request.kind === 'list' ? 0 : request.first;
    const end = Math.min(first + Math.min(request.count, MAX_PIECES_PER_RUN), pieceCount(body.byteLength));
    for (let index = first; index < end; index++) yield await body.piece(index);
  }

  private async atHand(digest: string): Promise<PiecedBody | undefined> {
    const body = this.store?.get(digest);
    const list = body === undefined ? undefined : await this.listOf(digest, body);
    if (body === undefined || list === undefined) return undefined;
    return { byteLength: body.length, list, piece: (index) => pieceOf(body, index) };
  }

  /** To look is one read; the pieces are paid for as bytes that go out. */
  private async stored(digest: string, peer: PeerId): Promise<PiecedBody | undefined> {
    this.budget.charge(peer, 'diskReads', 1);
    return this.store?.stored?.(digest);
  }

  /** Undefined where the store's bytes do not have the digest: to serve them would make us the liar. */
  private async listOf(digest: string, body: Uint8Array): Promise<Uint8Array | undefined> {
    const list = await hashThread.pieceList(body);
    if (this.served.get(body) === digest) return list;
    if (digestOfPieceList(list, body.length) !== digest) {
      this.host.log('error', `the body store holds other bytes under ${digest}; they are not served`);
      return undefined;
    }
    this.served.set(body, digest);
    return list;
  }
}

async function* busy(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Uint8Array.of(STATUS_BUSY));
}
