/**
 * What a peer sends unasked, over one stream to each receiver that stays open: a length-prefixed frame each, no answer.
 * The sender queues a bounded number of bytes and then drops. The receiver refuses the stream of a peer without a seat
 * before it reads from it; of a seat it reads no faster than the seat may push, and ends a stream that is opened and then
 * carries nothing. A frame longer than a body can be is a fault.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { encode } from 'it-length-prefixed';
import { pipe } from 'it-pipe';
import type { Connection, Stream } from '@libp2p/interface';
import { present } from '../foundation/assert.ts';
import type { DirectStreams } from './direct-streams.ts';
import {
  MAX_PUSH_QUEUE_BYTES,
  MAX_PUSH_STREAMS,
  OVERRUN_POINTS,
  PENALTY_POINTS,
  PUSH_IDLE_MS,
  PUSH_STALL_MS,
} from './limits.ts';
import type { NetworkHost } from './network-host.ts';
import type { PeerBudget } from './peer-budget.ts';
import { readFrames, StallGuard, writeChunks } from './stream-frames.ts';
import { TransportError } from './transport.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import { codeOf, messageOf } from './transport-failure.ts';

export const PUSH_PROTOCOL = 'push/1';

/** Frames on their way to one peer. */
class Outbound {
  readonly connection: Connection;
  private readonly queue: Uint8Array[] = [];
  private queuedBytes = 0;
  private wake: () => void = () => undefined;
  private isOver = false;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  add(bytes: Uint8Array): boolean {
    if (this.queuedBytes + bytes.length > MAX_PUSH_QUEUE_BYTES) return false;
    this.queue.push(bytes);
    this.queuedBytes += bytes.length;
    this.wake();
    return true;
  }

  end(): void {
    this.isOver = true;
    this.wake();
  }

  /** Ends when nothing came for a while, or at `end`. */
  async *frames(): AsyncGenerator<Uint8Array> {
    while (!this.isOver) {
      const next = this.queue.shift();
      if (next === undefined) {
        await this.change();
        continue;
      }
      yield next;
      this.queuedBytes -= next.length;
    }
  }

  private change(): Promise<void> {
    return new Promise((resolve) => {
      const idle = setTimeout(() => this.end(), PUSH_IDLE_MS);
      this.wake = () => {
        clearTimeout(idle);
        resolve();
      };
    });
  }
}

type Blame = (peer: PeerId, points: number, reason: string) => void;

export class PushStreams {
  private readonly outbound = new Map<PeerId, Outbound>();
  private readonly host: NetworkHost;
  private readonly budget: PeerBudget;
  private readonly blame: Blame;
  private readonly signal: AbortSignal;

  constructor(host: NetworkHost, budget: PeerBudget, blame: Blame, signal: AbortSignal) {
    this.host = host;
    this.budget = budget;
    this.blame = blame;
    this.signal = signal;
    signal.addEventListener('abort', () => {
      for (const outbound of this.outbound.values()) outbound.end();
    });
  }

  push(peer: PeerId, bytes: Uint8Array): boolean {
    if (this.signal.aborted) return false;
    const known = this.outbound.get(peer);
    if (known?.connection.status === 'open') return known.add(bytes);
    known?.end();
    const connections = this.host.connections(peer);
    const connection = connections.find(({ limits }) => limits === undefined) ?? connections[0];
    if (connection === undefined) return false;
    const outbound = new Outbound(connection);
    this.outbound.set(peer, outbound);
    void this.send(peer, outbound);
    return outbound.add(bytes);
  }

  private async send(peer: PeerId, outbound: Outbound): Promise<void> {
    let stream: Stream | undefined;
    try {
      const opening = AbortSignal.any([this.signal, AbortSignal.timeout(this.host.times.requestMs)]);
      stream = await this.host.openStream(peer, PUSH_PROTOCOL, opening, outbound.connection);
      await pipe(
        outbound.frames(),
        (source) => encode(source),
        (source) => writeChunks(source),
        (source) => present(stream, 'a stream').sink(source),
      );
      this.host.closeQuietly(stream);
    } catch (error) {
      this.host.log('debug', `${PUSH_PROTOCOL} to ${peer}: ${messageOf(error)}`);
      stream?.abort(error instanceof Error ? error : new Error(String(error)));
    } finally {
      outbound.end();
      if (this.outbound.get(peer) === outbound) this.outbound.delete(peer);
    }
  }

  async take(
    streams: DirectStreams,
    handler: (bytes: Uint8Array, from: PeerId) => void,
    maxBytes: number,
  ): Promise<void> {
    const serve = async (stream: Stream, connection: Connection): Promise<void> => {
      const peer = connection.remotePeer.toString();
      this.refuseStranger(peer);
      const guard = new StallGuard(stream, PUSH_STALL_MS);
      try {
        for await (const frame of readFrames(stream.source, maxBytes, guard)) {
          this.refuseStranger(peer);
          this.budget.charge(peer, 'pushedBytes', frame.length);
          if (this.mayPush(peer)) {
            const startMs = performance.now();
            handler(frame, peer);
            this.budget.charge(peer, 'mainThreadMs', performance.now() - startMs);
          }
          await this.untilOutOfDebt(peer);
          guard.progress();
        }
        this.host.closeQuietly(stream);
      } catch (error) {
        if (codeOf(error) === 'too-large') {
          this.blame(peer, PENALTY_POINTS, 'pushed more than a body can be');
        }
        throw error;
      } finally {
        guard.stop();
      }
    };
    await streams.serve(PUSH_PROTOCOL, serve, MAX_PUSH_STREAMS);
  }

  /** Ends the stream of one that has no seat, or has it no longer. */
  private refuseStranger(peer: PeerId): void {
    if (this.budget.isSeated(peer)) return;
    this.budget.refused('stranger', 'pushedBytes');
    this.overran(peer);
    throw new TransportError('refused', `${peer} has no seat and may not push`);
  }

  private mayPush(peer: PeerId): boolean {
    const fits = this.budget.take(peer, 'messages', 1);
    if (!fits) this.overran(peer);
    return fits;
  }

  /** What is not read waits at its sender. */
  private async untilOutOfDebt(peer: PeerId): Promise<void> {
    const debtMs = this.budget.debtMs(peer, 'pushedBytes');
    if (debtMs === 0) return;
    this.budget.refused('seat', 'pushedBytes');
    this.overran(peer);
    await sleep(debtMs, undefined, { signal: this.signal, ref: false });
  }

  private overran(peer: PeerId): void {
    this.blame(peer, OVERRUN_POINTS, 'pushes more than it may');
  }
}
