/** What is used here of the muxers and streams of yamux 7.0.4 beyond what the library declares. */
import type { AbortOptions, Stream, StreamMuxer } from '@libp2p/interface';
import type { Uint8ArrayList } from 'uint8arraylist';

export interface FrameHeader {
  readonly type: number;
  readonly flag: number;
  readonly streamID: number;
  readonly length: number;
}

/** What is used here of a muxer of the library. */
export interface YamuxMuxer extends StreamMuxer {
  readonly source: AsyncGenerator<Uint8ArrayList | Uint8Array> & {
    /** Bytes that wait to be taken by the connection. */
    readonly readableLength: number;
  };
  sendFrame(header: FrameHeader, data?: Uint8ArrayList): void;
  _newStream(...parts: unknown[]): YamuxStream;
}

/** What is used here of a stream of the library. */
export interface YamuxStream extends Stream {
  readonly config: { readonly maxStreamWindowSize: number; readonly maxMessageSize: number };
  recvWindow: number;
  recvWindowCapacity: number;
  epochStart: number;
  /** Bytes that the other side takes before it must open the window again. */
  readonly sendWindowCapacity: number;
  readonly _id: number;
  getRTT(): number;
  getSendFlags(): number;
  sendFrame(header: FrameHeader): void;
  sendData(bytes: Uint8ArrayList, options?: AbortOptions): Promise<void>;
  sendWindowUpdate(): void;
  waitForSendWindowCapacity(options: AbortOptions): Promise<void>;
  /** Bytes that were received and not read yet. */
  sourceReadableLength(): number;
}
