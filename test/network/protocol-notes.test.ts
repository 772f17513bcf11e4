import assert from 'node:assert/strict';
import type { Peer, PeerData, PeerId } from '@libp2p/interface';
import { MAX_NOTED_RECORDS } from '../../src/network/limits.ts';
import { noteProtocolsOnce } from '../../src/network/protocol-notes.ts';

const peer = (name: string): PeerId => ({ toString: () => name }) as PeerId;
const PEER = peer('a peer');

const RECORD: Peer = {
  ...{ id: PEER, addresses: [], protocols: [], tags: new Map() },
  metadata: new Map([['AgentVersion', new Uint8Array(1)]]),
};

/** A peer store that lists what it was asked to write down. */
function listing(): {
  readonly store: Parameters<typeof noteProtocolsOnce>[0];
  readonly written: string[];
  refuse: boolean;
} {
  const written: string[] = [];
  const write = (how: string) => (_id: PeerId, data: PeerData) => {
    written.push(`${how} ${(data.protocols ?? ['else']).join(' ')}`);
    return notes.refuse ? Promise.reject(new Error('aborted')) : Promise.resolve(RECORD);
  };
  const notes = { store: { merge: write('merge'), patch: write('patch') }, written, refuse: false };
  noteProtocolsOnce(notes.store);
  return notes;
}

describe('the protocols of peers', () => {
  it('are written down once of each peer', async () => {
    const { store, written } = listing();
    for (const protocols of [['a/1'], ['a/1'], ['b/1'], ['a/1']]) await store.merge(PEER, { protocols });
    await store.merge(peer('a peer'), { protocols: ['a/1'] });
    await store.merge(peer('another'), { protocols: ['a/1'] });
    assert.deepEqual(written, ['merge a/1', 'merge b/1', 'merge a/1']);
  });

  it('are written again once the peer has told others, on any of its connections', async () => {
    const { store, written } = listing();
    const [one, other] = [peer('a peer'), peer('a peer')];
    await store.merge(one, { protocols: ['a/1'] });
    await store.patch(other, { protocols: ['b/1'] });
    for (let i = 0; i < 2; i++) await store.merge(one, { protocols: ['a/1'] });
    assert.deepEqual(written, ['merge a/1', 'patch b/1', 'merge a/1']);
  });

  it('are remembered of so many peers, and nothing else of their records', async () => {
    const { store, written } = listing();
    for (let i = 0; i <= MAX_NOTED_RECORDS; i++) await store.merge(peer(`${i}`), { protocols: ['a/1'] });
    written.length = 0;
    const newest = await store.merge(peer(`${MAX_NOTED_RECORDS}`), { protocols: ['a/1'] });
    assert.deepEqual([written, newest.metadata.size], [[], 0]);
    await store.merge(peer('0'), { protocols: ['a/1'] });
    assert.deepEqual(written, ['merge a/1'], 'of the one that was noted longest ago it is looked up');
  });

  it('do not keep anything else from being written', async () => {
    const { store, written } = listing();
    for (let i = 0; i < 2; i++) await store.merge(PEER, { metadata: {} });
    for (let i = 0; i < 2; i++) await store.patch(PEER, { protocols: ['a/1'] });
    assert.deepEqual(written, ['merge else', 'merge else', 'patch a/1', 'patch a/1']);
  });

  it('are written again where that failed', async () => {
    const notes = listing();
    notes.refuse = true;
    await assert.rejects(notes.store.merge(PEER, { protocols: ['a/1'] }));
    notes.refuse = false;
    await notes.store.merge(PEER, { protocols: ['a/1'] });
    assert.deepEqual(notes.written, ['merge a/1', 'merge a/1']);
  });
});
