import assert from 'node:assert/strict';
import type { PeerId } from '../../src/crypto/peer-id.ts';
import { untilMeshed } from '../../src/network/until-meshed.ts';
import { firstAddress, swarm } from '../support/network.ts';

const LONG_MS = 600_000;
const never = new AbortController().signal;
const gossiping = (...peers: PeerId[]): { gossipsWith: () => PeerId[] } => ({ gossipsWith: () => peers });

describe('the wait for a mesh', () => {
  const peers = swarm({ transport: 'memory', oneProcess: true });
  afterEach(() => peers.stop());

  it('ends once gossip goes from each host to all others', async () => {
    const first = await peers.start('first');
    const bootstrap = [firstAddress(first)];
    const second = await peers.start('second', { bootstrap });
    await untilMeshed([first, second], LONG_MS, never);
    assert.deepEqual([first.gossipsWith(), second.gossipsWith()], [[second.self], [first.self]]);
  });

  it('goes on while one lacks another', async () => {
    const others: PeerId[] = [];
    let isOver = false;
    const wait = untilMeshed([gossiping('b'), { gossipsWith: () => others }], LONG_MS, never);
    const end = wait.then(() => (isOver = true));
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(isOver, false);
    others.push('a');
    await end;
  });

  it('ends after the time, and with its signal', async () => {
    await untilMeshed([gossiping(), gossiping('a')], 1, never);
    const aborted = AbortSignal.abort(new Error('given up'));
    await assert.rejects(untilMeshed([gossiping(), gossiping('a')], LONG_MS, aborted), /given up/);
  });
});
