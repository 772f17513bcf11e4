/**
 * One request, one response on a libp2p stream of its own: a length-prefixed frame each way, the response led by a
 * status byte. The server bounds bytes, time, streams and rate per peer; the client bounds bytes and time.
 */
import { encode } from 'it-length-prefixed';
import { pipe } from 'it-pipe';
import type { Connection, Stream } from '@libp2p/interface';
import { concatBytes } from '../foundation/bytes.ts';
import { MAX_STREAMS_PER_PROTOCOL } from './limits.ts';
import type { NetworkHost } from './network-host.ts';
import type { PeerBudget } from './peer-budget.ts';
import type { RequestQuota } from './request-quota.ts';
import { firstFrame, readFrames, StallGuard, writeChunks } from './stream-frames.ts';
import { TransportError } from './transport.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { RequestHandler, RequestOptions } from './transport.ts';
import { exchangeFailure, messageOf } from './transport-failure.ts';

export const STATUS_OK = 0;
export const STATUS_BUSY = 1;
const STATUS_FAILED = 2;
export const STATUS_NOT_FOUND = 3;
export const STATUS_NOT_YET = 4;

export class DirectStreams {
  private readonly host: NetworkHost;
  private readonly quota: RequestQuota;
  private readonly budget: PeerBudget;

  constructor(host: NetworkHost, quota: RequestQuota, budget: PeerBudget) {
    this.host = host;
    this.quota = quota;
    this.budget = budget;
  }

  async request(
    peer: PeerId,
    protocol: string,
    request: Uint8Array,
    options: RequestOptions & { readonly connection?: Connection },
  ): Promise<Uint8Array> {
    return this.exchange(peer, protocol, options, async (stream) =>
      pipe(
        [request],
        (source) => encode(source),
        stream,
        (source) => readFrames(source, options.maxResponseBytes + 1),
        async (frames) => {
          const frame = await firstFrame(frames);
          if (frame === undefined)
            throw new TransportError('closed', `${peer} closed ${protocol} without an answer`);
          checkStatus(frame[0], peer, protocol);
          return frame.subarray(1);
        },
      ),
    );
  }

  /** Opens a stream, runs `use` on it within the deadline, and leaves no stream behind whatever happens. */
  async exchange<T>(
    peer: PeerId,
    protocol: string,
    options: { readonly signal: AbortSignal; readonly timeoutMs?: number; readonly connection?: Connection },
    use: (stream: Stream) => Promise<T>,
  ): Promise<T> {
    const deadline = AbortSignal.timeout(options.timeoutMs ?? this.host.times.requestMs);
    const signal = AbortSignal.any([options.signal, deadline]);
    let stream: Stream | undefined;
    const abort = (): void => stream?.abort(new TransportError('aborted', 'the request was given up'));
    try {
      signal.throwIfAborted();
      stream = await this.host.openStream(peer, protocol, signal, options.connection);
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) abort();
      const result = await use(stream);
      this.host.closeQuietly(stream);
      return result;
    } catch (error) {
      const failure = exchangeFailure(error, peer, protocol, options.signal.aborted, deadline.aborted);
      stream?.abort(failure);
      throw failure;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async handle(protocol: string, handler: RequestHandler, maxRequestBytes: number): Promise<void> {
    await this.serve(protocol, (stream, connection) =>
      this.answer(stream, connection, protocol, handler, maxRequestBytes),
    );
  }

  /** Registers a stream handler that cannot throw; the quota is the handler's own business. */
  async serve(
    protocol: string,
    serve: (stream: Stream, connection: Connection) => Promise<void>,
    maxStreams = MAX_STREAMS_PER_PROTOCOL,
  ): Promise<void> {
    await this.host.handle(protocol, maxStreams, ({ stream, connection }) => {
      serve(stream, connection).catch((error: unknown) => {
        this.host.log('debug', `${protocol} from ${connection.remotePeer.toString()}: ${messageOf(error)}`);
        stream.abort(error instanceof Error ? error : new Error(String(error)));
      });
    });
  }

  private async answer(
    stream: Stream,
    connection: Connection,
    protocol: string,
    handler: RequestHandler,
    maxRequestBytes: number,
  ): Promise<void> {
    const from = connection.remotePeer.toString();
    const release = this.quota.enter(from);
    const guard = new StallGuard(stream, this.host.times.requestReadMs, () => {
      if (release !== undefined) this.quota.silent(from);
    });
    const { log, times } = this.host;
    const { budget } = this;
    const respond = async function* (source: Stream['source']): AsyncGenerator<Uint8Array> {
      if (release === undefined) {
        yield Uint8Array.of(STATUS_BUSY);
        return;
      }
      // No guard on reading: the whole request must be here within one time-out, however it trickles
      const request = await firstFrame(readFrames(source, maxRequestBytes));
      if (request === undefined) throw new TransportError('closed', 'the stream ended before the request');
      guard.stop();
      let response: Uint8Array;
      try {
        const startMs = performance.now();
        const answer = handler(request, from);
        budget.charge(from, 'mainThreadMs', performance.now() - startMs);
        response = concatBytes(Uint8Array.of(STATUS_OK), await answer);
      } catch (error) {
        log('warn', `${protocol} handler failed on a request of ${from}: ${messageOf(error)}`);
        response = Uint8Array.of(STATUS_FAILED);
      }
      guard.restart(times.stallMs);
      budget.charge(from, 'bytesOut', response.length);
      yield response;
    };
    try {
      await pipe(
        stream,
        (source) => respond(source),
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
}

/** Throws the TransportError that a status stands for; OK passes. */
export function checkStatus(status: number | undefined, peer: PeerId, protocol: string): void {
  switch (status) {
    case STATUS_OK:
      return;
    case STATUS_BUSY:
      throw new TransportError('busy', `${peer} has no room for another ${protocol} request now`);
    case STATUS_FAILED:
      throw new TransportError('refused', `${peer} could not answer ${protocol}`);
    case STATUS_NOT_FOUND:
      throw new TransportError('not-found', `${peer} does not have it`);
    case STATUS_NOT_YET:
      throw new TransportError('not-yet', `${peer} is getting it itself`);
    default:
      throw new TransportError('closed', `${peer} answered ${protocol} with an unknown status`);
  }
}
