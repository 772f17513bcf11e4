/** What can be done with streams of pushes: bodies that nobody needs, and frames that are too long or never end. */
import { randomBytes } from 'node:crypto';
import type { Stream } from '@libp2p/interface';
import { MAX_PUSHED_BODY_BYTES } from '../../src/driver/limits.ts';
import { present } from '../../src/foundation/assert.ts';
import { regularly, type AttackParts } from './attack-parts.ts';
import type { StrangerHost } from './stranger-host.ts';

/** A stream of pushes to a victim, written on as it is; undefined where none could be opened. */
async function pushStream(host: StrangerHost, id: string): Promise<Stream | undefined> {
  const connection = host.libp2p.getConnections().find(({ remotePeer }) => remotePeer.toString() === id);
  const protocol = `/synod/${host.anyTopic.split('/')[1] ?? ''}/push/1`;
  return connection?.newStream(protocol).catch(() => undefined);
}

/** Bodies that nobody asked for, as fast as they may be pushed, straight to every victim. */
export async function pushBodies(host: StrangerHost, { target, signal }: AttackParts): Promise<void> {
  const body = new Uint8Array(randomBytes(MAX_PUSHED_BODY_BYTES));
  await regularly(40, signal, (i) => {
    new DataView(body.buffer).setUint32(0, i);
    host.pushTo(target.ids[i % target.ids.length] ?? '', body.slice());
  });
}

/** Frames of pushes that are longer than a body can be, or never end: half of a length, half of a body, nothing. */
export async function pushBroken(
  host: StrangerHost,
  { target, expenses, signal }: AttackParts,
): Promise<void> {
  const beginnings = [
    Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f), // 4 GiB are to follow
    Uint8Array.of(0x80), // the length goes on
    Uint8Array.of(0xff, 0x0f, 1, 2, 3), // 2,047 bytes, of which three come
    new Uint8Array(0),
  ];
  await regularly(8, signal, (i) => {
    const id = target.ids[i % target.ids.length] ?? '';
    const bytes = present(beginnings[Math.floor(i / target.ids.length) % beginnings.length], 'a beginning');
    expenses.spend(bytes.length);
    void pushStream(host, id).then(async (stream) => {
      if (stream === undefined) return void (expenses.turnedAway += 1);
      const never = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      const source = (async function* (): AsyncGenerator<Uint8Array> {
        yield bytes;
        await never;
      })();
      await stream.sink(source).catch(() => (expenses.turnedAway += 1));
    });
  });
}
