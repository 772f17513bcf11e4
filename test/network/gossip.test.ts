import assert from 'node:assert/strict';
import type { GossipSub } from '@chainsafe/libp2p-gossipsub';
import type { Transport } from '../../src/network/transport.ts';
import { eventually } from '../support/eventually.ts';
import { collect, firstAddress, swarm, text, TOPIC } from '../support/network.ts';
import type { Verdict } from '../../src/messages/message.ts';
import type { GossipMessage } from '../../src/network/transport.ts';

const NEVER = new AbortController().signal;

/** 'bad...' is rejected, 'odd...' ignored, all else accepted. */
function judge({ data }: GossipMessage): Verdict {
  const word = new TextDecoder().decode(data);
  return word.startsWith('bad') ? 'reject' : word.startsWith('odd') ? 'ignore' : 'accept';
}

function scoreOf(transport: Transport, peer: string): number {
  return transport.links().find((link) => link.peer === peer)?.score ?? 0;
}

describe('gossip verdicts on loopback', () => {
  // Nobody looks for more connections than it was given, so that the chain stays a chain
  const peers = swarm({ targetConnections: 1 });
  let a: Transport, b: Transport, c: Transport;
  let seenByB: string[], seenByC: string[];
  let warmed = 0;

  /** a - b - c, and messages of a come through to c. */
  async function chain(
    verdict: (message: GossipMessage) => Verdict | Promise<Verdict>,
    heartbeatMs = 200,
  ): Promise<void> {
    const gossip = { heartbeatMs };
    b = await peers.start('b', { gossip });
    const bootstrap = [firstAddress(b)];
    [a, c] = await Promise.all([
      peers.start('a', { bootstrap, gossip }),
      peers.start('c', { bootstrap, gossip }),
    ]);
    collect(a);
    seenByB = collect(b, TOPIC, verdict);
    seenByC = collect(c, TOPIC, judge);
    await warmUp();
    assert.deepEqual([a.connected(), c.connected()], [[b.self], [b.self]], 'a chain');
  }

  async function warmUp(): Promise<void> {
    await eventually('the mesh carries messages from a to c', async () => {
      const word = `warm ${warmed++}`;
      await a.publish(TOPIC, text(word));
      await new Promise((resolve) => setTimeout(resolve, 50));
      return seenByC.includes(word);
    });
  }

  const told = (seen: readonly string[]): string[] => seen.filter((word) => !word.startsWith('warm'));

  afterEach(() => peers.stop());

  it('passes on what is accepted, and neither what is ignored nor what is rejected', async () => {
    await chain(judge);
    for (const word of ['odd one', 'bad one', 'good one']) await a.publish(TOPIC, text(word));
    await eventually('c has the good one', () => told(seenByC).includes('good one'));
    assert.deepEqual(told(seenByC), ['good one'], 'only what b accepted');
    assert.deepEqual(told(seenByB), ['odd one', 'bad one', 'good one'], 'b judged each once');
    assert.ok(scoreOf(b, c.self) >= 0, 'c relayed nothing wrong');
  });

  it('lowers the score for a rejected message, not for an ignored one, and graylists who goes on', async () => {
    await chain(judge);
    await b.handle('fence/1', async () => text('ok'), { maxRequestBytes: 10 });
    const fence = (): Promise<unknown> =>
      a.request(b.self, 'fence/1', text('x'), { signal: NEVER, maxResponseBytes: 10 });
    for (let i = 0; i < 5; i++) await a.publish(TOPIC, text(`odd ${i}`));
    await eventually('b saw the odd ones', () => told(seenByB).length === 5);
    assert.ok(scoreOf(b, a.self) >= 0, `score after five ignored: ${scoreOf(b, a.self)}`);
    for (let i = 0; i < 4; i++) await a.publish(TOPIC, text(`bad ${i}`));
    await eventually('a is graylisted at b', () => scoreOf(b, a.self) < -80);
    // Gossipsub keeps reading for up to a second from a peer whose score was good before
    let attempt = 0;
    const unheard = async (): Promise<boolean> => {
      const before = told(seenByB).length;
      await a.publish(TOPIC, text(`good but too late ${attempt++}`));
      await fence(); // on the same connection, so the message has been read when the answer comes
      await fence();
      return told(seenByB).length === before;
    };
    await eventually('b reads nothing more of a', unheard, 3_000);
    assert.ok(await unheard(), 'and stays deaf');
    assert.ok(scoreOf(b, c.self) > -1, 'c is not blamed');
  });

  it('survives a handler that throws and one that never answers', async () => {
    await chain(({ data }) => {
      const word = new TextDecoder().decode(data);
      if (word === 'throw') throw new Error('planted');
      if (word === 'hang') return new Promise(() => undefined);
      return 'accept';
    });
    await a.publish(TOPIC, text('throw'));
    await a.publish(TOPIC, text('hang'));
    await eventually('both are logged', () =>
      ['the handler of', 'no verdict on'].every((part) =>
        peers.logs.some((entry) => entry.message.includes(part)),
      ),
    );
    await a.publish(TOPIC, text('after'));
    await eventually('gossip goes on', () => told(seenByC).includes('after'));
    assert.deepEqual(told(seenByC), ['after'], 'without a verdict nothing is passed on');
    assert.ok(scoreOf(b, a.self) >= 0, "our own fault is not the sender's");
  });

  it('throws on a message above the limit, so that no receiver is made to mute us', async () => {
    await chain(judge);
    const most = a.maxGossipBytes;
    await assert.rejects(
      a.publish(TOPIC, new Uint8Array(most + 1)),
      { code: 'too-large' },
      'one byte too many',
    );
    await a.publish(TOPIC, new Uint8Array(most));
    await eventually('the largest allowed message travels', () =>
      told(seenByC).some((w) => w.length === most),
    );
  });

  it('refuses topics that are not on the list', async () => {
    await chain(judge);
    assert.throws(() => a.subscribe('another', judge), /not one of the allowed topics/, 'subscribe');
    await assert.rejects(a.publish('another', text('x')), /not one of the allowed topics/, 'publish');
  });

  it('carries a rebroadcast to who missed it, while those who accepted it still do', async () => {
    b = await peers.start('b');
    a = await peers.start('a', { bootstrap: [firstAddress(b)] });
    collect(a);
    seenByB = collect(b, TOPIC, judge);
    await eventually('a knows that b listens', () => a.subscribers(TOPIC).length === 1);
    await a.publish(TOPIC, text('vote'));
    await eventually('b has the vote', () => seenByB.includes('vote'));
    const publishedAtMs = Date.now();
    // After this no cache offers the message by IHAVE any more: only the rebroadcast can bring it
    await eventually('the vote has left the caches', () => Date.now() - publishedAtMs > 7 * 200);
    c = await peers.start('c', { bootstrap: [firstAddress(b)] });
    seenByC = collect(c, TOPIC, judge);
    await eventually('c has the vote, through b', async () => {
      await a.publish(TOPIC, text('vote'));
      return seenByC.includes('vote');
    });
    assert.ok(seenByB.length > 1, 'b was asked again before it passed it on again');
    assert.deepEqual([a.connected(), c.connected()], [[b.self], [b.self]], 'it was a chain');
  });

  it('drops a rebroadcast that those who accepted it accept no longer, whatever nonce it has', async () => {
    let isDecided = false;
    await chain(() => (isDecided ? 'ignore' : 'accept'));
    await a.publish(TOPIC, text('vote'));
    await eventually('c has the vote', () => told(seenByC).includes('vote'));
    isDecided = true;
    await eventually('b judged it again', async () => {
      await a.publish(TOPIC, text('vote'));
      return told(seenByB).length === 2;
    });
    for (let i = 0; i < 3; i++) {
      await a.publish(TOPIC, text('vote'));
      await a.publish(TOPIC, text(`other ${i}`));
      await eventually('what came after it was judged', () => told(seenByB).includes(`other ${i}`));
    }
    assert.equal(told(seenByB).filter((word) => word === 'vote').length, 2, 'and no more');
    assert.deepEqual(told(seenByC), ['vote'], 'nobody passed it on');
  });

  it('judges an ignored message again when it is sent again', async () => {
    let verdict: Verdict = 'ignore';
    await chain(({ data }) => (new TextDecoder().decode(data) === 'early' ? verdict : 'accept'));
    await a.publish(TOPIC, text('early'));
    await eventually('b saw it', () => told(seenByB).length === 1);
    verdict = 'accept';
    await eventually('it is welcome later', async () => {
      await a.publish(TOPIC, text('early'));
      return told(seenByC).includes('early');
    });
  });

  it('has its mesh back soon after leaving a topic and joining it again', async () => {
    await chain(judge, 500);
    const mesh = (): boolean => {
      const { node } = (b as unknown as { host: { node: { gossip: GossipSub } } }).host;
      return node.gossip.mesh.get(TOPIC)?.has(c.self) === true;
    };
    await eventually('c is in the mesh of b', mesh);
    c.unsubscribe(TOPIC);
    await eventually('c has left it', () => !mesh());
    collect(c);
    await eventually('c is back', mesh, 6_000);
    assert.ok(scoreOf(b, c.self) >= 0, 'and not blamed for it');
  });

  it('hands out no message after unsubscribing', async () => {
    await chain(judge);
    b.unsubscribe(TOPIC);
    await eventually('a sees b leave', () => a.subscribers(TOPIC).length === 0);
    const receipt = await a.publish(TOPIC, text('unheard'));
    assert.equal(receipt.recipients, 0, 'nobody to hand it to');
    assert.ok(!seenByB.includes('unheard'), 'b is not told');
  });
}).timeout(60_000);
