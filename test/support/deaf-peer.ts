/** What a peer does that reads nothing from its socket: asks, with windows of 1 GiB, and has its pings answered. */
import type { Connection } from '@libp2p/interface';
import type { YamuxMuxer, YamuxStream } from '../../src/network/yamux-insides.ts';

const [WINDOW_UPDATE, PING] = [1, 2];
const SYN = 1;
const WINDOW_BYTES = 2 ** 30;

function muxerOf(connection: Connection): YamuxMuxer {
  return (connection as unknown as { readonly muxer: YamuxMuxer }).muxer;
}

/** Nothing more is read from the connection. */
export function deafen(connection: Connection): void {
  const muxer = muxerOf(connection) as YamuxMuxer & { handleFrame(): Promise<void> };
  muxer.handleFrame = () => new Promise(() => undefined);
}

/** Opens a stream, lets the other side send a gigabyte on it, and sends one frame of less than 128 bytes. */
export async function askWithHugeWindow(
  connection: Connection,
  protocol: string,
  request: Uint8Array,
): Promise<void> {
  const stream = (await connection.newStream(protocol, { negotiateFully: false })) as YamuxStream;
  const sent = stream.sink([Uint8Array.of(request.length, ...request)]);
  stream.sendFrame({ type: WINDOW_UPDATE, flag: 0, streamID: stream._id, length: WINDOW_BYTES });
  await sent;
}

/** Pings of yamux itself, which the other side answers at once. */
export function pingUnread(connection: Connection, times: number): void {
  const muxer = muxerOf(connection);
  for (let ping = 0; ping < times; ping += 1)
    muxer.sendFrame({ type: PING, flag: SYN, streamID: 0, length: ping });
}
