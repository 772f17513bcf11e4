import assert from 'node:assert/strict';
import { GossipRelays } from '../../src/network/gossip-relays.ts';
import {
  EAGER_MESSAGES,
  LONGEST_RELAY_WAIT_MS,
  MAX_WATCHED_RELAYS,
  RELAY_SHOWN_MS,
  LEAST_RELAY_WAIT_MS,
} from '../../src/network/limits.ts';

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
  const show = (many: number, atMs = 12, peer = 'neighbour'): void => {
    for (let i = count - many; i < count; i++) relays.shown(peer, `id ${i}`, atMs);
  };
  it('do not go where the neighbour shows them in time', () => {
    assert.equal(offer(10), false);
    assert.equal(offer(11), false);
    show(2);
    assert.equal(relays.waitMs(12), undefined);
    assert.deepEqual(relays.due(10 + 10 * LEAST_RELAY_WAIT_MS), []);
  });

  it('go after their wait where it does not, once, in order', () => {
    offer(10);
    offer(20);
    assert.equal(relays.waitMs(15), LEAST_RELAY_WAIT_MS - 5);
    assert.deepEqual(relays.due(9 + LEAST_RELAY_WAIT_MS), []);
    const both = [{ peer: 'neighbour', messages: ['message 0', 'message 1'] }];
    assert.deepEqual(relays.due(20 + LEAST_RELAY_WAIT_MS), both);
    assert.equal(relays.waitMs(20 + LEAST_RELAY_WAIT_MS), undefined);
    assert.deepEqual(relays.due(20 + 2 * LEAST_RELAY_WAIT_MS), []);
  });

  it('go at once for a while to a neighbour that needed one, and then one waits again', () => {
    offer(0);
    relays.due(LEAST_RELAY_WAIT_MS);
    assert.equal(offer(LEAST_RELAY_WAIT_MS, 'another author'), false, 'what another source brings waits');
    assert.equal(
      offer(LEAST_RELAY_WAIT_MS, 'author', 'another neighbour'),
      false,
      'so it does for another neighbour',
    );
    for (let i = 0; i < EAGER_MESSAGES; i++) assert.equal(offer(LEAST_RELAY_WAIT_MS), true, `message ${i}`);
    assert.equal(offer(LEAST_RELAY_WAIT_MS), false);
  });

  it('wait on where the neighbour shows them a little late: its word crossed ours', () => {
    offer(0);
    relays.due(LEAST_RELAY_WAIT_MS);
    show(1);
    assert.equal(offer(LEAST_RELAY_WAIT_MS + 1), false);
  });

  it('reach everybody along one path, which the others stand by for', () => {
    // two neighbours of one peer have each message from its author, and the peer has it from the first of them that sends
    const [first, second] = [new GossipRelays<number>(), new GossipRelays<number>()];
    let sent = 0;
    let late = 0;
    for (let i = 0; i < 10 * EAGER_MESSAGES; i++) {
      const atMs = i * 1_000;
      const now = first.offer('peer', `${i}`, 'author', i, atMs);
      if (!now) late++;
      sent += Number(now) + Number(second.offer('peer', `${i}`, 'author', i, atMs));
      if (now) second.shown('peer', `${i}`, atMs + 10);
      const dueMs = atMs + LEAST_RELAY_WAIT_MS;
      sent += first.due(dueMs).length + second.due(dueMs).length;
      second.shown('peer', `${i}`, atMs + 10);
    }
    assert.ok(late <= 10 * 2, `${late} messages had to wait`);
    assert.ok(sent <= 10 * (EAGER_MESSAGES + 2), `${sent} were sent`);
  });

  it('wait twice as long as the signs of a neighbour take, within bounds', () => {
    for (let i = 0; i < 100; i++) {
      offer(0);
      show(1, 100);
    }
    offer(0);
    assert.ok(Math.abs((relays.waitMs(0) ?? 0) - 200) < 1, 'twice 100 ms');
    show(1, 100);
    for (let i = 0; i < 100; i++) {
      offer(0);
      show(1, 1_000);
    }
    offer(0);
    assert.equal(relays.waitMs(0), LONGEST_RELAY_WAIT_MS);
  });

  it('are watched in bounded number, and forgotten with the neighbour', () => {
    for (let i = 0; i < MAX_WATCHED_RELAYS; i++) assert.equal(offer(0), false);
    assert.equal(offer(0), true, 'above the bound nothing waits');
    assert.equal(relays.size, MAX_WATCHED_RELAYS);
    relays.due(LEAST_RELAY_WAIT_MS);
    offer(RELAY_SHOWN_MS, 'another author');
    assert.equal(relays.size, 1, 'what was sent long ago is not watched any more');
    relays.forget('neighbour');
    assert.equal(relays.size, 0);
  });
});
