import assert from 'node:assert/strict';
import { yamux } from '@chainsafe/libp2p-yamux';
import type { Logger } from '@libp2p/interface';
import { joinFrames } from '../../src/network/joined-frames.ts';
import { JOINED_FRAMES_BYTES } from '../../src/network/limits.ts';
import type { YamuxMuxer } from '../../src/network/yamux-insides.ts';

type Source = YamuxMuxer['source'] & { push(frame: Uint8Array): void; end(error?: Error): void };

const silent: Logger = Object.assign(() => undefined, {
  error: () => undefined,
  trace: () => undefined,
  enabled: false,
  newScope: () => silent,
});

/** The frames of a muxer that says nothing by itself. */
function frames(): Source {
  const create = yamux({ enableKeepAlive: false })({ logger: { forComponent: () => silent } });
  const source = (create.createStreamMuxer({ direction: 'inbound' }) as YamuxMuxer).source as Source;
  void source.next(); // the library's first ping
  return source;
}

const endOfTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('frames of one turn', () => {
  let source: Source;
  let chunks: Uint8Array[];
  let ended: Promise<void>;
  let failed: unknown;

  beforeEach(() => {
    source = frames();
    chunks = [];
    failed = undefined;
    joinFrames({ source } as unknown as YamuxMuxer);
    ended = (async () => {
      for await (const chunk of source) chunks.push(chunk.subarray());
    })().catch((error: unknown) => {
      failed = error;
    });
  });

  const lengths = (): number[] => chunks.map(({ length }) => length);

  it('leave as one chunk, in order, and those of the next turn as another', async () => {
    for (const byte of [1, 2, 3]) source.push(Uint8Array.of(byte));
    await endOfTurn();
    await endOfTurn();
    assert.deepEqual(chunks, [Uint8Array.of(1, 2, 3)]);
    source.push(Uint8Array.of(4));
    source.end();
    await ended;
    assert.deepEqual(chunks, [Uint8Array.of(1, 2, 3), Uint8Array.of(4)]);
  });

  it('do not hold up a large one, and are joined up to a bound', async () => {
    source.push(new Uint8Array(JOINED_FRAMES_BYTES));
    const small = JOINED_FRAMES_BYTES / 4;
    for (let i = 0; i < 6; i++) source.push(new Uint8Array(small));
    source.end();
    await ended;
    assert.deepEqual(lengths(), [JOINED_FRAMES_BYTES, 4 * small, 2 * small]);
  });

  it('do not take a reset along, after which nobody reads what was said before', async () => {
    const reset = Uint8Array.of(0, 1, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0);
    for (const frame of [Uint8Array.of(1), reset, Uint8Array.of(2)]) source.push(frame);
    source.end();
    await ended;
    assert.deepEqual(chunks, [Uint8Array.of(1), reset, Uint8Array.of(2)]);
  });

  it('are all sent before the end, and not after a failure', async () => {
    source.push(Uint8Array.of(1));
    source.push(Uint8Array.of(2));
    source.end();
    await ended;
    assert.deepEqual(chunks, [Uint8Array.of(1, 2)]);
    assert.equal(failed, undefined);
  });

  it('pass a failure on', async () => {
    source.end(new Error('gone'));
    await ended;
    assert.match(String(failed), /gone/);
  });

  it('end their source where nobody takes them any more', async () => {
    const other = frames();
    joinFrames({ source: other } as unknown as YamuxMuxer);
    other.push(Uint8Array.of(1));
    for await (const _chunk of other) break;
    other.push(Uint8Array.of(2));
    assert.equal(other.readableLength, 0);
  });
});
