import { strict as assert } from 'node:assert';
import '../../src/foundation/polyfill.ts';
import type { Logger, Stream } from '@libp2p/interface';
import { present } from '../../src/foundation/assert.ts';
import { boundedYamux } from '../../src/network/bounded-yamux.ts';
import {
  MAX_CONTROL_FRAMES,
  MAX_MUXER_QUEUE_BYTES,
  MAX_MUXER_QUEUE_FRAMES,
} from '../../src/network/limits.ts';
import type { YamuxMuxer } from '../../src/network/yamux-insides.ts';

const [DATA, WINDOW_UPDATE, PING] = [0, 1, 2];
const [SYN, FIN, RST] = [1, 4, 8];
const HEADER_BYTES = 12;
const FRAME_BYTES = 65_519;
const GIB = 2 ** 30;
const MIB = 2 ** 20;

const silent: Logger = Object.assign(() => undefined, {
  error: () => undefined,
  trace: () => undefined,
  enabled: false,
  newScope: () => silent,
});

interface Frame {
  readonly type: number;
  readonly flag: number;
  readonly stream: number;
  readonly data: Uint8Array;
}

/** A peer that writes frames as it likes, and takes what it is sent when it likes. */
class Peer {
  readonly muxer: YamuxMuxer;
  readonly streams: Stream[] = [];
  stuck = 0;
  private readonly said: Uint8Array[] = [];
  private wake: () => void = () => undefined;
  private readonly running: Promise<void>;
  /** The longest that the queue has been. */
  longest = 0;

  constructor() {
    const create = boundedYamux({ maxMessageSize: FRAME_BYTES }, () => (this.stuck += 1));
    this.muxer = create({ logger: { forComponent: () => silent } }).createStreamMuxer({
      direction: 'inbound',
      onIncomingStream: (stream) => this.streams.push(stream),
    }) as YamuxMuxer;
    this.running = (this.muxer.sink as (source: AsyncIterable<Uint8Array>) => Promise<void>)(this.wire());
  }

  say(type: number, flag: number, stream: number, length: number): void {
    const frame = new Uint8Array(HEADER_BYTES);
    const view = new DataView(frame.buffer);
    view.setUint8(1, type);
    view.setUint16(2, flag);
    view.setUint32(4, stream);
    view.setUint32(8, length);
    this.said.push(frame);
    this.wake();
  }

  /** Opens a stream and grants it a window. */
  async open(id: number, window = GIB): Promise<Stream> {
    const before = this.streams.length;
    this.say(WINDOW_UPDATE, SYN, id, window);
    await turns(5);
    return present(this.streams[before], 'a stream');
  }

  look(): number {
    this.longest = Math.max(this.longest, this.muxer.source.readableLength);
    return this.longest;
  }

  /** The next frame. */
  async take(): Promise<Frame> {
    const { value } = (await this.muxer.source.next()) as { value: { subarray(): Uint8Array } };
    const bytes = value.subarray();
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const [type, flag, stream] = [view.getUint8(1), view.getUint16(2), view.getUint32(4)];
    return { type, flag, stream, data: bytes.subarray(HEADER_BYTES) };
  }

  /** All data of a stream until its end, with what else comes in between counted by stream. */
  async takeUntilEnd(id: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (;;) {
      const { type, flag, stream, data } = await this.take();
      this.look();
      if (stream !== id) continue;
      if (type === DATA) parts.push(data);
      if ((flag & FIN) === FIN) return Buffer.concat(parts);
    }
  }

  async end(): Promise<void> {
    this.muxer.abort(new Error('the test is over'));
    this.said.push(new Uint8Array(0));
    this.wake();
    await this.running;
  }

  private async *wire(): AsyncGenerator<Uint8Array> {
    while (!(this.muxer as YamuxMuxer & { isClosed(): boolean }).isClosed()) {
      const frame = this.said.shift();
      if (frame !== undefined) yield frame;
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

const FILLED = Uint8Array.from({ length: 24 * MIB }, (_, i) => (i * 31 + (i >> 12)) & 255);

function* chunks(bytes: Uint8Array, length: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

describe('the queue of what yamux sends', () => {
  const peers: Peer[] = [];
  const peer = (): Peer => {
    const made = new Peer();
    peers.push(made);
    return made;
  };

  afterEach(async () => {
    for (const made of peers.splice(0)) await made.end();
  });

  for (const [shape, length] of [
    ['in chunks', 65_536],
    ['in one piece', FILLED.length],
    ['in small chunks', 1_000],
  ] as const) {
    it(`holds little of a body for a peer that grants 1 GiB and reads nothing (${shape}); all arrives when it reads`, async () => {
      const greedy = peer();
      const stream = await greedy.open(1);
      const sent = stream.sink(chunks(FILLED, length));
      await turns(200);
      assert.ok(greedy.look() >= MAX_MUXER_QUEUE_BYTES / 2, 'something waits');
      const got = await greedy.takeUntilEnd(1);
      await sent;
      assert.ok(greedy.longest <= MAX_MUXER_QUEUE_BYTES + 2 * FRAME_BYTES, `${greedy.longest} bytes waited`);
      assert.equal(Buffer.compare(got, FILLED), 0, 'the same bytes');
      assert.equal(greedy.stuck, 0);
    });
  }

  it('holds no more for many streams at once', async () => {
    const greedy = peer();
    const ids = Array.from({ length: 100 }, (_, i) => 2 * i + 1);
    for (const id of ids) void (await greedy.open(id)).sink([FILLED]).catch(() => undefined);
    for (let frame = 0; frame < 300; frame += 1) {
      await greedy.take();
      await turns(1);
      const bound = MAX_MUXER_QUEUE_BYTES + FRAME_BYTES + HEADER_BYTES * MAX_CONTROL_FRAMES;
      assert.ok(greedy.look() <= bound, `${greedy.longest} bytes wait`);
    }
  });

  it('holds a bounded number of small frames', async () => {
    const greedy = peer();
    const stream = await greedy.open(1);
    const one = function* (): Generator<Uint8Array> {
      for (;;) yield Uint8Array.of(1);
    };
    const sent = stream.sink(one());
    await turns(50);
    const most = MAX_MUXER_QUEUE_FRAMES * (HEADER_BYTES + 1) + 2 * HEADER_BYTES;
    assert.ok(greedy.look() <= most, `${greedy.longest} bytes wait`);
    stream.abort(new Error('enough'));
    await sent;
  });

  it('lets streams that wait go on in turn', async () => {
    const slow = peer();
    const large = await slow.open(1);
    const others = await Promise.all([3, 5, 7].map((id) => slow.open(id)));
    for (const stream of [large, ...others]) void stream.sink([FILLED]).catch(() => undefined);
    await turns(20);
    const small = await slow.open(9);
    const answered = small.sink([Uint8Array.of(42)]);
    let before = 0;
    for (;;) {
      const { type, stream, data } = await slow.take();
      await turns(1);
      if (type === DATA && stream === 9) break;
      before += data.length;
    }
    await answered;
    assert.ok(before <= 2.5 * MAX_MUXER_QUEUE_BYTES, `${before} bytes came before it`);
  });

  describe('ends the wait of a stream', () => {
    const waiting = async (): Promise<{ greedy: Peer; stream: Stream; sent: Promise<unknown> }> => {
      const greedy = peer();
      const stream = await greedy.open(1);
      const sent = stream.sink(chunks(FILLED, 65_536)).then(
        () => undefined,
        (error: unknown) => error,
      );
      await turns(20);
      return { greedy, stream, sent };
    };

    it('that is aborted', async () => {
      const { stream, sent } = await waiting();
      stream.abort(new Error('enough'));
      assert.equal(await sent, undefined);
      assert.equal(stream.status, 'aborted');
    });

    it('that its peer resets', async () => {
      const { greedy, stream, sent } = await waiting();
      greedy.say(WINDOW_UPDATE, RST, 1, 0);
      assert.equal(await sent, undefined);
      assert.equal(stream.status, 'reset');
    });

    it('that is closed, once its time is over', async () => {
      const { stream, sent } = await waiting();
      await assert.rejects(stream.close({ signal: AbortSignal.timeout(1) }));
      stream.abort(new Error('it would not close'));
      await sent;
      assert.equal(stream.status, 'aborted');
    });

    it('whose connection is aborted', async () => {
      const { greedy, sent } = await waiting();
      greedy.muxer.abort(new Error('gone'));
      await sent;
    });

    it('whose connection takes nothing more', async () => {
      const { greedy, stream, sent } = await waiting();
      await greedy.muxer.source.return(undefined);
      await sent;
      assert.notEqual(stream.writeStatus, 'writing');
    });
  });

  it('gives up a peer that has pings answered and reads nothing, and answers one that reads', async () => {
    const greedy = peer();
    for (let ping = 0; ping < 3 * MAX_CONTROL_FRAMES; ping += 1) greedy.say(PING, SYN, 0, ping);
    await turns(20);
    assert.equal(greedy.stuck, 1, 'told once');
    assert.ok(greedy.look() <= HEADER_BYTES * MAX_CONTROL_FRAMES, `${greedy.longest} bytes wait`);

    const honest = peer();
    for (let ping = 0; ping < 3 * MAX_CONTROL_FRAMES; ping += 1) {
      honest.say(PING, SYN, 0, ping);
      await honest.take();
    }
    assert.equal(honest.stuck, 0);
  });

  it('gives up a peer that opens streams and takes none of the answers', async () => {
    const greedy = peer();
    for (let opened = 0; opened < 3 * MAX_CONTROL_FRAMES; opened += 1) {
      greedy.say(WINDOW_UPDATE, SYN, 2 * opened + 1, GIB);
    }
    await turns(20);
    assert.equal(greedy.stuck, 1);
  });
});
