import assert from 'node:assert/strict';
import type { GossipSub } from '@chainsafe/libp2p-gossipsub';
import { GossipLatecomers } from '../../src/network/gossip-latecomers.ts';
import { LATECOMER_MS, MAX_LATE_MESSAGES } from '../../src/network/limits.ts';
import { eventually } from '../support/eventually.ts';
import { collect, firstAddress, swarm, text, TOPIC } from '../support/network.ts';

/** A gossipsub whose neighbours subscribe as they are told; it notes what it is to send. */
function listening(): {
  readonly latecomers: GossipLatecomers;
  readonly subscribes: (peer: string, topic: string) => string[];
  canSend: boolean;
  /** Of every neighbour. */
  score: number;
  readonly gone: Set<string>;
} {
  const sent: string[] = [];
  const gossip = Object.assign(new EventTarget(), {
    opts: { scoreThresholds: { publishThreshold: -40 } },
    getScore: () => room.score,
    peers: { has: (peer: string) => !room.gone.has(peer) },
    sendRpc(peer: string, rpc: { messages: { data: Uint8Array }[] }): boolean {
      if (room.canSend)
        for (const { data } of rpc.messages) sent.push(`${peer} ${Buffer.from(data).toString()}`);
      return room.canSend;
    },
  });
  const room = {
    latecomers: new GossipLatecomers(gossip as unknown as GossipSub),
    subscribes(peer: string, topic: string): string[] {
      const detail = { peerId: peer, subscriptions: [{ topic, subscribe: true }] };
      gossip.dispatchEvent(new CustomEvent('subscription-change', { detail }));
      return sent.splice(0);
    },
    canSend: true,
    score: 0,
    gone: new Set<string>(),
  };
  return room;
}

describe('what was published a moment ago', () => {
  it('goes to a neighbour that subscribes now, once', () => {
    const { latecomers, subscribes } = listening();
    latecomers.said('k', 'votes', text('yes'), ['had it']);
    assert.deepEqual(subscribes('late', 'updates'), [], 'another topic');
    assert.deepEqual(subscribes('late', 'votes'), ['late yes']);
    assert.deepEqual(subscribes('late', 'votes'), [], 'again');
    assert.deepEqual(subscribes('had it', 'votes'), []);
  });

  it('does not where it is not the first and others have heard it', () => {
    const { latecomers, subscribes } = listening();
    latecomers.said('first', 'votes', text('first'), ['had it']);
    latecomers.said('second', 'votes', text('second'), ['had it']);
    latecomers.said('unheard', 'votes', text('unheard'), []);
    assert.deepEqual(subscribes('late', 'votes'), ['late first', 'late unheard']);
  });

  it('goes to it later where it cannot be sent yet', () => {
    const room = listening();
    room.latecomers.said('k', 'votes', text('yes'), []);
    room.canSend = false;
    assert.deepEqual(room.subscribes('late', 'votes'), []);
    room.canSend = true;
    assert.deepEqual(room.subscribes('late', 'votes'), ['late yes']);
  });

  it('goes to nobody to whom nothing is published', () => {
    const room = listening();
    room.latecomers.said('k', 'votes', text('yes'), []);
    room.score = -41;
    assert.deepEqual(room.subscribes('late', 'votes'), []);
    room.score = -40;
    assert.deepEqual(room.subscribes('late', 'votes'), ['late yes']);
  });

  it('is not kept for long, nor much of it', () => {
    const { latecomers, subscribes } = listening();
    const nowMs = Date.now();
    latecomers.said('old', 'votes', text('old'), [], nowMs - LATECOMER_MS - 1_000);
    for (let i = 0; i <= MAX_LATE_MESSAGES; i++) latecomers.said(`k${i}`, 'votes', text(`${i}`), [], nowMs);
    const handed = subscribes('late', 'votes');
    assert.equal(handed.length, MAX_LATE_MESSAGES);
    assert.equal(handed[0], 'late 1');
  });

  it('is kept as it was published last', () => {
    const { latecomers, subscribes } = listening();
    latecomers.said('k', 'votes', text('first'), []);
    latecomers.said('k', 'votes', text('again'), ['had it']);
    assert.deepEqual(subscribes('late', 'votes'), ['late again']);
  });

  it('goes again to nobody who had it before it was published last, but for who was gone then', () => {
    const { latecomers, subscribes, gone } = listening();
    latecomers.said('k', 'votes', text('first'), ['had it']);
    assert.deepEqual(subscribes('late', 'votes'), ['late first']);
    latecomers.said('k', 'votes', text('again'), []);
    assert.deepEqual([...subscribes('late', 'votes'), ...subscribes('had it', 'votes')], []);
    gone.add('late');
    latecomers.said('k', 'votes', text('once more'), []);
    assert.deepEqual(subscribes('late', 'votes'), ['late once more']);
  });
});

describe('a subscription that crosses a message', () => {
  const peers = swarm({ transport: 'memory', oneProcess: true });
  afterEach(() => peers.stop());

  it('is served', async () => {
    const author = await peers.start('author');
    const late = await peers.start('late', { bootstrap: [firstAddress(author)] });
    await eventually(
      'gossip goes both ways',
      () => author.gossipsWith().length + late.gossipsWith().length === 2,
    );
    const { recipients } = await author.publish(TOPIC, text('said before'));
    assert.equal(recipients, 0);
    const heard = collect(late);
    await eventually('it is heard', () => heard.includes('said before'));
  });
});
