/** Fetches bodies: the stream side of a download. */
import { encode } from 'it-length-prefixed';
import { pipe } from 'it-pipe';
import type { Stream } from '@libp2p/interface';
import { bodyDigest, digestBytes } from '../crypto/body-digest.ts';
import type { PieceSource } from './body-download.ts';
import { BODY_PROTOCOL, encodeBodyRequest } from './body-wire.ts';
import type { BodyRequest } from './body-wire.ts';
import { checkStatus } from './direct-streams.ts';
import type { NetworkHost } from './network-host.ts';
import { SharedDownloads } from './shared-downloads.ts';
import { readFrames, StallGuard } from './stream-frames.ts';
import { TransportError } from './transport.ts';
import type { FetchOptions } from './transport.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import { exchangeFailure } from './transport-failure.ts';

export class BodyClient implements PieceSource {
  private readonly host: NetworkHost;
  private readonly maxBodyBytes: number;
  private readonly penalize: (peer: PeerId, reason: string) => void;
  private readonly downloads = new SharedDownloads(this);

  constructor(host: NetworkHost, maxBodyBytes: number, penalize: (peer: PeerId, reason: string) => void) {
    this.host = host;
    this.maxBodyBytes = maxBodyBytes;
    this.penalize = penalize;
  }

  async fetch(
    digest: string,
    byteLength: number,
    from: readonly PeerId[],
    options: FetchOptions,
  ): Promise<Uint8Array> {
    if (digestBytes(digest) === undefined) throw new TransportError('bad-digest', `"${digest}" is no digest`);
    if (!(Number.isSafeInteger(byteLength) && byteLength >= 0 && byteLength <= this.maxBodyBytes))
      throw new TransportError('too-large', `a body of ${byteLength} bytes is above ${this.maxBodyBytes}`);
    if (byteLength === 0) {
      const empty = new Uint8Array(0);
      if (bodyDigest(empty) !== digest)
        throw new TransportError('bad-digest', `${digest} is not the empty body`);
      return empty;
    }
    const holders = from.filter((peer) => peer !== this.host.self);
    return this.downloads.fetch(digest, byteLength, holders, options);
  }

  /** Whether this body is on its way to us from somebody who has it. */
  isUnderWay(digest: string): boolean {
    return this.downloads.isUnderWay(digest);
  }

  isConnected(holder: PeerId): boolean {
    return this.host.isConnected(holder);
  }

  accuse(holder: PeerId, reason: string): void {
    this.penalize(holder, reason);
  }

  async *frames(
    holder: PeerId,
    request: BodyRequest,
    maxFrameBytes: number,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const opening = AbortSignal.timeout(this.host.times.requestMs);
    let stream: Stream | undefined;
    let guard: StallGuard | undefined;
    const abort = (): void => stream?.abort(new TransportError('aborted', 'the download is over'));
    try {
      signal.throwIfAborted();
      stream = await this.host.openStream(holder, BODY_PROTOCOL, AbortSignal.any([signal, opening]));
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) abort();
      // A whole frame within the stall time, however it trickles: that is the least speed of a holder
      guard = new StallGuard(stream, this.host.times.stallMs);
      const frames = pipe(
        [encodeBodyRequest(request)],
        (source) => encode(source),
        stream,
        (source) => readFrames(source, maxFrameBytes),
      );
      let started = false;
      for await (const frame of frames) {
        guard.progress();
        if (started) yield frame;
        else checkStatus(frame[0], holder, BODY_PROTOCOL);
        started = true;
      }
    } catch (error) {
      const failure = exchangeFailure(
        error,
        holder,
        BODY_PROTOCOL,
        signal.aborted,
        stream === undefined && opening.aborted,
      );
      stream?.abort(failure);
      throw failure;
    } finally {
      guard?.stop();
      signal.removeEventListener('abort', abort);
      if (stream !== undefined) this.host.closeQuietly(stream);
    }
  }
}
