/**
 * What yamux has a connection send, joined: the small frames of one turn of the event loop leave as one chunk, so they
 * cost one encrypted packet, one write to the socket, and one read on the other side. A peer answers several streams and
 * several neighbours from one event, and each frame on its own would cost all of that. Large frames go as they are.
 */
import { Uint8ArrayList } from 'uint8arraylist';
import { JOINED_FRAMES_BYTES } from './limits.ts';
import type { YamuxMuxer } from './yamux-insides.ts';

type Source = YamuxMuxer['source'];

/** Whoever iterates over the muxer's frames (not who calls `next` of its source) has them joined. */
export function joinFrames(muxer: YamuxMuxer): void {
  const { source } = muxer;
  Object.assign(source, { [Symbol.asyncIterator]: () => joined(source) });
}

async function* joined(source: Source): AsyncGenerator<Uint8ArrayList | Uint8Array> {
  try {
    for (;;) {
      const first = await source.next();
      if (first.done === true) return;
      if (first.value.byteLength >= JOINED_FRAMES_BYTES) {
        yield first.value;
        continue;
      }
      await endOfTurn();
      const chunk = new Uint8ArrayList(first.value);
      // what is there comes at once, so nothing that was taken waits for what is to come
      let reset: Uint8ArrayList | Uint8Array | undefined;
      while (source.readableLength > 0 && chunk.byteLength < JOINED_FRAMES_BYTES) {
        const more = await source.next();
        if (more.done === true) break;
        if (isReset(more.value)) {
          reset = more.value;
          break;
        }
        chunk.append(more.value);
      }
      yield chunk;
      if (reset !== undefined) yield reset;
    }
  } finally {
    await source.return(undefined);
  }
}

/** The byte of a yamux header (its specification, "Framing") in which the flag of a reset is. */
const FLAGS_BYTE = 3;
const RESET_FLAG = 8;

/** Whoever reads a reset drops what it has not read of the stream, so a reset does not come with what was said before it. */
function isReset(frame: Uint8ArrayList | Uint8Array): boolean {
  return ((frame.subarray(FLAGS_BYTE, FLAGS_BYTE + 1)[0] ?? 0) & RESET_FLAG) !== 0;
}

function endOfTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
