/**
 * Flow control of yamux 7.0.4, which it has no option for. The library opens a stream's whole window again whenever its
 * reader takes anything, however much else waits unread: a sender that is read slowly (as a stranger is, whose account is
 * empty) could pile up memory here for as long as it likes. Here what waits unread keeps its part of the window, and the
 * window is opened again once half of it is free, or UPDATE_BYTES; so a stream of small messages is not answered by an
 * update for each, and a sender over a slow line is not left without one for so long that it seems stuck.
 */
import { yamux } from '@chainsafe/libp2p-yamux';
import type { YamuxMuxerInit } from '@chainsafe/libp2p-yamux';
import type { StreamMuxer } from '@libp2p/interface';

type Yamux = ReturnType<typeof yamux>;

/** What is used here of a stream of the library. */
interface WindowedStream {
  readonly config: { readonly maxStreamWindowSize: number };
  recvWindow: number;
  recvWindowCapacity: number;
  epochStart: number;
  readonly _id: number;
  getRTT(): number;
  getSendFlags(): number;
  sendFrame(header: { type: number; flag: number; streamID: number; length: number }): void;
  sendWindowUpdate(): void;
  /** Bytes that were received and not read yet. */
  sourceReadableLength(): number;
}

const WINDOW_UPDATE_FRAME = 1;
const UPDATE_BYTES = 262_144;
/** The window grows where so much was used up in so many round trips. */
const ROUND_TRIPS = 4;
/** Nobody's event loop answers sooner under load, whatever an early ping took. */
const LEAST_ROUND_TRIP_MS = 10;

/** Yamux whose streams hold at most `maxStreamWindowSize` bytes that nobody reads. */
export function boundedYamux(init: YamuxMuxerInit): Yamux {
  const create = yamux(init);
  return (components) => {
    const factory = create(components);
    const createStreamMuxer = factory.createStreamMuxer.bind(factory);
    factory.createStreamMuxer = (muxerInit) => boundStreams(createStreamMuxer(muxerInit));
    return factory;
  };
}

function boundStreams(muxer: StreamMuxer): StreamMuxer {
  const open = muxer as StreamMuxer & { _newStream: (...parts: unknown[]) => WindowedStream };
  const newStream = open._newStream.bind(open);
  open._newStream = (...parts) => {
    const stream = newStream(...parts);
    stream.sendWindowUpdate = () => openWindow(stream);
    return stream;
  };
  return muxer;
}

function openWindow(stream: WindowedStream): void {
  // The first frame of a stream carries a flag (opened, accepted) and is due whatever the window
  const flag = stream.getSendFlags();
  const unread = stream.sourceReadableLength();
  if (flag === 0 && freed(stream, unread) < Math.min(stream.recvWindow / 2, UPDATE_BYTES)) return;
  const nowMs = Date.now();
  const roundTripMs = Math.max(stream.getRTT(), LEAST_ROUND_TRIP_MS);
  if (flag === 0 && nowMs - stream.epochStart < roundTripMs * ROUND_TRIPS)
    stream.recvWindow = Math.min(stream.recvWindow * 2, stream.config.maxStreamWindowSize);
  const length = Math.max(0, freed(stream, unread));
  stream.recvWindowCapacity += length;
  stream.epochStart = nowMs;
  stream.sendFrame({ type: WINDOW_UPDATE_FRAME, flag, streamID: stream._id, length });
}

/** Bytes that were read since the window was last opened. */
function freed({ recvWindow, recvWindowCapacity }: WindowedStream, unread: number): number {
  return recvWindow - recvWindowCapacity - unread;
}
