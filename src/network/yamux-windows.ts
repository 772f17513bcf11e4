/**
 * Flow control of what a stream of yamux receives. The library opens a stream's whole window again whenever its reader
 * takes anything, however much else waits unread: a sender that is read slowly (as a stranger is, whose account is empty)
 * could pile up memory here for as long as it likes. Here what waits unread keeps its part of the window, and the window is
 * opened again once half of it is free, or UPDATE_BYTES; so a stream of small messages is not answered by an update for
 * each, and a sender over a slow line is not left without one for so long that it seems stuck.
 */
import type { YamuxStream } from './yamux-insides.ts';

const WINDOW_UPDATE_FRAME = 1;
const UPDATE_BYTES = 262_144;
/** The window grows where so much was used up in so many round trips. */
const ROUND_TRIPS = 4;
/** Nobody's event loop answers sooner under load, whatever an early ping took. */
const LEAST_ROUND_TRIP_MS = 10;

/** The stream holds at most its window of what nobody reads. */
export function keepWindow(stream: YamuxStream): void {
  stream.sendWindowUpdate = () => openWindow(stream);
}

function openWindow(stream: YamuxStream): void {
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
function freed({ recvWindow, recvWindowCapacity }: YamuxStream, unread: number): number {
  return recvWindow - recvWindowCapacity - unread;
}
