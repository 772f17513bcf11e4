import assert from 'node:assert/strict';
import {
  messageId,
  payloadKey,
  payloadOf,
  firstWire,
  rebroadcastWire,
} from '../../src/network/gossip-wire.ts';
import { splitMessages } from '../../src/network/gossip-outbox.ts';
import {
  MAX_REMEMBERED_PAYLOADS,
  MAX_SENT_RPC_BYTES,
  MAX_SENT_RPC_MESSAGES,
} from '../../src/network/limits.ts';
import { PayloadMemory } from '../../src/network/payload-memory.ts';

const DEADLINE = 3_500;

describe('payload memory', () => {
  it('has a payload that was accepted judged again at most every half second, until it is of no use', () => {
    const memory = new PayloadMemory(DEADLINE);
    assert.equal(memory.arrive('a', 0), 'judge');
    assert.equal(memory.standing('a'), 'unknown');
    memory.begin('a', 0);
    assert.equal(memory.arrive('a', 1), 'drop', 'while it is judged');
    memory.decide('a', 'accept', 100);
    assert.equal(memory.standing('a'), 'accepted');
    assert.deepEqual(
      [memory.arrive('a', 599), memory.arrive('a', 600), memory.arrive('a', 601)],
      ['drop', 'judge-again', 'drop'],
    );
    memory.begin('a', 600);
    memory.decide('a', 'ignore', 601);
    assert.deepEqual([memory.arrive('a', 2_000), memory.arrive('a', 1e9)], ['drop', 'drop'], 'settled');
    assert.equal(memory.standing('a'), 'settled');
  });

  it('rejects at once what was rejected, and judges again what was ignored', () => {
    const memory = new PayloadMemory(DEADLINE);
    memory.begin('bad', 0);
    memory.decide('bad', 'reject', 0);
    assert.equal(memory.arrive('bad', 10_000), 'reject');
    memory.begin('early', 0);
    memory.decide('early', 'ignore', 0);
    assert.equal(memory.arrive('early', 1), 'judge');
  });

  it('judges anew what a handler forgot', () => {
    const memory = new PayloadMemory(DEADLINE);
    memory.begin('lost', 0);
    assert.deepEqual(
      [memory.arrive('lost', DEADLINE), memory.arrive('lost', DEADLINE + 1)],
      ['drop', 'judge'],
    );
  });

  it('tells a first publication from a rebroadcast', () => {
    const memory = new PayloadMemory(DEADLINE);
    assert.deepEqual(
      [memory.publish('v', 0), memory.publish('v', 499), memory.publish('v', 500)],
      ['first', 'too-soon', 'again'],
    );
    memory.begin('w', 0);
    memory.decide('w', 'accept', 0);
    assert.equal(memory.publish('w', 10), 'too-soon', 'what just came from others need not be sent');
    assert.equal(memory.arrive('v', 501), 'drop', 'our own does not come back to the handler');
  });

  it('is bounded', () => {
    const memory = new PayloadMemory(DEADLINE);
    for (let i = 0; i <= MAX_REMEMBERED_PAYLOADS; i++) memory.publish(`p${i}`, 0);
    assert.equal(memory.arrive('p0', 0), 'judge', 'the oldest is forgotten');
    assert.equal(memory.arrive('p1', 0), 'drop', 'the next is not');
  });
});

describe('gossip on the wire', () => {
  const payload = Uint8Array.of(1, 2, 3);

  it('has one id for the first publication by whomever, and another for each rebroadcast', () => {
    assert.deepEqual(messageId('t', firstWire(payload)), messageId('t', firstWire(payload)), 'the same');
    assert.notDeepEqual(
      messageId('t', rebroadcastWire(payload)),
      messageId('t', rebroadcastWire(payload)),
      'nonces differ',
    );
    assert.deepEqual(
      Uint8Array.from(payloadOf(rebroadcastWire(payload))),
      payload,
      'the payload is the same',
    );
    assert.equal(messageId('t', firstWire(payload)).length, 20, 'bytes of an id');
  });

  it('binds the topic, framed, and every byte', () => {
    assert.notEqual(payloadKey('t', payload), payloadKey('u', payload), 'topic');
    assert.notEqual(
      payloadKey('ab', Uint8Array.of(99)),
      payloadKey('a', Uint8Array.of(98, 99)),
      'not concatenated',
    );
    assert.notEqual(payloadKey('t', payload), payloadKey('t', Uint8Array.of(1, 2, 4)), 'bytes');
  });

  it('is sent in frames of bounded bytes and number, in order and complete', () => {
    const message = (bytes: number, i: number): { topic: string; data: Uint8Array; seq: number } => ({
      topic: 't',
      data: new Uint8Array(bytes),
      seq: i,
    });
    const cases = [
      Array.from({ length: 60 }, (_, i) => message(100_000, i)),
      Array.from({ length: 1_000 }, (_, i) => message(1, i)),
      [message(5_000_000, 0), message(1, 1)],
      [],
    ];
    for (const messages of cases) {
      const parts = splitMessages(messages);
      assert.deepEqual(parts.flat(), messages, 'order and completeness');
      for (const part of parts) {
        const bytes = part.reduce((sum, one) => sum + (one.data?.length ?? 0), 0);
        assert.ok(part.length === 1 || bytes <= MAX_SENT_RPC_BYTES, `${bytes} bytes`);
        assert.ok(part.length <= MAX_SENT_RPC_MESSAGES, `${part.length} messages`);
      }
    }
  });
});
