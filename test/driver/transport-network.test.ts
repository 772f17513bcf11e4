import assert from 'node:assert/strict';
import { BAN_POINTS, FALSE_ANSWER_POINTS } from '../../src/network/limits.ts';
import type { Transport } from '../../src/network/transport.ts';
import { topicsOf, TransportNetwork } from '../../src/driver/transport-network.ts';
import { eventually } from '../support/eventually.ts';
import { firstAddress, swarm } from '../support/network.ts';

const MOST = 100;
const FAULTS_UNTIL_BAN = Math.ceil(BAN_POINTS / FALSE_ANSWER_POINTS);

describe('questions over a transport', () => {
  const peers = swarm({ transport: 'memory', topics: topicsOf('test') });
  let asking: Transport;
  let network: TransportNetwork;

  beforeEach(async () => {
    asking = await peers.start('asking');
    network = new TransportNetwork(asking, 'test');
  });

  afterEach(async () => {
    network.stop();
    await peers.stop();
  });

  /** Somebody who answers every question with so many bytes. */
  async function answering(label: string, byteLength: number): Promise<Transport> {
    const peer = await peers.start(label, { bootstrap: [firstAddress(asking)] });
    await peer.handle('request/1', () => Promise.resolve(new Uint8Array(byteLength)), {
      maxRequestBytes: 10,
    });
    await eventually('connected', () => asking.connected().includes(peer.self));
    return peer;
  }

  const ask = (peer: Transport): Promise<Uint8Array | undefined> =>
    new Promise((resolve) => network.request(peer.self, new Uint8Array(1), MOST, resolve));

  it('cost who answers with more than an answer can be its standing, and in the end its connection', async () => {
    const liar = await answering('liar', MOST + 1);
    for (let i = 0; i < FAULTS_UNTIL_BAN; i++) {
      assert.deepEqual(asking.cutOff(), [], `not after ${i}`);
      assert.equal(await ask(liar), undefined, 'nothing of it is taken');
    }
    const [cutOff] = asking.cutOff();
    assert.equal(cutOff?.who, liar.self);
    assert.match(cutOff?.reason ?? '', /more than an answer can be/);
    await eventually('it is let go', () => !asking.connected().includes(liar.self));
  });

  it('cost nothing where the answer is as long as it can be', async () => {
    const honest = await answering('honest', MOST);
    for (let i = 0; i <= FAULTS_UNTIL_BAN; i++) assert.equal((await ask(honest))?.length, MOST);
    assert.deepEqual(asking.cutOff(), []);
  });
});
