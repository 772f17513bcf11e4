import assert from 'node:assert/strict';
import type { GossipSub } from '@chainsafe/libp2p-gossipsub';
import { toHex } from '../../src/foundation/bytes.ts';
import { GossipOutbox } from '../../src/network/gossip-outbox.ts';
import { firstWire, messageId, payloadOf } from '../../src/network/gossip-wire.ts';
import { HAVE_WAIT_MS, MAX_SENT_RPC_MESSAGES } from '../../src/network/limits.ts';
import { PeerBudget } from '../../src/network/peer-budget.ts';
import { eventually } from '../support/eventually.ts';
import { text, TOPIC } from '../support/network.ts';

type Rpc = Parameters<GossipSub['handleReceivedRpc']>[1];

/** The part of gossipsub that the outbox takes hold of, with a mesh of three, and what it sends. */
function fake(): {
  readonly outbox: GossipOutbox;
  readonly budget: PeerBudget;
  readonly sent: {
    readonly peer: string;
    readonly words: string[];
    readonly ids: string[];
    readonly rpc: Rpc;
  }[];
  readonly gossip: {
    sendRpc(peer: string, rpc: Rpc): boolean;
    sendIDontWants(id: Uint8Array, topic: string, source: string): void;
    handleIdontwant(peer: string, told: { messageIDs: Uint8Array[] }[]): void;
    forwardMessage(id: string, message: Rpc['messages'][number], source: string, exclude: Set<string>): void;
    removePeer(peer: string): void;
    readonly mcache: { observeDuplicate(id: string, from: string): void };
  };
} {
  const sent: ReturnType<typeof fake>['sent'] = [];
  const peers = ['a', 'b', 'c'];
  const streamsOutbound = new Map(peers.map((peer) => [peer, { protocol: '/meshsub/1.2.0' }]));
  const idontwants = new Map(peers.map((peer) => [peer, new Map<string, number>()]));
  const gossip = {
    mesh: new Map([[TOPIC, new Set(peers)]]),
    streamsOutbound,
    idontwants,
    mcache: { observeDuplicate: () => undefined },
    msgIdToStrFn: toHex,
    sendRpc: (peer: string, rpc: Rpc) => {
      const words = rpc.messages.map(({ data }) => wordOf(data ?? new Uint8Array(0)));
      const ids = (rpc.control?.idontwant ?? []).flatMap(({ messageIDs }) => messageIDs).map(toHex);
      sent.push({ peer, words, ids, rpc });
      return true;
    },
    sendIDontWants: () => assert.fail('each id in a frame of its own'),
    handleIdontwant: (peer: string, told: { messageIDs: Uint8Array[] }[]) => {
      for (const id of told.flatMap(({ messageIDs }) => messageIDs)) idontwants.get(peer)?.set(toHex(id), 0);
    },
    forwardMessage(_id: string, message: Rpc['messages'][number], source: string, exclude: Set<string>) {
      for (const peer of peers)
        if (peer !== source && !exclude.has(peer))
          this.sendRpc(peer, { subscriptions: [], messages: [message] });
    },
    removePeer: (peer: string) => streamsOutbound.delete(peer),
  };
  const budget = new PeerBudget();
  return { outbox: new GossipOutbox(gossip as unknown as GossipSub, budget), budget, sent, gossip };
}

const wordOf = (wire: Uint8Array): string => new TextDecoder().decode(payloadOf(wire));
const wire = (word: string): Uint8Array => firstWire(text(word));
const idOf = (word: string): Uint8Array => messageId(TOPIC, wire(word));
const rpcOf = (...words: string[]): Rpc => ({
  subscriptions: [],
  messages: words.map((word) => ({ topic: TOPIC, data: wire(word) })),
});
const endOfTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('what gossipsub sends', () => {
  let made: ReturnType<typeof fake>;
  beforeEach(() => (made = fake()));
  afterEach(() => made.outbox.stop());

  const told = (): [string, string][] => made.sent.map(({ peer, words }) => [peer, words.join(' ')]);
  const pass = (word: string, source = 'a', exclude: string[] = []): void => {
    const message = { topic: TOPIC, data: wire(word) };
    made.gossip.forwardMessage(toHex(idOf(word)), message, source, new Set(exclude));
  };
  it('leaves in one frame for each neighbour and turn, in order', async () => {
    for (const word of ['one', 'two'])
      for (const peer of ['a', 'b']) assert.equal(made.gossip.sendRpc(peer, rpcOf(word)), true);
    assert.deepEqual(told(), [], 'nothing before the end of the turn');
    await endOfTurn();
    assert.deepEqual(told(), [
      ['a', 'one two'],
      ['b', 'one two'],
    ]);
    made.gossip.sendRpc('a', rpcOf('three'));
    await endOfTurn();
    assert.deepEqual(told()[2], ['a', 'three']);
  });

  it('is not altered in what others hold: gossipsub gives one frame to all', async () => {
    const rpc = rpcOf('one');
    made.gossip.sendRpc('a', rpc);
    made.gossip.sendRpc('a', rpcOf('two'));
    await endOfTurn();
    assert.equal(rpc.messages.length, 1);
  });

  it('changes who hears what at once, behind the messages that wait', async () => {
    made.gossip.sendRpc('a', rpcOf('one'));
    made.gossip.sendRpc('a', { subscriptions: [{ topic: TOPIC, subscribe: false }], messages: [] });
    assert.deepEqual(
      made.sent.map(({ words, rpc }) => [words.join(), rpc.subscriptions.length]),
      [
        ['one', 0],
        ['', 1],
      ],
    );
    await endOfTurn();
    assert.equal(made.sent.length, 2, 'nothing twice');
  });

  it('is cut to frames of bounded size', async () => {
    const words = Array.from({ length: MAX_SENT_RPC_MESSAGES + 1 }, (_, i) => `${i}`);
    for (const word of words) made.gossip.sendRpc('a', rpcOf(word));
    await endOfTurn();
    assert.deepEqual(
      made.sent.map((frame) => frame.words.length),
      [MAX_SENT_RPC_MESSAGES, 1],
    );
    assert.deepEqual(
      made.sent.flatMap((frame) => frame.words),
      words,
    );
  });

  it('says that it is not sent where there is no stream, and where a stranger has had its share', () => {
    assert.equal(made.gossip.sendRpc('nobody', rpcOf('one')), false);
    made.budget.useSeats(() => false);
    const large: Rpc = { subscriptions: [], messages: [{ topic: TOPIC, data: new Uint8Array(64 << 20) }] };
    assert.equal(made.gossip.sendRpc('a', large), true, 'into debt');
    assert.equal(made.gossip.sendRpc('a', rpcOf('one')), false);
  });

  it('loses nothing of ours at the end', () => {
    made.gossip.sendRpc('a', rpcOf('last word'));
    made.outbox.stop();
    assert.deepEqual(told(), [['a', 'last word']]);
    assert.equal(made.gossip.sendRpc('a', rpcOf('later')), true);
    assert.deepEqual(told()[1], ['a', 'later'], 'and then waits for nothing');
  });

  it('does not go to whom it came from, who had it meanwhile, and who names it before the verdict', async () => {
    pass('news', 'a', ['b', 'c']);
    made.gossip.handleIdontwant('b', [{ messageIDs: [idOf('told')] }]);
    pass('told', 'a', ['c']);
    assert.equal(made.outbox.size, 0, 'nothing waits');
    await endOfTurn();
    assert.deepEqual(told(), []);
  });

  it('waits for a sign where it is passed on, and is left out where a copy or the id comes', async () => {
    pass('copied', 'a', ['c']);
    pass('told', 'a', ['c']);
    await endOfTurn();
    assert.deepEqual([told().length, made.outbox.size], [0, 2]);
    made.gossip.mcache.observeDuplicate(toHex(idOf('copied')), 'b');
    made.gossip.handleIdontwant('b', [{ messageIDs: [idOf('told')] }]);
    assert.equal(made.outbox.size, 0, 'nothing waits any more');
  });

  it('goes where no sign comes, and the next of that source at once', async () => {
    pass('needed', 'a', ['c']);
    await eventually('b has it', () => told().length === 1);
    pass('next', 'a', ['c']);
    await endOfTurn();
    assert.deepEqual(told(), [
      ['b', 'needed'],
      ['b', 'next'],
    ]);
  });

  it('is forgotten with the neighbour', () => {
    pass('needed');
    assert.equal(made.outbox.size, 2);
    made.gossip.removePeer('b');
    assert.equal(made.outbox.size, 1, 'that of c');
  });

  it('tells ids together, after a while or with the next message, but not to who had it first or shows it', async () => {
    for (const word of ['one', 'two']) made.gossip.sendIDontWants(idOf(word), TOPIC, 'a');
    made.gossip.mcache.observeDuplicate(toHex(idOf('one')), 'c');
    made.gossip.sendRpc('b', rpcOf('mine'));
    await endOfTurn();
    const [first] = made.sent;
    assert.deepEqual(
      [first?.peer, first?.words, first?.ids],
      ['b', ['mine'], ['one', 'two'].map((w) => toHex(idOf(w)))],
    );
    await eventually('c is told', () => made.sent.length === 2, 20 * HAVE_WAIT_MS);
    assert.deepEqual([made.sent[1]?.peer, made.sent[1]?.ids], ['c', [toHex(idOf('two'))]]);
  });
});
