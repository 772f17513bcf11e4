import assert from 'node:assert/strict';
import { bodyDigest } from '../../src/crypto/body-digest.ts';
import { eventually } from '../support/eventually.ts';
import { collect, firstAddress, swarm, text, TOPIC } from '../support/network.ts';

const NEVER = new AbortController().signal;

describe('relay on loopback', () => {
  const peers = swarm();
  afterEach(() => peers.stop());

  it('connects two peers of which one listens nowhere, and carries more than the 128 KiB of a default relay', async () => {
    const relay = await peers.start('relay', { relayServer: true });
    const bootstrap = [firstAddress(relay)];
    const hidden = await peers.start('hidden', { bootstrap, listen: [], relayClient: true });
    const address = await eventually('the hidden peer has a relayed address', () =>
      hidden.addresses().find((one) => one.includes('/p2p-circuit/p2p/')),
    );
    const other = await peers.start('other', { listen: [], relayClient: true, bootstrap: [address] });
    await eventually('they are connected', () => other.connected().includes(hidden.self));
    const link = other.links().find((one) => one.peer === hidden.self);
    assert.equal(link?.relayed, true, 'through the relay');
    const seen = collect(hidden);
    collect(other);
    await eventually('gossip crosses the relay', async () => {
      await other.publish(TOPIC, text('hello'));
      return seen.includes('hello');
    });
    const body = Uint8Array.from({ length: 1_500_000 }, (_, i) => (i + (i >> 8)) & 255);
    await hidden.serveBodies({ get: () => body });
    const fetched = await other.fetchBody(bodyDigest(body), body.length, [hidden.self], { signal: NEVER });
    assert.equal(Buffer.compare(fetched, body), 0, 'so does a body');
  });
}).timeout(60_000);
