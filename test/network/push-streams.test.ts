import assert from 'node:assert/strict';
import { RESOURCES } from '../../src/network/budget-table.ts';
import { MAX_PUSH_QUEUE_BYTES } from '../../src/network/limits.ts';
import type { Transport } from '../../src/network/transport.ts';
import { eventually } from '../support/eventually.ts';
import { firstAddress, swarm } from '../support/network.ts';

const MAX_BYTES = 300_000;

describe('pushes on loopback', () => {
  const peers = swarm({});
  const came: { readonly from: string; readonly bytes: Uint8Array }[] = [];
  let receiver: Transport;
  let sender: Transport;

  beforeEach(async () => {
    came.length = 0;
    receiver = await peers.start('receiver');
    sender = await peers.start('sender', { bootstrap: [firstAddress(receiver)] });
    await receiver.takePushes((bytes, from) => void came.push({ from, bytes: bytes.slice() }), MAX_BYTES);
    await eventually('they are connected', () => sender.connected().includes(receiver.self));
  });

  afterEach(() => peers.stop());

  it('arrive whole and in order, over one stream', async () => {
    const sent = Array.from({ length: 20 }, (_, i) => new Uint8Array(20_000 + i).fill(i));
    for (const bytes of sent) assert.ok(sender.push(receiver.self, bytes));
    await eventually('all are here', () => came.length === sent.length);
    assert.ok(
      came.every(({ from, bytes }, i) => from === sender.self && Buffer.from(sent[i] ?? []).equals(bytes)),
    );
  });

  it('go on over a new stream where a frame was too large and ended the old one', async () => {
    sender.push(receiver.self, new Uint8Array(MAX_BYTES + 1));
    await eventually('a later one arrives', () => {
      sender.push(receiver.self, Uint8Array.of(1));
      return came.length > 0;
    });
    assert.ok(came.every(({ bytes }) => bytes.length === 1));
  });

  it('that are longer than a body can be cost their sender its standing, and in the end its connection', async () => {
    await eventually('it is banned', () => {
      sender.push(receiver.self, new Uint8Array(MAX_BYTES + 1));
      return receiver
        .cutOff()
        .some(({ who, reason }) => who === sender.self && /more than a body/.test(reason));
    });
    assert.equal(came.length, 0);
  });

  it('are read no faster than a seat may push', async () => {
    const { burst, perSecond } = RESOURCES.pushedBytes.seat;
    const startMs = performance.now();
    const refused = (): number =>
      receiver.budget().find(({ resource, standing }) => resource === 'pushedBytes' && standing === 'seat')
        ?.refused ?? 0;
    await eventually('it waits', () => {
      sender.push(receiver.self, new Uint8Array(MAX_BYTES));
      return refused() > 0;
    });
    const bytes = came.reduce((sum, push) => sum + push.bytes.length, 0);
    const allowed = burst + (perSecond * (performance.now() - startMs)) / 1000 + MAX_BYTES;
    assert.ok(bytes >= burst && bytes <= allowed, `${bytes} of ${allowed} came`);
  });

  it('of a peer without a seat are refused', async () => {
    receiver.useSeats(() => false);
    sender.push(receiver.self, new Uint8Array(10));
    await eventually('it has paid', () => (receiver.sizes()['conduct'] ?? 0) > 0);
    assert.equal(came.length, 0);
  });

  it('above the budget of a seat are dropped unseen', async () => {
    const { burst } = RESOURCES.messages.seat;
    const refused = (): number =>
      receiver.budget().find(({ resource, standing }) => resource === 'messages' && standing === 'seat')
        ?.refused ?? 0;
    await eventually('more than may come was sent', () => {
      for (let i = 0; i < 2_000; i++) sender.push(receiver.self, Uint8Array.of(1));
      return refused() > 0;
    });
    assert.ok(came.length >= burst - 100, 'what the budget allows came');
  });

  it('are not queued without bound, nor for one that is not connected', () => {
    let queued = 0;
    while (queued < 2 * MAX_PUSH_QUEUE_BYTES && sender.push(receiver.self, new Uint8Array(100_000)))
      queued += 100_000;
    assert.ok(queued <= MAX_PUSH_QUEUE_BYTES);
    assert.equal(
      sender.push('12D3KooWCezoRff7AXSPpptEibsoBBQxE8bRwJkNSsJe59gDD1CN', new Uint8Array(1)),
      false,
    );
  });
});
