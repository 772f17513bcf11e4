import { strict as assert } from 'node:assert';
import '../../src/foundation/polyfill.ts';
import type { Libp2p, Stream } from '@libp2p/interface';
import { memory } from '@libp2p/memory';
import { plaintext } from '@libp2p/plaintext';
import { createLibp2p } from 'libp2p';
import { boundedYamux } from '../../src/network/bounded-yamux.ts';
import { present } from '../../src/foundation/assert.ts';
import { eventually } from '../support/eventually.ts';

const PROTOCOL = '/flood/1';
const WINDOW_BYTES = 524_288;
const CHUNK = new Uint8Array(1_024);
const CHUNKS = 4_096;

const started: Libp2p[] = [];

async function host(name: string): Promise<Libp2p> {
  const node = await createLibp2p({
    addresses: { listen: [`/memory/${name}`] },
    transports: [memory()],
    connectionEncrypters: [plaintext()],
    streamMuxers: [boundedYamux({ maxStreamWindowSize: WINDOW_BYTES }, () => assert.fail('nobody is stuck'))],
    connectionMonitor: { enabled: false },
  });
  started.push(node);
  return node;
}

/** A stream over which a sender sends `CHUNKS` chunks as fast as it may; the receiver's end, and how many were sent. */
async function flooded(name: string): Promise<{ stream: Stream; sent: () => number }> {
  const [sender, receiver] = [await host(`${name}-sender`), await host(`${name}-receiver`)];
  const arrived: Stream[] = [];
  await receiver.handle(PROTOCOL, ({ stream }) => void arrived.push(stream));
  const stream = await sender.dialProtocol(receiver.getMultiaddrs(), PROTOCOL);
  let sent = 0;
  const flood = function* (): Generator<Uint8Array> {
    for (; sent < CHUNKS; sent += 1) yield CHUNK;
  };
  stream.sink(flood()).catch(() => undefined); // the host is stopped before all is read in some tests
  await eventually('the stream arrives', () => arrived.length > 0);
  return { stream: present(arrived[0], 'a stream'), sent: () => sent };
}

/** Turns of the event loop, in which both ends of a connection in memory do what they can. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

function unreadBytes(stream: Stream): number {
  return (stream as Stream & { sourceReadableLength(): number }).sourceReadableLength();
}

describe('the windows of yamux streams', () => {
  afterEach(async () => {
    for (const node of started.splice(0)) await node.stop();
  });

  it('hold no more than a window of a sender that is read slowly', async () => {
    const { stream, sent } = await flooded('slow');
    const chunks = stream.source[Symbol.asyncIterator]();
    for (let read = 0; read < 20; read += 1) {
      await chunks.next();
      await turns(200);
      assert.ok(unreadBytes(stream) <= WINDOW_BYTES, `${unreadBytes(stream)} bytes wait after ${read} reads`);
    }
    assert.ok(sent() < CHUNKS, 'the sender is not through');
  });

  it('open again for a reader that comes late, until everything has come', async () => {
    const { stream } = await flooded('late');
    await eventually('the first window is full', () => unreadBytes(stream) >= 200_000);
    let bytes = 0;
    for await (const chunk of stream.source) bytes += chunk.byteLength;
    assert.equal(bytes, CHUNKS * CHUNK.length);
  });
});
