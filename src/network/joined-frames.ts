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
      while (source.readableLength > 0 && chunk.byteLength < JOINED_FRAMES_BYTES) {
        const more = await source.next();
        if (more.done === true) break;
        chunk.append(more.value);
      }
      yield chunk;
    }
  } finally {
    await source.return(undefined);
  }
}

function endOfTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
