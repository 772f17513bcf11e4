import assert from 'node:assert/strict';
import { bodyDigest } from '../../src/crypto/body-digest.ts';
import type { Connection } from '@libp2p/interface';
import { TransportError, type Transport } from '../../src/network/transport.ts';
import { eventually } from '../support/eventually.ts';
import { firstAddress, swarm } from '../support/network.ts';

const CUTS = 4;
const BODY = new Uint8Array(8 << 20).fill(3);
const DIGEST = bodyDigest(BODY);
const QUESTION = new Uint8Array(200_000);

function connectionsOf(transport: Transport): readonly Connection[] {
  return (transport as unknown as { connections(): readonly Connection[] }).connections();
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('connections that end while something is written', () => {
  const peers = swarm({ times: { requestMs: 3_000, stallMs: 2_000 } });

  afterEach(() => peers.stop());

  // mocha itself fails the test where a rejection goes uncaught
  it('fail what was under way in plain words, and nothing is left uncaught', async () => {
    const server = await peers.start('server');
    await server.handle('echo/1', (request) => Promise.resolve(request), { maxRequestBytes: 1 << 20 });
    await server.serveBodies({ get: (digest) => (digest === DIGEST ? BODY : undefined) });
    await server.takePushes(() => undefined, 1 << 20);
    const client = await peers.start('client', { bootstrap: [firstAddress(server)] });
    const failures: unknown[] = [];
    const signal = AbortSignal.timeout(50_000);
    for (let cut = 0; cut < CUTS; cut += 1) {
      await eventually('connected', () => client.connected().includes(server.self), 15_000);
      const under = [
        client.request(server.self, 'echo/1', QUESTION, { signal, maxResponseBytes: 1 << 20 }),
        client.request(server.self, 'echo/1', QUESTION, { signal, maxResponseBytes: 1 << 20 }),
        client.fetchBody(DIGEST, BODY.length, [server.self], { signal }),
      ].map((work) => work.then(undefined, (error: unknown) => void failures.push(error)));
      client.push(server.self, QUESTION);
      await turns(15 * cut);
      const end = cut % 2 === 0 ? client : server;
      for (const connection of connectionsOf(end)) connection.abort(new Error('cut'));
      await Promise.all(under);
    }
    assert.ok(failures.length > 0, 'something was cut');
    for (const failure of failures) {
      assert.ok(failure instanceof TransportError, String(failure));
      assert.doesNotMatch(failure.message, /pushable/, 'not in the words of a library');
    }
    for (const { message } of peers.logs) assert.doesNotMatch(message, /pushable/);
  });
}).timeout(60_000);
