/**
 * What a connection of yamux is to send and its socket has not taken. The library puts every frame into a queue without
 * asking how long it is: a peer that grants large windows and reads nothing from its socket would have all that it asked
 * for pile up here. Here a stream's data waits while the queue is full, which holds up whoever writes to the stream; streams
 * that wait go on in turn, a frame each, so that a small one is not behind all of a large one. What must be said at once
 * (window updates, answers to pings, resets, the flags of streams) does not wait; a peer that makes us say more of it than
 * MAX_CONTROL_FRAMES without reading any is stuck, and nothing more is queued for it.
 */
import { AbortError } from '@libp2p/interface';
import type { Uint8ArrayList } from 'uint8arraylist';
import type { YamuxMuxer, YamuxStream } from './yamux-insides.ts';
import { MAX_CONTROL_FRAMES, MAX_MUXER_QUEUE_BYTES, MAX_MUXER_QUEUE_FRAMES } from './limits.ts';

const HEADER_BYTES = 12;

export class MuxerQueue {
  private readonly source: YamuxMuxer['source'];
  private readonly waiting = new Set<() => void>();
  private dataFrames = 0;
  private controlFrames = 0;
  private isStuck = false;

  constructor(muxer: YamuxMuxer, onStuck: () => void) {
    const { source } = muxer;
    this.source = source;
    this.controlFrames = source.readableLength / HEADER_BYTES; // the library's first ping
    const next = source.next.bind(source);
    source.next = async () => {
      const result = await next();
      if (result.done !== true) this.taken(result.value);
      return result;
    };
    const sendFrame = muxer.sendFrame.bind(muxer);
    muxer.sendFrame = (header, data) => {
      if (this.isStuck) return;
      if (data !== undefined) this.dataFrames += 1;
      else if (this.controlFrames < MAX_CONTROL_FRAMES || source.readableLength === 0)
        this.controlFrames += 1;
      else {
        this.isStuck = true;
        return queueMicrotask(onStuck);
      }
      sendFrame(header, data);
    };
  }

  /** From now on the stream sends no data while the queue is full. */
  hold(stream: YamuxStream): void {
    const send = stream.sendData.bind(stream);
    const longest = stream.config.maxMessageSize - HEADER_BYTES;
    stream.sendData = async (bytes, { signal } = {}) => {
      const rest = bytes.sublist();
      while (rest.byteLength > 0) {
        if (isOver(stream)) return;
        if (stream.sendWindowCapacity === 0 || this.isFull) {
          await this.untilChange(stream, signal);
          continue;
        }
        // nothing comes between the look at the queue and the library's push, so only one frame can be too much
        const length = Math.min(rest.byteLength, longest, stream.sendWindowCapacity);
        await send(rest.sublist(0, length));
        rest.consume(length);
      }
    };
  }

  /** Until the window opens or half of the queue was taken, or the stream is over; rejects where it is being closed. */
  private async untilChange(stream: YamuxStream, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted === true) throw new AbortError('the stream is being closed');
    if (stream.sendWindowCapacity === 0)
      return stream.waitForSendWindowCapacity({ ...(signal && { signal }) });
    return new Promise((resolve) => {
      const goOn = (): void => {
        this.waiting.delete(goOn);
        signal?.removeEventListener('abort', goOn);
        resolve();
      };
      this.waiting.add(goOn);
      signal?.addEventListener('abort', goOn, { once: true });
    });
  }

  /** Never where nothing is in it: frames that are pushed once the connection is gone are counted and not there. */
  private get isFull(): boolean {
    const bytes = this.source.readableLength;
    return bytes >= MAX_MUXER_QUEUE_BYTES || (bytes > 0 && this.dataFrames >= MAX_MUXER_QUEUE_FRAMES);
  }

  private taken(frame: Uint8ArrayList | Uint8Array): void {
    // a frame with data is a list: its header and the data
    if (frame instanceof Uint8Array) this.controlFrames -= 1;
    else this.dataFrames -= 1;
    const bytes = this.source.readableLength;
    if (bytes === 0) this.dataFrames = this.controlFrames = 0;
    if (bytes > MAX_MUXER_QUEUE_BYTES / 2) return;
    if (this.dataFrames > MAX_MUXER_QUEUE_FRAMES / 2) return;
    for (const goOn of [...this.waiting]) goOn();
  }
}

function isOver({ status }: YamuxStream): boolean {
  return status === 'closed' || status === 'aborted' || status === 'reset';
}
