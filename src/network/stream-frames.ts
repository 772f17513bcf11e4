/**
 * Length-prefixed frames (unsigned varint + bytes) over a libp2p stream, read and written through it-pipe, with a guard
 * that aborts a stream which makes no progress: half-open streams, slow readers and slow writers all end there.
 */
import { decode } from 'it-length-prefixed';
import type { Stream } from '@libp2p/interface';
import type { Uint8ArrayList } from 'uint8arraylist';
import { TransportError } from './transport.ts';

const WRITE_CHUNK_BYTES = 65_536;

/** Aborts the stream unless `progress()` is called at least every `stallMs`. Call `stop()` when done. */
export class StallGuard {
  private timer: NodeJS.Timeout;
  private readonly stream: Stream;
  /** Told where the first time-out comes, before any `restart` or `stop`. */
  private onSilent: () => void;

  constructor(stream: Stream, stallMs: number, onSilent: () => void = () => undefined) {
    this.stream = stream;
    this.onSilent = onSilent;
    this.timer = setTimeout(() => this.expire(), stallMs);
  }

  progress(): void {
    this.timer.refresh();
  }

  /** From now on another pace is expected. */
  restart(stallMs: number): void {
    clearTimeout(this.timer);
    this.onSilent = () => undefined;
    this.timer = setTimeout(() => this.expire(), stallMs);
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private expire(): void {
    this.onSilent();
    this.stream.abort(new TransportError('timeout', 'the stream made no progress'));
  }
}

/** The stream's frames as they arrive, each of at most `maxBytes`; every chunk counts as progress. */
export async function* readFrames(
  source: AsyncIterable<Uint8ArrayList>,
  maxBytes: number,
  guard?: StallGuard,
): AsyncGenerator<Uint8Array> {
  const watched = guard === undefined ? source : watch(source, guard);
  for await (const frame of decode(watched, { maxDataLength: maxBytes })) yield frame.subarray();
}

/** Cuts what goes out into chunks, so that each one that the flow control lets pass counts as progress. */
export async function* writeChunks(
  source: AsyncIterable<Uint8Array>,
  guard?: StallGuard,
): AsyncGenerator<Uint8Array> {
  for await (const bytes of source) {
    for (let offset = 0; offset < bytes.length; offset += WRITE_CHUNK_BYTES) {
      guard?.progress();
      yield bytes.subarray(offset, offset + WRITE_CHUNK_BYTES);
    }
  }
}

/** The first frame, or undefined where the stream ends without one. Nothing after it is read. */
export async function firstFrame(frames: AsyncIterable<Uint8Array>): Promise<Uint8Array | undefined> {
  for await (const frame of frames) return frame;
  return undefined;
}

async function* watch<T>(source: AsyncIterable<T>, guard: StallGuard): AsyncGenerator<T> {
  for await (const item of source) {
    guard.progress();
    yield item;
  }
}
