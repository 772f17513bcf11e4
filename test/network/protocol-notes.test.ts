import assert from 'node:assert/strict';
import type { Peer, PeerData, PeerId } from '@libp2p/interface';
import { noteProtocolsOnce } from '../../src/network/protocol-notes.ts';

const PEER = { toString: () => 'a peer' } as PeerId;

/** A peer store that lists what it was asked to write down. */
function listing(): {
  readonly store: Parameters<typeof noteProtocolsOnce>[0];
  readonly written: string[];
  refuse: boolean;
} {
  const written: string[] = [];
  const write = (how: string) => (_id: PeerId, data: PeerData) => {
    written.push(`${how} ${(data.protocols ?? ['else']).join(' ')}`);
    return notes.refuse ? Promise.reject(new Error('aborted')) : Promise.resolve({ id: PEER } as Peer);
  };
  const notes = { store: { merge: write('merge'), patch: write('patch') }, written, refuse: false };
  noteProtocolsOnce(notes.store);
  return notes;
}

describe('the protocols of peers', () => {
  it('are written down once of each connection', async () => {
    const { store, written } = listing();
    for (const protocols of [['a/1'], ['a/1'], ['b/1'], ['a/1']]) await store.merge(PEER, { protocols });
    await store.merge({ ...PEER }, { protocols: ['a/1'] });
    assert.deepEqual(written, ['merge a/1', 'merge b/1', 'merge a/1']);
  });

  it('are those that the peer told last', async () => {
    const { store, written } = listing();
    await store.merge(PEER, { protocols: ['a/1'] });
    await store.patch(PEER, { protocols: ['b/1', 'c/1'] });
    for (const protocol of ['a/1', 'b/1', 'c/1']) await store.merge(PEER, { protocols: [protocol] });
    assert.deepEqual(written, ['merge a/1', 'patch b/1 c/1', 'merge a/1']);
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
