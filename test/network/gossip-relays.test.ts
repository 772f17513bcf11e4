import assert from 'node:assert/strict';
import { GossipRelays } from '../../src/network/gossip-relays.ts';
import { MAX_WATCHED_RELAYS, RELAY_CREDIT, RELAY_SHOWN_MS, RELAY_WAIT_MS } from '../../src/network/limits.ts';

describe('messages that are passed on', () => {
  let relays: GossipRelays<string>;
  let count = 0;
  beforeEach(() => {
    relays = new GossipRelays();
    count = 0;
  });

  const offer = (atMs: number, source = 'author', peer = 'neighbour'): boolean =>
    relays.offer(peer, `id ${count}`, source, `message ${count++}`, atMs);
  /** The neighbour shows the last so many messages. */
  const show = (many: number, peer = 'neighbour'): void => {
    for (let i = count - many; i < count; i++) relays.shown(peer, `id ${i}`);
  };
  /** From now on the neighbour is expected to have what the author says. */
  const earn = (): void => {
    for (let i = 0; i < RELAY_CREDIT; i++) {
      assert.equal(offer(0), true, `message ${i} goes at once`);
      show(1);
    }
  };

  it('go at once to a neighbour of which nothing is known, and wait once it had enough of them without us', () => {
    earn();
    assert.equal(offer(0), false, 'the next one waits');
    assert.equal(offer(0, 'another author'), true, 'one of another source does not');
    assert.equal(offer(0, 'author', 'another neighbour'), true, 'nor one for another neighbour');
  });

  it('do not go where the neighbour shows them in time', () => {
    earn();
    offer(10);
    offer(11);
    show(2);
    assert.equal(relays.waitMs(12), undefined);
    assert.deepEqual(relays.due(10 + 10 * RELAY_WAIT_MS), []);
  });

  it('go after their wait where it does not, once, in order', () => {
    earn();
    offer(10);
    offer(20);
    assert.equal(relays.waitMs(15), RELAY_WAIT_MS - 5);
    assert.deepEqual(relays.due(9 + RELAY_WAIT_MS), []);
    const both = [{ peer: 'neighbour', messages: [`message ${count - 2}`, `message ${count - 1}`] }];
    assert.deepEqual(relays.due(20 + RELAY_WAIT_MS), both);
    assert.equal(relays.waitMs(20 + RELAY_WAIT_MS), undefined);
    assert.deepEqual(relays.due(20 + 2 * RELAY_WAIT_MS), []);
  });

  it('go at once again where the neighbour had them from us', () => {
    earn();
    offer(0);
    relays.due(RELAY_WAIT_MS);
    assert.equal(offer(RELAY_SHOWN_MS), true, 'what was never shown was needed');
  });

  it('wait on where the neighbour shows them a little late: its word crossed ours', () => {
    earn();
    offer(0);
    relays.due(RELAY_WAIT_MS);
    show(1);
    assert.equal(offer(RELAY_SHOWN_MS), false);
  });

  it('do not wait where the neighbour needs a half of what the source brings', () => {
    for (let i = 0; i < 10 * RELAY_CREDIT; i++) {
      const atMs = i * RELAY_SHOWN_MS;
      assert.equal(offer(atMs), true, `message ${i}`);
      if (i % 2 === 0) show(1);
    }
  });

  it('are watched in bounded number, and forgotten with the neighbour', () => {
    earn();
    for (let i = 0; i < MAX_WATCHED_RELAYS; i++) assert.equal(offer(0), false);
    assert.equal(offer(0), true, 'above the bound nothing waits');
    assert.equal(relays.size, MAX_WATCHED_RELAYS);
    relays.forget('neighbour');
    assert.equal(relays.size, 0);
    assert.equal(offer(0), true);
  });
});
