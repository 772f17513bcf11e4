import assert from 'node:assert/strict';
import type { Message } from '../../src/messages/message.ts';
import { EarlyMessages } from '../../src/protocol/early-messages.ts';
import { MAX_EARLY_BYTES, MAX_EARLY_MESSAGES, MAX_EARLY_PER_PEER } from '../../src/protocol/limits.ts';

const VOTE = { kind: 'vote', voter: 'a' } as unknown as Message;
const LISTED = { worker: 'a', digest: '', byteLength: 1, signature: new Uint8Array(64) };

/** A proposal that nobody has looked at, with a list as long as its sender likes. */
function proposal(entries: number): Message {
  const contributions = Array.from({ length: entries }, () => LISTED);
  return { kind: 'proposal', value: { contributions, changes: [] } } as unknown as Message;
}

describe('early messages', () => {
  const fill = (early: EarlyMessages, message: Message, peers: number, each: number): number => {
    let kept = 0;
    for (let peer = 0; peer < peers; peer++) {
      for (let i = 0; i < each; i++) if (early.keep(message, 5, `peer-${peer}`)) kept += 1;
    }
    return kept;
  };

  it('are handed out when their round begins, once', () => {
    const early = new EarlyMessages();
    assert.ok(early.keep(VOTE, 5, 'a'), 'kept');
    assert.deepEqual(early.take(4), [], 'not before');
    assert.deepEqual(early.take(5), [{ message: VOTE, from: 'a' }], 'in their round');
    assert.deepEqual(early.take(5), [], 'once');
    early.keep(VOTE, 5, 'a');
    assert.deepEqual(early.take(6), [], 'nobody needs them later');
    assert.equal(early.size, 0, 'and they are forgotten');
  });

  it('make room for the newest round', () => {
    const early = new EarlyMessages();
    fill(early, VOTE, 2, 3);
    assert.ok(early.keep(VOTE, 6, 'a'), 'a later round');
    assert.equal(early.keep(VOTE, 5, 'a'), false, 'an earlier one comes too late');
    assert.equal(early.take(6).length, 1, 'one is left');
  });

  it('are bounded in number, and each neighbour has a part of it only', () => {
    const early = new EarlyMessages();
    assert.equal(fill(early, VOTE, 1, 2 * MAX_EARLY_MESSAGES), MAX_EARLY_PER_PEER, 'one neighbour');
    assert.ok(early.keep(VOTE, 5, 'an honest one'), 'leaves room for others');
    fill(early, VOTE, 20, MAX_EARLY_PER_PEER);
    assert.equal(early.size, MAX_EARLY_MESSAGES, 'all of them');
  });

  it('are bounded in memory, whatever their lists hold', () => {
    const early = new EarlyMessages();
    const entries = 10_000;
    const kept = fill(early, proposal(entries), 20, 20);
    assert.ok(kept > 0 && kept * entries * 100 < MAX_EARLY_BYTES, `${kept} proposals of ${entries} entries`);
    const body = new Uint8Array(MAX_EARLY_BYTES);
    const whole = { kind: 'contribution', body } as unknown as Message;
    assert.equal(new EarlyMessages().keep(whole, 5, 'a'), false, 'a body counts');
  });
});
