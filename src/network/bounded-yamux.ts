/**
 * Yamux 7.0.4 with bounds that it has no option for, on what a connection may hold in memory: what was received and is not
 * read (yamux-windows.ts), and what is to be sent and the socket does not take (yamux-queue.ts).
 */
import { yamux } from '@chainsafe/libp2p-yamux';
import type { YamuxMuxerInit } from '@chainsafe/libp2p-yamux';
import type { StreamMuxer } from '@libp2p/interface';
import { joinFrames } from './joined-frames.ts';
import type { YamuxMuxer } from './yamux-insides.ts';
import { MuxerQueue } from './yamux-queue.ts';
import { keepWindow } from './yamux-windows.ts';

type Yamux = ReturnType<typeof yamux>;

/**
 * Streams hold at most `maxStreamWindowSize` bytes that nobody reads, a connection little more than
 * MAX_MUXER_QUEUE_BYTES that its socket does not take. `onStuck` is told of a muxer whose peer makes us answer and reads
 * nothing: its connection is to be ended.
 */
export function boundedYamux(init: YamuxMuxerInit, onStuck: (muxer: StreamMuxer) => void): Yamux {
  const create = yamux(init);
  return (components) => {
    const factory = create(components);
    const createStreamMuxer = factory.createStreamMuxer.bind(factory);
    factory.createStreamMuxer = (muxerInit) => bound(createStreamMuxer(muxerInit) as YamuxMuxer, onStuck);
    return factory;
  };
}

function bound(muxer: YamuxMuxer, onStuck: (muxer: StreamMuxer) => void): StreamMuxer {
  const queue = new MuxerQueue(muxer, () => onStuck(muxer));
  const newStream = muxer._newStream.bind(muxer);
  muxer._newStream = (...parts) => {
    const stream = newStream(...parts);
    keepWindow(stream);
    queue.hold(stream);
    return stream;
  };
  joinFrames(muxer);
  return muxer;
}
