import assert from 'node:assert/strict';
import type { GossipSub } from '@chainsafe/libp2p-gossipsub';
import { toHex } from '../../src/foundation/bytes.ts';
import { guardGossip } from '../../src/network/gossip-guard.ts';
import {
  firstWire,
  messageId,
  payloadKey,
  payloadOf,
  rebroadcastWire,
} from '../../src/network/gossip-wire.ts';
import { KNOWN_PAYLOAD_UNITS } from '../../src/network/limits.ts';
import { PayloadMemory } from '../../src/network/payload-memory.ts';
import { PeerBudget } from '../../src/network/peer-budget.ts';
import { text, TOPIC } from '../support/network.ts';

type Receive = GossipSub['handleReceivedRpc'];
type Message = Parameters<Receive>[1]['messages'][number];

const SEAT = 'seat';
const STRANGER = 'stranger';

/** Gossipsub as far as the guard touches it, and what reaches it. */
function guarded(): {
  readonly budget: PeerBudget;
  readonly memory: PayloadMemory;
  readonly see: (wire: Uint8Array) => void;
  readonly dropped: string[];
  readonly receive: (from: string, ...wires: Uint8Array[]) => Promise<string[]>;
} {
  const seen = new Map<string, boolean>();
  const reached: Message[] = [];
  const gossip = {
    seenCache: { entries: seen, has: (id: string) => seen.has(id), put: (id: string) => seen.set(id, true) },
    msgIdToStrFn: (id: Uint8Array) => toHex(id),
    handleReceivedRpc: (_from: unknown, { messages }: Parameters<Receive>[1]) => {
      reached.push(...messages);
      return Promise.resolve();
    },
    sendRpc: () => true,
    backoff: new Map(),
    opts: { heartbeatInterval: 700 },
  } as unknown as GossipSub;
  const budget = new PeerBudget();
  budget.useSeats((peer) => peer === SEAT);
  const memory = new PayloadMemory(1_000);
  const dropped: string[] = [];
  guardGossip(gossip, {
    budget,
    signal: new AbortController().signal,
    hasRoom: () => true,
    standing: (topic, wire) => memory.standing(payloadKey(topic, payloadOf(wire))),
    onFlood: () => undefined,
    onOverrun: (peer, count) => dropped.push(`${count} of ${peer}`),
  });
  return {
    budget,
    memory,
    dropped,
    see: (wire) => seen.set(toHex(messageId(TOPIC, wire)), true),
    receive: async (from, ...wires) => {
      reached.length = 0;
      const messages = wires.map((data) => ({ topic: TOPIC, data }));
      await gossip.handleReceivedRpc({ toString: () => from } as Parameters<Receive>[0], {
        subscriptions: [],
        messages,
      });
      return reached.map(({ data }) => new TextDecoder().decode(payloadOf(data ?? new Uint8Array(0))));
    },
  };
}

const spent = (budget: PeerBudget, what: string): number =>
  budget.lines().find(({ resource, standing }) => resource === what && standing === 'stranger')?.spent ?? -1;

const judged = (budget: PeerBudget): number => spent(budget, 'judgements');

describe('the guard in front of gossipsub', () => {
  const key = (word: string): string => payloadKey(TOPIC, text(word));

  it('drops what a stranger brings of settled payloads before anything is done for it, whatever its nonce', async () => {
    const { receive, memory, dropped, budget } = guarded();
    memory.decide(key('old vote'), 'accept', 0);
    memory.decide(key('old vote'), 'ignore', 1);
    memory.decide(key('lie'), 'reject', 1);
    const old = Array.from({ length: 3 }, () => rebroadcastWire(text('old vote')));
    assert.deepEqual(
      await receive(STRANGER, ...old, rebroadcastWire(text('lie'))),
      [],
      'gossipsub sees none',
    );
    assert.deepEqual(dropped, ['4 of stranger'], 'and it costs points');
    assert.equal(judged(budget), 0, 'nothing is judged');
  });

  it('lets through what is new, and has it paid for', async () => {
    const { receive, dropped, budget } = guarded();
    const wires = [rebroadcastWire(text('early vote')), firstWire(text('news'))];
    assert.deepEqual(await receive(STRANGER, ...wires), ['early vote', 'news']);
    assert.equal(judged(budget), 2, 'two judgements');
    assert.deepEqual(dropped, []);
  });

  it('has a stranger repeat nothing that is known here, and does not blame it: it may have been told to', async () => {
    const { receive, memory, dropped, budget } = guarded();
    memory.decide(key('vote'), 'accept', 0);
    assert.deepEqual(await receive(STRANGER, rebroadcastWire(text('vote')), firstWire(text('news'))), [
      'news',
    ]);
    assert.equal(judged(budget), 1, 'the news');
    assert.equal(spent(budget, 'messages'), 1 + KNOWN_PAYLOAD_UNITS, 'the repeated vote counts as several');
    assert.deepEqual(dropped, []);
    assert.deepEqual(await receive(SEAT, rebroadcastWire(text('vote'))), ['vote'], 'a seat may');
  });

  it('lets copies of what gossipsub knows through, since they cost next to nothing', async () => {
    const { receive, memory, see, budget } = guarded();
    const wire = rebroadcastWire(text('old vote'));
    memory.decide(key('old vote'), 'reject', 0);
    see(wire);
    assert.deepEqual(await receive(STRANGER, wire), ['old vote']);
    assert.equal(judged(budget), 0, 'no judgement');
  });

  it('leaves seats to gossipsub: an old word of theirs may be all that a neighbour has missed', async () => {
    const { receive, memory, dropped } = guarded();
    memory.decide(key('old vote'), 'accept', 0);
    memory.decide(key('old vote'), 'ignore', 1);
    assert.deepEqual(await receive(SEAT, rebroadcastWire(text('old vote'))), ['old vote']);
    assert.deepEqual(dropped, []);
  });
});
